"""Erasing what is due, batch by batch, each with its entry in the evidence in the same transaction.

Invariants: what went and the entry that says so are committed together; an entry holds counts and a digest of the
primary keys, nothing of the records. Any number of workers may run this at once, and any may be cut off anywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, Row, delete, func, select, tuple_
from sqlalchemy.orm import Session

from bff import audit
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import changed
from bff.kinds import business_date, instant
from bff.products.errors import ProductDataError
from bff.retention.records import ERASABLE, Erasable
from bff.retention.schedule import Schedule, schedule_at
from security.encoding import canonical_json, digest

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Retention:
    """Counts and erases what the schedule in force says is due."""

    engine: Engine
    schedule: Schedule

    @classmethod
    def at(cls, engine: Engine, now: datetime) -> "Retention":
        """Give it with the schedule in force.

        Raises:
            ProductDataError: the schedule would have a class erased that is unknown here.
        """
        schedule = schedule_at(business_date(now))
        unknown = schedule.erased.keys() - ERASABLE.keys()
        if unknown:
            raise ProductDataError(detail=f"{schedule.version} erases what nobody knows: {', '.join(sorted(unknown))}")
        return cls(engine, schedule)

    def plan(self, now: datetime) -> Mapping[str, int]:
        """Count what is due of each class, as the database stands; a person is due only after his applications."""

        def work(session: Session) -> dict[str, int]:
            return {name: _count(session, name, one.before(now)) for name, one in self.schedule.erased.items()}

        return retried(self.engine, work, writing=False)

    def run(self, now: datetime) -> Mapping[str, int]:
        """Erase what is due; give how many records of each class this run erased."""
        return {name: self._class(name, now) for name in self.schedule.erased}

    def _class(self, name: str, now: datetime) -> int:
        erased = 0
        while gone := retried(self.engine, partial(self._batch, name=name, now=now)):
            erased += gone
        return erased

    def _batch(self, session: Session, name: str, now: datetime) -> int:
        kind, before = ERASABLE[name], self.schedule.classes[name].before(now)
        rows = _locked(session, kind, before)
        if not rows:
            return 0
        kind.along(session, rows)
        table = table_of(kind.model)
        gone = changed(session, delete(table).where(tuple_(*table.primary_key).in_([tuple(row) for row in rows])))
        keys = digest(canonical_json(sorted(list(row) for row in rows)))
        body = {"class": name, "schedule": self.schedule.version, "before": instant(before), "count": gone}
        audit.append(session, kind="data.erased", subject=name, body={**body, "keys": keys}, now=now)
        return gone


def _locked(session: Session, kind: Erasable, before: datetime) -> Sequence[Row[Any]]:
    """Give the next rows that are due, locked: whoever changed one meanwhile is seen, and it is due no more."""
    key = list(table_of(kind.model).primary_key)
    due = select(*key).where(kind.due(before)).order_by(*key).limit(BATCH)
    return session.execute(due.with_for_update()).all()


def _count(session: Session, name: str, before: datetime) -> int:
    kind = ERASABLE[name]
    return session.scalar(select(func.count()).select_from(kind.model).where(kind.due(before))) or 0
