"""Racing attacks on the moment of a yes: against the job that ends challenges, and against the block of the device."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine

from bff.approvals import repository
from bff.db.engine import open_engine, transaction
from bff.devices import repository as devices
from bff.devices.repository import ACTIVE, BLOCKED
from tests.attacks.bank import ORDER, Bank, Customer, books_hold, refused
from tests.attacks.racing import persist, race
from tests.attacks.test_races import wait_until_settled
from tests.device import Answer, b64, sign

RACERS = 64
PASSING = ("BUSY", "DATABASE_BUSY")


@pytest.fixture
def beside(bank: Bank) -> Iterator[Engine]:
    """Give the server's database as a job or an operator beside the server opens it."""
    engine = open_engine(bank.engine.url)
    yield engine
    engine.dispose()


def yes(customer: Customer, challenge: str) -> Callable[[], Answer]:
    """Give a racer that sends one signed approval on a connection of its own."""
    phone = customer.device
    message = phone.message(phone.frozen(challenge))
    body = {"message": b64(message), "signature": b64(sign(phone.tx, message))}

    def approve() -> Answer:
        twin = customer.twin()
        return persist(lambda: twin.post(f"/approvals/{challenge}/approve", body), *PASSING)

    return approve


def ended(bank: Bank, challenge: str) -> tuple[str, int]:
    """Give how the operation stands, and how many orders were placed for it."""
    wait_until_settled(bank)
    [operation] = bank.rows("SELECT * FROM approval_operation WHERE challenge_id = :one", one=challenge)
    orders = bank.rows("SELECT order_id FROM wealth_order WHERE operation_id = :one", one=operation.operation_id)
    return operation.state, len(orders)


def test_of_64_racers_between_yes_and_the_expiry_job_one_side_wins(bank: Bank, alice: Customer, beside: Engine) -> None:
    """Defence: both take the challenge by one conditional UPDATE from the same state; money follows the winner."""
    before, challenge = alice.balance(), alice.prepare()
    with transaction(beside, writing=False) as session:
        frozen = repository.find(session, challenge)
    assert frozen is not None
    late = frozen.expires_at + timedelta(seconds=1)
    approve = yes(alice, challenge)

    def expire() -> None:
        with transaction(beside) as session:
            repository.expire(session, late)

    answers = race([(approve, expire)[number % 2] for number in range(RACERS)])
    outcomes = Counter(answer.status for answer in answers if answer is not None)
    state, orders = ended(bank, challenge)
    assert (state, orders, dict(outcomes)) in [("DONE", 1, {200: RACERS // 2}), ("EXPIRED", 0, {410: RACERS // 2})]
    assert alice.balance() == before - ORDER * orders
    books_hold(bank)


def test_of_64_racers_between_yes_and_a_block_none_passes_after_it(bank: Bank, dave: Customer, beside: Engine) -> None:
    """Defence: the counter of a blocked device does not grow, so what spends is rolled back; then its session ends."""
    before, challenge, later = dave.balance(), dave.prepare(), dave.prepare()
    approve, after = yes(dave, challenge), yes(dave, later)

    def turn(state: str, to: str) -> None:
        with transaction(beside) as session:
            devices.move(session, dave.device.device_id, frozenset({state}), to)

    race([(approve, partial(turn, ACTIVE, BLOCKED))[number % 2] for number in range(RACERS)])
    try:
        state, orders = ended(bank, challenge)
        refused(after(), 401, "TOKEN_INVALID")
        assert ended(bank, later) == ("CHALLENGED", 0)
    finally:
        turn(BLOCKED, ACTIVE)
    assert (state, orders) in {("DONE", 1), ("CHALLENGED", 0)}
    assert dave.balance() == before - ORDER * orders
    books_hold(bank)
