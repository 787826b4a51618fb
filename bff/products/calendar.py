"""The calendar of trading days: what is a trading day, and the day by which an order counts.

Beyond its last day the calendar fails closed: nothing is guessed. A calendar that was uploaded and checked lies over
the one that ships: for the days that it covers it alone says which are trading days.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Self

import msgspec

from bff.kinds import SHANGHAI, business_date
from bff.products.errors import CalendarExhaustedError, ProductDataError

MARKET: Final = "XSHG"
CALENDAR_FILE: Final = Path(__file__).parent / "data" / "trading_days.json"
DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


class Difference(msgspec.Struct, frozen=True):
    """A day on which two sources differ, or that is out of the common, and why it is as it is."""

    date: date
    trading: bool
    reason: str


class CalendarDocument(msgspec.Struct, frozen=True):
    """A calendar's file: every trading day from ``first`` to ``last``."""

    market: str
    source: str
    first: date
    last: date
    differences: tuple[Difference, ...]
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class TradingDays:
    """Trading days from ``first`` to ``last``, both included, as they stand at one moment."""

    first: date
    last: date
    days: frozenset[date]
    source: str

    def under(self, upper: CalendarDocument) -> "TradingDays":
        """Give these days with a checked document over them."""
        kept = (day for day in self.days if not upper.first <= day <= upper.last)
        first, last = min(self.first, upper.first), max(self.last, upper.last)
        return TradingDays(first, last, frozenset((*kept, *upper.days)), f"{upper.source}; before it {self.source}")

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
            day += DAY
        return day

    def after(self, day: date, count: int = 1) -> date:
        """Give the ``count``-th trading day after ``day``."""
        for _ in range(count):
            day = self.on_or_after(day + DAY)
        return day


def _none() -> Iterable[CalendarDocument]:
    """Give the uploads of a calendar that has none."""
    return ()


@dataclass(slots=True)
class TradingCalendar:
    """The calendar in force.

    Attributes:
        shipped: the days that ship with the bank.
        added: gives the checked uploads in the order in which they were checked; the same tuple while nothing changes.
    """

    shipped: TradingDays
    added: Callable[[], Iterable[CalendarDocument]] = _none
    _seen: tuple[Iterable[CalendarDocument], TradingDays] | None = None

    @classmethod
    def load(cls, path: Path = CALENDAR_FILE, added: Callable[[], Iterable[CalendarDocument]] = _none) -> Self:
        """Read a calendar file, as ``data/make_trading_days.py`` writes it.

        Raises:
            ProductDataError: it is malformed, or a difference between its sources is left without a reason.
        """
        try:
            document = read_calendar(path.read_bytes(), path.name)
        except OSError as error:
            raise ProductDataError(detail=f"{path.name}: {error}") from error
        return cls(TradingDays(document.first, document.last, frozenset(document.days), document.source), added)

    @property
    def now(self) -> TradingDays:
        """Give the days as they stand now."""
        added, seen = self.added(), self._seen
        if seen is None or seen[0] is not added:
            seen = self._seen = (added, self.over(added))
        return seen[1]

    @property
    def days(self) -> frozenset[date]:
        """Give every trading day."""
        return self.now.days

    @property
    def first(self) -> date:
        """Give the first day that the calendar knows."""
        return self.now.first

    @property
    def last(self) -> date:
        """Give the last day that the calendar knows."""
        return self.now.last

    @property
    def source(self) -> str:
        """Say where the days come from."""
        return self.now.source

    def over(self, uploads: Iterable[CalendarDocument]) -> TradingDays:
        """Give the shipped days with uploads over them."""
        days = self.shipped
        for upload in uploads:
            days = days.under(upload)
        return days

    def is_trading_day(self, day: date) -> bool:
        """Tell whether the market is open.

        Raises:
            CalendarExhaustedError: the calendar does not reach that day.
        """
        return self.now.is_trading_day(day)

    def on_or_after(self, day: date) -> date:
        """Give the first trading day not before ``day``."""
        return self.now.on_or_after(day)

    def after(self, day: date, count: int = 1) -> date:
        """Give the ``count``-th trading day after ``day``."""
        return self.now.after(day, count)

    def trade_date(self, instant: datetime, cut_off: time) -> date:
        """Give the trading day by which an order of ``instant`` counts: today before the cut-off, else the next."""
        days, today = self.now, business_date(instant)
        local = instant.astimezone(SHANGHAI).time()
        if days.is_trading_day(today) and local < cut_off:
            return today
        return days.after(today)


def cut_off_instant(trade: date, cut_off: time) -> datetime:
    """Give the instant until which an order counts for that trade date."""
    return datetime.combine(trade, cut_off, SHANGHAI)


def read_calendar(raw: bytes, name: str) -> CalendarDocument:
    """Read a calendar's file.

    Raises:
        ProductDataError: it is malformed, a difference or a trading day at a weekend has no reason, or a day lies
            outside its span.
    """
    try:
        document = msgspec.json.decode(raw, type=CalendarDocument)
    except msgspec.MsgspecError as error:
        raise ProductDataError(detail=f"{name}: {error}") from error
    if document.first > document.last:
        raise ProductDataError(detail=f"{name}: first lies after last")
    if any(not difference.reason.strip() for difference in document.differences):
        raise ProductDataError(detail=f"{name}: a differing day has no reason")
    if any(not document.first <= day <= document.last for day in document.days):
        raise ProductDataError(detail=f"{name}: a day lies outside first and last")
    explained = {difference.date for difference in document.differences}
    odd = sorted(day for day in document.days if day.weekday() >= _SATURDAY and day not in explained)
    if odd:
        raise ProductDataError(detail=f"{name}: {odd[0]} is a weekend: a difference must give the reason")
    return document


def check_upload(now: TradingDays, upload: CalendarDocument, today: date) -> None:
    """Hold an upload to the days in force: our market, no gap before it, nothing new of days that have begun.

    Raises:
        ProductDataError: it does not; the detail names the day.
    """
    if upload.market != MARKET:
        raise ProductDataError(detail=f"market is {upload.market[:40]!r}: trading days are those of {MARKET}")
    if not now.first <= upload.first <= now.last + DAY:
        raise ProductDataError(detail=f"first is {upload.first}: the days in force are {now.first}..{now.last}, no gap")
    begun = {day for day in now.days if upload.first <= day <= min(today, upload.last)}
    said = {day for day in upload.days if day <= today}
    if begun != said:
        raise ProductDataError(detail=f"{min(begun ^ said)} has begun or is over: it cannot be changed any more")
