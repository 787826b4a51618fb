"""The figures of a card contract, as the arithmetic takes them."""

from dataclasses import dataclass
from typing import Final

FULL: Final = "full"
REMAINING: Final = "remaining"


@dataclass(frozen=True, slots=True)
class Terms:
    """The figures of a contract; money in fen, shares in per cent, ``daily_rate_ppm`` in millionths a day.

    Attributes:
        line_least_fen, line_most_fen: range of the credit line.
        annual_fee_fen, annual_fee_free_years, annual_fee_waiver_purchases: the fee, how many years are free, and how
            many purchases in a year waive the fee of the next.
        daily_rate_ppm, interest_on: the rate, and whether it runs on whole purchases or on what was left unpaid.
        minimum_share_percent, minimum_least_fen: the minimum payment.
        late_fee_percent, late_fee_least_fen, late_fee_most_fen: of the minimum payment left unpaid.
        billing_day, due_days, grace_days: day of the month, days to the due date, days more that still count.
        cash_share_percent, cash_fee_percent, cash_fee_least_fen: cash advances.
    """

    line_least_fen: int
    line_most_fen: int
    annual_fee_fen: int
    annual_fee_free_years: int
    annual_fee_waiver_purchases: int
    daily_rate_ppm: int
    interest_on: str
    minimum_share_percent: int
    minimum_least_fen: int
    late_fee_percent: int
    late_fee_least_fen: int
    late_fee_most_fen: int
    billing_day: int
    due_days: int
    grace_days: int
    cash_share_percent: int
    cash_fee_percent: int
    cash_fee_least_fen: int
