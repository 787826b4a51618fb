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
