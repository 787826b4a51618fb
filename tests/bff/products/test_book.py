"""Rule packs and calendars that were checked count in every instance within seconds, and cost nothing until then."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from bff.errors import BffError
from bff.products.book import FRESH, PaperBook
from bff.products.calendar import CALENDAR_FILE, TradingCalendar
from bff.products.errors import CalendarExhaustedError, ProductDataError, RulePackMissingError
from bff.products.jobs import watch
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.products.people import MONDAY, Team, pack
from tests.bff.wealth.test_races import race
from tests.bff.wealth.world import World
from tests.bff.wealth.world import packs as packs_of

TODAY = date(2026, 11, 23)


class Instance:
    """What one process has: its book with a clock of its own, and what its rooms hold."""

    def __init__(self, engine: Engine) -> None:
        self.seconds = 100.0
        self.book = PaperBook(engine, lambda: self.seconds)
        self.packs = self.book.over(packs_of("wealth"))
        self.calendar = TradingCalendar.load(added=self.book.calendars)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield engine


def team_of(instance: Instance, engine: Engine) -> Team:
    return Team(engine, None, {"wealth": instance.packs}, instance.calendar)  # type: ignore[arg-type]  # no products


def year(first: str, last: str, *, but: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Give a calendar in which every weekday but some is a trading day."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [(start + timedelta(days=count)) for count in range((end - start).days + 1)]
    trading = [day.isoformat() for day in days if day.weekday() < 5 and day.isoformat() not in but]
    span = {"market": "XSHG", "source": f"the exchange, {first[:4]}", "first": first, "last": last}
    return {**span, "differences": [], "days": trading, **more}


def test_a_checked_pack_counts_from_its_day_in_every_instance_within_seconds(engine: Engine) -> None:
    here, there = Instance(engine), Instance(engine)
    day = date(2026, 11, 24)
    assert [one.packs.at(day).integer("assessments_per_day") for one in (here, there)] == [2, 2]
    team_of(here, engine).bring("rules", pack(here.packs, "wealth-2026.2", "2026-11-24", assessments_per_day=3))
    assert there.packs.at(day).version == "wealth-2026.1"
    there.seconds += FRESH
    assert [there.packs.at(one).integer("assessments_per_day") for one in (TODAY, day)] == [2, 3]
    with pytest.raises(RulePackMissingError):
        there.packs.at(date(2025, 12, 31))


def test_of_two_packs_of_one_day_the_one_that_was_checked_last_counts(engine: Engine) -> None:
    here = Instance(engine)
    team = team_of(here, engine)
    team.bring("rules", pack(here.packs, "wealth-b", "2026-11-24"))
    team.bring("rules", pack(here.packs, "wealth-a", "2026-11-24"), MONDAY + timedelta(minutes=1))
    here.seconds += FRESH
    assert here.packs.at(date(2026, 11, 24)).version == "wealth-a"


def test_the_hot_path_reads_nothing_while_the_book_is_fresh(engine: Engine) -> None:
    here, statements = Instance(engine), []
    here.packs.at(TODAY)
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for _ in range(1000):
        here.packs.at(TODAY)
        here.calendar.is_trading_day(TODAY)
    assert statements == []
    here.seconds += FRESH
    here.packs.at(TODAY)
    assert len([one for one in statements if "SELECT" in one]) == 1


def test_a_database_that_fails_leaves_what_was_read_and_none_read_stops(engine: Engine) -> None:
    here = Instance(engine)
    team_of(here, engine).bring("rules", pack(here.packs, "wealth-2026.2", "2026-11-24"))
    here.seconds += FRESH
    here.packs.at(TODAY)
    fresh = Instance(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE paper RENAME TO gone"))
    here.seconds += FRESH
    assert here.packs.at(date(2026, 11, 24)).version == "wealth-2026.2"
    with pytest.raises(OperationalError):
        fresh.packs.at(TODAY)


def test_a_pack_whose_text_was_changed_stops_what_would_use_it(engine: Engine) -> None:
    here = Instance(engine)
    team_of(here, engine).bring("rules", pack(here.packs, "wealth-2026.2", "2026-11-24"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE paper SET text = replace(text, 'wealth-2026.2', 'wealth-2026.9')"))
    with pytest.raises(ProductDataError, match="not the one that was checked"):
        Instance(engine).packs.at(TODAY)


@pytest.mark.parametrize("kind", KINDS)
def test_sixty_four_threads_meet_a_cold_book(kind: str, tmp_path: Path) -> None:
    with fresh_engine(kind, tmp_path) as engine:
        here = Instance(engine)
        assert set(race(lambda _: here.packs.at(TODAY).version)) == {"wealth-2026.1"}


def test_2027_fails_closed_and_is_open_after_an_upload_without_a_restart(engine: Engine) -> None:
    here, there = Instance(engine), Instance(engine)
    new_year = date(2027, 1, 1)
    for one in (here, there):
        with pytest.raises(CalendarExhaustedError):
            one.calendar.after(date(2026, 12, 31))
    document = year("2027-01-01", "2027-12-31", but=("2027-01-01",))
    paper = team_of(here, engine).bring("calendar", document)
    assert (paper.code, paper.version[:11]) == ("XSHG", "2027-12-31-")
    there.seconds += FRESH
    assert there.calendar.after(date(2026, 12, 31)) == date(2027, 1, 4)
    assert not there.calendar.is_trading_day(new_year)
    assert there.calendar.trade_date(datetime(2026, 12, 31, 7, 0, tzinfo=UTC), datetime.min.time()) == date(2027, 1, 4)
    assert there.calendar.first == date(2018, 1, 1)
    assert there.calendar.is_trading_day(date(2018, 1, 2))
    with pytest.raises(CalendarExhaustedError):
        there.calendar.is_trading_day(date(2028, 1, 1))
    assert "ends on 2027-12-31, 403 days from now (the exchange, 2027; before it exchange-calendars" in watch(
        there.calendar, TODAY
    )


def test_an_upload_corrects_days_to_come_and_the_whole_file_may_be_given_again(engine: Engine) -> None:
    here = Instance(engine)
    team = team_of(here, engine)
    whole = json.loads(CALENDAR_FILE.read_text())
    whole["days"].remove("2026-12-30")
    whole["source"] = "corrected"
    team.bring("calendar", whole)
    here.seconds += FRESH
    assert here.calendar.after(date(2026, 12, 29)) == date(2026, 12, 31)
    assert len(here.calendar.days) == len(TradingCalendar.load().days) - 1


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (year("2028-01-01", "2028-12-31"), "no gap"),
        (year("2017-01-01", "2027-12-31"), "no gap"),
        (year("2026-11-20", "2026-12-31", but=("2026-11-20",)), "2026-11-20 has begun"),
        (year("2026-11-23", "2026-12-31", but=("2026-11-23",)), "2026-11-23 has begun"),
        (year("2027-01-01", "2027-12-31", market="XNYS"), "market"),
        (year("2027-12-31", "2027-01-01"), "first lies after last"),
        (year("2027-01-01", "2027-01-31", days=["2027-02-01"]), "outside first and last"),
        (year("2027-01-01", "2027-01-31", days=["2027-01-02"]), "2027-01-02 is a weekend"),
        (year("2027-01-01", "2027-01-31", days=["the first"]), r"\$\.days\[0\]"),
        (
            year("2027-01-01", "2027-01-31", differences=[{"date": "2027-01-04", "trading": True, "reason": " "}]),
            "no reason",
        ),
    ],
)
def test_a_calendar_that_contradicts_itself_or_the_past_is_refused(
    engine: Engine, document: dict[str, Any], said: str
) -> None:
    team = team_of(Instance(engine), engine)
    with pytest.raises(BffError) as refused:
        team.bring("calendar", document)
    assert refused.match(said)


def test_a_calendar_is_held_again_to_the_days_in_force_when_it_is_checked(engine: Engine) -> None:
    here = Instance(engine)
    team = team_of(here, engine)
    raw = json.dumps(year("2026-11-25", "2026-12-31", but=("2026-11-25",))).encode()
    made = team.papers.propose("calendar", raw, team.anna, MONDAY, file="days.json")
    with pytest.raises(ProductDataError, match="2026-11-25 has begun"):
        team.papers.check(
            "calendar", made.code, made.version, sha256=made.digest, hand=team.boris, now=MONDAY + timedelta(days=2)
        )
    assert here.calendar.is_trading_day(date(2026, 11, 25))


def test_the_sale_goes_on_into_2027_after_an_upload(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        world = World(engine)
        phone = world.ready()
        world.now = datetime(2026, 12, 31, 8, 0, tzinfo=UTC)
        with pytest.raises(CalendarExhaustedError):
            world.prepare(phone)
        team = Team(engine, world.warehouse, {"wealth": world.orders.packs}, world.orders.calendar)
        team.bring("calendar", year("2027-01-01", "2027-12-31", but=("2027-01-01",)), world.now)
        world.later(seconds=FRESH)
        order = world.call(phone, "wealth.order.get", {"orderId": world.buy(phone)["result"]["orderId"]})
        assert (order["tradeDate"], order["confirmDate"]) == ("2027-01-04", "2027-01-05")
