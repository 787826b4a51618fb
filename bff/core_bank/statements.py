"""Statements of accounts, page by page: each page is one walk along an index, whatever the account's length.

Invariant: the lines of an account follow each other in the order in which they were written, so the balance of a line
is that of the line below it and the line's own amount.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from bff.core_bank.models import CoreJournalRow, CorePostingRow
from bff.core_bank.port import MAX_LINES, CoreRefusedError, StatementLine, StatementPage
from bff.db.base import table_of
from bff.db.statements import behind
from bff.kinds import SHANGHAI

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CURSOR: Final = re.compile(r"([0-9a-f]{1,14})\.([0-9a-f]{1,15})", re.ASCII)
_posting: Final = table_of(CorePostingRow)
_journal: Final = table_of(CoreJournalRow)
_LINES: Final = (
    select(
        *(_posting.c[name] for name in ("id", "journal", "amount", "currency", "balance_after", "at")), _journal.c.memo
    )
    .join(_journal, _journal.c.id == _posting.c.journal)
    .order_by(_posting.c.at.desc(), _posting.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a statement, in Shanghai, both included."""

    since: date | None = None
    until: date | None = None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Give the instants from which, and before which, a line is of the period.

        Raises:
            CoreRefusedError: CONTENT_INVALID, a day is at the end of the calendar.
        """
        try:
            begin = None if self.since is None else _midnight(self.since)
            end = None if self.until is None else _midnight(self.until + timedelta(days=1))
        except OverflowError as error:
            raise CoreRefusedError(reason="CONTENT_INVALID", detail="no calendar has such a day") from error
        return begin, end


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def page(session: Session, number: str, period: Period, before: str | None, limit: int) -> StatementPage:
    """Give a page of an account's statement.

    Args:
        session: of a reading transaction.
        number: of the account.
        period: the days.
        before: the cursor of the page before.
        limit: lines at most.

    Raises:
        CoreRefusedError: CONTENT_INVALID or CURSOR_INVALID.
    """
    if not 1 <= limit <= MAX_LINES:
        raise CoreRefusedError(reason="CONTENT_INVALID", detail=f"a page has 1 to {MAX_LINES} lines")
    wanted = _LINES.where(_posting.c.account == number, *_within(period), *_below(before)).limit(limit + 1)
    rows = session.execute(wanted).all()
    shown = rows[:limit]
    others = _counterparties(session, number, [row.journal for row in shown])
    lines = tuple(
        StatementLine(
            journal=row.journal,
            amount=row.amount,
            currency=row.currency,
            memo=row.memo,
            at=row.at,
            counterparty=others.get(row.journal, ""),
            balance=row.balance_after,
        )
        for row in shown
    )
    return StatementPage(lines, _cursor(shown[-1]) if len(rows) > limit else None)


def _within(period: Period) -> list[ColumnElement[bool]]:
    begin, end = period.bounds()
    bounds: list[ColumnElement[bool]] = []
    if begin is not None:
        bounds.append(_posting.c.at >= begin)
    if end is not None:
        bounds.append(_posting.c.at < end)
    return bounds


def _below(before: str | None) -> list[ColumnElement[bool]]:
    return [] if before is None else [behind(_posting.c.at, _posting.c.id, _place(before))]


def _cursor(row: Any) -> str:
    return f"{(row.at - _EPOCH) // _MICROSECOND:x}.{row.id:x}"


def _place(cursor: str) -> tuple[datetime, int]:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise CoreRefusedError(reason="CURSOR_INVALID")
    return _EPOCH + int(found[1], 16) * _MICROSECOND, int(found[2], 16)


def _counterparties(session: Session, number: str, journals: Sequence[str]) -> dict[str, str]:
    wanted: Select[Any] = select(_posting.c.journal, _posting.c.account).where(
        _posting.c.journal.in_(journals), _posting.c.account != number
    )
    return {row.journal: row.account for row in session.execute(wanted)}
