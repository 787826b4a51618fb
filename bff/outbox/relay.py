"""The relay: leases messages, sends them outside any transaction, and settles each with its mark in one.

Invariants: a row is leased by one relay at a time; a row leaves PENDING only in the transaction that settles it, so a
crash anywhere leads to another delivery under the same key and never to a lost one; nothing is ever dropped.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Row, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from bff.core_bank.port import CoreRefusedError, CoreUnknownError
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import changed
from bff.kinds import Clock, NewId
from bff.outbox.box import written
from bff.outbox.models import OutboxMessage
from bff.outbox.topics import Delivered, Outcome, Refused, Settlement, Topic

LEASE: Final = timedelta(seconds=60)
"""How long a relay holds a row unless it is told otherwise; longer than any send may take."""
LONGEST_WAIT: Final = timedelta(minutes=5)
COLLISION_SECONDS: Final = 5.0
"""How long a call waits for a row of its own that another relay is sending."""

_table: Final = table_of(OutboxMessage)
_PENDING: Final = _table.c.state == "PENDING"
_NAMED: Final = (
    select(_table.c.id).where(_table.c.key.in_(bindparam("keys", expanding=True)), _PENDING).order_by(_table.c.id)
)
_READ: Final = select(*(_table.c[name] for name in ("id", "topic", "key", "payload", "attempts", "state"))).where(
    _table.c.id == bindparam("wanted")
)
_TAKE: Final = (
    update(_table)
    .where(
        _table.c.id == bindparam("wanted"),
        _PENDING,
        or_(_table.c.leased_until.is_(None), _table.c.leased_until <= bindparam("at")),
    )
    .values(lease_owner=bindparam("lease"), leased_until=bindparam("until"))
)
_DONE: Final = (
    update(_table)
    .where(_table.c.id == bindparam("wanted"), _PENDING, _table.c.lease_owner == bindparam("lease"))
    .values(state="DONE", settled_at=bindparam("at"), attempts=bindparam("tries"), lease_owner=None, leased_until=None)
)
_log = logging.getLogger(__name__)


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
        done = Relayed()
        queue = self._due(limit) if keys is None else self._named(tuple(keys))
        while queue:
            follow_up = self._deliver(queue.pop(0), done, patient=keys is not None)
            queue = [*queue, *self._named(follow_up)]
        return done

    def _due(self, limit: int) -> list[int]:
        now = self._clock()
        wanted = (
            select(OutboxMessage.id)
            .where(OutboxMessage.state == "PENDING", OutboxMessage.available_at <= now, _unleased(now))
            .order_by(OutboxMessage.available_at, OutboxMessage.id)
            .limit(limit)
        )
        return retried(self._engine, lambda session: list(session.scalars(wanted)), writing=False)

    def _named(self, keys: tuple[str, ...]) -> list[int]:
        if not keys:
            return []
        return retried(self._engine, lambda session: list(session.scalars(_NAMED, {"keys": keys})), writing=False)

    def _deliver(self, row_id: int, done: Relayed, *, patient: bool) -> tuple[str, ...]:
        """Lease, send and settle one row; give the keys that its settling put."""
        lease = self._new_id("lse")
        row, busy = self._lease(row_id, lease, patient=patient)
        if row is None:
            done.busy += busy
            return ()
        payload = msgspec.json.decode(row.payload)
        outcome = self._send(row, payload)
        if outcome is None:
            done.waiting += 1
            self._postpone(row, payload, lease)
            return ()
        try:
            follow_up = retried(self._engine, lambda session: self._settle(session, row, payload, outcome, lease))
        except LeaseLostError:
            return ()
        except Exception as error:  # noqa: BLE001 a mistake in a settling step must not lose the message
            _log.exception("settling of %s %s failed", row.topic, row.key)
            done.waiting += 1
            self._postpone(row, None, lease, problem=type(error).__name__)
            return ()
        done.delivered += isinstance(outcome, Delivered)
        done.refused += isinstance(outcome, Refused)
        return follow_up

    def _lease(self, row_id: int, lease: str, *, patient: bool) -> tuple[Row[Any] | None, bool]:
        """Take the row, or find that somebody else has settled it or holds it; wait for a busy one when patient."""
        waited = 0.0
        while True:
            row, busy = retried(self._engine, lambda session: self._try_lease(session, row_id, lease))
            if row is not None or not busy or not patient or waited >= COLLISION_SECONDS:
                return row, busy
            self._pause(0.02)
            waited += 0.02

    def _try_lease(self, session: Session, row_id: int, lease: str) -> tuple[Row[Any] | None, bool]:
        now = self._clock()
        taken = changed(
            session,
            _TAKE,
            {"wanted": row_id, "at": now, "lease": lease, "until": now + self._lease_time},
        )
        row = session.execute(_READ, {"wanted": row_id}).one()
        if taken == 1:
            return row, False
        return None, row.state == "PENDING"

    def _send(self, row: Row[Any], payload: Mapping[str, Any]) -> Outcome | None:
        """Speak to the other side; None means that nobody knows yet."""
        topic = self._topics.get(row.topic)
        if topic is None:
            _log.error("no topic is called %s: message %s waits", row.topic, row.key)
            return None
        try:
            return Delivered(topic.send(payload, row.key))
        except CoreRefusedError as error:
            return Refused(error.reason, str(error))
        except CoreUnknownError:
            return None
        except Exception:  # noqa: BLE001 any failure of a sender leaves the outcome unknown
            _log.exception("sending of %s %s failed", row.topic, row.key)
            return None

    def _settle(
        self, session: Session, row: Row[Any], payload: Mapping[str, Any], outcome: Outcome, lease: str
    ) -> tuple[str, ...]:
        now = self._clock()
        marked = changed(
            session,
            _DONE,
            {"wanted": row.id, "lease": lease, "at": now, "tries": row.attempts + 1},
        )
        if marked != 1:
            raise LeaseLostError
        self._topics[row.topic].settle(session, Settlement(now, self._new_id), payload, outcome)
        return written(session)

    def _postpone(self, row: Row[Any], payload: Mapping[str, Any] | None, lease: str, problem: str = "UNKNOWN") -> None:
        """Give the row back until later: one second, then twice as long each time, five minutes at most."""

        def step(session: Session) -> None:
            now = self._clock()
            wait = min(timedelta(seconds=2 ** min(row.attempts, 20)), LONGEST_WAIT)
            given_back = changed(
                session,
                update(OutboxMessage)
                .where(OutboxMessage.id == row.id, OutboxMessage.lease_owner == lease)
                .values(
                    attempts=row.attempts + 1,
                    available_at=now + wait,
                    lease_owner=None,
                    leased_until=None,
                    problem=problem,
                ),
            )
            topic = self._topics.get(row.topic)
            if payload is not None and topic is not None and topic.unknown is not None and given_back == 1:
                topic.unknown(session, Settlement(now, self._new_id), payload)

        retried(self._engine, step)


def _unleased(now: datetime) -> Any:
    return or_(OutboxMessage.leased_until.is_(None), and_(OutboxMessage.leased_until <= now))
