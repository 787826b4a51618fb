"""Putting a message into the outbox, inside the transaction that decided it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.statements import changed
from bff.outbox.models import OutboxMessage

KEPT: Final = timedelta(days=7)
"""How long a settled message can be looked at; its payload may hold a person's particulars, sealed."""
_PUT: Final = insert(table_of(OutboxMessage))
_WRITTEN: Final = "tidegate.outbox"


def put(session: Session, *, topic: str, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Write one message; it leaves after the commit, and only if there is one.

    Args:
        session: of the deciding transaction.
        topic: name of a topic that the relay knows.
        key: idempotency key of the delivery, unique in the topic.
        payload: JSON members that the topic's ``send`` needs.
        now: present instant.
    """
    text = msgspec.json.encode(dict(payload)).decode()
    row = {"topic": topic, "key": key, "payload": text, "created_at": now, "available_at": now}
    session.execute(_PUT, [row])
    session.info.setdefault(_WRITTEN, []).append(key)


def written(session: Session) -> tuple[str, ...]:
    """Give the keys of the messages that this session put, in their order."""
    return tuple(session.info.get(_WRITTEN, ()))


def sweep(session: Session, now: datetime) -> int:
    """Delete messages that were settled long ago, never one that waits; give how many."""
    old = delete(OutboxMessage).where(OutboxMessage.state == "DONE", OutboxMessage.available_at < now - KEPT)
    return changed(session, old.where(OutboxMessage.settled_at < now - KEPT))
