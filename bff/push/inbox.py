"""The inbox: telling a customer something inside the transaction that made it true, and reading it back.

Invariants: a customer is told of one subject in one kind once, however often it is said; a message is told exactly when
the transaction that told it was committed; a customer reads his own only.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bff.db.statements import changed, insert_new
from bff.push.kinds import Words, kinds
from bff.push.models import InboxMessage
from security.encoding import lp

_PREFIX: Final = "msg_"
_HEX: Final = 32


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands in the inbox; ``words`` by language."""

    message_id: str
    kind: str
    subject: str
    words: Mapping[str, Words]
    told_at: datetime
    read: bool


def tell(
    session: Session, *, customer_id: str, kind: str, subject: str, body: Mapping[str, str], now: datetime
) -> bool:
    """Tell a customer something.

    Args:
        session: of the transaction that makes it true.
        customer_id: whom.
        kind: a name of ``data/messages.yaml``.
        subject: id of the thing that it is about; of one thing one message of a kind is kept.
        body: the kind's facts, no personal data among them.
        now: present instant.

    Returns:
        Whether it is new.

    Raises:
        KeyError: there is no such kind.
        ValueError: the facts are not the kind's.
    """
    known = kinds()[kind]
    if set(body) != set(known.facts):
        message = f"{kind} takes the facts {', '.join(known.facts) or 'none'}"
        raise ValueError(message)
    return insert_new(
        session,
        InboxMessage,
        message_id=_PREFIX + hashlib.sha256(lp(customer_id, kind, subject)).hexdigest()[:_HEX],
        customer_id=customer_id,
        kind=kind,
        subject=subject,
        body=msgspec.json.encode(dict(body)).decode(),
        told_at=now,
        ends_at=now + timedelta(days=known.days),
        read_at=None,
    )


def page(session: Session, *, customer_id: str, before: str | None, limit: int, now: datetime) -> Sequence[Message]:
    """Give a customer's messages, the newest first.

    Args:
        session: any.
        customer_id: whose.
        before: id of a message behind which to go on; None to begin.
        limit: how many at most.
        now: present instant.
    """
    own = InboxMessage.customer_id == customer_id
    wanted = select(InboxMessage).where(own, InboxMessage.ends_at > now)
    if before is not None:
        here = select(InboxMessage.seq).where(own, InboxMessage.message_id == before)
        wanted = wanted.where(InboxMessage.seq < here.scalar_subquery())
    rows = session.scalars(wanted.order_by(InboxMessage.seq.desc()).limit(limit))
    return [_message(row) for row in rows]


def unread(session: Session, customer_id: str, now: datetime) -> int:
    """Count what a customer has not read."""
    own = (InboxMessage.customer_id == customer_id, InboxMessage.ends_at > now, InboxMessage.read_at.is_(None))
    return session.scalar(select(func.count()).select_from(InboxMessage).where(*own)) or 0


def read(session: Session, customer_id: str, message_id: str, now: datetime) -> bool:
    """Mark a message read; tell whether the customer has it."""
    own = (InboxMessage.customer_id == customer_id, InboxMessage.message_id == message_id)
    changed(session, update(InboxMessage).where(*own, InboxMessage.read_at.is_(None)).values(read_at=now))
    return session.scalar(select(InboxMessage.seq).where(*own)) is not None


def sweep(session: Session, now: datetime) -> int:
    """Delete messages whose time is over; give how many."""
    return changed(session, delete(InboxMessage).where(InboxMessage.ends_at <= now))


def _message(row: InboxMessage) -> Message:
    kind, body = kinds()[row.kind], msgspec.json.decode(row.body, type=dict[str, str])
    words = {language: kind.words(language, body) for language in kind.title}
    return Message(row.message_id, row.kind, row.subject, words, row.told_at, row.read_at is not None)
