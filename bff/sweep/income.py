"""A fund's published income: proposed by one person, approved by another, and final once its day has accrued.

Invariants: a day counts only when two different people stand behind its figures; an approved day is not proposed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.db.base import table_of
from bff.db.statements import changed, insert_new
from bff.sweep.errors import IncomeMissingError, IncomeRefusedError
from bff.sweep.models import SweepIncome
from bff.sweep.rules import decimals_text

PROPOSED: Final = "PROPOSED"
APPROVED: Final = "APPROVED"
_table: Final = table_of(SweepIncome)


@dataclass(frozen=True, slots=True)
class Figures:
    """One day of one fund: income per 10,000 shares and 7-day yield, in ten-thousandths."""

    fund: str
    day: date
    income_e4: int
    yield_e4: int


def propose(session: Session, figures: Figures, *, by: str, now: datetime) -> None:
    """Enter a day's figures, or correct those that wait for approval.

    Raises:
        IncomeRefusedError: the day was approved already.
    """
    values = {"income_e4": figures.income_e4, "yield_e4": figures.yield_e4, "maker": by, "proposed_at": now}
    new = {"fund": figures.fund, "day": figures.day, "state": PROPOSED, "checker": None, "approved_at": None}
    if not insert_new(session, SweepIncome, **new, **values):
        row = update(_table).where(*_here(figures.fund, figures.day), _table.c.state == PROPOSED)
        if changed(session, row.values(**values)) != 1:
            raise IncomeRefusedError(detail=f"{figures.fund} {figures.day} is approved already")
    _record(session, figures, PROPOSED, by, now)


def approve(session: Session, fund: str, day: date, *, by: str, now: datetime) -> Figures:
    """Approve what another person entered; the figures are read and approved by one condition.

    Raises:
        IncomeRefusedError: nothing waits there, it is one's own, or somebody changed it at this moment.
    """
    row = session.execute(select(_table).where(*_here(fund, day), _table.c.state == PROPOSED)).first()
    if row is None:
        raise IncomeRefusedError(detail=f"nothing waits for approval at {fund} {day}")
    if row.maker == by:
        raise IncomeRefusedError(detail=f"{by} entered {fund} {day}: another person approves it")
    same = (_table.c.income_e4 == row.income_e4, _table.c.yield_e4 == row.yield_e4, _table.c.maker == row.maker)
    ours = update(_table).where(*_here(fund, day), _table.c.state == PROPOSED, *same)
    if changed(session, ours.values(state=APPROVED, checker=by, approved_at=now)) != 1:
        raise IncomeRefusedError(detail=f"{fund} {day} was changed at this moment: look at it again")
    figures = Figures(fund, day, row.income_e4, row.yield_e4)
    _record(session, figures, APPROVED, by, now)
    return figures


def publish(session: Session, figures: Sequence[Figures], *, maker: str, checker: str, now: datetime) -> None:
    """Write approved days in one go, as a sandbox has them."""
    stamped = {"state": APPROVED, "maker": maker, "checker": checker, "proposed_at": now, "approved_at": now}
    rows = [
        {"fund": one.fund, "day": one.day, "income_e4": one.income_e4, "yield_e4": one.yield_e4, **stamped}
        for one in figures
    ]
    if rows:
        session.execute(insert(_table), rows)


def approved(session: Session, fund: str, day: date) -> int:
    """Give a day's approved income per 10,000 shares.

    Raises:
        IncomeMissingError: it is not approved yet.
    """
    wanted = select(_table.c.income_e4).where(*_here(fund, day), _table.c.state == APPROVED)
    found: int | None = session.scalar(wanted)
    if found is None:
        raise IncomeMissingError(detail=f"the income of {fund} on {day} is not approved: `tidegate sweep income list`")
    return found


def newest(session: Session, fund: str, limit: int) -> list[Row[Any]]:
    """Give the newest approved days, the oldest of them first."""
    wanted = select(_table).where(_table.c.fund == fund, _table.c.state == APPROVED)
    return list(reversed(session.execute(wanted.order_by(_table.c.day.desc()).limit(limit)).all()))


def entered(session: Session, limit: int) -> list[Row[Any]]:
    """Give the newest days of every fund, whether approved or not, the newest first."""
    return list(session.execute(select(_table).order_by(_table.c.day.desc(), _table.c.fund).limit(limit)).all())


def _here(fund: str, day: date) -> tuple[Any, ...]:
    return (_table.c.fund == fund, _table.c.day == day)


def _record(session: Session, figures: Figures, state: str, by: str, now: datetime) -> None:
    body = {
        "fund": figures.fund,
        "day": figures.day.isoformat(),
        "income": decimals_text(figures.income_e4),
        "yield": decimals_text(figures.yield_e4),
        "state": state,
        "by": by,
    }
    audit.append(session, kind="sweep.income", subject=f"{figures.fund}:{figures.day}", body=body, now=now)
