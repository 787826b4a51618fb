"""Coming back when every device is lost: who one is, a card of one's own, the mobile, and the new device's signature.

States: CHECKING → VERIFIED or REFUSED → DONE. Invariants: until the end no answer says whether such a customer exists
or what of it did not hold; the card network is asked through the outbox; the end blocks all devices that the customer
had, ends all sessions and deletes all PINs in the transaction that binds the new device, which cools off longest.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.core_bank.port import CardCheck, CardNetwork
from bff.customers import rules as person_rules
from bff.customers.codes import Codes
from bff.customers.elements import open_elements, seal_elements
from bff.customers.errors import CodeExpiredError, CodeLockedError, CodeTooSoonError, CodeWrongError
from bff.customers.service import Customers, Person
from bff.db.statements import changed
from bff.devices import notices, repository, tries
from bff.devices.errors import (
    DeviceStateError,
    RecoveryRefusedError,
    RecoveryTooManyError,
    SignatureInvalidError,
    verifying,
)
from bff.devices.models import DeviceRecovery
from bff.devices.owned import replace
from bff.devices.repository import BLOCKED, KnownDevice
from bff.devices.service import Devices
from bff.devices.transfers import newcomer
from bff.devices.tries import Allowance
from bff.errors import NotFoundError
from bff.kinds import Context, business_date
from bff.outbox import Delivered, Outcome, Settlement, Topic
from bff.sessions import repository as sessions
from bff.sessions.networks import COUNTED, network_of
from security.handover import verify_recovery

CODE: Final = "device.recovery"
"""Purpose of the code that a recovery spends; its holder is the recovery."""
TOPIC: Final = "devices.recovery"
CHECKING: Final = "CHECKING"
VERIFIED: Final = "VERIFIED"
REFUSED: Final = "REFUSED"
DONE: Final = "DONE"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """A recovery that was begun: the same of a customer and of nobody."""

    recovery_id: str
    device_id: str
    expires: int


@dataclass(frozen=True, slots=True)
class Recoveries:
    """The recoveries of this bank; each belongs to the device on which it was begun."""

    devices: Devices
    customers: Customers
    codes: Codes
    cards: CardNetwork

    def begin(self, session: Session, context: Context, given: Person, card: str) -> Begun:
        """Begin a recovery on the calling device, and have the card network compare the person after the commit.

        Args:
            session: of the call.
            context: of the call.
            given: name and ID number; the mobile is the one that the bank knows, whatever stands here.
            card: number of a bank card of the person's.

        Raises:
            NameInvalidError, IdChecksumError: what was given is no name or no ID number.
            DeviceStateError: the device is not pending.
            RecoveryTooManyError: too many were begun on this device or from this line today.
        """
        device = self.devices.require_pending(session, context.caller.device_id)
        name = person_rules.clean_name(given.name)
        id_number = person_rules.clean_id_number(given.id_number, business_date(context.now))
        self._count(session, context, device)
        customer_id = self.customers.find(session, id_number)
        mobile = "" if customer_id is None else self.customers.person(session, customer_id).mobile
        recovery_id = context.new_id("rec")
        minutes = self.devices.packs.at(business_date(context.now)).integer("recovery_minutes")
        expires = int((context.now + timedelta(minutes=minutes)).timestamp())
        row: dict[str, Any] = {"recovery_id": recovery_id, "device_id": device.device_id, "customer_id": customer_id}
        row |= {"state": CHECKING, "expires": expires, "created_at": context.now}
        session.execute(insert(DeviceRecovery).values(**row))
        sealed = seal_elements(self.codes.vault, recovery_id, card, Person(name, id_number, mobile))
        payload = {"recoveryId": recovery_id, "sealed": sealed}
        outbox.put(session, topic=TOPIC, key=recovery_id, payload=payload, now=context.now)
        return Begun(recovery_id, device.device_id, expires)

    def send_code(self, session: Session, context: Context, recovery_id: str) -> Begun:
        """Send a code to the mobile that the bank knows, when the person is who he says; the answer is the same.

        Raises:
            NotFoundError: the recovery is not the calling device's.
            CodeTooSoonError: one was asked for a moment ago, or too many were, whoever the person is.
        """
        row = _own(session, context, recovery_id)
        self._count_code(session, context, recovery_id)
        if row.state == VERIFIED and context.now.timestamp() < row.expires:
            mobile = self.customers.person(session, row.customer_id).mobile
            self.codes.issue(session, context, purpose=CODE, holder=recovery_id, mobile=mobile)
        return Begun(recovery_id, row.device_id, row.expires)

    def shown(self, session: Session, recovery_id: str) -> str | None:
        """Give the code that a sandbox provider shows on the screen."""
        return self.codes.shown(session, CODE, recovery_id)

    def confirm(self, session: Session, context: Context, recovery_id: str, code: str, signature: str) -> KnownDevice:
        """Bind the calling device in the place of all that the customer had.

        Raises:
            NotFoundError: the recovery is not the calling device's.
            DeviceStateError: the device is not pending any more.
            RecoveryRefusedError: anything else does not hold, and it is not said what.
        """
        row = _own(session, context, recovery_id)
        device = self.devices.require_pending(session, context.caller.device_id)
        if row.state != VERIFIED or context.now.timestamp() >= row.expires:
            raise RecoveryRefusedError
        self._check(session, context, row, device, code, signature)
        used = update(DeviceRecovery).where(DeviceRecovery.recovery_id == recovery_id, DeviceRecovery.state == VERIFIED)
        if not changed(session, used.values(state=DONE)):
            raise RecoveryRefusedError
        lost = self._replace(session, context, row.customer_id, device)
        body = {"recoveryId": recovery_id, "customerId": row.customer_id, "deviceId": device.device_id, "lost": lost}
        body |= {"expires": row.expires, "signature": signature}
        audit.append(session, kind="device.recovered", subject=device.device_id, body=body, now=context.now)
        notices.tell(session, notices.RECOVERED, device, row.customer_id, context.now)
        return self.devices.get(session, device.device_id)

    def topics(self) -> tuple[Topic, ...]:
        """Give the outbox topic by which the card network is asked."""
        return (Topic(TOPIC, self._ask, _settle),)

    def _check(
        self, session: Session, context: Context, row: Row[Any], device: KnownDevice, code: str, signature: str
    ) -> None:
        """Hold code and signature; both refusals are one, and a wrong code stays counted."""
        try:
            self.codes.check(session, context, purpose=CODE, holder=row.recovery_id, code=code)
            with verifying({}):
                verify_recovery(
                    aud=self.devices.aud,
                    env=self.devices.env,
                    recovery_id=row.recovery_id,
                    newcomer=newcomer(device),
                    tx_key=device.tx_key,
                    expires=row.expires,
                    signature=signature,
                    now=context.now,
                )
        except (CodeWrongError, CodeLockedError, CodeExpiredError, SignatureInvalidError) as error:
            raise RecoveryRefusedError from error

    def _replace(self, session: Session, context: Context, customer_id: str, device: KnownDevice) -> list[str]:
        lost = list(repository.lock_active(session, customer_id))
        hours = self.devices.packs.at(business_date(context.now)).integer("recovery_cooling_hours")
        until = context.now + timedelta(hours=hours)
        stopped = replace(session, context, lost, BLOCKED, "RECOVERY")
        if not stopped or not repository.bind(session, device.device_id, customer_id, context.now, until):
            raise DeviceStateError(detail="a device was bound or stopped meanwhile")
        sessions.end_all(session, customer_id, lost, "RECOVERY", context.now)
        return lost

    def _count(self, session: Session, context: Context, device: KnownDevice) -> None:
        pack = self.devices.packs.at(business_date(context.now))
        network = network_of(context.caller.address, COUNTED)
        counted = {"recovery.device": (device.device_id, "recovery_device_day")}
        counted["recovery.network"] = (network, "recovery_network_day")
        for kind, (name, rule) in counted.items():
            allowance = Allowance(kind=kind, name=name, most=pack.integer(rule), window=_DAY)
            if not tries.take(session, allowance, context.now):
                raise RecoveryTooManyError

    def _count_code(self, session: Session, context: Context, recovery_id: str) -> None:
        """Count what is asked for before it is known whether anything is sent, so that the refusal betrays nothing."""
        pack = self.codes.packs.at(business_date(context.now))
        pause, most = timedelta(seconds=pack.integer("code_resend_seconds")), pack.integer("code_sends")
        asked = Allowance(kind="recovery.code", name=recovery_id, most=most, pause_after=1, pause=pause)
        if not tries.take(session, asked, context.now):
            raise CodeTooSoonError(retryAfter=int(pause.total_seconds()))
        tries.fail(session, asked, context.now)

    def _ask(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a comparison changes nothing at the card's bank: it may be asked again
        return asdict(self.cards.check(**open_elements(self.codes.vault, payload["recoveryId"], payload["sealed"])))


def _settle(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
    """Keep what the card network said; an ID number that no customer has is refused whatever it says."""
    del settlement
    said = CardCheck(**outcome.result) if isinstance(outcome, Delivered) else None
    holds = said is not None and said.known and said.name and said.id_number and said.mobile
    row = update(DeviceRecovery).where(
        DeviceRecovery.recovery_id == payload["recoveryId"], DeviceRecovery.state == CHECKING
    )
    if holds:
        session.execute(row.where(DeviceRecovery.customer_id.is_not(None)).values(state=VERIFIED))
    session.execute(row.values(state=REFUSED))


def _own(session: Session, context: Context, recovery_id: str) -> Row[Any]:
    columns = DeviceRecovery.__table__.columns
    row = session.execute(select(*columns).where(columns.recovery_id == recovery_id)).first()
    if row is None or row.device_id != context.caller.device_id:
        raise NotFoundError(detail="there is no such recovery")
    return row
