"""The book of papers in force: rule packs and calendars that were checked, as every process remembers them.

Invariants: what was checked counts in every process after ``FRESH`` seconds at most; reading costs the hot path a
comparison of two instants; a text that differs from its SHA-256 stops the process from using the book at all.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Row, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.errors import DatabaseBusyError
from bff.products.calendar import CalendarDocument
from bff.products.errors import ProductDataError
from bff.products.models import Paper
from bff.products.rulepacks import RulePack, RulePacks
from bff.products.warehouse import CHECKED
from security.encoding import digest

FRESH: Final = 2.0
"""Seconds for which a process may go on with what it has read."""
_log: Final = logging.getLogger(__name__)
_paper: Final = table_of(Paper)
_MARKS: Final = select(_paper.c.paper_kind, _paper.c.code, _paper.c.version, _paper.c.digest).where(
    _paper.c.state == CHECKED, _paper.c.paper_kind.in_(("rules", "calendar"))
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read at one moment."""

    marks: frozenset[tuple[str, ...]]
    rules: dict[str, tuple[RulePack, ...]] = field(default_factory=dict)
    calendars: tuple[CalendarDocument, ...] = ()


class PaperBook:
    """Remembers the checked rule packs and calendars."""

    def __init__(self, engine: Engine, monotonic: Callable[[], float]) -> None:
        """Take the database and a clock that never goes back; nothing is read yet."""
        self._engine = engine
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._seen: _Seen | None = None

    def over(self, packs: RulePacks) -> RulePacks:
        """Give a room's packs with what was checked over them."""
        return RulePacks(packs.versions, partial(self.rules, packs.name))

    def rules(self, pack: str) -> Sequence[RulePack]:
        """Give the checked versions of a pack, the one that counts first at the front."""
        return self.refresh().rules.get(pack, ())

    def calendars(self) -> Sequence[CalendarDocument]:
        """Give the checked calendars in the order in which they were checked."""
        return self.refresh().calendars

    def refresh(self) -> _Seen:
        """Read again what is older than ``FRESH``; one thread does, the others go on with what there is.

        The bus calls this before it opens a transaction, so that no handler needs a second connection for it.
        """
        seen = self._seen
        if seen is not None and self._is_fresh():
            return seen
        if seen is not None and not self._lock.acquire(blocking=False):
            return seen
        if seen is None:
            self._lock.acquire()
        try:
            if self._seen is None or not self._is_fresh():
                self._seen = self._read(self._seen)
                self._read_at = self._monotonic()
            return self._seen
        finally:
            self._lock.release()

    def _is_fresh(self) -> bool:
        return 0 <= self._monotonic() - self._read_at < FRESH

    def _read(self, seen: _Seen | None) -> _Seen:
        try:
            return retried(self._engine, lambda session: _look(session, seen), writing=False)
        except (SQLAlchemyError, DatabaseBusyError):
            if seen is None:
                raise
            _log.exception("the book of papers could not be read: what was read before still counts")
            return seen


def checked(session: Session, kind: str) -> Sequence[Row[Any]]:
    """Give the checked papers of a kind in the order in which they were checked.

    Raises:
        ProductDataError: a text is not the one that was checked.
    """
    wanted = select(_paper).where(_paper.c.state == CHECKED, _paper.c.paper_kind == kind)
    rows = session.execute(wanted.order_by(_paper.c.decided_at, _paper.c.version)).all()
    for row in rows:
        if digest(row.text.encode()) != row.digest:
            raise ProductDataError(detail=f"{row.code} {row.version}: the text is not the one that was checked")
    return rows


def _look(session: Session, seen: _Seen | None) -> _Seen:
    marks = frozenset(tuple(row) for row in session.execute(_MARKS))
    if seen is not None and seen.marks == marks:
        return seen
    rules: dict[str, tuple[RulePack, ...]] = {}
    for row in reversed(checked(session, "rules")):
        rules[row.code] = (*rules.get(row.code, ()), msgspec.json.decode(row.text, type=RulePack))
    newest = {
        name: tuple(sorted(packs, key=lambda pack: pack.effective_from, reverse=True)) for name, packs in rules.items()
    }
    calendars = checked(session, "calendar")
    return _Seen(marks, newest, tuple(msgspec.json.decode(row.text, type=CalendarDocument) for row in calendars))
