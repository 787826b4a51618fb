"""Rules of the sweep that need no database: what a day's income is, whether an amount fits, and the dates of an order.

Shares are counted in fen: a share is 1.00 yuan at every time. Income per 10,000 shares comes in ten-thousandths of a
yuan (``0.4321`` is 4321), a yield in ten-thousandths of a per cent (``1.8760 %`` is 18760).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from bff.kinds import business_date
from bff.products.calendar import TradingCalendar
from bff.products.rulepacks import RulePack
from bff.sweep.errors import IncomeRefusedError, SweepAmountError

SCALE: Final = 10**8
"""Fen of shares times ten-thousandths of a yuan, over this, are fen of income."""
_DECIMALS: Final = 10**4
HIGHEST: Final = 10 * _DECIMALS
"""Income per 10,000 and yields from ten yuan or ten per cent on are mistakes of who enters them."""


@dataclass(frozen=True, slots=True)
class PurchaseDates:
    """By which trading day a purchase counts, when its shares are there, and their first day of income."""

    trade: date
    confirm: date
    income: date


@dataclass(frozen=True, slots=True)
class RedemptionDates:
    """By which trading day a normal redemption counts, and when it is paid."""

    trade: date
    pay: date


def income_of(shares_fen: int, income_e4: int) -> int:
    """Give a day's income of shares, rounded down to the fen."""
    return shares_fen * income_e4 // SCALE


def residue_of(shares_fen: int, income_e4: int, paid_fen: int) -> int:
    """Give what rounding down account by account left of the income of all shares together."""
    return income_of(shares_fen, income_e4) - paid_fen


def purchase_dates(calendar: TradingCalendar, pack: RulePack, now: datetime) -> PurchaseDates:
    """Give the dates of a purchase placed now; income starts on the day of confirmation.

    Raises:
        CalendarExhaustedError: the calendar does not reach them.
    """
    trade = calendar.trade_date(now, pack.clock("cut_off"))
    confirm = calendar.after(trade, pack.integer("confirm_trading_days"))
    return PurchaseDates(trade, confirm, confirm)


def redemption_dates(calendar: TradingCalendar, pack: RulePack, now: datetime, *, fast: bool) -> RedemptionDates:
    """Give the dates of a redemption placed now; a fast one counts and is paid on its natural day.

    Raises:
        CalendarExhaustedError: the calendar does not reach them.
    """
    if fast:
        today = business_date(now)
        return RedemptionDates(today, today)
    trade = calendar.trade_date(now, pack.clock("cut_off"))
    return RedemptionDates(trade, calendar.after(trade, pack.integer("redeem_trading_days")))


def check_amount(minimum_fen: int, step_fen: int, amount_fen: int) -> None:
    """Hold an amount to a product's minimum and step.

    Raises:
        SweepAmountError: it does not fit.
    """
    if amount_fen < minimum_fen or (amount_fen - minimum_fen) % step_fen:
        raise SweepAmountError(minimumFen=minimum_fen, stepFen=step_fen)


def idle(available_fen: int, floor_fen: int, minimum_fen: int, step_fen: int) -> int:
    """Give what of an account's money is swept: all above the floor that the product takes, or 0."""
    over = available_fen - floor_fen
    return 0 if over < minimum_fen else over - (over - minimum_fen) % step_fen


def four_decimals(text: str) -> int:
    """Read ``0.4321`` as 4321.

    Raises:
        IncomeRefusedError: it is no number with at most four decimals, or out of range.
    """
    try:
        value = Decimal(text) * _DECIMALS
    except InvalidOperation:
        raise IncomeRefusedError(detail=f"{text} is no number") from None
    if not value.is_finite() or value != int(value) or not 0 <= value < HIGHEST:
        raise IncomeRefusedError(detail=f"{text}: at least 0, below 10, with four decimals at most")
    return int(value)


def decimals_text(value_e4: int) -> str:
    """Write 4321 as ``0.4321``."""
    return f"{value_e4 // _DECIMALS}.{value_e4 % _DECIMALS:04d}"
