"""Binding: a code to the customer's phone and a signature of K_tx make a pending device his."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bff import audit
from bff.customers.codes import Codes
from bff.customers.service import Customers, Person
from bff.devices import notices, repository
from bff.devices.errors import BindExpiredError, BindNoApplicationError, DeviceStateError, verifying
from bff.devices.models import DeviceBinding
from bff.devices.owned import check_cap
from bff.devices.repository import KnownDevice
from bff.devices.service import Devices
from bff.errors import NotFoundError
from bff.kinds import Context, business_date
from security.devices import verify_binding

CODE: Final = "device.bind"
"""Purpose of the code that a binding spends; its holder is the device."""


class Applicants(Protocol):
    """Port to whoever opens accounts: for whom was one opened on this device?"""

    def applicant(self, session: Session, device_id: str) -> str | None:
        """Give the customer of the open application that was made on the device, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Binding:
    """A prepared binding: what the device must sign, and who it is for."""

    event_id: str
    customer_id: str
    person: Person
    expires: int
    sandbox_code: str | None


@dataclass(frozen=True, slots=True)
class Binder:
    """Prepares and confirms bindings."""

    devices: Devices
    customers: Customers
    codes: Codes
    applicants: Applicants

    def prepare(self, session: Session, context: Context) -> str:
        """Freeze a binding of the calling device, send a code, and give the event's id.

        Raises:
            DeviceStateError: the device is not pending.
            BindNoApplicationError: no account was opened on it.
            CodeTooSoonError: too many codes.
        """
        device = self.devices.require_pending(session, context.caller.device_id)
        customer_id = self.applicants.applicant(session, device.device_id)
        if customer_id is None:
            raise BindNoApplicationError(detail="no open application was made on this device")
        minutes = self.devices.packs.at(business_date(context.now)).integer("binding_minutes")
        expires = int((context.now + timedelta(minutes=minutes)).timestamp())
        event_id = context.new_id("bnd")
        row = {"event_id": event_id, "device_id": device.device_id, "customer_id": customer_id, "expires": expires}
        session.execute(insert(DeviceBinding).values(**row))
        mobile = self.customers.person(session, customer_id).mobile
        self.codes.issue(session, context, purpose=CODE, holder=device.device_id, mobile=mobile)
        return event_id

    def prepared(self, session: Session, context: Context, event_id: str) -> Binding:
        """Give a prepared binding of the calling device.

        Raises:
            NotFoundError: it is not this device's.
        """
        row = _binding(session, context, event_id)
        person = self.customers.person(session, row.customer_id)
        shown = self.codes.shown(session, CODE, row.device_id)
        return Binding(row.event_id, row.customer_id, person, row.expires, shown)

    def confirm(self, session: Session, context: Context, event_id: str, code: str, signature: str) -> KnownDevice:
        """Bind the calling device.

        Raises:
            NotFoundError: the event is not this device's.
            DeviceStateError: the device is not pending any more, or the event was spent.
            BindExpiredError: it came too late.
            CodeWrongError, CodeLockedError, CodeExpiredError: the code does not hold.
            SignatureInvalidError, SignatureNoncanonicalError: the signature does not.
        """
        device = self.devices.require_pending(session, context.caller.device_id)
        binding = _binding(session, context, event_id)
        if context.now.timestamp() >= binding.expires:
            raise BindExpiredError
        self.codes.check(session, context, purpose=CODE, holder=device.device_id, code=code)
        about: dict[str, Any] = {"event_id": binding.event_id, "customer_id": binding.customer_id}
        check_binding(self.devices, device, **about, expires=binding.expires, signature=signature, now=context.now)
        hours = self.devices.packs.at(business_date(context.now)).integer("new_device_hours")
        until = context.now + timedelta(hours=hours)
        if not repository.use_binding(session, event_id, context.now) or not repository.bind(
            session, device.device_id, binding.customer_id, context.now, until
        ):
            raise DeviceStateError(detail="the device was bound or stopped meanwhile")
        check_cap(session, self.devices, binding.customer_id, context.now)
        tell_bound(session, device, **about, expires=binding.expires, signature=signature, now=context.now)
        notices.tell(session, notices.BOUND, device, binding.customer_id, context.now)
        return self.devices.get(session, device.device_id)


def check_binding(
    devices: Devices,
    device: KnownDevice,
    *,
    event_id: str,
    customer_id: str,
    expires: int,
    signature: str,
    now: datetime,
) -> None:
    """Hold that a device signed to whom it is bound.

    Raises:
        BindExpiredError: it came too late.
        SignatureInvalidError, SignatureNoncanonicalError, EncodingInvalidError: the signature does not hold.
    """
    with verifying():
        verify_binding(
            aud=devices.aud,
            env=devices.env,
            event_id=event_id,
            device_id=device.device_id,
            customer_id=customer_id,
            pop_jkt=device.pop_key.thumbprint,
            tx_key=device.tx_key,
            expires=expires,
            signature=signature,
            now=now,
        )


def tell_bound(
    session: Session,
    device: KnownDevice,
    *,
    event_id: str,
    customer_id: str,
    expires: int,
    signature: str,
    now: datetime,
) -> None:
    """Write into the evidence that a device signed to whom it is bound, in what way it came to that."""
    body = {
        "deviceId": device.device_id,
        "customerId": customer_id,
        "eventId": event_id,
        "expires": expires,
        "popJkt": device.pop_key.thumbprint,
        "txJkt": device.tx_key.thumbprint,
        "signature": signature,
    }
    audit.append(session, kind="device.bound", subject=device.device_id, body=body, now=now)


def _binding(session: Session, context: Context, event_id: str) -> DeviceBinding:
    row = session.scalar(select(DeviceBinding).where(DeviceBinding.event_id == event_id))
    if row is None or row.device_id != context.caller.device_id:
        raise NotFoundError(detail="there is no such binding")
    return row
