"""The relay: leases messages, sends them outside any transaction, and settles each with its mark in one.

Invariants: a row is leased by one relay at a time, and may be so from the transaction on that wrote it; a row leaves
PENDING only in the transaction that settles it, so a crash anywhere leads to another delivery under the same key and
never to a lost one; nothing is ever dropped.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

import msgspec
from sqlalchemy import Engine, bindparam, or_, select, update
from sqlalchemy.orm import Session

from bff.core_bank.port import CoreRefusedError, CoreUnknownError
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.prepared import Prepared
from bff.db.statements import changed
from bff.kinds import Clock, NewId
from bff.outbox.box import Lease, Message, lease_to, written
from bff.outbox.models import OutboxMessage
from bff.outbox.topics import Delivered, Outcome, Refused, Settlement, Topic

LEASE: Final = timedelta(seconds=60)
"""How long a relay holds a row unless it is told otherwise; longer than any send may take."""
LONGEST_WAIT: Final = timedelta(minutes=5)
COLLISION_SECONDS: Final = 5.0
"""How long a call waits for a row of its own that another relay is sending."""

_table: Final = table_of(OutboxMessage)
_PENDING: Final = _table.c.state == "PENDING"

_UNLEASED: Final = or_(_table.c.leased_until.is_(None), _table.c.leased_until <= bindparam("at"))
_DUE: Final = (
    select(_table.c.id)
    .where(_PENDING, _table.c.available_at <= bindparam("at"), _UNLEASED)
    .order_by(_table.c.available_at, _table.c.id)
)
_NAMED: Final = (
    select(_table.c.id).where(_table.c.key.in_(bindparam("keys", expanding=True)), _PENDING).order_by(_table.c.id)
)
_READ: Final = select(*(_table.c[name] for name in ("id", "topic", "key", "payload", "attempts", "state"))).where(
    _table.c.id == bindparam("wanted")
)
_TAKE: Final = (
    update(_table)
    .where(_table.c.id == bindparam("wanted"), _PENDING, _UNLEASED)
    .values(lease_owner=bindparam("lease"), leased_until=bindparam("until"))
)
_DONE: Final = Prepared(
    update(_table)
    .where(_table.c.id == bindparam("wanted"), _PENDING, _table.c.lease_owner == bindparam("lease"))
    .values(state="DONE", settled_at=bindparam("at"), attempts=bindparam("tries"), lease_owner=None, leased_until=None)
)
_log = logging.getLogger(__name__)
_Due: TypeAlias = Message | int
"""A message, or the row of one."""


class LeaseLostError(Exception):
    """Another relay took the row over while this one was sending; it settles instead."""


@dataclass(slots=True)
class Relayed:
    """What one run did with the rows that it came upon; ``busy`` ones another relay holds."""

    delivered: int = 0
    refused: int = 0
    waiting: int = 0
    busy: int = 0


class Relay:
    """Delivers outbox rows; any number of relays may run at once, in any number of processes."""

    def __init__(
        self,
        engine: Engine,
        topics: Iterable[Topic],
        clock: Clock,
        new_id: NewId,
        pause: Callable[[float], None] = time.sleep,
        lease: timedelta = LEASE,
    ) -> None:
        """Take what a relay works with; ``pause`` waits so many seconds, ``lease`` is how long it holds a row."""
        self._engine = engine
        self._topics: Mapping[str, Topic] = {topic.name: topic for topic in topics}
        self._clock = clock
        self._new_id = new_id
        self._pause = pause
        self._lease_time = lease

    def run(self, keys: Iterable[str] | None = None, limit: int = 100) -> Relayed:
        """Deliver what is due.

        Args:
            keys: only rows with these keys, and whatever their settling puts; None means all that is due.
            limit: most rows of one run.

        Returns:
            How many rows were delivered, refused, or must wait.
        """
        found = self._due(limit) if keys is None else self._named(tuple(keys))
        return self._work(found, patient=keys is not None)

    def deliver(self, messages: Iterable[Message]) -> Relayed:
        """Deliver what the caller's committed transaction put, and whatever its settling puts."""
        return self._work(self._found(messages), patient=True)

    def lease(self) -> Lease:
        """Give a lease that begins now."""
        return Lease(self._new_id("lse"), self._clock() + self._lease_time)

    def _work(self, messages: Iterable[_Due], *, patient: bool) -> Relayed:
        done, queue = Relayed(), deque(messages)
        while queue:
            queue.extend(self._found(self._deliver(queue.popleft(), done, patient=patient)))
        return done

    def _found(self, messages: Iterable[Message]) -> list[_Due]:
        """Give messages in their order; without a lease, those that are there: a savepoint may have taken them back."""
        found: list[_Due] = []
        for message in messages:
            found.extend((message,) if message.lease is not None else self._named((message.key,)))
        return found

    def _due(self, limit: int) -> list[int]:
        wanted, now = _DUE.limit(limit), self._clock()
        return retried(self._engine, lambda session: list(session.scalars(wanted, {"at": now})), writing=False)

    def _named(self, keys: tuple[str, ...]) -> list[int]:
        if not keys:
            return []
        return retried(self._engine, lambda session: list(session.scalars(_NAMED, {"keys": keys})), writing=False)

    def _deliver(self, due: _Due, done: Relayed, *, patient: bool) -> tuple[Message, ...]:
        """Lease, send and settle one message; give what its settling put."""
        mine = self._still_mine(due)
        message, busy = (due, False) if mine else self._lease(_row(due), patient=patient)
        if not isinstance(message, Message) or message.lease is None:
            done.busy += busy
            return ()
        outcome = self._send(message, first=mine)
        if outcome is None:
            done.waiting += 1
            self._postpone(message)
            return ()
        try:
            follow_up = retried(self._engine, lambda session: self._settle(session, message, outcome))
        except LeaseLostError:
            return ()
        except Exception as error:  # noqa: BLE001 a mistake in a settling step must not lose the message
            _log.exception("settling of %s %s failed", message.topic, message.key)
            done.waiting += 1
            self._postpone(message, problem=type(error).__name__)
            return ()
        done.delivered += isinstance(outcome, Delivered)
        done.refused += isinstance(outcome, Refused)
        return follow_up

    def _still_mine(self, due: _Due) -> bool:
        """Tell whether a message was written with a lease that still runs, so that nobody has sent it."""
        return isinstance(due, Message) and due.lease is not None and self._clock() < due.lease.until

    def _lease(self, row: int, *, patient: bool) -> tuple[Message | None, bool]:
        """Take a row, or find that somebody else has settled it or holds it; wait for a busy one when patient."""
        waited = 0.0
        while True:
            message, busy = retried(self._engine, lambda session: self._try_lease(session, row))
            if message is not None or not busy or not patient or waited >= COLLISION_SECONDS:
                return message, busy
            self._pause(0.02)
            waited += 0.02

    def _try_lease(self, session: Session, wanted: int) -> tuple[Message | None, bool]:
        lease = self.lease()
        values = {"wanted": wanted, "at": self._clock(), "lease": lease.owner, "until": lease.until}
        taken = changed(session, _TAKE, values)
        row = session.execute(_READ, {"wanted": wanted}).one()
        if taken != 1:
            return None, row.state == "PENDING"
        return Message(row.id, row.topic, row.key, msgspec.json.decode(row.payload), row.attempts, lease), False

    def _send(self, message: Message, *, first: bool) -> Outcome | None:
        """Speak to the other side; None means that nobody knows yet."""
        topic = self._topics.get(message.topic)
        if topic is None:
            _log.error("no topic is called %s: message %s waits", message.topic, message.key)
            return None
        send = topic.first if first and topic.first is not None else topic.send
        try:
            return Delivered(send(message.payload, message.key))
        except CoreRefusedError as error:
            return Refused(error.reason, str(error))
        except CoreUnknownError:
            return None
        except Exception:  # noqa: BLE001 any failure of a sender leaves the outcome unknown
            _log.exception("sending of %s %s failed", message.topic, message.key)
            return None

    def _settle(self, session: Session, message: Message, outcome: Outcome) -> tuple[Message, ...]:
        now = self._clock()
        lease_to(session, self.lease)
        mark = {"wanted": message.row, "lease": _owner(message), "at": now, "tries": message.attempts + 1}
        if _DONE.changed(session, mark) != 1:
            raise LeaseLostError
        self._topics[message.topic].settle(session, Settlement(now, self._new_id), message.payload, outcome)
        return written(session)

    def _postpone(self, message: Message, problem: str = "") -> None:
        """Give the row back until later: one second, then twice as long each time, five minutes at most.

        Without a ``problem`` of ours the outcome is unknown, which the topic hears.
        """

        def step(session: Session) -> None:
            now = self._clock()
            wait = min(timedelta(seconds=2 ** min(message.attempts, 20)), LONGEST_WAIT)
            given_back = changed(
                session,
                update(OutboxMessage)
                .where(OutboxMessage.id == message.row, OutboxMessage.lease_owner == _owner(message))
                .values(
                    attempts=message.attempts + 1,
                    available_at=now + wait,
                    lease_owner=None,
                    leased_until=None,
                    problem=problem or "UNKNOWN",
                ),
            )
            topic = self._topics.get(message.topic)
            if not problem and topic is not None and topic.unknown is not None and given_back == 1:
                topic.unknown(session, Settlement(now, self._new_id), message.payload)

        retried(self._engine, step)


def _row(due: _Due) -> int:
    return due.row if isinstance(due, Message) else due


def _owner(message: Message) -> str | None:
    return None if message.lease is None else message.lease.owner
