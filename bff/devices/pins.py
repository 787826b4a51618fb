"""The transaction PIN of a device: set under its transaction key, changed, and verified with tries that are counted.

Invariants: only a session of an active device, proved by its key in each call, spends tries, so no outsider locks
anybody out; a try is taken before it is compared; a device without a PIN answers like one whose PIN was missed, after
the same work; a locked PIN opens by nothing but a new one, set under the transaction key. No PIN is kept, logged or
written into the evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.customers.service import Customers
from bff.customers.vault import Vault
from bff.devices import notices, rules, tries
from bff.devices.errors import PinLockedError, PinPausedError, PinWeakError, PinWrongError
from bff.devices.models import DevicePin
from bff.devices.repository import KnownDevice
from bff.devices.service import Devices
from bff.devices.tries import Allowance, Standing
from bff.kinds import Context, business_date
from bff.sessions.networks import COUNTED, network_of
from security.encoding import b64url_decode, b64url_encode
from security.errors import PinError
from security.pins import SALT_BYTES, check_pin, pin_hash, verify_pin

OF_DEVICE: Final = "pin.device"
"""Kind of the tries of one device."""
_DECOY_SALT: Final = b64url_encode(bytes(SALT_BYTES))
_DECOY_HASH: Final = b64url_encode(bytes(32))
"""What a device without a PIN is compared with: no PIN has this hash that anybody could find."""


@dataclass(frozen=True, slots=True)
class _Allowances:
    """The three counters of one try, in the order in which they are taken."""

    device: Allowance
    account: Allowance
    network: Allowance

    def all(self) -> tuple[Allowance, Allowance, Allowance]:
        return self.device, self.account, self.network


@dataclass(frozen=True, slots=True)
class Pins:
    """The PINs of this bank's devices; the vault's keyed hash is their pepper."""

    devices: Devices
    customers: Customers
    vault: Vault

    def standing(self, session: Session, context: Context) -> tuple[datetime | None, Standing]:
        """Tell when the calling device's PIN was set, None when never, and how many tries it has."""
        device = self._calling(session, context)
        row = _kept(session, device.device_id)
        left = tries.standing(session, self._allowances(context, device).device, context.now)
        return None if row is None else row.set_at, left

    def set(self, session: Session, context: Context, pin: str) -> None:
        """Set the calling device's PIN and make its tries new; whoever calls has verified the person by K_tx.

        Raises:
            PinWeakError: anybody would guess it.
        """
        device = self._calling(session, context)
        self._store(session, context, device, pin, "set")
        allowances = self._allowances(context, device)
        tries.clear(session, allowances.device, context.now)
        tries.clear(session, allowances.account, context.now)

    def change(self, session: Session, context: Context, pin: str, new_pin: str) -> None:
        """Put a new PIN in the place of the old one.

        Raises:
            PinWrongError, PinPausedError, PinLockedError: the old one does not hold.
            PinWeakError: the new one is weak, or the old one.
        """
        self.verify(session, context, pin)
        if pin == new_pin:
            raise PinWeakError(detail="the new PIN is the old one")
        self._store(session, context, self._calling(session, context), new_pin, "changed")

    def verify(self, session: Session, context: Context, pin: str) -> None:
        """Compare a PIN with the calling device's; it counts until it is right.

        Raises:
            PinWrongError: it is another; so many tries are left.
            PinPausedError: no try is taken for a while, from this device or from this line.
            PinLockedError: none until a new PIN is set.
        """
        device = self._calling(session, context)
        allowances = self._allowances(context, device)
        _take(session, allowances, context.now)
        if not self._is_right(session, device.device_id, pin):
            self._miss(session, context, device, allowances)
        tries.clear(session, allowances.device, context.now)
        tries.give_back(session, allowances.account)
        tries.give_back(session, allowances.network)

    def _is_right(self, session: Session, device_id: str, pin: str) -> bool:
        row = _kept(session, device_id)
        keyed = self._keyed(device_id, pin)
        present = next(iter(keyed))
        salt, kept, kid = (_DECOY_SALT, _DECOY_HASH, present) if row is None else (row.salt, row.hash, row.kid)
        try:
            verify_pin(keyed=keyed.get(kid, ""), salt=b64url_decode(salt), kept=kept)
        except PinError:
            return False
        if kid != present:
            again = pin_hash(keyed=keyed[present], salt=b64url_decode(salt))
            session.execute(update(DevicePin).filter_by(device_id=device_id).values(hash=again, kid=present))
        return row is not None

    @staticmethod
    def _miss(session: Session, context: Context, device: KnownDevice, allowances: _Allowances) -> None:
        left, account, network = (tries.fail(session, one, context.now) for one in allowances.all())
        if not left.left or not account.left:
            body = {"deviceId": device.device_id, "customerId": device.customer_id, "network": network.left == 0}
            audit.append(session, kind="device.pin_locked", subject=device.device_id, body=body, now=context.now)
            notices.tell(session, notices.PIN_LOCKED, device, device.customer_id or "", context.now)
            raise PinLockedError
        raise PinWrongError(left=min(left.left, account.left))

    def _store(self, session: Session, context: Context, device: KnownDevice, pin: str, what: str) -> None:
        check_pin(pin=pin)
        person = self.customers.person(session, device.customer_id or "")
        if rules.is_weak(pin, person.born, person.mobile):
            raise PinWeakError(detail="a run, a repeat, a birthday or a part of the mobile number")
        salt = context.new_bytes(SALT_BYTES)
        kid, keyed = next(iter(self._keyed(device.device_id, pin).items()))
        kept = {"salt": b64url_encode(salt), "hash": pin_hash(keyed=keyed, salt=salt), "kid": kid}
        forget(session, device.device_id)
        session.execute(insert(DevicePin).values(device_id=device.device_id, set_at=context.now, **kept))
        body = {"deviceId": device.device_id, "customerId": device.customer_id, "what": what}
        audit.append(session, kind="device.pin", subject=device.device_id, body=body, now=context.now)
        notices.tell(session, notices.PIN_SET, device, device.customer_id or "", context.now)

    def _keyed(self, device_id: str, pin: str) -> Mapping[str, str]:
        """Give the keyed hash of a PIN under each key that counts, the present one first."""
        return self.vault.hashes("devicePin", f"{device_id}:{pin}")

    def _calling(self, session: Session, context: Context) -> KnownDevice:
        return self.devices.require_active(session, context.caller.device_id, context.caller.customer_id)

    def _allowances(self, context: Context, device: KnownDevice) -> _Allowances:
        pack = self.devices.packs.at(business_date(context.now))
        return _Allowances(
            device=Allowance(
                kind=OF_DEVICE,
                name=device.device_id,
                most=pack.integer("pin_tries"),
                pause_after=pack.integer("pin_pause_after"),
                pause=timedelta(seconds=pack.integer("pin_pause_seconds")),
            ),
            account=Allowance(
                kind="pin.account",
                name=device.customer_id or "",
                most=pack.integer("pin_account_tries"),
                window=timedelta(hours=pack.integer("pin_account_hours")),
            ),
            network=Allowance(
                kind="pin.network",
                name=network_of(context.caller.address, COUNTED),
                most=pack.integer("pin_network_tries"),
                window=timedelta(minutes=pack.integer("pin_network_minutes")),
            ),
        )


def under(session: Session, kid: str) -> int:
    """Count the PINs that are kept under a key; each moves to the present one when it is next given right."""
    return session.scalar(select(func.count()).select_from(DevicePin).where(DevicePin.kid == kid)) or 0


def forget(session: Session, device_id: str) -> None:
    """Delete a device's PIN."""
    session.execute(delete(DevicePin).where(DevicePin.device_id == device_id))


def _kept(session: Session, device_id: str) -> Row[Any] | None:
    columns = DevicePin.__table__.columns
    return session.execute(select(*columns).where(columns.device_id == device_id)).first()


def _take(session: Session, allowances: _Allowances, now: datetime) -> None:
    """Take one try of each counter, or none of any: who is refused for the line's sake loses no try of his own."""
    for number, allowance in enumerate(allowances.all()):
        if tries.take(session, allowance, now):
            continue
        for taken in allowances.all()[:number]:
            tries.give_back(session, taken)
        raise _refusal(tries.standing(session, allowance, now), allowance, now)


def _refusal(left: Standing, allowance: Allowance, now: datetime) -> PinLockedError | PinPausedError:
    """Say why there was no try: the device or the customer has none left, or it is too soon."""
    if left.until is None or (not left.left and allowance.kind == "pin.account"):
        return PinLockedError()
    return PinPausedError(retryAfter=max(1, int((left.until - now).total_seconds())))
