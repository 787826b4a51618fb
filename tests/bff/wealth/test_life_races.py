"""Races over an order's whole life, on SQLite and on MariaDB: whatever mixes, the counters are what the rows say.

Live orders are those that are on their way, accepted or confirmed: their amounts are the product's counters, at every
instant and at the end.
"""

import dataclasses
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bff.approvals.decisions import ApprovedOperation
from bff.db.engine import retried, transaction
from bff.jobs import Turn
from bff.jobs.worker import Worker
from bff.wealth import investors
from bff.wealth.confirmation import Confirmation
from bff.wealth.errors import HeadcountFullError
from bff.wealth.jobs import jobs
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.wealth.shelf import shelve
from tests.bff.wealth.test_races import RACERS, race
from tests.bff.wealth.world import CHEN, Phone, World, packs

CODE = "JMG-TEST"
FEN = 1_000_000
HELD = ("QUOTA_HELD", "UNKNOWN")
TAKEN = ("ACCEPTED", "CONFIRMED")


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield World(engine)


def counters(world: World) -> tuple[int, int, int]:
    """Give the product's quota, and fail when it was ever oversold; the table's own check stands behind it."""
    total, held, confirmed = world.quota(CODE)
    assert held + confirmed <= total
    return total, held, confirmed


def live(world: World, states: tuple[str, ...]) -> int:
    names = ", ".join(f"'{state}'" for state in states)
    query = f"SELECT COALESCE(SUM(amount_fen), 0) FROM wealth_order WHERE product = '{CODE}' AND state IN ({names})"  # noqa: S608 — our own words
    return int(world.sql(query)[0][0])


def approved(phone: Phone, number: int, fen: int = FEN) -> Any:
    """Give an operation as it is when its signature held."""
    fields = {"payer": phone.account_id, "payee": "raising", "bundle": "wealth@1.0.0"}
    payload = {"product": CODE, "accountId": phone.account_id}
    names = (f"opn_race_{number}", phone.customer_id or "", phone.device_id, "wealth@1.0.0", fen)
    return ApprovedOperation(*names, fields, payload)


def test_buying_failing_cancelling_and_confirming_at_once_keeps_the_quota(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, quota_total_fen=40 * FEN)
    phone = world.ready(CHEN)
    context = world.context(phone, None, customer=True)
    world.publish("1.0144", "2026-11-23", CODE)
    watched: list[tuple[int, int, int]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            watched.append(counters(world))

    def place(number: int) -> str:
        operation = approved(phone, number)
        done = retried(world.engine, lambda session: world.orders.place(session, context, operation))
        order_id = str(done["orderId"])
        executed = {
            "sequence": f"{order_id}.post",
            "verb": "post",
            "reference": f"jnl_{number}",
            "postings": [],
            "executedAt": "2026-11-23T02:00:00.000Z",
        }
        if number % 4 == 0:
            retried(world.engine, lambda s: world.orders.rejected(s, order_id, "INSUFFICIENT_FUNDS", world.now))
            return "rejected"
        retried(world.engine, lambda s: world.orders.accepted(s, order_id, executed, world.now))
        if number % 4 == 1:
            row = retried(world.engine, lambda s: world.orders.get(s, context, order_id), writing=False)
            retried(world.engine, lambda s: world.refunds.cancel(s, context, row))
            return "cancelled"
        if number % 4 == 2:
            after = world.now.replace(day=24)
            step = Confirmation(packs("wealth"), 7).step
            retried(world.engine, partial(step, turn=Turn("2026-11-24", "", 0, after)))
            return "confirming"
        return "accepted"

    watcher = threading.Thread(target=watch)
    watcher.start()
    got = Counter(race(place))
    over.set()
    watcher.join()
    assert set(got) <= {"rejected", "cancelled", "confirming", "accepted", "QUOTA_GONE", "NOT_CANCELLABLE"}
    assert got["rejected"] > 0
    _, held, confirmed = counters(world)
    assert (held, confirmed) == (live(world, HELD), live(world, TAKEN))
    shares = world.sql("SELECT COUNT(*) FROM wealth_position")[0][0]
    assert shares == live(world, ("CONFIRMED",)) // FEN
    assert watched


def test_cancelling_and_confirming_one_order_at_once_does_one_of_them(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path)
    phone = world.ready(CHEN)
    order_id = world.buy(phone, FEN, CODE)["result"]["orderId"]
    world.publish("1.0144", "2026-11-23", CODE)
    context = world.context(phone, None, customer=True)
    row = retried(world.engine, lambda session: world.orders.get(session, context, order_id), writing=False)
    later = world.now.replace(day=24)

    def turn(number: int) -> str:
        if number % 2:
            retried(world.engine, lambda session: world.refunds.cancel(session, context, row))
            return "cancelled"
        step = partial(world.confirmation.step, turn=Turn("2026-11-24", "", 0, later))
        return f"confirmed {retried(world.engine, step).done}"

    got = Counter(race(turn))
    assert got["cancelled"] + got["confirmed 1"] == 1
    world.relay.run()
    ((state,),) = world.sql("SELECT state FROM wealth_order")
    assert state == ("REFUNDED" if got["cancelled"] else "CONFIRMED")
    assert world.quota(CODE)[1:] == (0, 0 if got["cancelled"] else FEN)
    assert len(world.sql("SELECT order_id FROM wealth_position")) == got["confirmed 1"]


def test_two_workers_confirm_every_order_once(world: World) -> None:
    phone = world.ready(CHEN)
    for _ in range(4):
        world.buy(phone, FEN)
    world.publish("1.0144")
    world.later(days=1)
    named = jobs(world.orders.calendar, Confirmation(packs("wealth"), 1), world.life, world.ratings)
    workers = [Worker(world.engine, named, lambda: world.now, world.new_id, f"w{number}") for number in range(8)]
    (confirming,) = [job for job in named if job.name == "wealth.confirmation"]
    race(lambda number: workers[number].turn(confirming), 8)
    assert world.sql("SELECT state, done FROM job_run WHERE job = 'wealth.confirmation'") == [("DONE", 4)]
    assert world.sql("SELECT COUNT(*), COUNT(DISTINCT order_id) FROM wealth_position") == [(4, 4)]
    assert world.sql("SELECT COUNT(*) FROM evidence_entry WHERE kind = 'order.confirmed'") == [(4,)]


def test_sixty_four_lives_at_once_pay_a_maturity_once(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, matures_on="2026-11-25")
    phone = world.ready(CHEN)
    world.buy(phone, FEN, CODE)
    world.publish("1.0000", "2026-11-23", CODE)
    world.later(days=1)
    world.confirm()
    world.later(days=1)
    race(lambda _: world.life.run(), 16)
    race(lambda _: world.relay.run(), 16)
    world.life.run()
    assert world.sql("SELECT COUNT(*) FROM wealth_redemption WHERE state = 'PAID'") == [(1,)]
    assert len([sent for sent in world.core.sent if sent.endswith(".pay")]) == 1
    assert world.sql("SELECT shares, held FROM wealth_position") == [(0, 0)]


def test_sixty_four_redemptions_never_hold_more_than_there_is(world: World) -> None:
    phone = world.ready(CHEN)
    world.buy(phone, FEN, "JMG-TT01")
    world.publish("1.0000", "2026-11-23", "JMG-TT01")
    world.later(days=1)
    world.confirm()
    world.later(days=2)
    context = world.context(phone, None, customer=True)

    def redeem(number: int) -> str:
        operation = approved(phone, number, 0)
        payload = {"product": "JMG-TT01", "accountId": phone.account_id, "shares": "600.00"}
        mine = dataclasses.replace(operation, payload=payload)
        retried(world.engine, lambda session: world.redemptions.place(session, context, mine))
        return "placed"

    got = Counter(race(redeem))
    assert got["placed"] == 16  # of 10,000.00 shares
    assert set(got) <= {"placed", "SHARES_GONE"}
    assert world.sql("SELECT shares, held FROM wealth_position") == [(1_000_000, 960_000)]


def test_sixty_four_investors_take_the_last_places(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, private=True)
    world.sql("INSERT INTO wealth_headcount (product, investors) VALUES (:code, 190)", code=CODE)
    for number in range(RACERS):
        values = {"id": f"cus_{number:03d}", "blob": b"", "at": "2026-11-23 00:00:00"}
        world.sql(
            "INSERT INTO customer (customer_id, name, id_number, mobile, created_at, updated_at)"
            " VALUES (:id, :blob, :blob, :blob, :at, :at)",
            **values,
        )

    def enter(number: int) -> str:
        retried(world.engine, lambda session: investors.enter(session, CODE, f"cus_{number:03d}", 200))
        return "in"

    assert Counter(race(enter)) == {"in": 10, HeadcountFullError.code: RACERS - 10}
    assert world.sql("SELECT investors FROM wealth_headcount") == [(200,)]
    assert world.sql("SELECT COUNT(*) FROM wealth_investor WHERE live = 1") == [(10,)]
    inside = [row[0] for row in world.sql("SELECT customer_id FROM wealth_investor WHERE live = 1")]
    race(lambda number: _leave(world, inside[number % 10]), 20)
    assert world.sql("SELECT investors FROM wealth_headcount") == [(190,)]


def _leave(world: World, customer: str) -> None:
    with transaction(world.engine) as session:
        investors.leave(session, CODE, customer)


def test_one_customer_sixty_four_times_is_one_investor(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, private=True)
    phone = world.ready(CHEN)
    with transaction(world.engine) as session:
        customer = phone.customer_id or ""
        investors.qualify(session, customer, evidence="f", by="b", until=date(2027, 1, 1), now=world.now)
    context = world.context(phone, None, customer=True)

    def place(number: int) -> str:
        operation = approved(phone, number)
        retried(world.engine, lambda session: world.orders.place(session, context, operation))
        return "placed"

    assert Counter(race(place)) == {"placed": RACERS}
    assert world.sql("SELECT investors FROM wealth_headcount") == [(1,)]
    assert world.sql("SELECT live FROM wealth_investor") == [(RACERS,)]
