"""Putting a message into the outbox, inside the transaction that decided it.

Invariant: a message that is handed over with its lease was written by this very transaction, so that nobody else can
have sent it; one that a savepoint may still take back is never handed over, but looked for after the commit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import changed
from bff.outbox.models import OutboxMessage

KEPT: Final = timedelta(days=7)
"""How long a settled message can be looked at; its payload may hold a person's particulars, sealed."""
_PUT: Final = Prepared(insert(table_of(OutboxMessage)))
_WRITTEN: Final = "tidegate.outbox"
_LEASING: Final = "tidegate.outbox.leasing"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may send a row, and until when."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the outbox; ``lease`` when whoever holds this may send it."""

    row: int
    topic: str
    key: str
    payload: Mapping[str, Any]
    attempts: int = 0
    lease: Lease | None = None


def lease_to(session: Session, lease: Callable[[], Lease]) -> None:
    """Have the messages that this transaction puts be leased from their first instant, to who sends them next."""
    session.info[_LEASING] = lease


def put(session: Session, *, topic: str, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Write one message; it leaves after the commit, and only if there is one.

    Args:
        session: of the deciding transaction.
        topic: name of a topic that the relay knows.
        key: idempotency key of the delivery, unique in the topic.
        payload: JSON members that the topic's ``send`` needs.
        now: present instant.
    """
    text = msgspec.json.encode(dict(payload))
    leasing = None if session.in_nested_transaction() else session.info.get(_LEASING)
    lease: Lease | None = None if leasing is None else leasing()
    row = {"topic": topic, "key": key, "payload": text.decode(), "created_at": now, "available_at": now}
    held = {} if lease is None else {"lease_owner": lease.owner, "leased_until": lease.until}
    number = _PUT.inserted(session, row | held)
    message = Message(number, topic, key, msgspec.json.decode(text), lease=lease)
    session.info.setdefault(_WRITTEN, []).append(message)


def written(session: Session) -> tuple[Message, ...]:
    """Give the messages that this session put, in their order."""
    return tuple(session.info.get(_WRITTEN, ()))


def sweep(session: Session, now: datetime) -> int:
    """Delete messages that were settled long ago, never one that waits; give how many."""
    old = delete(OutboxMessage).where(OutboxMessage.state == "DONE", OutboxMessage.available_at < now - KEPT)
    return changed(session, old.where(OutboxMessage.settled_at < now - KEPT))
