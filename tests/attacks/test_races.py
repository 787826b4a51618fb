"""Racing attacks: many threads on one approval, on the last quota, on one idempotency key, on one proof and code."""

import json
import threading
import time
from collections import Counter
from functools import partial

from tests.attacks.bank import FUNDED, ORDER, Bank, Customer, books_hold, fresh
from tests.attacks.racing import persist, race
from tests.device import Answer, b64, sign

RACERS = 64
QUOTA = 10_000_000
"""Fen of JMG-XL30, all of which is on sale when the tests begin."""
LOTS = QUOTA // ORDER


def wait_until_settled(bank: Bank) -> None:
    """Wait for what the relay had to put off: under load an answer may be that the order is on its way."""
    end = time.monotonic() + 30
    while bank.rows("SELECT id FROM outbox_message WHERE state = 'PENDING'"):
        assert time.monotonic() < end, "the outbox is not empty"
        time.sleep(0.1)


def test_64_racers_on_one_approval_place_one_order(bank: Bank, alice: Customer) -> None:
    """Defence: one conditional UPDATE spends the challenge; the losers hear the winner's answer."""
    before = alice.balance()
    challenge = alice.prepare()
    message = alice.device.message(alice.device.frozen(challenge))
    body = {"message": b64(message), "signature": b64(sign(alice.device.tx, message))}

    def approve() -> Answer:
        twin = alice.twin()
        return persist(lambda: twin.post(f"/approvals/{challenge}/approve", body), "BUSY", "DATABASE_BUSY")

    answers = race([approve] * RACERS)
    assert Counter(answer.status for answer in answers) == {200: RACERS}
    operation = answers[0].body["operationId"]
    assert {answer.body["operationId"] for answer in answers} == {operation}
    assert {answer.body["result"]["orderId"] for answer in answers} == {answers[0].body["result"]["orderId"]}
    assert len([order for order in alice.orders() if order["operationId"] == operation]) == 1
    assert alice.balance() == before - ORDER
    approved = "SELECT seq FROM evidence_entry WHERE kind = 'operation.approved' AND subject = :operation"
    assert len(bank.rows(approved, operation=operation)) == 1
    books_hold(bank)


def test_of_64_racers_between_yes_and_was_not_me_one_side_wins(bank: Bank, carol: Customer) -> None:
    """Defence: both close the challenge by one conditional UPDATE; after the no, nothing of that customer executes."""
    phone, challenge = carol.device, carol.prepare()
    message = phone.message(phone.frozen(challenge))
    yes = {"message": b64(message), "signature": b64(sign(phone.tx, message))}
    ways = [("approve", yes), ("reject", {"reason": "NOT_ME"})]

    def decide(way: str, body: dict[str, str]) -> Answer:
        twin = carol.twin()
        return persist(lambda: twin.post(f"/approvals/{challenge}/{way}", body), "BUSY", "DATABASE_BUSY")

    race([partial(decide, *ways[number % 2]) for number in range(RACERS)])
    wait_until_settled(bank)
    [operation] = bank.rows("SELECT * FROM approval_operation WHERE challenge_id = :one", one=challenge)
    placed = bank.rows("SELECT state FROM wealth_order WHERE operation_id = :one", one=operation.operation_id)
    held = bank.rows("SELECT * FROM approval_hold WHERE customer_id = :one", one=phone.customer_id)
    assert (operation.state, len(placed), len(held)) in {("DONE", 1, 0), ("REJECTED", 0, 1)}
    answer = carol.twin().get("/accounts", bundle=phone.digests["accounts"])
    assert answer.status == (401 if held else 200)
    if held:  # he logs in again, which verifies him, and may go on
        phone.session(customer=True)
        phone.post("/approvals-hold/lift", {}).ok()
        carol.prepare()


def test_64_racers_on_the_last_quota_never_oversell(bank: Bank) -> None:
    """Defence: the quota is held by one conditional UPDATE; who finds it gone is rolled back with all he wrote."""
    buyers = list(bank.customers.values())
    before = [buyer.balance() for buyer in buyers]
    challenges = [(buyer, buyer.prepare(product="JMG-XL30")) for _ in range(RACERS // len(buyers)) for buyer in buyers]
    counters = {buyer.account: (threading.Lock(), buyer) for buyer in buyers}

    def sign_next(buyer: Customer, challenge: str) -> Answer:
        """Sign under the device's next counter, as a phone does for each tap."""
        twin = buyer.twin()
        lock, phone = counters[buyer.account]
        frozen = twin.frozen(challenge)
        with lock:
            message = phone.device.message(frozen)
        return twin.approve(challenge, message)

    runners = [
        partial(persist, partial(sign_next, *pair), "SEQ_REUSED", "BUSY", "DATABASE_BUSY") for pair in challenges
    ]
    answers = race(runners)
    outcomes = Counter(str(answer.body.get("code", answer.body.get("status"))) for answer in answers)
    assert outcomes["QUOTA_GONE"] == RACERS - LOTS, outcomes
    assert sum(outcomes[status] for status in ("DONE", "EXECUTING", "UNKNOWN")) == LOTS, outcomes
    wait_until_settled(bank)
    won = Counter(buyer.account for (buyer, _), answer in zip(challenges, answers, strict=True) if answer.status == 200)
    assert [buyer.balance() for buyer in buyers] == [
        start - ORDER * won[buyer.account] for start, buyer in zip(before, buyers, strict=True)
    ]
    quota = bank.rows("SELECT held_fen, confirmed_fen FROM product_quota WHERE code = 'JMG-XL30'")
    assert [tuple(row) for row in quota] == [(0, QUOTA)]
    sold = bank.rows(
        "SELECT SUM(amount_fen) AS fen FROM wealth_order WHERE product = 'JMG-XL30' AND state = 'ACCEPTED'"
    )
    assert int(sold[0].fen) == QUOTA
    books_hold(bank)


def test_32_racers_under_one_key_freeze_one_operation(bank: Bank, alice: Customer) -> None:
    """Defence: the key is claimed in the transaction that does the work; all get the bytes of the first answer."""
    key, page = fresh(), alice.device.digests["wealth"]
    body = {"product": "JMG-TT01", "accountId": alice.account, "amountFen": ORDER}
    counted = "SELECT COUNT(*) AS n FROM approval_operation WHERE customer_id = :whose"
    before = bank.rows(counted, whose=alice.device.customer_id)[0].n

    def prepare() -> Answer:
        twin = alice.twin()
        return persist(lambda: twin.post("/wealth/orders/prepare", body, bundle=page, key=key), "IDEMPOTENCY_RUNNING")

    answers = race([prepare] * 32)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.raw for answer in answers}) == 1
    assert bank.rows(counted, whose=alice.device.customer_id)[0].n == before + 1


def test_racers_under_one_key_move_money_once(bank: Bank, bob: Customer) -> None:
    """Defence: the same, where the core must be heard before there is an answer: the others wait or are told to."""
    key, page, before = fresh(), bob.device.digests["accounts"], bob.balance()

    def fund() -> Answer:
        twin = bob.twin()
        path = f"/accounts/{bob.account}/fundings"
        return persist(lambda: twin.post(path, {"amountFen": 100}, bundle=page, key=key), "IDEMPOTENCY_RUNNING")

    answers = race([fund] * 12)
    assert {answer.status for answer in answers} == {200}, [answer.body for answer in answers if answer.status != 200]
    assert len({answer.raw for answer in answers}) == 1
    assert bob.balance() == before + 100
    assert (
        len(
            bank.rows(
                "SELECT funding_id FROM account_funding WHERE account_id = :one AND amount_fen = 100", one=bob.account
            )
        )
        == 1
    )
    books_hold(bank)


def test_a_key_with_another_body_is_refused(carol: Customer) -> None:
    """Defence: the key stands with the hash of its request."""
    key, page, path = fresh(), carol.device.digests["wealth"], "/wealth/orders/prepare"
    body = {"product": "JMG-TT01", "accountId": carol.account, "amountFen": ORDER}
    first = carol.device.post(path, body, bundle=page, key=key)
    other = carol.device.post(path, {**body, "amountFen": ORDER + 100}, bundle=page, key=key)
    again = carol.device.post(path, json.loads(json.dumps(body)), bundle=page, key=key)
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    assert (again.status, again.raw) == (200, first.raw)
    assert again.headers["idempotency-replayed"] == "true"


def test_a_key_belongs_to_its_customer(carol: Customer, dave: Customer) -> None:
    """Defence: keys are kept per subject: another's key gives neither his answer nor a refusal."""
    key, path = fresh(), "/wealth/orders/prepare"
    answers = [
        customer.device.post(
            path,
            {"product": "JMG-TT01", "accountId": customer.account, "amountFen": ORDER, "ageConfirmed": True},
            bundle=customer.device.digests["wealth"],
            key=key,
        ).ok()
        for customer in (carol, dave)
    ]
    assert answers[0]["challengeId"] != answers[1]["challengeId"]


def test_of_16_racers_with_one_proof_one_passes(alice: Customer) -> None:
    """Defence: the proof's id is marked by one step that only the first can take, in all workers."""
    alice.device.get("/devices/current").ok()
    proof = alice.device.proof("GET", "/app/v1/devices/current")

    def present() -> int:
        return alice.twin().call("GET", "/devices/current", headers={"DPoP": proof}, retry=False).status

    assert Counter(race([present] * 16)) == {200: 1, 401: 15}


def test_money_was_only_moved_by_what_was_signed_or_funded(bank: Bank) -> None:
    """Holds all of the above together: what each customer has is what he put in less what he bought and sent on."""
    for customer in bank.customers.values():
        spent = sum(order["amountFen"] for order in customer.orders() if order["state"] == "ACCEPTED")
        funded = bank.rows(
            "SELECT SUM(amount_fen) AS fen FROM account_funding WHERE account_id = :one AND state = 'DONE'",
            one=customer.account,
        )
        assert int(funded[0].fen) >= FUNDED
        sent = bank.rows(
            "SELECT COALESCE(SUM(amount_fen), 0) AS fen FROM account_transfer "
            "WHERE account_id = :one AND state = 'DONE'",
            one=customer.account,
        )
        assert customer.balance() == int(funded[0].fen) - spent - int(sent[0].fen)
