"""The operations on a customer's inbox; only the native shell calls them."""

from typing import Annotated

import msgspec
from sqlalchemy.orm import Session

from bff.catalogue.operation import Idempotency, Operation
from bff.errors import NotFoundError
from bff.kinds import Context, instant
from bff.push import inbox
from bff.push.inbox import Message
from bff.sessions.verification import calling


class InboxRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Which part of the inbox: ``before`` is the id of the last message that was seen."""

    before: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class ReadRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Which message was read."""

    message_id: Annotated[str, msgspec.Meta(max_length=40)]


class WordsAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """What the customer reads in one language."""

    title: str
    text: str


class MessageAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """One message; ``subject`` is the id of the operation, order or device that it is about."""

    message_id: str
    kind: str
    subject: str
    words: dict[str, WordsAnswer]
    told_at: str
    read: bool


class InboxAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """A part of the inbox, the newest first; ``next`` goes on behind it, null at the end."""

    messages: list[MessageAnswer]
    unread: int
    next: str | None


class ReadAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """What is left unread."""

    unread: int


def _list(session: Session, context: Context, request: InboxRequest) -> InboxAnswer:
    _, customer = calling(context)
    found = inbox.page(session, customer_id=customer, before=request.before, limit=request.limit + 1, now=context.now)
    shown = found[: request.limit]
    return InboxAnswer(
        messages=[_message(message) for message in shown],
        unread=inbox.unread(session, customer, context.now),
        next=shown[-1].message_id if len(found) > len(shown) else None,
    )


def _read(session: Session, context: Context, request: ReadRequest) -> ReadAnswer:
    _, customer = calling(context)
    if not inbox.read(session, customer, request.message_id, context.now):
        raise NotFoundError(detail="there is no such message")
    return ReadAnswer(unread=inbox.unread(session, customer, context.now))


def _message(message: Message) -> MessageAnswer:
    words = {name: WordsAnswer(title=one.title, text=one.text) for name, one in message.words.items()}
    return MessageAnswer(
        message_id=message.message_id,
        kind=message.kind,
        subject=message.subject,
        words=words,
        told_at=instant(message.told_at),
        read=message.read,
    )


def operations() -> tuple[Operation, ...]:
    """Give the operations of the inbox."""
    return (
        Operation(
            code="inbox.list",
            summary="List the customer's messages, the newest first.",
            method="GET",
            path="/inbox",
            request=InboxRequest,
            response=InboxAnswer,
            handler=_list,
            from_shell=True,
            idempotency=Idempotency.NONE,
        ),
        Operation(
            code="inbox.read",
            summary="Mark a message as read; saying it again changes nothing.",
            method="POST",
            path="/inbox/{message_id}/read",
            request=ReadRequest,
            response=ReadAnswer,
            handler=_read,
            from_shell=True,
            idempotency=Idempotency.NATURAL,
            errors=("NOT_FOUND",),
        ),
    )
