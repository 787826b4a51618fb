"""The calendar of trading days: what is a trading day, and the day by which an order counts.

Beyond the file's last day the calendar fails closed: nothing is guessed.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Self

import msgspec

from bff.kinds import SHANGHAI, business_date
from bff.products.errors import CalendarExhaustedError, ProductDataError

CALENDAR_FILE: Final = Path(__file__).parent / "data" / "trading_days.json"


class _Difference(msgspec.Struct):
    date: date
    trading: bool
    reason: str


class _Document(msgspec.Struct):
    market: str
    source: str
    first: date
    last: date
    differences: list[_Difference]
    days: list[date]


@dataclass(frozen=True, slots=True)
class TradingCalendar:
    """Trading days from ``first`` to ``last``, both included."""

    first: date
    last: date
    days: frozenset[date]
    source: str

    @classmethod
    def load(cls, path: Path = CALENDAR_FILE) -> Self:
        """Read a calendar file, as ``data/make_trading_days.py`` writes it or as an operator uploads it.

        Raises:
            ProductDataError: it is malformed, or a difference between its sources is left without a reason.
        """
        try:
            document = msgspec.json.decode(path.read_bytes(), type=_Document)
        except (OSError, msgspec.MsgspecError) as error:
            raise ProductDataError(detail=f"{path.name}: {error}") from error
        if any(not difference.reason for difference in document.differences):
            raise ProductDataError(detail=f"{path.name}: a differing day has no reason")
        days = frozenset(document.days)
        if any(not document.first <= day <= document.last for day in days):
            raise ProductDataError(detail=f"{path.name}: a day lies outside first and last")
        return cls(first=document.first, last=document.last, days=days, source=document.source)

    def is_trading_day(self, day: date) -> bool:
        """Tell whether the market is open.

        Raises:
            CalendarExhaustedError: the calendar does not reach that day.
        """
        if not self.first <= day <= self.last:
            raise CalendarExhaustedError(detail=f"{day} lies outside {self.first}..{self.last}", date=day.isoformat())
        return day in self.days

    def on_or_after(self, day: date) -> date:
        """Give the first trading day not before ``day``."""
        while not self.is_trading_day(day):
            day += timedelta(days=1)
        return day

    def after(self, day: date, count: int = 1) -> date:
        """Give the ``count``-th trading day after ``day``."""
        for _ in range(count):
            day = self.on_or_after(day + timedelta(days=1))
        return day

    def trade_date(self, instant: datetime, cut_off: time) -> date:
        """Give the trading day by which an order of ``instant`` counts: today before the cut-off, else the next."""
        today = business_date(instant)
        local = instant.astimezone(SHANGHAI).time()
        if self.is_trading_day(today) and local < cut_off:
            return today
        return self.after(today)
