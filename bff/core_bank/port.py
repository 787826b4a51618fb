"""The port to the core bank: its verbs, what they answer, and the three ways in which they fail.

Every verb that changes something carries a ``sequence``: the consumer's sequence number, its idempotency key. The same
sequence with the same content gives the same answer; it is executed at most once. When an answer is unknown
(``CoreUnknownError``) the caller asks ``query`` by that sequence and never sends again under another.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

MAX_SEQUENCE: Final = 128
STATEMENT_LINES: Final = 50
"""Length of a sequence number at most: a longer one would be cut and could meet another."""
REASONS: Final = frozenset(
    {
        "ACCOUNT_FROZEN",
        "ACCOUNT_UNKNOWN",
        "AMOUNT_INVALID",
        "CONTENT_INVALID",
        "CORE_REFUSED",
        "HOLD_SPENT",
        "HOLD_UNKNOWN",
        "INSUFFICIENT_FUNDS",
        "JOURNAL_REVERSED",
        "JOURNAL_UNKNOWN",
        "KIND_UNKNOWN",
        "SEQUENCE_INVALID",
        "SEQUENCE_REUSED",
    }
)
"""Why a core refuses, whichever core it is; CORE_REFUSED stands for a code that an adapter does not know."""


class CoreError(Exception):
    """Root of what the core can answer instead of success."""


class CoreRefusedError(CoreError):
    """The core said no (status F): final, nothing was executed.

    Attributes:
        reason: one of ``REASONS``.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        """Carry the core's reason."""
        super().__init__(detail or reason)
        self.reason = reason


class CoreUnknownError(CoreError):
    """No answer, or status U: it may or may not have been executed. Ask by sequence number."""


class CoreStatus(StrEnum):
    """What ``query`` answers about a sequence number."""

    SUCCESS = "S"
    FAILED = "F"
    UNKNOWN = "U"
    ABSENT = "ABSENT"
    """Never arrived: it is safe to send it (again) under the same number."""


@dataclass(frozen=True, slots=True)
class CoreAccount:
    """An account as the core sees it; amounts in fen. ``available`` is the balance less active holds."""

    number: str
    kind: str
    currency: str
    balance: int
    available: int
    state: str


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a journal: signed fen on one account (debits of the customer are negative)."""

    account: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class CoreReceipt:
    """Proof of an executed verb.

    Attributes:
        sequence: the consumer's number; reference: the core's own (journal id, hold id or account number).
        postings: empty unless money moved; they sum to zero.
        executed_at: by the core's clock, UTC.
    """

    sequence: str
    verb: str
    reference: str
    postings: tuple[Posting, ...]
    executed_at: datetime


@dataclass(frozen=True, slots=True)
class CoreQuery:
    """Answer of ``query``: the receipt when S, the reason when F."""

    status: CoreStatus
    receipt: CoreReceipt | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting of an account as its holder reads it; ``counterparty`` is the other account's number."""

    journal: str
    amount: int
    currency: str
    memo: str
    at: datetime
    counterparty: str


class CoreBank(Protocol):
    """The verbs. Amounts are positive fen. None of them may be called inside a transaction of the bff."""

    def open_account(self, *, sequence: str, kind: str, holder: str, currency: str) -> CoreReceipt:
        """Open an account (``kind`` CLASS_II); ``reference`` is its number. ``holder`` is our customer id."""
        ...

    def enquire(self, number: str) -> CoreAccount:
        """Give an account; raises CoreRefusedError ACCOUNT_UNKNOWN."""
        ...

    def hold(self, *, sequence: str, account: str, amount: int, currency: str) -> CoreReceipt:
        """Reserve money; ``reference`` is the hold's id."""
        ...

    def post(self, *, sequence: str, hold: str, payee: str, memo: str) -> CoreReceipt:
        """Turn a hold into a transfer to ``payee``; ``reference`` is the journal's id."""
        ...

    def void(self, *, sequence: str, hold: str) -> CoreReceipt:
        """Give a hold back."""
        ...

    def transfer(self, *, sequence: str, payer: str, payee: str, amount: int, currency: str, memo: str) -> CoreReceipt:
        """Move money at once (payer may be a class I card known to the core)."""
        ...

    def reverse(self, *, sequence: str, journal: str, memo: str) -> CoreReceipt:
        """Post the opposite of a journal, once."""
        ...

    def query(self, sequence: str) -> CoreQuery:
        """Tell what became of a sequence number."""
        ...


@dataclass(frozen=True, slots=True)
class CardCheck:
    """The bank-card network's answer to a five-element check: which of them match, and the class of the account."""

    known: bool
    name: bool
    id_number: bool
    mobile: bool
    account_class: str
    bank_zh: str
    bank_en: str


class CardNetwork(Protocol):
    """Port to the interbank card verification."""

    def check(self, *, card: str, name: str, id_number: str, mobile: str) -> CardCheck:
        """Compare the elements with what the card's bank holds."""
        ...


class CodeSender(Protocol):
    """Port to the SMS provider."""

    def send(self, *, mobile: str, code: str, purpose: str) -> str | None:
        """Send a verification code; the sandbox provider answers with the code itself so that a screen can show it."""
        ...
