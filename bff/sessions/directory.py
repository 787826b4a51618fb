"""The port through which sessions see devices: their keys, their state and whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A registered device as a login needs it.

    Attributes:
        device_id: its id; state: PENDING, ACTIVE, BLOCKED or REMOVED.
        pop_jkt: RFC 7638 thumbprint of K_pop; tx_key: JWK members of K_tx.
        customer_id: whom it is bound to; customer_name: masked for a screen (陈*).
    """

    device_id: str
    state: str
    pop_jkt: str
    tx_key: Mapping[str, str]
    customer_id: str | None = None
    customer_name: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What every call asks about a device: its state, and whose it is."""

    state: str
    customer_id: str | None


class DeviceDirectory(Protocol):
    """What the devices room offers to sessions."""

    def device(self, session: Session, device_id: str) -> DeviceRecord | None:
        """Give a device, or None when there is none."""
        ...

    def names(self, session: Session, customer_id: str) -> Mapping[str, str]:
        """Give the names of a customer's active devices, by their ids."""
        ...

    def standing(self, reading: Connection, device_id: str) -> Standing | None:
        """Give a device's standing by one cheap read by primary key; None when there is no such device."""
        ...
