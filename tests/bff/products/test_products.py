"""The warehouse's rule packs and trading days."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import chinese_calendar
import exchange_calendars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.kinds import business_date
from bff.products.calendar import CALENDAR_FILE, TradingCalendar
from bff.products.errors import CalendarExhaustedError, ProductDataError, RulePackMissingError
from bff.products.jobs import watch
from bff.products.rulepacks import RulePacks

CALENDAR = TradingCalendar.load()
CUT_OFF = time(15)
PACK = """
pack: demo
version: demo-{year}
effective_from: {year}-01-01
source: somebody
rules:
  days: {{value: {year}}}
  at: {{value: "15:00"}}
"""


def test_the_calendar_is_the_exchanges_and_names_the_one_difference() -> None:
    document = json.loads(CALENDAR_FILE.read_text())
    exchange = exchange_calendars.get_calendar("XSHG", start="2018-01-01", end="2026-12-31")
    assert {session.date() for session in exchange.sessions} == CALENDAR.days
    assert [one["date"] for one in document["differences"]] == ["2024-02-09"]
    day = CALENDAR.first
    while day <= CALENDAR.last:
        working = chinese_calendar.is_workday(day) and day.weekday() < 5
        assert working == CALENDAR.is_trading_day(day) or day == date(2024, 2, 9)
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("instant", "trade"),
    [
        ("2026-11-23T06:59:59.999+00:00", "2026-11-23"),
        ("2026-11-23T07:00:00+00:00", "2026-11-24"),
        ("2026-11-27T07:00:00+00:00", "2026-11-30"),
        ("2026-11-28T01:00:00+00:00", "2026-11-30"),
        ("2026-11-22T16:00:00+00:00", "2026-11-23"),
        ("2026-10-01T02:00:00+00:00", "2026-10-08"),
        ("2026-11-23T15:59:59.999+00:00", "2026-11-24"),
        ("2026-11-23T16:00:00+00:00", "2026-11-24"),
        ("2025-12-31T06:59:59.999+00:00", "2025-12-31"),
        ("2025-12-31T15:59:59.999+00:00", "2026-01-05"),
        ("2025-12-31T16:00:00+00:00", "2026-01-05"),
        ("2024-02-09T02:00:00+00:00", "2024-02-19"),
    ],
)
def test_the_cut_off_decides_the_trade_date(instant: str, trade: str) -> None:
    assert CALENDAR.trade_date(datetime.fromisoformat(instant), CUT_OFF).isoformat() == trade


@settings(deadline=None)
@given(st.datetimes(datetime(2018, 1, 2), datetime(2026, 12, 20), timezones=st.just(UTC)))
def test_a_trade_date_is_a_trading_day_not_in_the_past(instant: datetime) -> None:
    trade = CALENDAR.trade_date(instant, CUT_OFF)
    assert CALENDAR.is_trading_day(trade)
    assert trade >= business_date(instant)
    assert CALENDAR.after(trade) > trade


def test_beyond_the_calendar_nothing_is_guessed() -> None:
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.is_trading_day(date(2027, 1, 1))
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.after(date(2026, 12, 31))


@pytest.mark.parametrize(("today", "level"), [("2026-10-02", None), ("2026-10-03", "WARNING"), ("2026-12-18", "ERROR")])
def test_the_log_says_when_the_calendar_ends_soon(
    today: str, level: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert "ends on 2026-12-31" in watch(CALENDAR, date.fromisoformat(today))
    assert [record.levelname for record in caplog.records] == ([] if level is None else [level])


def test_a_calendar_with_an_unexplained_difference_is_refused(tmp_path: Path) -> None:
    document = json.loads(CALENDAR_FILE.read_text())
    document["differences"][0]["reason"] = ""
    path = tmp_path / "days.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ProductDataError):
        TradingCalendar.load(path)


def test_rule_packs_take_effect_by_date(tmp_path: Path) -> None:
    for year in (2025, 2026):
        (tmp_path / f"rules-{year}.yaml").write_text(PACK.format(year=year))
    packs = RulePacks.load(tmp_path)
    assert packs.at(date(2025, 12, 31)).integer("days") == 2025
    assert packs.at(date(2026, 1, 1)).version == "demo-2026"
    assert packs.at(date(2026, 1, 1)).clock("at") == CUT_OFF
    with pytest.raises(RulePackMissingError):
        packs.at(date(2024, 12, 31))
    with pytest.raises(ProductDataError):
        packs.at(date(2026, 1, 1)).integer("at")
    with pytest.raises(ProductDataError):
        packs.at(date(2026, 1, 1)).integer("none")


def test_every_room_has_its_rules_in_force_with_a_source_each() -> None:
    for room in ("customers", "devices", "accounts", "wealth"):
        pack = RulePacks.load(Path(__file__).parents[3] / "bff" / room / "data").at(date(2026, 11, 23))
        assert pack.pack == room
        assert all(rule.source for rule in pack.rules.values())
