"""Accounts' income of past days, read by key, and the register recomputed from its movements and accruals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.sweep.models import SweepAccrual, SweepMovement, SweepPosition

_accrual: Final = table_of(SweepAccrual)
_movement: Final = table_of(SweepMovement)
_position: Final = table_of(SweepPosition)


@dataclass(frozen=True, slots=True)
class Line:
    """One day: shares that earned, and what they earned."""

    day: date
    shares_fen: int
    amount_fen: int


def lines(session: Session, positions: Sequence[Any], first: date, last: date) -> list[Line]:
    """Give the income of positions from ``first`` to ``last``, both included, the newest first.

    The key begins with the day, so the days are asked for one by one and not as a stretch of all accounts.
    """
    days = [first + timedelta(days=on) for on in range((last - first).days + 1)]
    found: dict[date, Line] = {}
    for one in positions:
        wanted = select(_accrual.c.day, _accrual.c.shares_fen, _accrual.c.amount_fen).where(
            _accrual.c.day.in_(days), _accrual.c.fund == one.fund, _accrual.c.account_id == one.account_id
        )
        for row in session.execute(wanted):
            known = found.get(row.day, Line(row.day, 0, 0))
            found[row.day] = Line(row.day, known.shares_fen + row.shares_fen, known.amount_fen + row.amount_fen)
    return [found[day] for day in sorted(found, reverse=True)]


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


def _sums(column: Any, name: str) -> Any:
    table = column.table
    total = func.sum(column).label("total")
    return select(table.c.fund, table.c.account_id, total).group_by(table.c.fund, table.c.account_id).subquery(name)
