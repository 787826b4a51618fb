"""A customer's devices: the list, their names, what each may still move today, and taking one away.

Invariants: only the caller's own active devices are seen; another device goes by a signature of the calling one that
names it; what goes takes its sessions and its PIN with it; nobody has more devices than the rules allow.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bff import audit
from bff.devices import notices, pins, repository
from bff.devices.errors import DeviceCapError
from bff.devices.repository import ACTIVE, BLOCKED, REMOVED, KnownDevice
from bff.devices.service import DayLimit, Devices
from bff.errors import NotFoundError, RequestInvalidError
from bff.kinds import Context, business_date
from bff.sessions import repository as sessions
from bff.sessions.verification import calling
from security.encoding import clean_text
from security.errors import EncodingError


@dataclass(frozen=True, slots=True)
class Owned:
    """One device as its owner sees it."""

    device: KnownDevice
    last_used_at: datetime | None
    limit: DayLimit


@dataclass(frozen=True, slots=True)
class OwnedDevices:
    """The devices of the calling customer."""

    devices: Devices

    def list(self, session: Session, context: Context) -> list[Owned]:
        """List them, the first bound first."""
        customer_id = calling(context)[1]
        uses = sessions.last_uses(session, customer_id)
        return [
            Owned(one, uses.get(one.device_id), self.devices.day_limit(session, one, context.now))
            for one in repository.active_of(session, customer_id)
        ]

    def rename(self, session: Session, context: Context, device_id: str, name: str) -> str:
        """Give a device a name; give it as it is kept.

        Raises:
            NotFoundError: it is not the customer's.
            RequestInvalidError: the name holds what nobody can see.
        """
        self._own(session, context, device_id)
        try:
            cleaned = clean_text(unicodedata.normalize("NFC", name).strip())
        except EncodingError as error:
            raise RequestInvalidError(detail=error.detail, field="name") from error
        if not cleaned:
            raise RequestInvalidError(detail="a name has at least one visible character", field="name")
        repository.name(session, device_id, cleaned)
        return cleaned

    def require(self, session: Session, context: Context, device_id: str) -> None:
        """Hold that a device is one of the customer's others.

        Raises:
            NotFoundError: it is not.
        """
        if self._own(session, context, device_id).device_id == context.caller.device_id:
            raise NotFoundError(detail="this very device leaves by device.unbind")

    def remove(self, session: Session, context: Context, device_id: str) -> None:
        """Take another device away for ever; whoever calls has verified the person for that very device.

        Raises:
            NotFoundError: it is not the customer's.
            DeviceStateError: it was removed meanwhile.
        """
        self.require(session, context, device_id)
        depart(session, context, self.devices, self.devices.get(session, device_id), "DEVICE_REMOVED")

    def _own(self, session: Session, context: Context, device_id: str) -> KnownDevice:
        found = repository.find(session, device_id)
        if found is None or found.state != ACTIVE or found.customer_id != calling(context)[1]:
            raise NotFoundError(detail="there is no such device")
        return found


def depart(session: Session, context: Context, devices: Devices, device: KnownDevice, because: str) -> None:
    """Remove a device for ever, with its sessions and its PIN, and tell its customer.

    Raises:
        DeviceStateError: it was removed already.
    """
    devices.remove(session, context, device.device_id)
    leave(session, (device.device_id,), because, context.now)
    tell_removed(session, device, context.now)


def tell_removed(session: Session, device: KnownDevice, now: datetime) -> None:
    """Tell the customer, if there is one, that a device of his went."""
    if device.customer_id is not None:
        notices.tell(session, notices.REMOVED, device, device.customer_id, now)


def leave(session: Session, devices: Collection[str], because: str, now: datetime) -> None:
    """End the sessions of devices that go, and delete their PINs."""
    sessions.end_of_devices(session, devices, because, now)
    for device_id in devices:
        pins.forget(session, device_id)


def replace(session: Session, context: Context, devices: Collection[str], state: str, because: str) -> bool:
    """Let active devices go in the transaction in which another one comes; tell whether all still were active."""
    for device_id in devices:
        if not repository.move(session, device_id, frozenset({ACTIVE}), state):
            return False
        body = {"deviceId": device_id, "state": state, "because": because}
        kind = {REMOVED: "device.removed", BLOCKED: "device.blocked"}[state]
        audit.append(session, kind=kind, subject=device_id, body=body, now=context.now)
    leave(session, devices, because, context.now)
    return True


def check_cap(session: Session, devices: Devices, customer_id: str, now: datetime) -> None:
    """Hold that the customer has no more devices than he may have, the one just bound included.

    Raises:
        DeviceCapError: he has; the transaction must not be committed.
    """
    most = devices.packs.at(business_date(now)).integer("most_devices")
    if len(repository.lock_active(session, customer_id)) > most:
        raise DeviceCapError(mostDevices=most)
