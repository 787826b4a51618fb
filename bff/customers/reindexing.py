"""Indexing customers under the present key while the server runs: a person is found by the old and the new all along.

Invariants: a row is added before any is dropped; a row is dropped only when its key counts no more and its customer
has one under the present key. Any number of workers may run this at once, and any may be cut off anywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, Row, delete, func, select, update
from sqlalchemy.orm import Session

from bff.customers.models import Customer, CustomerIndex
from bff.customers.rewrapping import Moved
from bff.customers.vault import Vault
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import changed, insert_new
from security.errors import SealingError

BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Reindexing:
    """Indexes and counts; ``active`` gives the id of the present key."""

    engine: Engine
    vault: Vault
    active: Callable[[], str]

    def run(self) -> Moved:
        """Index every customer who is not found by the present key; give how many, and whose number does not open."""
        indexed = broken = 0
        after = ""
        while rows := retried(self.engine, partial(self._stale, after=after), writing=False):
            done = retried(self.engine, partial(self._index, rows=rows))
            indexed, broken, after = indexed + done.moved, broken + done.broken, rows[-1].customer_id
        if not broken:
            retried(self.engine, self._drop)
        return Moved(indexed, broken)

    def uses(self, kid: str) -> int:
        """Count the customers who are found by a key and not by the present one."""

        def work(session: Session) -> int:
            found = select(CustomerIndex.customer_id).where(CustomerIndex.kid == self.active())
            hangs = select(func.count(CustomerIndex.customer_id.distinct()))
            return session.scalar(hangs.where(CustomerIndex.kid == kid, CustomerIndex.customer_id.not_in(found))) or 0

        return 0 if kid == self.active() else retried(self.engine, work, writing=False)

    def _stale(self, session: Session, after: str) -> Sequence[Row[Any, Any]]:
        """Give the next customers, by id, who are not found by the present key."""
        found = select(CustomerIndex.id_index).where(
            CustomerIndex.customer_id == Customer.customer_id, CustomerIndex.kid == self.active()
        )
        columns = table_of(Customer).c
        stale = select(columns.customer_id, columns.id_number).where(Customer.customer_id > after, ~found.exists())
        return session.execute(stale.order_by(Customer.customer_id).limit(BATCH)).all()

    def _index(self, session: Session, rows: Sequence[Row[Any, Any]]) -> Moved:
        indexed = broken = 0
        kid = self.active()
        for row in rows:
            try:
                id_number = self.vault.open(row.customer_id, "id_number", row.id_number)
            except SealingError:
                broken += 1
                continue
            named = {"id_index": self.vault.hashes("idNumber", id_number)[kid], "customer_id": row.customer_id}
            if not insert_new(session, CustomerIndex, **named, kid=kid):
                session.execute(update(CustomerIndex).filter_by(**named).values(kid=kid))  # of before rows had ids
            indexed += 1
        return Moved(indexed, broken)

    def _drop(self, session: Session) -> int:
        """Drop what no key leads to any more."""
        known = set(self.vault.hashes("idNumber", ""))
        return changed(session, delete(CustomerIndex).where(CustomerIndex.kid.not_in(known)))
