"""Deleting what is over: transfers, recoveries and counted tries; the evidence keeps what became of them."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bff.db.statements import changed
from bff.devices import pins
from bff.devices.models import DeviceRecovery, DeviceTransfer, TryCounter

KEPT: Final = timedelta(days=7)
"""How long they can be looked at; longer than any window of tries."""


def sweep(session: Session, now: datetime) -> int:
    """Delete what ended a week ago, never the tries of a device's PIN, which may be locked; give how many rows."""
    before = now - KEPT
    epoch = int(before.timestamp())
    old = (
        delete(DeviceTransfer).where(DeviceTransfer.expires < epoch),
        delete(DeviceRecovery).where(DeviceRecovery.expires < epoch),
        delete(TryCounter).where(TryCounter.kind != pins.OF_DEVICE, TryCounter.since < before),
    )
    return sum(changed(session, statement) for statement in old)
