"""What the operations on transfers, payees, cards, closings and statements take and give."""

from typing import Annotated

import msgspec

from bff.accounts.schemas import AccountRequest, Answer, Id, Request
from bff.approvals.reasons import Reason

Fen = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class StateAnswer(Answer):
    """An account's state."""

    account_id: str
    state: str


class BoundTransferRequest(AccountRequest, kw_only=True):
    """How much to send to the bound card, in fen."""

    amount_fen: Fen


class TransferRequest(BoundTransferRequest, kw_only=True):
    """How much to send to which payee."""

    payee_id: Id


class TransferIdRequest(Request):
    """Which transfer."""

    transfer_id: Id


class TransferAnswer(Answer):
    """A transfer out: CREATED, UNKNOWN, DONE, FAILED, RETURNING or RETURNED; of the payee, the last four digits."""

    transfer_id: str
    operation_id: str
    account_id: str
    state: str
    to: str
    amount_fen: int
    payee_name: str
    payee_tail: str
    placed_at: str
    settled_at: str | None
    reason: Reason | None


class TransfersAnswer(Answer):
    """An account's newest transfers."""

    transfers: list[TransferAnswer]


class PayeeRequest(Request):
    """A payee: his name, and the number of his account or card."""

    name: Annotated[str, msgspec.Meta(max_length=120)]
    number: Annotated[str, msgspec.Meta(max_length=40)]


class PayeeIdRequest(Request):
    """Which payee."""

    payee_id: Id


class PayeeAnswer(Answer):
    """A payee, masked: CHECKING, KNOWN or UNKNOWN to the core."""

    payee_id: str
    state: str
    name: str
    tail: str


class PayeesAnswer(Answer):
    """The calling customer's payees."""

    payees: list[PayeeAnswer]


class CardCheckRequest(AccountRequest, kw_only=True):
    """The class I card that shall become the bound one."""

    card_number: Annotated[str, msgspec.Meta(max_length=40)]


class CardChangeRequest(AccountRequest, kw_only=True):
    """Which change of the card."""

    change_id: Id


class CardChangeAnswer(Answer):
    """A card that fits and waits for the signature."""

    change_id: str
    state: str
    tail: str
    bank_zh: str
    bank_en: str
    expires_at: str


class LimitAnswer(Answer):
    """One counter: what it counts, ``day`` or ``year``, and fen used of the most."""

    counter: str
    period: str
    used_fen: int
    most_fen: int


class LimitsAnswer(Answer):
    """An account's counters as they stand, and the balance that it never passes, if there is one."""

    limits: list[LimitAnswer]
    most_balance_fen: int | None
    rule_version: str


class EntriesRequest(AccountRequest, kw_only=True):
    """Which entries: days in Shanghai, both included; ``in`` or ``out``; the cursor of the page before."""

    since: Day | None = None
    until: Day | None = None
    direction: Annotated[str, msgspec.Meta(pattern="^(all|in|out)$")] = "all"
    cursor: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class EntryAnswer(Answer):
    """One movement; negative fen went out. Of the other side, the last four digits."""

    journal: str
    amount_fen: int
    balance_fen: int
    memo: str
    at: str
    counterparty: str


class EntriesAnswer(Answer):
    """Movements, newest first; ``next`` is the cursor of the page after, null at the end."""

    entries: list[EntryAnswer]
    next: str | None


class StatementRequest(AccountRequest, kw_only=True):
    """Which days a document holds, both included."""

    since: Day
    until: Day


class MonthAnswer(Answer):
    """One month of an account."""

    month: str
    opening_fen: int
    in_fen: int
    out_fen: int
    closing_fen: int
    entries: int


class MonthsAnswer(Answer):
    """An account's months, the newest first."""

    months: list[MonthAnswer]
