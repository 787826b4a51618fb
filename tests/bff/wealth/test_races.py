"""Races on SQLite and on MariaDB: one order of one approval, never more sold than there is, one assessment too many."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bff.approvals.decisions import ApprovedOperation
from bff.db.engine import retried
from bff.errors import BffError
from bff.products.errors import QuotaGoneError
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.wealth.world import CHEN, World

RACERS = 64


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield World(engine)


def race(work: Callable[[int], Any], racers: int = RACERS) -> list[Any]:
    """Let threads start at once; give what each got, refusals as their codes."""
    barrier, got = threading.Barrier(racers), [None] * racers

    def run(number: int) -> None:
        barrier.wait()
        try:
            got[number] = work(number)
        except BffError as refusal:
            got[number] = refusal.code

    threads = [threading.Thread(target=run, args=(number,)) for number in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_sixty_four_racers_on_one_approval_make_one_order(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    same = world.message(phone, challenge)
    others = [world.message(phone, challenge) for _ in range(RACERS // 2)]
    got = race(lambda number: world.approve(phone, challenge, same if number % 2 else others[number // 2]))
    answered = [one for one in got if isinstance(one, dict)]
    refused = Counter(one for one in got if isinstance(one, str))
    assert {one["result"]["orderId"] for one in answered} == {
        order for (order,) in world.sql("SELECT order_id FROM wealth_order")
    }
    assert len(world.sql("SELECT order_id FROM wealth_order")) == 1
    assert set(refused) <= {"CHALLENGE_USED"}
    assert len(answered) in {1, RACERS // 2}
    assert len(world.core.journals) == 2
    assert world.quota()[1:] == (0, 5_000_000)


def test_sixty_four_racers_never_oversell_the_last_quota(world: World) -> None:
    phone = world.ready()
    world.sql("UPDATE product_quota SET total_fen = 10000000 WHERE code = 'JMG-XL30'")
    context = world.context(phone, None, customer=True)
    payload = {"product": "JMG-XL30", "accountId": phone.account_id}
    fields = {"payer": "1", "payee": "2", "bundle": "wealth@1.0.0"}

    def place(number: int) -> Any:
        ids = (f"opn_race_{number}", phone.customer_id or "", phone.device_id, "wealth@1.0.0")
        approved = ApprovedOperation(*ids, 1_000_000, fields, payload)
        return retried(world.engine, lambda session: world.orders.place(session, context, approved))

    got = race(place)
    assert Counter(one if isinstance(one, str) else "placed" for one in got) == {"placed": 10, QuotaGoneError.code: 54}
    assert world.quota("JMG-XL30") == (10_000_000, 10_000_000, 0)
    assert world.sql("SELECT sum(amount_fen) FROM wealth_order WHERE product = 'JMG-XL30'")[0][0] == 10_000_000


def test_the_funding_cap_holds_under_concurrency(world: World) -> None:
    phone = world.bound(CHEN)
    world.core.balances[CHEN.card] = 10**12
    body = {"accountId": phone.account_id, "amountFen": 10_000_000}
    got = race(lambda number: world.call(phone, "accounts.fund", body, key=f"key_{number}"), 16)
    assert Counter(one if isinstance(one, str) else one["state"] for one in got) == {"DONE": 5, "LIMIT_DAY": 11}
    assert world.core.balances[CHEN.card] == 10**12 - 50_000_000


def test_assessments_at_once_are_two_at_most(world: World) -> None:
    phone = world.bound(CHEN)
    got = race(lambda _: world.assess(phone)["level"], 8)
    assert Counter(got) == {"C5": 2, "ASSESSMENT_LIMIT": 6}


def test_guesses_at_once_are_five_at_most(world: World) -> None:
    phone = world.registered()
    application = world.applied(phone, CHEN)
    code = application["sandboxCode"]

    def guess(number: int) -> Any:
        wrong = f"{(int(code) + number + 1) % 10**6:06d}"
        body = {"applicationId": application["applicationId"], "code": wrong}
        return world.call(phone, "accounts.application.verify_code", body)

    got = Counter(race(guess, 32))
    assert set(got) <= {"CODE_WRONG", "CODE_LOCKED"}
    assert got["CODE_WRONG"] <= 4
    assert world.sql("SELECT tries FROM verification_code") == [(5,)]


def test_one_person_on_eight_devices_gets_one_account(world: World) -> None:
    phones = [world.registered() for _ in range(8)]
    ids = []
    for phone in phones:
        ids.append({"applicationId": world.verified(phone, CHEN)})
        world.call(phone, "accounts.application.bind_card", {**ids[-1], "cardNumber": CHEN.card})
    tax = {"residency": "CN_ONLY", "declared": True}
    got = race(lambda number: world.call(phones[number], "accounts.application.declare_tax", {**ids[number], **tax}), 8)
    assert Counter(one if isinstance(one, str) else one["state"] for one in got) == {"OPEN": 1, "DUPLICATE_ACCOUNT": 7}
    assert len([sent for sent in world.core.sent if sent.endswith(".open")]) == 1


def moments(world: World, *kinds: str) -> list[int]:
    """Give at which place of the chain entries stand: the order in which their transactions were committed."""
    found = {kind: world.sql("SELECT seq FROM evidence_entry WHERE kind = :kind", kind=kind) for kind in kinds}
    return [found[kind][0][0] for kind in kinds if found[kind]]


@pytest.mark.parametrize("end", ["block", "remove"])
def test_an_approval_is_before_the_end_of_its_device_or_not_at_all(world: World, end: str) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    context = world.context(phone, None, customer=True)
    stop = getattr(world.devices, end)

    def turn(number: int) -> Any:
        if number % 2:
            return world.approve(phone, challenge, message)
        return retried(world.engine, lambda session: stop(session, context, phone.device_id))

    race(turn)
    ended = {"block": "device.blocked", "remove": "device.removed"}[end]
    order = moments(world, "operation.approved", ended)
    assert order == sorted(order)
    assert len(order) == 1 + len(world.sql("SELECT order_id FROM wealth_order"))
    with pytest.raises(BffError):
        world.prepare(phone)
