"""One account's closing as arithmetic: what the bill of its cycle charges, and why.

Invariant: what a closing reads of the rules and weighs is noted in its decision.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from bff.cards import interest, repository, rules
from bff.cards.interest import Bill, Layer, Paid
from bff.cards.models import CardEntry
from bff.cards.products import CardProduct
from bff.cards.repository import PURCHASE
from bff.cards.rules import Owed
from bff.cards.terms import Terms
from bff.db.base import table_of
from bff.kinds import business_date
from bff.products.decisions import ALLOWED, Decision
from bff.products.rulepacks import RulePack

_entry: Final = table_of(CardEntry)
_CHARGED: Final = (
    "daily_rate_ppm",
    "interest_on",
    "annual_fee_fen",
    "annual_fee_free_years",
    "annual_fee_waiver_purchases",
    "minimum_share_percent",
    "minimum_least_fen",
    "due_days",
    "grace_days",
)
"""Figures of the contract by which a bill is made."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One account's closing: its row, its bill before, the entries of both cycles, its product and the decision."""

    account: Row[Any]
    before: Row[Any] | None
    entries: Sequence[Row[Any]]
    earlier: Sequence[Row[Any]]
    product: CardProduct
    decision: Decision

    @property
    def terms(self) -> Terms:
        """Give the figures of the contract."""
        return self.product.figures

    @property
    def pack(self) -> RulePack:
        """Give the rules in force on the closing day; what is read of them is noted."""
        return self.decision.rules

    @property
    def name(self) -> str:
        """Give the id of the bill."""
        return bill_id(self.account.account_id, self.account.cycle)

    @property
    def closed(self) -> date:
        """Give the closing day."""
        day: date = self.account.next_close
        return day

    @property
    def previous(self) -> Owed:
        """Give what the bill before asked for, by bucket."""
        return Owed() if self.before is None else repository.owed(self.before)


def bill_id(account_id: str, cycle: int) -> str:
    """Give the id by which messages, entries and explanations name the bill of a cycle."""
    return f"{account_id}.{cycle}"


def interest_of(cycle: Cycle) -> int:
    """Give the interest that a closing charges: on the bill before, when it was not repaid, and on cash."""
    if cycle.before is None:
        start, carried_cash, days = cycle.closed, 0, 0
    else:
        start, carried_cash = cycle.before.closed_on, max(cycle.before.cash_fen, 0)
        days = _days_on_purchases(cycle, cycle.before)
    cash = [Layer(start, carried_cash), *(Layer(one.day, one.cash_fen) for one in cycle.entries if one.cash_fen > 0)]
    paid = [Paid(one.day, -one.cash_fen) for one in cycle.entries if one.cash_fen < 0]
    on_cash = interest.fen_days(cash, paid, cycle.closed)
    cycle.decision.note(fenDaysOfPurchases=days, fenDaysOfCash=on_cash)
    return interest.charge(days + on_cash, cycle.terms.daily_rate_ppm)


def _days_on_purchases(cycle: Cycle, before: Row[Any]) -> int:
    spent = [Layer(one.day, one.principal_fen) for one in cycle.earlier if one.principal_fen > 0]
    pool = before.principal_fen - sum(layer.fen for layer in spent)  # what was carried, less what was repaid since
    bill = Bill(
        closed=before.closed_on,
        total_fen=before.total_fen,
        repaid_fen=_repaid(cycle, before.last_day),
        carried_fen=max(pool, 0),
        purchases=tuple(interest.eaten_by(spent, max(-pool, 0))),
    )
    paid = [Paid(one.day, -one.principal_fen) for one in cycle.entries if one.principal_fen < 0]
    asked = {"billBeforeFen": bill.total_fen, "billBeforeRepaidFen": bill.repaid_fen}
    cycle.decision.note(**asked, billBeforeLastDay=before.last_day.isoformat())
    return interest.on_purchases(
        bill,
        paid,
        in_time=before.last_day,
        until=cycle.closed,
        method=cycle.terms.interest_on,
        tolerance=cycle.pack.integer("tolerance_fen"),
    )


def _repaid(cycle: Cycle, until: date) -> int:
    kinds = repository.repaying_kinds(cycle.pack)
    return -sum(repository.owed(one).total for one in cycle.entries if one.kind in kinds and one.day <= until)


def annual_fee(session: Session, cycle: Cycle) -> tuple[int, int]:
    """Give the annual fee that a closing charges, and how many years have been looked at then."""
    account, terms, year = cycle.account, cycle.terms, cycle.account.fee_year
    since = business_date(account.activated_at)
    start = rules.anniversary(since, year)
    if start > cycle.closed:
        return 0, year
    if year < terms.annual_fee_free_years or not terms.annual_fee_fen:
        return 0, year + 1
    bought = 0
    if year:
        within = _entry.c.day.between(rules.anniversary(since, year - 1), start - timedelta(days=1))
        count = select(func.count()).where(_entry.c.account_id == account.account_id, _entry.c.kind == PURCHASE, within)
        bought = session.scalar(count) or 0
    waived = bool(year) and bought >= terms.annual_fee_waiver_purchases
    cycle.decision.note(annualFeeYear=year + 1, purchasesInYearBefore=bought, annualFeeWaived=waived)
    return (0 if waived else terms.annual_fee_fen), year + 1


def explained(cycle: Cycle, statement: Mapping[str, Any], charged: Owed, now: datetime) -> dict[str, Any]:
    """Give the record of how a bill came about."""
    decision, product = cycle.decision, cycle.product
    decision.cite(product.terms, *_CHARGED)
    decision.note(product=product.code, productVersion=product.version, annualFeeFen=charged.fee)
    days = {"closedOn": cycle.closed, "dueOn": statement["due_on"], "lastDay": statement["last_day"]}
    decision.note(**{name: day.isoformat() for name, day in days.items()}, interestFen=charged.interest)
    decision.note(totalFen=statement["total_fen"], minimumFen=statement["minimum_fen"])
    return decision.row(now, ALLOWED, subject=cycle.name, customer_id=cycle.account.customer_id)


def sum_of(entries: Iterable[Row[Any]]) -> Owed:
    """Give what entries come to, by bucket."""
    return sum((repository.owed(entry) for entry in entries), Owed())
