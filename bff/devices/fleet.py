"""Devices as a fleet: one device or every device of a model is blocked by one command, and the model stays out.

A model is what devices say that they are; attestation, where the platform gives one, says whether that is true. A
blocked device stays blocked when its model may come again: its keys are not trusted any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bff import audit
from bff.db.statements import changed, insert_new
from bff.devices import repository
from bff.devices.errors import DeviceStateError
from bff.devices.models import Device, DeviceModelBlock
from bff.devices.repository import ACTIVE, BLOCKED, PENDING
from bff.errors import NotFoundError, RequestInvalidError

LONGEST: Final = 500
_LIVING: Final = frozenset({PENDING, ACTIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who has something blocked, and why; both stand in the evidence."""

    by: str
    reason: str

    def __post_init__(self) -> None:
        """Refuse an order without a name or a reason."""
        if not self.by.strip() or not self.reason.strip() or len(self.by) > LONGEST or len(self.reason) > LONGEST:
            raise RequestInvalidError(detail=f"say who and why, in 1 to {LONGEST} characters each")


def block(session: Session, device_id: str, order: Order, now: datetime) -> None:
    """Block a device: its sessions and approvals are refused from the next call.

    Raises:
        NotFoundError: there is no such device.
        DeviceStateError: it is neither pending nor active.
    """
    known = repository.find(session, device_id)
    if known is None:
        raise NotFoundError(detail=f"there is no device {device_id[:40]}")
    if not _block(session, device_id, order, now):
        raise DeviceStateError(detail=f"the device is {known.state}", state=known.state)


def block_model(session: Session, model: str, order: Order, now: datetime) -> int:
    """Block every device of a model and refuse new ones; doing so again blocks those that came meanwhile.

    Returns:
        How many devices were blocked now.
    """
    values = {"by": order.by, "reason": order.reason, "blocked_at": now}
    if insert_new(session, DeviceModelBlock, model_name=model, **values):
        body = {"model": model, "by": order.by, "reason": order.reason}
        audit.append(session, kind="device.model_blocked", subject=model[:64], body=body, now=now)
    wanted = select(Device.device_id).where(Device.model_name == model, Device.state.in_(_LIVING))
    return sum(_block(session, device_id, order, now) for device_id in session.scalars(wanted).all())


def allow_model(session: Session, model: str, order: Order, now: datetime) -> None:
    """Let devices of a model register again; those that were blocked stay blocked.

    Raises:
        NotFoundError: the model is not blocked.
    """
    if not changed(session, delete(DeviceModelBlock).where(DeviceModelBlock.model_name == model)):
        raise NotFoundError(detail=f"the model {model[:80]} is not blocked")
    body = {"model": model, "by": order.by, "reason": order.reason}
    audit.append(session, kind="device.model_allowed", subject=model[:64], body=body, now=now)


def is_blocked(session: Session, model: str) -> bool:
    """Tell whether devices of a model may not register."""
    return session.get(DeviceModelBlock, model) is not None


def _block(session: Session, device_id: str, order: Order, now: datetime) -> bool:
    if not repository.move(session, device_id, _LIVING, BLOCKED):
        return False
    body = {"deviceId": device_id, "state": BLOCKED, "by": order.by, "reason": order.reason}
    audit.append(session, kind="device.blocked", subject=device_id, body=body, now=now)
    return True
