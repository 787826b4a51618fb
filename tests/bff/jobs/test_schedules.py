"""Schedules: which slot is due, in Shanghai, over midnight and the end of the year."""

from datetime import UTC, date, datetime, time

import pytest

from bff.jobs import Daily, Every, Job, Whole
from bff.jobs.errors import JobUnknownError
from bff.jobs.worker import job_of, named
from bff.products.calendar import TradingCalendar
from bff.products.errors import CalendarExhaustedError

NIGHTLY = Daily(time(0, 30))
CALENDAR = TradingCalendar.load()


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-23T16:29:59.999+00:00", "2026-11-23"),
        ("2026-11-23T16:30:00+00:00", "2026-11-24"),
        ("2026-12-31T16:29:59+00:00", "2026-12-31"),
        ("2026-12-31T16:30:00+00:00", "2027-01-01"),
    ],
)
def test_a_daily_slot_is_due_at_its_time_on_the_banks_clock(now: str, slot: str) -> None:
    assert NIGHTLY.due(None, datetime.fromisoformat(now)) == slot
    assert NIGHTLY.due(slot, datetime.fromisoformat(now)) is None


def test_missed_days_come_one_after_the_other() -> None:
    now, last, seen = datetime(2026, 11, 25, 2, tzinfo=UTC), "2026-11-21", []
    while (slot := NIGHTLY.due(last, now)) is not None:
        seen.append(slot)
        last = slot
    assert seen == ["2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]


def test_a_job_of_trading_days_leaves_holidays_out_and_stops_where_the_calendar_ends() -> None:
    trading = Daily(time(15, 30), CALENDAR.is_trading_day)
    holiday = datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert trading.due(None, holiday) == "2026-09-30"
    assert trading.due("2026-09-30", holiday) is None
    assert trading.due("2026-09-30", datetime(2026, 10, 8, 12, tzinfo=UTC)) == "2026-10-08"
    with pytest.raises(CalendarExhaustedError):
        trading.due("2026-12-31", datetime(2027, 1, 4, 12, tzinfo=UTC))
    assert CALENDAR.is_trading_day(date(2026, 12, 31))


def test_a_slot_of_seconds_is_not_made_up_for() -> None:
    every = Every(60)
    now = datetime(2026, 11, 25, 2, 0, 59, 999999, tzinfo=UTC)
    assert every.due(None, now) == "2026-11-25T02:00:00Z"
    assert every.due("2026-11-25T02:00:00Z", now) is None
    assert every.due("2026-11-25T01:00:00Z", now) == "2026-11-25T02:00:00Z"
    assert every.look_again(now) == datetime(2026, 11, 25, 2, 1, tzinfo=UTC)


def test_names_of_jobs_are_their_own() -> None:
    job = Job("one", Every(1), Whole(lambda: None))
    assert job_of([job], "one") is job
    with pytest.raises(JobUnknownError):
        job_of([job], "two")
    with pytest.raises(ValueError, match="one name"):
        named([job, job])
