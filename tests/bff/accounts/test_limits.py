"""Limits as invariants: what the core's journals add up to passes no cap, whoever races, whenever, whatever returns.

A movement belongs to the business day on which it was placed; a journal that was reversed counts no more.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bff.accounts.errors import LimitBalanceError, LimitDayError, LimitYearError
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.errors import InsufficientFundsError
from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.network import load_sandbox
from bff.db.engine import retried, transaction
from bff.devices.errors import DeviceLimitError
from tests.bff.accounts.steps import class_iii, payee, to_payee
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.wealth.test_races import race
from tests.bff.wealth.world import CHEN, LIN, Phone, World

DAY, YEAR = 1_000_000, 20_000_000
EVE = {"month": 12, "day": 31, "hour": 15, "minute": 30}
"""23:30 in Shanghai on the last day of the year."""


def embedded(engine: Any) -> World:
    world = World(
        engine, lambda clock, new_id: EmbeddedCore(engine, clock, new_id, lambda card: {"i1": f"card:{card}"})
    )
    world.core.seed(load_sandbox())
    return world


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield embedded(engine)


def sums(world: World) -> dict[str, int]:
    """Add up, by day and by year, what stands in the core's journals for transfers to accounts that are not bound."""
    found: dict[str, int] = defaultdict(int)
    query = """
        SELECT t.day, p.amount FROM account_transfer t
        JOIN account a ON a.account_id = t.account_id
        JOIN core_posting p ON p.journal = t.reference AND p.account = a.number
        WHERE t.movement = 'unbound_out'
          AND NOT EXISTS (SELECT 1 FROM core_journal r WHERE r.reverses = t.reference)
    """
    for day, amount in world.sql(query):
        found[day] -= amount
        found[day[:4]] -= amount
    return dict(found)


def counted(world: World) -> dict[str, int]:
    rows = world.sql("SELECT period, used_fen FROM account_counter WHERE counter = 'unbound_out'")
    return {period: used for period, used in rows if used}


def hold(world: World) -> None:
    found = sums(world)
    assert found == counted(world)
    assert all(total <= (YEAR if len(period) == 4 else DAY) for period, total in found.items())


def give_back(world: World, journal: str) -> None:
    with transaction(world.engine) as session:
        world.room.returns.order(session, journal, world.new_id("ret"), by="t", reason="t", now=world.now)
    world.relay.run()


def placing(world: World, phone: Phone, to: str, fen: int) -> Any:
    """Give what places one transfer as an approval would, for a racer."""
    ((number,),) = world.sql("SELECT number FROM account")
    core_number = world.core.enquire(to).number
    payload = {"accountId": phone.account_id, "kind": "accounts.transfer.out", "tail": to[-4:]}
    fields = {"payer": number, "payee": core_number, "payee_name": LIN.name, "bundle": "accounts@1.0.0"}
    context = world.context(phone, None, customer=True)
    late = type(context)(
        **{name: getattr(context, name) for name in context.__slots__ if name != "now"},
        now=context.now + timedelta(hours=1),
    )

    def place(number: int) -> Any:
        ids = (f"opn_race_{world.new_id('r')}", phone.customer_id or "", phone.device_id, "accounts@1.0.0")
        approved = ApprovedOperation(*ids, fen, fields, payload)
        when = late if number % 2 else context
        return retried(world.engine, lambda session: world.room.transfers.place(session, when, approved))

    return place


def test_sixty_four_racers_over_new_year_stay_within_every_cap(world: World) -> None:
    phone = world.bound(CHEN, 10_000_000)
    world.now = world.now.replace(**EVE)
    got = race(placing(world, phone, LIN.card, 50_000))
    assert Counter(one if isinstance(one, str) else "placed" for one in got) == {"placed": 40, LimitDayError.code: 24}
    assert counted(world) == {"2026-12-31": DAY, "2026": DAY, "2027-01-01": DAY, "2027": DAY}
    world.later(hours=2)
    world.relay.run()
    hold(world)
    journals = [journal for (journal,) in world.sql("SELECT reference FROM account_transfer WHERE day = '2026-12-31'")]
    for journal in journals[:3]:
        give_back(world, journal)
    assert sums(world)["2026-12-31"] == DAY - 150_000
    world.now = world.now.replace(year=2026, **EVE)
    again = race(placing(world, phone, LIN.card, 50_000))
    assert Counter(one if isinstance(one, str) else "placed" for one in again)["placed"] == 3
    world.later(hours=2)
    world.relay.run()
    hold(world)
    assert world.sql("SELECT moving FROM account") == [(0,)]


def test_racers_at_the_end_of_the_year_stay_within_its_cap(world: World) -> None:
    phone = world.bound(CHEN, 10_000_000)
    world.now = world.now.replace(**EVE)
    who = phone.account_id
    world.sql("INSERT INTO account_counter VALUES (:who, 'unbound_out', '2026', 19850000)", who=who)
    got = race(placing(world, phone, LIN.card, 50_000))
    assert Counter(one if isinstance(one, str) else "placed" for one in got) == {
        "placed": 23,
        LimitYearError.code: 29,
        LimitDayError.code: 12,
    }
    assert counted(world)["2026"] == YEAR
    assert counted(world)["2026-12-31"] == 150_000


def test_class_iii_never_holds_more_than_its_maximum(world: World) -> None:
    phone = world.bound(CHEN)
    account = class_iii(world, phone, CHEN)
    body = {"accountId": account, "amountFen": 10_000}
    most: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            most.append(max(fen for (fen,) in world.sql("SELECT balance FROM core_account WHERE kind = 'CLASS_III'")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    got = race(lambda number: world.call(phone, "accounts.fund", body, key=f"key_{number}_race"))
    stop.set()
    watcher.join()
    told = Counter(one if isinstance(one, str) else one["state"] for one in got)
    assert set(told) <= {
        "DONE",
        "LIMIT_BALANCE",
        "FAILED",
    }  # what passes our own check by a stale balance, the core refuses
    assert max(most, default=0) <= 200_000
    ((number, balance, *under_way),) = world.sql(
        "SELECT number, balance_fen, coming_fen, moving FROM account WHERE account_class = 'III'"
    )
    assert under_way == [0, 0]
    assert world.core.enquire(number).balance == told["DONE"] * 10_000 <= 200_000
    for _ in range(25):
        if balance == 200_000:
            break
        world.call(phone, "accounts.fund", body)  # a refusal has the balance asked for: the next one is judged by it
        ((balance,),) = world.sql("SELECT balance_fen FROM account WHERE account_class = 'III'")
    with pytest.raises(LimitBalanceError):
        world.call(phone, "accounts.fund", body)
    assert world.core.enquire(number).balance == 200_000


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("out"), st.integers(1, 1_200_000)),
        st.tuples(st.just("return"), st.integers(0, 20)),
        st.tuples(st.just("later"), st.sampled_from([1, 6, 11, 13, 24])),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_whatever_happens_the_journals_stay_within_the_caps(tmp_path: Path, actions: list[tuple[str, int]]) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        world = embedded(engine)
        phone = world.bound(CHEN, 15_000_000)
        to = payee(world, phone)
        world.now = world.now.replace(month=12, day=30)
        for what, figure in actions:
            if what == "later":
                world.later(hours=figure)
            elif what == "out":
                _try_out(world, phone, figure, to)
            else:
                _try_return(world, figure)
            hold(world)


def _try_out(world: World, phone: Phone, fen: int, to: str) -> None:
    try:
        to_payee(world, phone, fen, to)
    except (LimitDayError, LimitYearError, InsufficientFundsError, DeviceLimitError):
        return


def _try_return(world: World, which: int) -> None:
    done = world.sql("SELECT reference FROM account_transfer WHERE state = 'DONE' ORDER BY transfer_id")
    if done:
        give_back(world, done[which % len(done)][0])
