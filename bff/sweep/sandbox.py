"""The income of a sandbox's funds: invented figures that depend on the fund and the day alone."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bff.kinds import business_date
from bff.sweep import income
from bff.sweep.income import Figures
from bff.sweep.models import SweepIncome
from bff.sweep.products import SweepDefinition

BASE: Final = 4300
"""0.43 yuan a day for 10,000 shares: about 1.57 % a year."""
SPREAD: Final = 400
WEEK: Final = 7
YEAR: Final = 365
MAKER: Final = "sandbox.fund"
CHECKER: Final = "sandbox.bank"


def publish(session: Session, products: tuple[SweepDefinition, ...], now: datetime) -> int:
    """Publish what is missing of every fund up to yesterday; give how many days."""
    yesterday = business_date(now) - timedelta(days=1)
    missing = [
        one for product in products for fund in product.funds for one in _missing(session, product, fund, yesterday)
    ]
    income.publish(session, missing, maker=MAKER, checker=CHECKER, now=now)
    return len(missing)


def figures(fund: str, day: date) -> Figures:
    """Give a fund's figures of a day; the yield is that of the seven days that end with it, over a year."""
    week = [_income(fund, day - timedelta(days=back)) for back in range(WEEK)]
    return Figures(fund, day, week[0], sum(week) * YEAR // (WEEK * 100))


def _missing(session: Session, product: SweepDefinition, fund: str, last: date) -> Iterator[Figures]:
    newest = session.scalar(select(func.max(SweepIncome.day)).where(SweepIncome.fund == fund))
    day = product.valid_from if newest is None else newest + timedelta(days=1)
    while day <= last:
        yield figures(fund, day)
        day += timedelta(days=1)


def _income(fund: str, day: date) -> int:
    drawn = int.from_bytes(hashlib.sha256(f"{fund}:{day}".encode()).digest()[:4])
    return BASE + drawn % SPREAD
