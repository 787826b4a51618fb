"""Trade and confirmation dates against the exchange's own calendar on every day, and at the edges of days and years."""

from datetime import UTC, date, datetime, timedelta

import exchange_calendars
import pytest

from bff.kinds import SHANGHAI
from bff.products.calendar import TradingCalendar
from bff.products.errors import CalendarExhaustedError
from bff.wealth import rules
from tests.bff.wealth.shelf import BASE
from tests.bff.wealth.world import packs

CALENDAR = TradingCalendar.load()
PACK = packs("wealth").versions[0]


def dates(local: datetime) -> rules.Dates:
    return rules.order_dates(CALENDAR, PACK, BASE, local.replace(tzinfo=SHANGHAI))


def test_every_day_of_nine_years_trades_and_confirms_as_the_exchange_does() -> None:
    exchange = exchange_calendars.get_calendar("XSHG", start="2018-01-01", end="2026-12-31")
    sessions = [session.date() for session in exchange.sessions]
    following = {one: sessions[index + 1] for index, one in enumerate(sessions[:-1])}
    day, index, compared = date(2018, 1, 2), 0, 0
    while day <= sessions[-3]:
        while sessions[index] < day:
            index += 1
        before, after = (
            datetime(day.year, day.month, day.day, hour, minute, 59) for hour, minute in ((14, 59), (15, 0))
        )
        trade = sessions[index]
        late = following[trade] if trade == day else trade
        for local, expected in ((before, trade), (after, late)):
            found = dates(local)
            assert (found.trade, found.confirm) == (expected, following[expected]), local
            compared += 1
        day += timedelta(days=1)
    assert compared > 6_500


@pytest.mark.parametrize(
    ("local", "trade", "confirm"),
    [
        ("2026-11-23 14:59:59.999", "2026-11-23", "2026-11-24"),
        ("2026-11-23 15:00:00.000", "2026-11-24", "2026-11-25"),
        ("2026-11-23 23:59:59.999", "2026-11-24", "2026-11-25"),
        ("2026-11-24 00:00:00.000", "2026-11-24", "2026-11-25"),
        ("2026-11-27 15:00:00.000", "2026-11-30", "2026-12-01"),
        ("2025-12-31 14:59:59.999", "2025-12-31", "2026-01-05"),
        ("2025-12-31 15:00:00.000", "2026-01-05", "2026-01-06"),
        ("2026-01-01 00:00:00.000", "2026-01-05", "2026-01-06"),
        ("2026-12-30 14:59:59.999", "2026-12-30", "2026-12-31"),
    ],
)
def test_the_edges_of_the_day_and_the_year(local: str, trade: str, confirm: str) -> None:
    found = dates(datetime.fromisoformat(local))
    assert (found.trade.isoformat(), found.confirm.isoformat()) == (trade, confirm)
    assert found.cancellable_until == datetime.combine(found.trade, PACK.clock("cut_off"), SHANGHAI)


def test_the_cut_off_is_read_in_shanghai_wherever_the_server_stands() -> None:
    instant = datetime(2026, 11, 23, 6, 59, 59, 999_000, tzinfo=UTC)
    assert rules.order_dates(CALENDAR, PACK, BASE, instant).trade == date(2026, 11, 23)
    assert rules.order_dates(CALENDAR, PACK, BASE, instant + timedelta(milliseconds=1)).trade == date(2026, 11, 24)


@pytest.mark.parametrize("local", ["2026-12-30 15:00:00", "2026-12-31 09:00:00", "2027-01-04 10:00:00"])
def test_beyond_the_calendar_nothing_is_guessed(local: str) -> None:
    with pytest.raises(CalendarExhaustedError):
        dates(datetime.fromisoformat(local))
