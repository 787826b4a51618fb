"""Rules of credit cards that need no database: the line, the days of a cycle, what is due, what is repaid first.

Days are business dates (Asia/Shanghai). A billing day that a month does not have is its last day.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bff.cards.terms import Terms
from bff.products.errors import ProductDataError
from bff.products.rulepacks import RulePack

FEE: Final = "fee"
INTEREST: Final = "interest"
CASH: Final = "cash"
PRINCIPAL: Final = "principal"
BUCKETS: Final = (FEE, INTEREST, CASH, PRINCIPAL)
_MONTHS: Final = 12
_PERCENT: Final = 100

AGE: Final = "AGE"
CREDIT_REPORT: Final = "CREDIT_REPORT"
INCOME: Final = "INCOME"


@dataclass(frozen=True, slots=True)
class Bureau:
    """What a credit report comes to: months overdue, and what is paid on debts elsewhere each month, in fen."""

    overdue_months: int
    monthly_debt_fen: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the rules say of an application: a line, or why not."""

    line_fen: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed, by bucket, in fen; negative principal was overpaid."""

    fee: int = 0
    interest: int = 0
    cash: int = 0
    principal: int = 0

    @property
    def total(self) -> int:
        """Give the sum."""
        return self.fee + self.interest + self.cash + self.principal

    def __add__(self, other: "Owed") -> "Owed":
        """Add bucket by bucket."""
        return Owed(
            self.fee + other.fee,
            self.interest + other.interest,
            self.cash + other.cash,
            self.principal + other.principal,
        )


def propose(terms: Terms, pack: RulePack, *, age: int, annual_fen: int, bureau: Bureau) -> Proposal:
    """Say which line an applicant may have."""
    if not pack.integer("least_age") <= age <= pack.integer("most_age"):
        return Proposal(0, AGE)
    if bureau.overdue_months > pack.integer("overdue_months_most"):
        return Proposal(0, CREDIT_REPORT)
    step = pack.integer("line_step_fen")
    earned = annual_fen // _MONTHS * pack.integer("line_months")
    line = (earned - bureau.monthly_debt_fen * pack.integer("debt_months")) // step * step
    line = min(line, terms.line_most_fen)
    return Proposal(line) if line >= terms.line_least_fen else Proposal(0, INCOME)


def closing_after(day: date, billing_day: int) -> date:
    """Give the first closing date after a day."""
    this = _in_month(day.year, day.month, billing_day)
    if this > day:
        return this
    year, month = (day.year + 1, 1) if day.month == _MONTHS else (day.year, day.month + 1)
    return _in_month(year, month, billing_day)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def anniversary(day: date, years: int) -> date:
    """Give the day so many years later; of a 29 February the 28th where there is none."""
    return _in_month(day.year + years, day.month, day.day)


def due_on(closed: date, terms: Terms) -> date:
    """Give the due date of a bill."""
    return closed + timedelta(days=terms.due_days)


def last_day(due: date, terms: Terms) -> date:
    """Give the last day on which a repayment still counts as in time."""
    return due + timedelta(days=terms.grace_days)


def minimum(owed: Owed, terms: Terms) -> int:
    """Give the minimum payment: fees and interest whole, a share of the rest, a least amount, never above the total."""
    if owed.total <= 0:
        return 0
    share = -(-max(owed.cash + owed.principal, 0) * terms.minimum_share_percent // _PERCENT)
    return min(owed.total, max(owed.fee + owed.interest + share, terms.minimum_least_fen))


def late_fee(unpaid_minimum: int, terms: Terms) -> int:
    """Give the fee on a minimum payment of which so much was left unpaid."""
    if unpaid_minimum <= 0:
        return 0
    share = -(-unpaid_minimum * terms.late_fee_percent // _PERCENT)
    return min(max(share, terms.late_fee_least_fen), terms.late_fee_most_fen)


def cash_fee(amount: int, terms: Terms) -> int:
    """Give the fee of a cash advance."""
    return max(-(-amount * terms.cash_fee_percent // _PERCENT), terms.cash_fee_least_fen)


def order_of(pack: RulePack, overdue_since: date | None, day: date) -> tuple[str, ...]:
    """Give the buckets in the order in which a repayment fills them.

    Raises:
        ProductDataError: the rule names no such order.
    """
    long = overdue_since is not None and (day - overdue_since).days >= pack.integer("allocation_overdue_days")
    order = tuple(pack.text("allocation_overdue" if long else "allocation").split(","))
    if sorted(order) != sorted(BUCKETS):
        raise ProductDataError(detail=f"{pack.version}: an order names each of {', '.join(BUCKETS)} once")
    return order


def allocate(owed: Owed, amount: int, order: tuple[str, ...]) -> Owed:
    """Give what a repayment takes from each bucket; what is left over makes principal negative."""
    buckets: Mapping[str, int] = {name: max(getattr(owed, name), 0) for name in BUCKETS}
    taken = dict.fromkeys(BUCKETS, 0)
    for name in order:
        taken[name] = min(buckets[name], amount)
        amount -= taken[name]
    taken[PRINCIPAL] += amount
    return Owed(**{name: -fen for name, fen in taken.items()})
