import itertools
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bff.audit import append
from bff.audit.models import EvidenceEntry
from bff.core_bank.port import CoreRefusedError, CoreUnknownError
from bff.db.engine import retried, transaction
from bff.outbox import Delivered, Outcome, Refused, Relay, Relayed, Settlement, Topic, put, sweep
from bff.outbox.box import Message, lease_to, written
from bff.outbox.models import OutboxMessage

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Post:
    engine: Engine
    now: datetime = NOW
    script: list[Exception | BaseException] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    unknown: int = 0
    lock: Any = field(default_factory=threading.Lock)
    ids: Any = field(default_factory=itertools.count)

    def send(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        with self.lock:
            self.sent.append(key)
            if self.script:
                raise self.script.pop(0)
        return {"echo": payload["x"]}

    def begin(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        self.begun.append(key)
        return self.send(payload, key)

    def settle(self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
        append(session, kind="settled", subject=str(payload["x"]), body={}, now=settlement.now)
        self.outcomes.append(outcome)
        if payload.get("then"):
            put(session, topic="t", key=payload["then"], payload={"x": 2}, now=settlement.now)

    def note(self, _session: Session, _settlement: Settlement, _payload: Mapping[str, Any]) -> None:
        self.unknown += 1

    def relay(self) -> Relay:
        topic = Topic("t", self.send, self.settle, self.note, first=self.begin)
        return Relay(self.engine, [topic], lambda: self.now, lambda prefix: f"{prefix}_{next(self.ids)}")

    def put(self, key: str, **payload: Any) -> None:
        message = {"x": 1, **payload}
        retried(self.engine, lambda session: put(session, topic="t", key=key, payload=message, now=self.now))

    def write(self, relay: Relay, key: str, *, savepoint: bool = False, **payload: Any) -> tuple[Message, ...]:
        """Put a message for this relay to send next, as the bus does."""

        def work(session: Session) -> tuple[Message, ...]:
            lease_to(session, relay.lease)
            message = {"x": 1, **payload}
            with session.begin_nested() if savepoint else nullcontext():
                put(session, topic="t", key=key, payload=message, now=self.now)
            return written(session)

        return retried(self.engine, work)

    def states(self) -> list[tuple[str, int]]:
        with transaction(self.engine, writing=False) as session:
            rows = session.execute(select(OutboxMessage.state, OutboxMessage.attempts).order_by(OutboxMessage.id))
            return [(row.state, row.attempts) for row in rows]

    def settled(self) -> int:
        with transaction(self.engine, writing=False) as session:
            return len(session.scalars(select(EvidenceEntry.seq).where(EvidenceEntry.kind == "settled")).all())


@pytest.fixture
def post(engine: Engine) -> Post:
    return Post(engine)


def test_a_message_is_sent_and_settled_once(post: Post) -> None:
    post.put("k1")
    done = post.relay().run()
    assert (done.delivered, done.refused, done.waiting) == (1, 0, 0)
    post.relay().run()
    assert post.outcomes == [Delivered({"echo": 1})]
    assert post.states() == [("DONE", 1)]


def test_a_message_of_a_transaction_that_failed_never_leaves(post: Post) -> None:
    def work(session: Session) -> None:
        put(session, topic="t", key="k1", payload={"x": 1}, now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        retried(post.engine, work)
    post.relay().run()
    assert post.sent == []


def test_a_no_is_settled_as_a_no(post: Post) -> None:
    post.script = [CoreRefusedError("ACCOUNT_FROZEN", "frozen")]
    post.put("k1")
    assert post.relay().run().refused == 1
    assert post.outcomes == [Refused("ACCOUNT_FROZEN", "frozen")]


def test_unknown_is_asked_again_later_and_later_and_never_dropped(post: Post) -> None:
    post.script = [CoreUnknownError()] * 12
    post.put("k1")
    waits: list[float] = []
    for _ in range(12):
        post.relay().run()
        with transaction(post.engine, writing=False) as session:
            due = session.scalars(select(OutboxMessage.available_at)).one()
        waits.append((due - post.now).total_seconds())
        post.relay().run()
        post.now = due
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert (len(post.sent), post.unknown) == (12, 12)
    post.relay().run()
    assert post.states() == [("DONE", 13)]


def test_any_failure_of_a_sender_is_unknown(post: Post) -> None:
    post.script = [ConnectionResetError()]
    post.put("k1")
    assert post.relay().run().waiting == 1
    assert post.states() == [("PENDING", 1)]


def test_a_crash_between_send_and_settle_sends_again_under_the_same_key(post: Post) -> None:
    post.script = [Crash()]
    post.put("k1")
    with pytest.raises(Crash):
        post.relay().run()
    assert post.relay().run().delivered == 0
    post.now += timedelta(seconds=61)
    assert post.relay().run().delivered == 1
    assert post.sent == ["k1", "k1"]
    assert post.settled() == 1


def test_who_lost_its_lease_does_not_settle(post: Post) -> None:
    post.put("k1")
    slow = post.relay()
    original = post.send

    def overtaken(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        post.now += timedelta(seconds=61)
        post.relay().run()
        return original(payload, key)

    slow._topics = {"t": Topic("t", overtaken, post.settle)}
    assert slow.run().delivered == 0
    assert post.settled() == 1


def test_what_settling_puts_is_sent_at_once(post: Post) -> None:
    post.put("k1", then="k2")
    assert post.relay().run(keys=["k1"]).delivered == 2
    assert post.sent == ["k1", "k2"]


def test_named_keys_leave_the_others_alone(post: Post) -> None:
    post.put("k1")
    post.put("k2")
    post.relay().run(keys=["k2"])
    assert post.sent == ["k2"]


def test_a_topic_that_nobody_knows_waits(post: Post) -> None:
    retried(post.engine, lambda session: put(session, topic="new", key="k", payload={}, now=NOW))
    assert post.relay().run().waiting == 1
    assert post.states() == [("PENDING", 1)]


def test_eight_relays_at_once_send_each_message_once(post: Post) -> None:
    for number in range(40):
        post.put(f"k{number}")
    start = threading.Barrier(8)
    failures: list[Exception] = []

    def work() -> None:
        start.wait()
        try:
            post.relay().run()
        except Exception as error:  # noqa: BLE001 — collected for the assertion
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(post.sent) == sorted(f"k{number}" for number in range(40))
    assert post.settled() == 40


def test_a_settled_message_is_kept_for_a_week_and_a_waiting_one_for_good(post: Post) -> None:
    post.put("settled")
    post.relay().run()
    post.put("waiting")
    for days, gone in ((6, 0), (2, 1), (365, 0)):
        post.now += timedelta(days=days)
        with transaction(post.engine) as session:
            assert sweep(session, post.now) == gone
    with transaction(post.engine, writing=False) as session:
        assert session.scalars(select(OutboxMessage.key)).all() == ["waiting"]


def test_a_message_is_its_writers_from_the_first_instant(post: Post) -> None:
    mine, other = post.relay(), post.relay()
    messages = post.write(mine, "k1", then="k2")
    assert other.run().delivered == 0
    assert other.run(keys=["k1"]).busy == 1
    assert mine.deliver(messages).delivered == 2
    assert (post.sent, post.begun) == (["k1", "k2"], ["k1", "k2"])
    assert (post.states(), post.settled()) == ([("DONE", 1), ("DONE", 1)], 2)


def test_a_writer_that_dies_leaves_its_message_to_others_who_ask_first(post: Post) -> None:
    post.write(post.relay(), "k1")
    post.now += timedelta(seconds=61)
    assert post.relay().run().delivered == 1
    assert (post.sent, post.begun) == (["k1"], [])


def test_a_writer_that_slept_over_its_lease_has_no_first_right(post: Post) -> None:
    writer = post.relay()
    messages = post.write(writer, "k1")
    post.now += timedelta(seconds=61)
    assert post.relay().run().delivered == 1
    assert writer.deliver(messages) == Relayed()
    assert (post.sent, post.begun, post.settled()) == (["k1"], [], 1)
    (late,) = post.write(writer, "k2")
    post.now += timedelta(seconds=61)
    assert writer.deliver([late]).delivered == 1
    assert (post.sent, post.begun) == (["k1", "k2"], [])


def test_a_writer_that_hears_nothing_is_no_longer_the_first(post: Post) -> None:
    writer = post.relay()
    post.script = [CoreUnknownError()]
    assert writer.deliver(post.write(writer, "k1")).waiting == 1
    post.now += timedelta(seconds=2)
    assert writer.run().delivered == 1
    assert (post.sent, post.begun, post.unknown) == (["k1", "k1"], ["k1"], 1)


def test_what_a_savepoint_may_take_back_is_looked_for_after_the_commit(post: Post) -> None:
    writer = post.relay()
    (message,) = post.write(writer, "k1", savepoint=True)
    assert message.lease is None
    assert writer.deliver([message]).delivered == 1
    assert (post.sent, post.begun) == (["k1"], [])

    def lost(session: Session) -> tuple[Message, ...]:
        lease_to(session, writer.lease)
        with session.begin_nested() as savepoint:
            put(session, topic="t", key="k2", payload={"x": 1}, now=NOW)
            savepoint.rollback()
        return written(session)

    assert writer.deliver(retried(post.engine, lost)) == Relayed()
    assert post.sent == ["k1"]
