"""What an outbox row means: its topic, how it is sent, and how its outcome is written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from bff.kinds import NewId


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side did it; ``result`` is what ``send`` gave back."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side said no, finally; nothing was executed there."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a settling step may know besides its payload."""

    now: datetime
    new_id: NewId


Outcome: TypeAlias = Delivered | Refused
Send: TypeAlias = Callable[[Mapping[str, Any], str], Mapping[str, Any]]
Settle: TypeAlias = Callable[[Session, Settlement, Mapping[str, Any], Outcome], None]
Unknown: TypeAlias = Callable[[Session, Settlement, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of message.

    Attributes:
        name: ``wealth.hold``; what ``put`` names.
        send: called with (payload, key) outside any transaction; gives the result as JSON members. Raises
            CoreUnknownError (asked again later under the same key) or CoreRefusedError (final). It may be called
            again with the same key after a crash: the other side must recognise it.
        settle: called with (session, settlement, payload, outcome) in the transaction that marks the row done; may
            put further rows, which are sent next.
        unknown: called in a transaction of its own each time that the outcome stays unknown, or None.
        first: called in place of ``send`` when nobody can have sent the message before, because its writer sends it
            under the lease that it was written with; None where that makes no difference.
    """

    name: str
    send: Send
    settle: Settle
    unknown: Unknown | None = None
    first: Send | None = None


def settling(
    name: str,
    done: Callable[[Session, str, Mapping[str, Any], datetime], None],
    refused: Callable[[Session, str, str, datetime], None],
) -> Settle:
    """Give the settling step that tells one of two what became of the order whose id is the payload's ``name``.

    Args:
        name: member of the payload.
        done: called with (session, id, result, now) when the other side did it.
        refused: called with (session, id, reason, now) when it said no.
    """

    def settle(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
        if isinstance(outcome, Delivered):
            done(session, payload[name], outcome.result, settlement.now)
        else:
            refused(session, payload[name], outcome.reason, settlement.now)

    return settle


def not_known(name: str, unknown: Callable[[Session, str, datetime], None]) -> Unknown:
    """Give the step that tells ``unknown`` (session, id, now) that nobody knows yet, of the payload's ``name``."""

    def step(session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
        unknown(session, payload[name], settlement.now)

    return step
