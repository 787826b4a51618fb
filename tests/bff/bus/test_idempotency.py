import hashlib
import threading
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from bff.bus.errors import (
    IdempotencyKeyRequiredError,
    IdempotencyMismatchError,
    IdempotencyRunningError,
    OutcomeUnknownError,
)
from bff.bus.idempotency import DONE, IdempotencyRecord, sweep
from bff.db.engine import transaction
from bff.db.errors import DatabaseBusyError
from bff.errors import RequestInvalidError
from bff.outbox import Relay, Relayed, Topic
from bff.outbox.models import OutboxMessage
from bff.outbox.relay import LEASE
from tests.bff.bus.world import Bank, fingerprint, settle


class Crash(BaseException):
    """The process dies here."""


class DyingRelay(Relay):
    def deliver(self, messages: Any) -> Relayed:
        del messages
        raise Crash


def race(bank: Bank, code: str, racers: int) -> tuple[list[bytes], list[Exception]]:
    start = threading.Barrier(racers)
    answers: list[bytes] = []
    failures: list[Exception] = []

    def run() -> None:
        call = bank.call(code, key="one")
        start.wait()
        try:
            answers.append(bank.bus.call(call).body)
        except Exception as error:  # noqa: BLE001 — collected for the assertion
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers, failures


def test_64_racers_under_one_key_are_one_execution_and_one_answer(bank: Bank) -> None:
    answers, failures = race(bank, "counter.add", 64)
    assert failures == []
    assert len(answers) == 64
    assert len(set(answers)) == 1
    assert len(bank.entries("done")) == 1


def test_64_racers_who_must_hear_from_the_core_are_one_execution_too(bank: Bank) -> None:
    answers, failures = race(bank, "counter.send", 64)
    assert len(set(answers)) == 1
    assert {type(error) for error in failures} <= {IdempotencyRunningError}
    assert (len(bank.entries("asked")), len(bank.core.executed)) == (1, 1)
    assert bank.bus.call(bank.call("counter.send", key="one")).body == answers[0]


def test_a_replay_gets_the_same_bytes_though_the_world_moved_on(bank: Bank) -> None:
    first = bank.bus.call(bank.call("counter.add", key="k"))
    bank.bus.call(bank.call("counter.add", key="other"))
    again = bank.bus.call(bank.call("counter.add", key="k"))
    assert first.body == again.body
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_order_of_members_makes_no_other_request(bank: Bank) -> None:
    first = bank.bus.call(bank.call("counter.add", key="k", payload={"amountFen": 1, "kind": "small"}))
    again = bank.bus.call(bank.call("counter.add", key="k", payload={"kind": "small", "amountFen": 1}))
    assert first.body == again.body


def test_a_key_belongs_to_one_request(bank: Bank) -> None:
    bank.bus.call(bank.call("counter.add", key="k"))
    with pytest.raises(IdempotencyMismatchError):
        bank.bus.call(bank.call("counter.add", key="k", payload={"amountFen": 101}))


def test_a_key_belongs_to_one_customer_and_one_operation(bank: Bank) -> None:
    bank.bus.call(bank.call("counter.add", key="k"))
    bank.bus.call(bank.call("counter.add", key="k", customer="cus_2", payload={"amountFen": 7}))
    bank.bus.call(bank.call("counter.add", key="K", payload={"amountFen": 8}))
    bank.bus.call(bank.call("counter.send", key="k", payload={"amountFen": 9}))
    assert len(bank.entries("done")) == 3


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, IdempotencyKeyRequiredError),
        ("", IdempotencyKeyRequiredError),
        ("k" * 81, RequestInvalidError),
        ("a\nb", RequestInvalidError),
        ("键", RequestInvalidError),
    ],
)
def test_a_key_is_needed_and_is_printable(bank: Bank, key: str | None, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        bank.bus.call(bank.call("counter.add", key=key))
    assert bank.entries("done") == []


def test_a_malformed_request_does_not_use_up_its_key(bank: Bank) -> None:
    with pytest.raises(RequestInvalidError):
        bank.bus.call(bank.call("counter.add", key="k", payload={}))
    assert bank.bus.call(bank.call("counter.add", key="k")).status == 200


def test_a_crash_between_commit_and_relay_is_finished_by_a_replay(bank: Bank) -> None:
    topics = [Topic("core", bank.core.send, settle)]
    quick = bank.make_bus(Relay(bank.engine, topics, lambda: bank.now, bank.new_id, pause=lambda _: None))
    dying = bank.make_bus(DyingRelay(bank.engine, [], lambda: bank.now, bank.new_id))
    with pytest.raises(Crash):
        dying.call(bank.call("counter.send", key="k"))
    with pytest.raises(IdempotencyRunningError) as caught:
        bank.bus.call(bank.call("counter.send", key="k"))
    assert caught.value.extra == {"retryAfter": 1}
    bank.later(seconds=31)
    with pytest.raises(IdempotencyRunningError):  # the message was written with a lease, which is its sender's
        quick.call(bank.call("counter.send", key="k"))
    bank.later(seconds=30)
    answer = bank.bus.call(bank.call("counter.send", key="k"))
    assert msgspec.json.decode(answer.body) == {"entrySeq": 1, "state": "Delivered"}
    assert (len(bank.entries("asked")), bank.core.calls) == (1, 1)
    assert bank.bus.call(bank.call("counter.send", key="k")).body == answer.body


def test_a_crash_between_relay_and_settle_does_not_send_again(bank: Bank) -> None:
    class DiesAfter(Relay):
        def deliver(self, messages: Any) -> Relayed:
            bank.relay.deliver(messages)
            raise Crash

    dying = bank.make_bus(DiesAfter(bank.engine, [], lambda: bank.now, bank.new_id))
    with pytest.raises(Crash):
        dying.call(bank.call("counter.send", key="k"))
    bank.later(seconds=31)
    answer = bank.bus.call(bank.call("counter.send", key="k"))
    assert msgspec.json.decode(answer.body)["state"] == "Delivered"
    assert bank.core.calls == 1
    with transaction(bank.engine, writing=False) as session:
        assert session.scalars(select(IdempotencyRecord.state)).all() == [DONE]


def test_while_a_dead_relays_lease_runs_no_answer_becomes_final(bank: Bank) -> None:
    class DiesSending(Relay):
        def deliver(self, messages: Any) -> Relayed:
            del messages
            with transaction(bank.engine) as session:
                session.execute(update(OutboxMessage).values(leased_until=bank.now + LEASE, lease_owner="lse_dead"))
            raise Crash

    dying = bank.make_bus(DiesSending(bank.engine, [], lambda: bank.now, bank.new_id))
    topics = [Topic("core", bank.core.send, settle)]
    living = bank.make_bus(Relay(bank.engine, topics, lambda: bank.now, bank.new_id, pause=lambda _: None))
    with pytest.raises(Crash):
        dying.call(bank.call("counter.send", key="k"))
    bank.later(seconds=31)
    for _ in range(2):
        with pytest.raises(IdempotencyRunningError):
            living.call(bank.call("counter.send", key="k"))
    bank.later(seconds=30)
    assert msgspec.json.decode(living.call(bank.call("counter.send", key="k")).body)["state"] == "Delivered"
    assert bank.core.calls == 1


class BrokenRelay(Relay):
    def deliver(self, messages: Any) -> Relayed:
        del messages
        raise DatabaseBusyError


def test_a_failing_relay_does_not_pass_for_a_refusal_of_what_is_committed(bank: Bank) -> None:
    broken = bank.make_bus(BrokenRelay(bank.engine, [], lambda: bank.now, bank.new_id))
    answer = msgspec.json.decode(broken.call(bank.call("counter.send", key="k")).body)
    assert answer == {"entrySeq": 1, "state": "UNKNOWN"}
    bank.later(seconds=61)
    bank.relay.run()
    assert bank.core.calls == 1


class LosingRelay(Relay):
    """Finds that another relay is sending; then the database is away."""

    def deliver(self, messages: Any) -> Relayed:
        del messages
        event.listen(self._engine, "before_cursor_execute", _away)
        return Relayed(busy=1)


def _away(*_: Any) -> None:
    raise OperationalError(None, {}, Exception(2013))


def test_a_database_lost_after_the_commit_does_not_pass_for_a_refusal_either(bank: Bank) -> None:
    losing = bank.make_bus(LosingRelay(bank.engine, [], lambda: bank.now, bank.new_id))
    with pytest.raises(IdempotencyRunningError):
        losing.call(bank.call("counter.send", key="k"))
    event.remove(bank.engine, "before_cursor_execute", _away)
    bank.later(seconds=61)
    assert msgspec.json.decode(bank.bus.call(bank.call("counter.send", key="k")).body)["state"] == "Delivered"
    assert (len(bank.entries("asked")), bank.core.calls) == (1, 1)


def test_an_outcome_that_cannot_be_read_is_no_refusal_and_a_replay_reads_it(bank: Bank) -> None:
    with pytest.raises(OutcomeUnknownError):
        bank.bus.call(bank.call("counter.blind", key="k"))
    assert bank.entries("refused") == []
    assert (len(bank.entries("asked")), bank.core.calls) == (1, 1)
    bank.later(seconds=31)
    with pytest.raises(OutcomeUnknownError):
        bank.bus.call(bank.call("counter.blind", key="k"))
    assert (len(bank.entries("asked")), bank.core.calls) == (1, 1)


def test_a_connection_that_broke_under_a_call_leaves_its_outcome_open(bank: Bank) -> None:
    with pytest.raises(OutcomeUnknownError):
        bank.bus.call(bank.call("counter.broken", key="k"))


def test_what_is_kept_of_a_request_cannot_be_found_by_trying(bank: Bank) -> None:
    bank.bus.call(bank.call("counter.add", key="k", payload={"amountFen": 4174}))
    plain = hashlib.sha256(b'{"amountFen":4174}').hexdigest()
    with transaction(bank.engine, writing=False) as session:
        (kept,) = session.scalars(select(IdempotencyRecord.request_hash)).all()
    assert kept == fingerprint('{"amountFen":4174}') != plain


def test_what_never_became_final_is_swept_as_well(bank: Bank) -> None:
    dying = bank.make_bus(DyingRelay(bank.engine, [], lambda: bank.now, bank.new_id))
    with pytest.raises(Crash):
        dying.call(bank.call("counter.send", key="k"))
    bank.later(days=8)
    with transaction(bank.engine) as session:
        assert sweep(session, bank.now) == 1


def test_an_answer_is_kept_for_a_week(bank: Bank) -> None:
    bank.bus.call(bank.call("counter.add", key="k"))
    for days, gone in ((6, 0), (2, 1), (1, 0)):
        bank.later(days=days)
        with transaction(bank.engine) as session:
            assert sweep(session, bank.now) == gone
