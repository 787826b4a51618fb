"""What a customer is told, on all his devices, about one of them: through the inbox, in the transaction that did it."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bff.devices.repository import KnownDevice
from bff.push import inbox

BOUND: Final = "security.device_bound"
REMOVED: Final = "security.device_removed"
RECOVERED: Final = "security.device_recovered"
PIN_SET: Final = "security.pin_set"
PIN_LOCKED: Final = "security.pin_locked"
_REPEATS: Final = frozenset({PIN_SET, PIN_LOCKED})
"""What may happen to one device more than once, so that each time is told."""


def tell(session: Session, kind: str, device: KnownDevice, customer_id: str, now: datetime) -> None:
    """Tell a customer what became of a device."""
    subject = f"{device.device_id}:{int(now.timestamp())}" if kind in _REPEATS else device.device_id
    inbox.tell(session, customer_id=customer_id, kind=kind, subject=subject, body={"model": device.model}, now=now)
