"""End of day: every account's income of one day, by set-based statements, range after range of accounts.

Invariants: an account accrues a fund's day once, whoever runs it, how often and in which order; what it accrues on
depends on the movements that count from that day or before, and on the income of the days before, never on when it is
run; days are closed one after the other, and what rounding down leaves goes to the rounding account.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Row,
    String,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from bff.db.base import FEN, table_of
from bff.db.statements import changed, insert_new
from bff.jobs import Batch, Turn
from bff.kinds import business_date
from bff.sweep import income, journals, register, repository
from bff.sweep.errors import DayOrderError
from bff.sweep.models import SweepAccrual, SweepDay, SweepMovement, SweepPosition
from bff.sweep.products import SweepDefinition
from bff.sweep.rules import SCALE, residue_of
from bff.sweep.terms import Terms

RANGE: Final = 50_000
"""How many accounts one transaction accrues."""
BEGUN: Final = "BEGUN"
DONE: Final = "DONE"
_position: Final = table_of(SweepPosition)
_movement: Final = table_of(SweepMovement)
_accrual: Final = table_of(SweepAccrual)
_day: Final = table_of(SweepDay)
_FUND: Final = bindparam("of_fund", type_=String())
_DAY: Final = bindparam("on_day", type_=Date())
_AFTER: Final = bindparam("after", type_=String())
_LAST: Final = bindparam("last", type_=String())
_RATE: Final[BindParameter[int]] = bindparam("rate", type_=FEN)
_IN_RANGE: Final = (_position.c.fund == _FUND, _position.c.account_id > _AFTER, _position.c.account_id <= _LAST)
_OPEN: Final = or_(_position.c.accrued_through.is_(None), _position.c.accrued_through < _DAY)
_CREDIT: Final = (
    update(_position)
    .where(*_IN_RANGE, _OPEN)
    .where(_accrual.c.day == _DAY, _accrual.c.fund == _position.c.fund)
    .where(_accrual.c.account_id == _position.c.account_id)
    .values(
        shares_fen=_position.c.shares_fen + _accrual.c.amount_fen,
        income_fen=_position.c.income_fen + _accrual.c.amount_fen,
        accrued_through=_DAY,
    )
)


@dataclass(frozen=True, slots=True)
class Accrual:
    """Closes the days; ``size`` accounts at a time."""

    terms: Terms
    size: int = RANGE

    def step(self, session: Session, turn: Turn) -> Batch:
        """Do one range of the day before the slot: the next accounts of a fund, or what ends a fund.

        Raises:
            IncomeMissingError: a fund's income of the day is not approved.
            DayOrderError: the day is not over, or what must come before it is not done.
        """
        day = turn.business_date - timedelta(days=1)
        funds = [(product, fund) for product in self.terms.every(session, turn.now) for fund in product.funds]
        if not funds:
            return Batch("", 0, finished=True, outcome="there is no fund")
        wanted, _, after = turn.cursor.partition("|")
        at = next((number for number, (_, fund) in enumerate(funds) if fund == wanted), 0)
        product, fund = funds[at]
        rate = self._begin(session, fund, day, turn.now)
        last = self._end_of_range(session, fund, after)
        if last is not None:
            bounds = {"of_fund": fund, "on_day": day, "after": after, "last": last}
            return Batch(f"{fund}|{last}", accrue(session, bounds, rate), finished=False)
        self._finish(session, product, fund, day, turn.now)
        following = funds[at + 1][1] if at + 1 < len(funds) else ""
        return Batch(f"{following}|", 0, finished=not following, outcome=f"{day} accrued")

    def _begin(self, session: Session, fund: str, day: date, now: datetime) -> int:
        """Give the day's income per 10,000 shares; close the day to movements when nobody has yet."""
        row, begun = _row(session, fund, day), None
        if row is None:
            begun = register.lock_book(session, fund)
            row = _row(session, fund, day)  # another run may have closed the day while this one queued
        if row is not None:
            return int(row.income_e4)
        if day >= business_date(now):
            raise DayOrderError(detail=f"{day} is not over")
        if begun is not None and day != begun + timedelta(days=1):
            raise DayOrderError(detail=f"{fund}: the day after {begun} is next, not {day}")
        waiting = repository.unconfirmed(session, fund, day)
        if waiting:
            raise DayOrderError(detail=f"{fund}: {waiting} orders of {day} are not confirmed yet")
        rate = income.approved(session, fund, day)
        new = {"fund": fund, "day": day, "income_e4": rate, "rule_version": self.terms.packs.at(day).version}
        zeros = dict.fromkeys(("accounts", "shares_fen", "amount_fen", "residue_fen"), 0)
        insert_new(session, SweepDay, **new, **zeros, state=BEGUN, begun_at=now, done_at=None)
        register.close_day(session, fund, day)
        return rate

    def _end_of_range(self, session: Session, fund: str, after: str) -> str | None:
        """Give the last account of the next range, or None behind the last account."""
        ids = select(_position.c.account_id).where(_position.c.fund == fund, _position.c.account_id > after)
        within = ids.order_by(_position.c.account_id).limit(self.size).subquery()
        last: str | None = session.scalar(select(func.max(within.c.account_id)))
        return last

    @staticmethod
    def _finish(session: Session, product: SweepDefinition, fund: str, day: date, now: datetime) -> None:
        """Add the day up, and have the core move its income and its residue once."""
        ours = (_accrual.c.day == day, _accrual.c.fund == fund)
        sums = (func.count(), func.sum(_accrual.c.shares_fen), func.sum(_accrual.c.amount_fen))
        accounts, shares, amount = (int(one or 0) for one in session.execute(select(*sums).where(*ours)).one())
        row = _row(session, fund, day)
        residue = 0 if row is None else residue_of(shares, row.income_e4, amount)
        totals = {"accounts": accounts, "shares_fen": shares, "amount_fen": amount, "residue_fen": residue}
        ended = update(_day).where(_day.c.fund == fund, _day.c.day == day, _day.c.state == BEGUN)
        if changed(session, ended.values(**totals, state=DONE, done_at=now)) != 1:
            return
        accounts_of = product.accounts
        put = journals.Putting(session, fund, day, now)
        put.journal(journals.INCOME, accounts_of.income, accounts_of.fund, amount)
        put.journal(journals.RESIDUE, accounts_of.income, accounts_of.rounding, residue)


def accrue(session: Session, bounds: dict[str, Any], rate: int) -> int:
    """Accrue one range of accounts and credit it; give how many accounts were new.

    Args:
        session: of the range's transaction.
        bounds: ``of_fund``, ``on_day``, and the range's accounts ``after`` … ``last``.
        rate: income per 10,000 shares, in ten-thousandths of a yuan.
    """
    done = session.execute(_insertion(session.get_bind().dialect.name), {**bounds, "rate": rate})
    session.connection().execute(_CREDIT, bounds)
    return int(getattr(done, "rowcount", 0))


def _insertion(dialect: str) -> Any:
    """Give the statement that writes a range's accruals from the register as it was at the end of the day."""
    later = (
        select(_movement.c.account_id, func.sum(_movement.c.shares_fen).label("shares"))
        .where(_movement.c.fund == _FUND, _movement.c.day > _DAY)
        .where(_movement.c.account_id > _AFTER, _movement.c.account_id <= _LAST)
        .group_by(_movement.c.account_id)
        .subquery("later")
    )
    basis = _position.c.shares_fen - func.coalesce(_whole(later.c.shares, dialect), 0)
    held = (
        select(_position.c.account_id, basis.label("basis"))
        .select_from(_position.outerjoin(later, later.c.account_id == _position.c.account_id))
        .where(*_IN_RANGE, _OPEN)
        .subquery("held")
    )
    shares = held.c.basis
    whole, rest = _quotient(shares, literal(SCALE), dialect), shares % SCALE
    amount = whole * _RATE + _quotient(rest * _RATE, literal(SCALE), dialect)  # no product passes 64 bits
    rows = select(_DAY, _FUND, held.c.account_id, shares, amount).where(shares > 0)
    return insert(_accrual).from_select(["day", "fund", "account_id", "shares_fen", "amount_fen"], rows)


def _quotient(dividend: ColumnElement[Any], divisor: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Divide whole numbers that are not negative, rounding down, without a decimal in between."""
    return dividend.op("/" if dialect == "sqlite" else "DIV")(divisor)


def _whole(sum_: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Make a sum, a decimal on a server, a whole number again."""
    return sum_ if dialect == "sqlite" else sum_.op("DIV")(literal(1))


def _row(session: Session, fund: str, day: date) -> Row[Any] | None:
    return session.execute(select(_day).where(_day.c.fund == fund, _day.c.day == day)).first()
