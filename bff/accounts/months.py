"""The months of accounts: one row per account and month, made once the month is over, whoever runs the job how often.

The core is asked outside any transaction; the row is inserted by one that asks nothing. Invariant: opening balance plus
what came in less what went out is the closing balance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, Row, Select, or_, select
from sqlalchemy.orm import Session

from bff.accounts.models import Account, AccountMonth
from bff.accounts.repository import CLOSED
from bff.accounts.statements import Statements
from bff.core_bank.port import StatementLine
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import insert_new
from bff.errors import BffError
from bff.exports.period import Period
from bff.kinds import SHANGHAI, business_date

BATCH: Final = 100
MADE_UP: Final = 3
"""Months that are made up for, when the job did not run for so long."""
_month: Final = table_of(AccountMonth)
_account: Final = table_of(Account)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in Shanghai."""

    year: int
    number: int

    def __str__(self) -> str:
        """Give ``2026-11``."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        """Give its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Give its last day."""
        after = self.first + timedelta(days=31)
        return after.replace(day=1) - timedelta(days=1)

    @classmethod
    def before(cls, day: date) -> "Month":
        """Give the month before the one of a day."""
        last = day.replace(day=1) - timedelta(days=1)
        return cls(last.year, last.month)


def months_of(session: Session, account_id: str) -> list[Row[Any]]:
    """Give an account's months, the newest first."""
    wanted = select(_month).where(_month.c.account_id == account_id)
    return list(session.execute(wanted.order_by(_month.c.month.desc())).all())


def make(engine: Engine, statements: Statements, now: datetime) -> str:
    """Make the rows of the months that are over, for every account that was open in one and has none for it yet.

    Returns:
        One sentence for the job's outcome.
    """
    newest = Month.before(business_date(now))
    made = failed = 0
    for month, account in _lacking(engine, newest):
        try:
            lines = tuple(statements.whole(account, Period(month.first, month.last)))
            before = 0 if lines else statements.balance_at(account, month.last)
        except BffError:
            failed += 1  # the core does not answer, or there are too many lines: the next run looks again
            continue
        row = summed(lines, before)
        values = {"account_id": account.account_id, "month": str(month), "made_at": now, **row}
        made += retried(engine, partial(_keep, values))
    return f"{newest}: {made} made, {failed} not yet"


def summed(lines: Sequence[StatementLine], before: int) -> dict[str, int]:
    """Sum up a month's lines, newest first; ``before`` is the balance of an account on which nothing moved."""
    opening = lines[-1].balance - lines[-1].amount if lines else before
    return {
        "opening_fen": opening,
        "in_fen": sum(line.amount for line in lines if line.amount > 0),
        "out_fen": -sum(line.amount for line in lines if line.amount < 0),
        "closing_fen": lines[0].balance if lines else before,
        "entries": len(lines),
    }


def _keep(values: Mapping[str, Any], session: Session) -> bool:
    return insert_new(session, AccountMonth, **values)


def _rows(wanted: Select[Any], session: Session) -> Sequence[Row[Any]]:
    return session.execute(wanted).all()


def _lacking(engine: Engine, newest: Month) -> Iterator[tuple[Month, Row[Any]]]:
    """Give the accounts that lack a month, and the month; the oldest that is made up for comes first."""
    months = [newest]
    while len(months) < MADE_UP:
        months.append(Month.before(months[-1].first))
    for month in reversed(months):
        for account in _without(engine, month):
            yield month, account


def _without(engine: Engine, month: Month) -> Iterator[Row[Any]]:
    """Give the accounts that lack one month, in steps by their ids; closed ones if something moved since it began."""
    begin, end = (
        datetime.combine(day, datetime.min.time(), SHANGHAI) for day in (month.first, month.last + timedelta(days=1))
    )
    there = select(_month.c.account_id).where(
        _month.c.account_id == _account.c.account_id, _month.c.month == str(month)
    )
    lived = or_(_account.c.state != CLOSED, _account.c.active_at >= begin)
    wanted = select(_account).where(_account.c.number.is_not(None), _account.c.opened_at < end, lived, ~there.exists())
    after = ""
    while True:
        step = wanted.where(_account.c.account_id > after).order_by(_account.c.account_id).limit(BATCH)
        rows = retried(engine, partial(_rows, step), writing=False)
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].account_id
