"""The warehouse's data and rules: definitions, rule packs, trading days."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import chinese_calendar
import exchange_calendars
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.db.engine import transaction
from bff.errors import NotFoundError
from bff.kinds import business_date
from bff.products.calendar import CALENDAR_FILE, TradingCalendar
from bff.products.definitions import Definition, load_definitions
from bff.products.errors import CalendarExhaustedError, ProductDataError, QuotaGoneError, RulePackMissingError
from bff.products.jobs import watch
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse
from tests.bff.db.engines import fresh_engine

CALENDAR = TradingCalendar.load()
CUT_OFF = time(15)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
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


def test_the_higher_rating_counts() -> None:
    definitions = load_definitions()
    assert {one.risk for one in definitions.values()} >= {1, 2, 3, 4}
    assert (definitions["JMG-JX180"].issuer_rating, definitions["JMG-JX180"].risk_name) == (2, "R3")


def test_a_contradicting_definition_is_refused() -> None:
    good = msgspec.to_builtins(load_definitions()["JMG-WY90"])
    for wrong in ({"issuer_rating": 6}, {"minimum_fen": 0}, {"surprise": 1}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**good, **wrong}, type=Definition)


def test_synchronising_twice_changes_nothing_and_a_new_version_keeps_what_was_sold(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        definitions = load_definitions()
        warehouse = Warehouse(definitions)
        with transaction(engine) as session:
            assert warehouse.synchronise(session, NOW) == len(definitions)
            assert warehouse.synchronise(session, NOW) == 0
            warehouse.hold(session, "JMG-XL30", 6_000_000)
            renewed = msgspec.structs.replace(definitions["JMG-XL30"], version="2026.2", quota_total_fen=7_000_000)
            assert replace(warehouse, definitions={"JMG-XL30": renewed}).synchronise(session, NOW) == 1
            assert warehouse.get(session, "JMG-XL30").quota_left_fen == 1_000_000
            small = msgspec.structs.replace(renewed, version="2026.3", quota_total_fen=5_000_000)
            with pytest.raises(ProductDataError):
                replace(warehouse, definitions={"JMG-XL30": small}).synchronise(session, NOW)


def test_quota_is_held_confirmed_and_released(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine, transaction(engine) as session:
        warehouse = Warehouse(load_definitions())
        warehouse.synchronise(session, NOW)
        warehouse.hold(session, "JMG-XL30", 10_000_000)
        with pytest.raises(QuotaGoneError):
            warehouse.hold(session, "JMG-XL30", 1)
        warehouse.release(session, "JMG-XL30", 4_000_000)
        warehouse.confirm(session, "JMG-XL30", 6_000_000)
        assert warehouse.get(session, "JMG-XL30").quota_left_fen == 4_000_000
        with pytest.raises(ProductDataError):
            warehouse.release(session, "JMG-XL30", 1)
        with pytest.raises(NotFoundError):
            warehouse.get(session, "JMG-NONE")
