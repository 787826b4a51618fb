"""What travels to the core and back, whatever it is written in: one call and one answer for each verb of the port.

Invariants: an answer belongs to a call only if it names the call's sequence number and verb; whoever reads a message
holds it to its form before anybody acts on it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from bff.core_bank.port import BatchTransfer, CoreAccount, CoreQuery, CoreReceipt, StatementPage


class MessageError(Exception):
    """A message is not of its form; what it was about is unknown."""


class Status(StrEnum):
    """How an answer ends a call: done, refused, or not known yet."""

    SUCCESS = "S"
    FAILED = "F"
    UNKNOWN = "U"


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Content of a call; its fields are the arguments of the port's verb."""


class OpenAccount(_Body, frozen=True):
    """Content of ``open_account``."""

    kind: str
    holder: str
    currency: str
    max_balance: int | None = None


class Freeze(_Body, frozen=True):
    """Content of ``freeze``."""

    account: str
    level: str


class Unfreeze(_Body, frozen=True):
    """Content of ``unfreeze``."""

    account: str


class Close(_Body, frozen=True):
    """Content of ``close``."""

    account: str


class Enquire(_Body, frozen=True):
    """Content of ``enquire``."""

    number: str


class Hold(_Body, frozen=True):
    """Content of ``hold``; the amount is in fen, like every amount here."""

    account: str
    amount: int
    currency: str


class Post(_Body, frozen=True):
    """Content of ``post``."""

    hold: str
    payee: str
    memo: str


class Void(_Body, frozen=True):
    """Content of ``void``."""

    hold: str


class Transfer(_Body, frozen=True):
    """Content of ``transfer``."""

    payer: str
    payee: str
    amount: int
    currency: str
    memo: str


class TransferMany(_Body, frozen=True):
    """Content of ``transfer_many``: the message has a number of its own, and so has each transfer."""

    transfers: tuple[BatchTransfer, ...]


class Reverse(_Body, frozen=True):
    """Content of ``reverse``."""

    journal: str
    memo: str


class Query(_Body, frozen=True):
    """Content of ``query``: the number that is asked about, under a number of the question's own."""

    original: str


class Statement(_Body, frozen=True):
    """Content of ``statement``."""

    number: str
    limit: int
    since: date | None = None
    until: date | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Answer to ``transfer_many``: what became of each transfer, in their order."""

    outcomes: tuple[CoreQuery, ...]


CallBody: TypeAlias = (
    OpenAccount
    | Freeze
    | Unfreeze
    | Close
    | Enquire
    | Statement
    | Hold
    | Post
    | Void
    | Transfer
    | TransferMany
    | Reverse
    | Query
)
AnswerBody: TypeAlias = CoreReceipt | CoreAccount | CoreQuery | StatementPage | Outcomes


@dataclass(frozen=True, slots=True)
class Service:
    """One verb on the wire: its service code and scene, and the forms of its call and of its answer."""

    verb: str
    code: str
    scene: str
    call: type[CallBody]
    answer: type[AnswerBody]


SERVICES: Final = {
    service.verb: service
    for service in (
        Service("open_account", "TGC0001", "01", OpenAccount, CoreReceipt),
        Service("freeze", "TGC0001", "02", Freeze, CoreReceipt),
        Service("unfreeze", "TGC0001", "03", Unfreeze, CoreReceipt),
        Service("close", "TGC0001", "04", Close, CoreReceipt),
        Service("enquire", "TGC0002", "01", Enquire, CoreAccount),
        Service("statement", "TGC0002", "02", Statement, StatementPage),
        Service("hold", "TGC0003", "01", Hold, CoreReceipt),
        Service("post", "TGC0003", "02", Post, CoreReceipt),
        Service("void", "TGC0003", "03", Void, CoreReceipt),
        Service("transfer", "TGC0004", "01", Transfer, CoreReceipt),
        Service("transfer_many", "TGC0004", "03", TransferMany, Outcomes),
        Service("reverse", "TGC0004", "02", Reverse, CoreReceipt),
        Service("query", "TGC0009", "01", Query, CoreQuery),
    )
}
"""Every verb with its service."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call; ``sequence`` is the consumer's sequence number, or for a question a number that it is known by."""

    verb: str
    sequence: str
    body: CallBody


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its body when S, the reason when F."""

    verb: str
    sequence: str
    status: Status
    body: AnswerBody | None = None
    reason: str = ""
    detail: str = ""


def convert(form: Any, members: object) -> Any:
    """Give members as a value of the form.

    Raises:
        MessageError: they are not.
    """
    try:
        return msgspec.convert(members, form, strict=False)
    except msgspec.ValidationError as error:
        message = f"a message is not of its form: {error}"
        raise MessageError(message) from error
