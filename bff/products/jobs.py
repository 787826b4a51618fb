"""The recurring work of the warehouse: a watch over the end of the calendar."""

import logging
from datetime import date, time
from typing import Final

from bff.jobs import Daily, Job, Whole
from bff.kinds import Clock, business_date
from bff.products.calendar import TradingCalendar

AT: Final = time(8)
WARN_DAYS: Final = 90
"""From how many days before its end on the calendar is asked for: the exchange announces a year in December."""
ALARM_DAYS: Final = 14
"""From how many days on it is an error: orders are refused soon."""
_log: Final = logging.getLogger(__name__)


def jobs(calendar: TradingCalendar, clock: Clock) -> tuple[Job, ...]:
    """Give the jobs: each morning the days are counted that the calendar of trading days still reaches."""
    return (Job("products.calendar", Daily(AT), Whole(lambda: watch(calendar, business_date(clock())))),)


def watch(calendar: TradingCalendar, today: date) -> str:
    """Say in the log when the calendar ends soon; give how long it lasts."""
    left = (calendar.last - today).days
    said = f"the calendar of trading days ends on {calendar.last}, {left} days from now ({calendar.source})"
    if left < WARN_DAYS:
        _log.log(logging.ERROR if left < ALARM_DAYS else logging.WARNING, "%s: docs/operations.md", said)
    return said
