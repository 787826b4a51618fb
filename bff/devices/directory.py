"""The device directory that sessions look into."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from bff.customers.service import Customers
from bff.db.base import table_of
from bff.devices import repository
from bff.devices.models import Device
from bff.sessions.directory import DeviceRecord, Standing

_table: Final = table_of(Device)
_STANDING: Final = select(_table.c.state, _table.c.customer_id).where(_table.c.device_id == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Directory:
    """Implements the sessions' ``DeviceDirectory``."""

    customers: Customers

    def device(self, session: Session, device_id: str) -> DeviceRecord | None:
        """Give a device as a log-in needs it, or None."""
        known = repository.find(session, device_id)
        if known is None:
            return None
        name = None if known.customer_id is None else self.customers.person(session, known.customer_id).masked.name
        keys = (known.pop_key.thumbprint, known.tx_key.as_dict())
        return DeviceRecord(known.device_id, known.state, *keys, known.customer_id, name)

    def names(self, session: Session, customer_id: str) -> dict[str, str]:
        """Give the names of a customer's active devices: his own, else their model's."""
        return {one.device_id: one.nickname or one.model for one in repository.active_of(session, customer_id)}

    def standing(self, reading: Connection, device_id: str) -> Standing | None:
        """Give a device's state and customer by one read."""
        row = reading.execute(_STANDING, {"wanted": device_id}).first()
        return None if row is None else Standing(row.state, row.customer_id)
