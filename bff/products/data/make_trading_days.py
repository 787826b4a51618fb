# ruff: noqa: INP001 a script beside its data, no module of the package
"""Makes ``trading_days.json`` from exchange-calendars (XSHG), cross-checked with chinesecalendar; run by hand.

Both libraries are development dependencies. Run ``python bff/products/data/make_trading_days.py`` after upgrading them;
the differences that they have are written into the file, where a person must look at them.
"""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import chinese_calendar  # type: ignore[import-untyped] # it ships no types
import exchange_calendars  # type: ignore[import-untyped] # it ships no types

FIRST: Final = date(2018, 1, 1)
LAST: Final = date(2026, 12, 31)
TARGET: Final = Path(__file__).with_name("trading_days.json")
SATURDAY: Final = 5
REASONS: Final = {
    "2024-02-09": "New Year's Eve of the lunar calendar: a working day by the State Council, but the exchange rests.",
}


def exchange_days() -> set[date]:
    """Give the sessions of the Shanghai exchange."""
    calendar = exchange_calendars.get_calendar("XSHG", start=FIRST.isoformat(), end=LAST.isoformat())
    return {session.date() for session in calendar.sessions}


def working_weekdays() -> set[date]:
    """Give the days that are working days by the State Council and no make-up days at a weekend."""
    span = (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))
    return {day for day in span if day.weekday() < SATURDAY and chinese_calendar.is_workday(day)}


def calendar_document() -> dict[str, object]:
    """Give the document: the exchange decides, and every difference is named."""
    days = exchange_days()
    differing = sorted(days ^ working_weekdays())
    return {
        "market": "XSHG",
        "source": f"exchange-calendars {exchange_calendars.__version__}, cross-checked with chinesecalendar",
        "first": FIRST.isoformat(),
        "last": LAST.isoformat(),
        "differences": [
            {"date": day.isoformat(), "trading": day in days, "reason": REASONS.get(day.isoformat(), "")}
            for day in differing
        ],
        "days": [day.isoformat() for day in sorted(days)],
    }


if __name__ == "__main__":
    TARGET.write_text(json.dumps(calendar_document(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
