"""Accounts' income of past days, read by key, and the register recomputed from its movements and accruals.

Invariant: what a statement says that an account had before a period, and what came and went in it, give what it had
after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.sweep.models import SweepAccrual, SweepMovement, SweepOrder, SweepPosition

INCOME: Final = "INCOME"
_accrual: Final = table_of(SweepAccrual)
_movement: Final = table_of(SweepMovement)
_order: Final = table_of(SweepOrder)
_position: Final = table_of(SweepPosition)


@dataclass(frozen=True, slots=True)
class Line:
    """One day: shares that earned, and what they earned."""

    day: date
    shares_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement.

    Attributes:
        day: from which a movement counts, or which earned; fund: the share class.
        kind: of the order that moved shares, or ``INCOME``; order_id: that order, or nothing.
        amount_fen: what came, or, below zero, what went.
        shares_fen: what all share classes together had after it.
    """

    day: date
    fund: str
    kind: str
    amount_fen: int
    shares_fen: int
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What was there before some days, what came and went in them, the newest first, and what was there after."""

    before_fen: int
    entries: tuple[Entry, ...]
    after_fen: int


def lines(session: Session, positions: Sequence[Any], first: date, last: date) -> list[Line]:
    """Give the income of positions from ``first`` to ``last``, both included, the newest first."""
    found: dict[date, Line] = {}
    for one in positions:
        for row in _accrued(session, one, first, last):
            known = found.get(row.day, Line(row.day, 0, 0))
            found[row.day] = Line(row.day, known.shares_fen + row.shares_fen, known.amount_fen + row.amount_fen)
    return [found[day] for day in sorted(found, reverse=True)]


def statement(session: Session, positions: Sequence[Any], since: date, until: date, today: date) -> Statement:
    """Give what came to some positions and went from ``since`` to ``until``, both included.

    It is counted back from what is there now, so the days from ``since``, or the first one, until ``today`` are read.
    """
    start = max(since, first_day(session, positions) or today)
    found = [entry for one in positions for entry in _changes(session, one, start, today)]
    found.sort(key=_place, reverse=True)
    after = left = sum(one.shares_fen for one in positions)
    entries = []
    for entry in found:
        if entry.day <= until:
            entries.append(replace(entry, shares_fen=left))
        else:
            after -= entry.amount_fen
        left -= entry.amount_fen
    return Statement(left, tuple(entries), after)


def first_day(session: Session, positions: Sequence[Any]) -> date | None:
    """Give the first day from which any of the positions had shares."""
    firsts = [
        session.scalar(
            select(func.min(_movement.c.day)).where(
                _movement.c.fund == one.fund, _movement.c.account_id == one.account_id
            )
        )
        for one in positions
    ]
    return min((day for day in firsts if day is not None), default=None)


def contradictions(session: Session) -> list[tuple[str, str]]:
    """Give every position that is not the sum of its movements and accruals: always none."""
    moved = _sums(_movement.c.shares_fen, "moved")
    earned = _sums(_accrual.c.amount_fen, "earned")
    here = [
        (sums.c.fund == _position.c.fund) & (sums.c.account_id == _position.c.account_id) for sums in (moved, earned)
    ]
    whole = func.coalesce(moved.c.total, 0) + func.coalesce(earned.c.total, 0)
    wanted = (
        select(_position.c.fund, _position.c.account_id)
        .select_from(_position.outerjoin(moved, here[0]).outerjoin(earned, here[1]))
        .where((_position.c.shares_fen != whole) | (_position.c.income_fen != func.coalesce(earned.c.total, 0)))
    )
    return [(row.fund, row.account_id) for row in session.execute(wanted)]


def _changes(session: Session, position: Any, since: date, today: date) -> Iterator[Entry]:
    """Give a position's movements and its income from a day on."""
    columns = (_movement.c.day, _movement.c.shares_fen, _movement.c.order_id, _order.c.kind)
    moved = select(*columns).join(_order, _order.c.order_id == _movement.c.order_id)
    here = (_movement.c.account_id == position.account_id, _movement.c.fund == position.fund)
    for move in session.execute(moved.where(*here, _movement.c.day >= since)):
        yield Entry(move.day, position.fund, move.kind, move.shares_fen, 0, move.order_id)
    for row in _accrued(session, position, since, today):
        yield Entry(row.day, position.fund, INCOME, row.amount_fen, 0)


def _place(entry: Entry) -> tuple[Any, ...]:
    """Give an entry's place among others: a day's income comes after all that moved on it."""
    return (entry.day, entry.kind == INCOME, entry.order_id, entry.fund)


def _accrued(session: Session, position: Any, first: date, last: date) -> Sequence[Any]:
    """Give a position's days; the key begins with the day, so they are named and no stretch of all accounts is read."""
    days = [first + timedelta(days=on) for on in range((last - first).days + 1)]
    columns = (_accrual.c.day, _accrual.c.shares_fen, _accrual.c.amount_fen)
    here = (_accrual.c.fund == position.fund, _accrual.c.account_id == position.account_id)
    return session.execute(select(*columns).where(_accrual.c.day.in_(days), *here)).all()


def _sums(column: Any, name: str) -> Any:
    table = column.table
    total = func.sum(column).label("total")
    return select(table.c.fund, table.c.account_id, total).group_by(table.c.fund, table.c.account_id).subquery(name)
