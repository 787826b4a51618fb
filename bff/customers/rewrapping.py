"""Moving sealed values to the present key-encryption key while the server runs; the values themselves stay sealed.

Invariants: a row is changed by one UPDATE on the envelope that was read, so what a customer changes meanwhile wins; a
value that does not open stays as it is and is counted. Messages in the outbox are not moved: they leave, or are swept.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Row, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from bff.customers.sealed import SealedColumn
from bff.customers.vault import Sealing
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import changed
from bff.outbox.models import OutboxMessage
from security.errors import SealingError
from security.sealing import prefixes_of

BATCH: Final = 50
_BASE64_STEP: Final = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """What a round did: values under the present key now, and values that do not open."""

    moved: int
    broken: int


@dataclass(frozen=True, slots=True)
class Rewrapping:
    """Moves and counts sealed values; ``active`` gives the id of the present key."""

    engine: Engine
    sealing: Sealing
    active: Callable[[], str]
    columns: Sequence[SealedColumn]

    def run(self) -> Moved:
        """Move every value that is under another key than the present one."""
        rounds = [self._column(column) for column in self.columns]
        return Moved(sum(one.moved for one in rounds), sum(one.broken for one in rounds))

    def uses(self, kid: str) -> int:
        """Count what is sealed under a key: columns, and messages that the outbox still keeps."""

        def work(session: Session) -> int:
            found = 0
            for one in self.columns:
                found += session.scalar(select(func.count()).where(one.column.is_not(None), _under(one, kid))) or 0
            said = or_(*(_said(prefix) for prefix in prefixes_of(kid)))
            return found + (session.scalar(select(func.count()).select_from(OutboxMessage).where(said)) or 0)

        return retried(self.engine, work, writing=False)

    def _column(self, one: SealedColumn) -> Moved:
        moved = broken = 0
        after: Row[Any] | None = None
        while True:
            rows = retried(self.engine, partial(self._stale, one=one, after=after), writing=False)
            if not rows:
                return Moved(moved, broken)
            done = retried(self.engine, partial(self._move, one=one, rows=rows))
            moved, broken, after = moved + done.moved, broken + done.broken, rows[-1]

    def _stale(self, session: Session, one: SealedColumn, after: Row[Any] | None) -> Sequence[Row[Any]]:
        """Give the next rows, by primary key, that are under another key than the present one."""
        stale = select(*one.key).where(one.column.is_not(None), ~_under(one, self.active()))
        if after is not None:
            stale = stale.where(tuple_(*one.key) > tuple_(*after))
        return session.execute(stale.order_by(*one.key).limit(BATCH)).all()

    def _move(self, session: Session, one: SealedColumn, rows: Sequence[Row[Any]]) -> Moved:
        moved = broken = 0
        for row in rows:
            same = [column == value for column, value in zip(one.key, row, strict=True)]
            found = session.execute(select(table_of(one.model).c[one.record], one.column).where(*same)).one_or_none()
            if found is None or found[1] is None:
                continue
            try:
                new = self.sealing.rewrap(envelope=found[1], record_id=found[0], field=one.field(row))
            except SealingError:
                broken += 1
                continue
            here = update(table_of(one.model)).where(*same, one.column == found[1])
            moved += changed(session, here.values({one.name: new}))
        return Moved(moved, broken)


def _under(one: SealedColumn, kid: str) -> ColumnElement[bool]:
    """Give the condition that a column's value is sealed under a key."""
    return or_(*(func.substr(one.column, 1, len(prefix)) == prefix for prefix in prefixes_of(kid)))


def _said(prefix: bytes) -> ColumnElement[bool]:
    """Give the condition that a message carries an envelope of that beginning, as far as base64 shows it."""
    whole = prefix[: len(prefix) - len(prefix) % _BASE64_STEP]
    return OutboxMessage.payload.contains(f'"sealed":"{b64encode(whole).decode()}', autoescape=True)
