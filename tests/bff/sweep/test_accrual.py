"""End of day: the same table whoever runs it, how often, in which steps and when; and money that adds up."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from bff.customers.models import Customer
from bff.db.engine import transaction
from bff.jobs import Turn
from bff.sweep import accrual, history, register, rules
from bff.sweep.accrual import Accrual
from bff.sweep.errors import DayOrderError, IncomeMissingError
from bff.sweep.models import SweepMovement, SweepPosition
from tests.bff.db.engines import fresh_engine
from tests.bff.sweep.bank import ACCOUNTS, FUND, SweepBank
from tests.bff.wealth.world import CHEN

DAY = date(2026, 11, 22)
SLOT = "2026-11-23"
AT = datetime(2026, 11, 23, tzinfo=UTC)


def fill(engine: Engine, holdings: dict[str, int], day: date = DAY) -> None:
    """Give accounts shares by a movement that counts from ``day`` on."""
    moved = [
        {"order_id": f"ord_{name}", "fund": FUND, "account_id": name, "day": day, "shares_fen": fen, "at": AT}
        for name, fen in holdings.items()
    ]
    held = [
        {"fund": FUND, "account_id": name, "customer_id": "cus_many", "shares_fen": fen}
        | {"locked_fen": 0, "pending_fen": 0, "income_fen": 0, "accrued_through": None}
        for name, fen in holdings.items()
    ]
    sealed = dict.fromkeys(("name", "id_number", "mobile"), b"sealed")
    with transaction(engine) as session:
        session.execute(insert(Customer).values(customer_id="cus_many", **sealed, created_at=AT, updated_at=AT))
        session.execute(insert(SweepMovement), moved)
        session.execute(insert(SweepPosition), held)


def drawn(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


def some(count: int) -> dict[str, int]:
    names = (f"acc_{number:06d}" for number in range(count))
    return {name: 1 + drawn(name) % 10**9 for name in names}


def turn(slot: str, cursor: str = "", hours: int = 0) -> Turn:
    now = datetime.combine(date.fromisoformat(slot), datetime.min.time(), UTC) + timedelta(hours=hours)
    return Turn(slot, cursor, 0, now)


def run(bank: SweepBank, slot: str, size: int = 3, stop: int | None = None) -> None:
    """Run a slot in steps; ``stop`` kills it after so many of them, at once after a step's work was rolled back."""
    closing, cursor, steps = Accrual(bank.sweep.terms, size), "", 0
    while True:
        with transaction(bank.engine) as session:
            batch = closing.step(session, turn(slot, cursor))
            if steps == stop:
                session.rollback()
                return
        if batch.finished:
            return
        cursor, steps = batch.cursor, steps + 1


def table(bank: SweepBank) -> dict[str, list[Any]]:
    queries = {
        "accrual": "SELECT day, fund, account_id, shares_fen, amount_fen FROM sweep_accrual ORDER BY 1, 2, 3",
        "position": "SELECT fund, account_id, shares_fen, income_fen, accrued_through FROM sweep_position "
        "ORDER BY 1, 2",
        "day": "SELECT fund, day, income_e4, accounts, shares_fen, amount_fen, residue_fen, state FROM sweep_day "
        "ORDER BY 1, 2",
        "journal": "SELECT journal_id, payer, payee, amount_fen FROM sweep_journal ORDER BY 1",
    }
    return {name: [tuple(map(str, row)) for row in bank.sql(query)] for name, query in queries.items()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Any]]]:
    """The tables after two days that nothing disturbed, in one range each."""
    with fresh_engine("sqlite", tmp_path_factory.mktemp("expected")) as engine:
        bank = SweepBank(engine)
        fill(engine, some(20))
        bank.at("2026-11-24", "06:00")
        bank.run("sweep.income")
        run(bank, SLOT, 100)
        run(bank, "2026-11-24", 100)
        yield table(bank)


def filled(bank: SweepBank) -> SweepBank:
    fill(bank.engine, some(20))
    bank.at("2026-11-24", "06:00")
    bank.run("sweep.income")
    return bank


def test_each_account_gets_its_floor_and_the_residue_goes_to_the_rounding_account(any_bank: SweepBank) -> None:
    bank = filled(any_bank)
    run(bank, SLOT)
    (rate,) = bank.sql("SELECT income_e4 FROM sweep_income WHERE fund = :f AND day = :d", f=FUND, d="2026-11-22")[0]
    want = {name: rules.income_of(fen, rate) for name, fen in some(20).items()}
    assert dict(bank.sql("SELECT account_id, amount_fen FROM sweep_accrual")) == want
    whole = sum(some(20).values()) * rate // 10**8
    residue = whole - sum(want.values())
    assert 0 < residue < 20
    bank.relay.run()
    assert bank.core.balances[ACCOUNTS["fund"]] == sum(want.values())
    assert bank.core.balances[ACCOUNTS["rounding"]] == residue
    assert bank.sql("SELECT rule_version, accounts FROM sweep_day WHERE fund = :f", f=FUND) == [("sweep-2026.1", 20)]


def test_ranges_reruns_and_days_made_up_for_give_the_same_tables(
    any_bank: SweepBank, expected: dict[str, list[Any]]
) -> None:
    bank = filled(any_bank)
    for slot in (SLOT, SLOT, "2026-11-24", SLOT, "2026-11-24"):
        run(bank, slot)
    assert table(bank) == expected


@pytest.mark.parametrize("stop", range(10))
def test_a_run_that_is_killed_in_any_step_goes_on(bank: SweepBank, expected: dict[str, list[Any]], stop: int) -> None:
    filled(bank)
    run(bank, SLOT, 3, stop)
    run(bank, SLOT, 7)
    run(bank, "2026-11-24", 3, stop)
    run(bank, "2026-11-24", 4)
    assert table(bank) == expected


def test_two_schedulers_at_once_give_the_same_tables(any_bank: SweepBank, expected: dict[str, list[Any]]) -> None:
    bank = filled(any_bank)
    job = bank.job("sweep.accrual")
    bank.sql(
        "INSERT INTO job_run (job, slot, state, worker, lease, attempts, started_at, seen_at, leased_until, `cursor`, "
        "done, outcome, error) "
        "VALUES ('sweep.accrual', '2026-11-22', 'DONE', 'w', 'l', 1, :at, :at, :at, '', 0, '', '')",
        at="2026-11-22 00:00:00",
    )

    def schedule() -> None:
        while bank.worker.turn(job):
            pass

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    schedule()
    assert bank.sql("SELECT slot, state FROM job_run WHERE job = 'sweep.accrual' ORDER BY slot") == [
        ("2026-11-22", "DONE"),
        ("2026-11-23", "DONE"),
        ("2026-11-24", "DONE"),
    ]
    assert table(bank) == expected
    bank.relay.run()
    assert len([one for one in bank.core.journals if one[1] == ACCOUNTS["fund"]]) == 2


@pytest.mark.parametrize("seed", range(3))
def test_accounts_in_any_order_give_the_same_tables(bank: SweepBank, expected: dict[str, list[Any]], seed: int) -> None:
    filled(bank)
    sorted_names = ["", *some(20)]
    names = sorted(some(20), key=lambda name: drawn(f"{seed}{name}"))
    for slot, day in ((SLOT, DAY), ("2026-11-24", DAY + timedelta(days=1))):
        run(bank, slot, 3, 1)  # begins the day and does three accounts
        (rate,) = bank.sql("SELECT income_e4 FROM sweep_day WHERE day = :d AND fund = :f", d=str(day), f=FUND)[0]
        for name in names:
            with transaction(bank.engine) as session:
                bounds = {
                    "of_fund": FUND,
                    "on_day": day,
                    "after": sorted_names[sorted_names.index(name) - 1],
                    "last": name,
                }
                accrual.accrue(session, bounds, rate)
        run(bank, slot, 100)
    assert table(bank) == expected


def test_movements_after_the_day_change_nothing_of_it(bank: SweepBank, expected: dict[str, list[Any]]) -> None:
    """A replay: what came later is there already when the days are accrued."""
    filled(bank)
    with transaction(bank.engine) as session:
        for name in ("acc_000003", "acc_000007"):
            moved = {"fund": FUND, "account_id": name, "day": date(2026, 11, 24), "shares_fen": 5_000, "at": AT}
            session.execute(insert(SweepMovement).values(order_id=f"ord_late_{name}", **moved))
    bank.sql("UPDATE sweep_position SET shares_fen = shares_fen + 5000 WHERE account_id IN ('acc_000003','acc_000007')")
    run(bank, SLOT)
    run(bank, "2026-11-24")
    assert table(bank)["accrual"] == expected["accrual"]
    with transaction(bank.engine, writing=False) as session:
        assert history.contradictions(session) == []


def test_a_day_waits_for_its_income_its_turn_and_its_end(bank: SweepBank) -> None:
    filled(bank)
    bank.sql("UPDATE sweep_income SET state = 'PROPOSED' WHERE day = '2026-11-22'")
    with pytest.raises(IncomeMissingError):
        run(bank, SLOT)
    bank.sql("UPDATE sweep_income SET state = 'APPROVED'")
    run(bank, SLOT)
    with pytest.raises(DayOrderError):
        run(bank, "2026-11-25")
    with transaction(bank.engine) as session, pytest.raises(DayOrderError):
        Accrual(bank.sweep.terms).step(session, turn("2026-11-24", hours=-12))


def test_a_day_waits_for_the_confirmations_that_it_depends_on(bank: SweepBank) -> None:
    phone = bank.saver()
    bank.put(phone, 1_000_000)
    bank.at("2026-11-25", "06:00")
    bank.run("sweep.income")
    run(bank, "2026-11-24")
    with pytest.raises(DayOrderError):
        run(bank, "2026-11-25")
    bank.run("sweep.settle")
    run(bank, "2026-11-25")
    assert bank.sql("SELECT day, shares_fen FROM sweep_accrual")[0][1] == 1_000_000


def test_days_without_trading_accrue_and_so_does_the_end_of_the_year(bank: SweepBank) -> None:
    bank.at("2026-12-29", "10:00")
    bank.run("sweep.income")
    phone = bank.bound(CHEN, 5_000_000)
    bank.sign(phone, 5_000_000)
    bank.put(phone, 4_000_000)
    bank.days("2026-12-31")
    for day in ("2027-01-01", "2027-01-02"):
        bank.at(day, "06:00")
        bank.run("sweep.income")
        bank.run("sweep.accrual")
    days = [str(day) for (day,) in bank.sql("SELECT day FROM sweep_accrual ORDER BY day")]
    assert days == ["2026-12-30", "2026-12-31", "2027-01-01"]
    bank.sound()


@given(
    shares=st.lists(st.integers(0, 10**14), min_size=1, max_size=40),
    rate=st.integers(0, rules.HIGHEST - 1),
)
def test_rounding_down_never_pays_more_than_there_is(shares: list[int], rate: int) -> None:
    paid = [rules.income_of(one, rate) for one in shares]
    residue = rules.residue_of(sum(shares), rate, sum(paid))
    assert all(
        amount * rules.SCALE <= one * rate < (amount + 1) * rules.SCALE
        for one, amount in zip(shares, paid, strict=True)
    )
    assert 0 <= residue < len(shares)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    shares=st.lists(st.one_of(st.integers(1, 10**14), st.integers(1, 10**6), st.just(10**8)), min_size=1, max_size=12),
    rate=st.integers(0, rules.HIGHEST - 1),
)
def test_the_database_divides_as_the_rule_does(any_bank: SweepBank, shares: list[int], rate: int) -> None:
    for name in ("sweep_accrual", "sweep_movement", "sweep_position", "customer"):
        any_bank.sql(f"DELETE FROM {name}")  # noqa: S608 — names of tables
    holdings = {f"acc_{number:03d}": fen for number, fen in enumerate(shares)}
    fill(any_bank.engine, holdings)
    with transaction(any_bank.engine) as session:
        bounds = {"of_fund": FUND, "on_day": DAY, "after": "", "last": "acc_999"}
        assert accrual.accrue(session, bounds, rate) == len(shares)
    got = dict(any_bank.sql("SELECT account_id, amount_fen FROM sweep_accrual"))
    assert got == {name: rules.income_of(fen, rate) for name, fen in holdings.items()}


def test_a_days_closing_and_a_movement_queue_for_the_book(any_bank: SweepBank) -> None:
    bank = any_bank
    with transaction(bank.engine) as session:
        register.lock_book(session, FUND)
        register.close_day(session, FUND, DAY)
    with transaction(bank.engine) as session:
        assert register.open_day(session, FUND, DAY) == DAY + timedelta(days=1)
        assert register.open_day(session, FUND, DAY + timedelta(days=3)) == DAY + timedelta(days=3)


def test_customers_see_their_income_day_by_day(bank: SweepBank) -> None:
    phone = bank.holder(2_000_000, day="2026-11-30")
    first = bank.call(phone, "sweep.income.list", {"code": "LMB", "limit": 4})
    assert [line["date"] for line in first["lines"]] == ["2026-11-29", "2026-11-28", "2026-11-27", "2026-11-26"]
    rest = bank.call(phone, "sweep.income.list", {"code": "LMB", "limit": 4, "cursor": first["nextCursor"]})
    assert ([line["date"] for line in rest["lines"]], rest["nextCursor"]) == (["2026-11-25", "2026-11-24"], None)
    total = sum(line["amountFen"] for line in (*first["lines"], *rest["lines"]))
    assert total == bank.position(phone)["incomeFen"]
    points = bank.call(phone, "sweep.yield.list", {"code": "LMB", "fund": FUND, "days": 7})["points"]
    assert [point["date"] for point in points][-1] == "2026-11-29"
    assert len(points) == 7
