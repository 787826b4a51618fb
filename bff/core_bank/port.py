"""The port to the core bank: its verbs, what they answer, and the three ways in which they fail.

Every verb that changes something carries a ``sequence``: the consumer's sequence number, its idempotency key. The same
sequence with the same content gives the same answer; it is executed at most once. When an answer is unknown
(``CoreUnknownError``) the caller asks ``query`` by that sequence and never sends again under another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

MAX_SEQUENCE: Final = 128
"""Length of a sequence number at most: a longer one would be cut and could meet another."""
STATEMENT_LINES: Final = 50
"""Lines of a page of a statement, unless so many are asked for."""
MAX_LINES: Final = 200
"""Lines of a page at most: so many fit into one answer, whatever their memos."""
MAX_BATCH: Final = 200
"""Transfers of one batch at most, for the same reason."""
MAX_FEN: Final = 10**14
"""Fen of one movement at most."""
REASONS: Final = frozenset(
    {
        "ACCOUNT_CLOSED",
        "ACCOUNT_FROZEN",
        "ACCOUNT_NOT_EMPTY",
        "ACCOUNT_UNKNOWN",
        "AMOUNT_INVALID",
        "BALANCE_LIMIT",
        "CONTENT_INVALID",
        "CORE_REFUSED",
        "CURSOR_INVALID",
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


class AccountKind(StrEnum):
    """What an account is; all but the bank's own never fall below zero."""

    CLASS_I = "CLASS_I"
    CLASS_II = "CLASS_II"
    CLASS_III = "CLASS_III"
    """Opened with a balance that it never passes."""
    INTERNAL = "INTERNAL"
    """The bank's own: its holder is the role that it has."""


class AccountState(StrEnum):
    """Whether money may leave an account and reach it."""

    OPEN = "OPEN"
    FROZEN_DEBIT = "FROZEN_DEBIT"
    """Takes money and gives none (只收不付)."""
    FROZEN = "FROZEN"
    """Neither takes money nor gives any (不收不付)."""
    CLOSED = "CLOSED"
    """For good, and empty."""


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
class Left:
    """What a movement left on one account, in fen."""

    account: str
    balance: int
    available: int


@dataclass(frozen=True, slots=True)
class CoreReceipt:
    """Proof of an executed verb.

    Attributes:
        sequence: the consumer's number; reference: the core's own (journal id, hold id or account number).
        postings: empty unless money moved; they sum to zero.
        executed_at: by the core's clock, UTC.
        left: what the movement left on the customers' accounts, where the core says; it proves nothing.
    """

    sequence: str
    verb: str
    reference: str
    postings: tuple[Posting, ...]
    executed_at: datetime
    left: tuple[Left, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class CoreQuery:
    """Answer of ``query``: the receipt when S, the reason when F."""

    status: CoreStatus
    receipt: CoreReceipt | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting of an account as its holder reads it.

    Attributes:
        amount: signed fen; counterparty: the other account's number; balance: of the account after this line.
    """

    journal: str
    amount: int
    currency: str
    memo: str
    at: datetime
    counterparty: str
    balance: int


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Lines of a statement, newest first; ``next`` is the cursor of the page after, None when this is the last one."""

    lines: tuple[StatementLine, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class BatchTransfer:
    """One transfer of a batch, under a sequence number of its own."""

    sequence: str
    payer: str
    payee: str
    amount: int
    currency: str
    memo: str


def check_batch(transfers: Sequence[BatchTransfer]) -> None:
    """Hold a batch to its form.

    Raises:
        CoreRefusedError: CONTENT_INVALID; SEQUENCE_INVALID, a number has not its length.
    """
    numbers = {one.sequence for one in transfers}
    if not 1 <= len(transfers) <= MAX_BATCH or len(numbers) != len(transfers):
        detail = f"a batch has 1 to {MAX_BATCH} transfers, each with a number of its own"
        raise CoreRefusedError(reason="CONTENT_INVALID", detail=detail)
    if not all(0 < len(number) <= MAX_SEQUENCE for number in numbers):
        raise CoreRefusedError(reason="SEQUENCE_INVALID")


class CoreBank(Protocol):
    """The verbs. Amounts are positive fen. None of them may be called inside a transaction of the bff."""

    def open_account(
        self, *, sequence: str, kind: str, holder: str, currency: str, max_balance: int | None = None
    ) -> CoreReceipt:
        """Open an account; ``reference`` is its number.

        Args:
            sequence: the consumer's number.
            kind: CLASS_II, CLASS_III or INTERNAL.
            holder: our customer id; the role of an internal account.
            currency: of the account.
            max_balance: fen that its balance never passes; a class III account must have it.
        """
        ...

    def freeze(self, *, sequence: str, account: str, level: str) -> CoreReceipt:
        """Freeze an account at ``level`` FROZEN_DEBIT or FROZEN; it never weakens a freeze: unfreeze first."""
        ...

    def unfreeze(self, *, sequence: str, account: str) -> CoreReceipt:
        """Open a frozen account again."""
        ...

    def close(self, *, sequence: str, account: str) -> CoreReceipt:
        """Close an open account for good; it must be empty, with nothing held."""
        ...

    def enquire(self, number: str) -> CoreAccount:
        """Give an account; raises CoreRefusedError ACCOUNT_UNKNOWN."""
        ...

    def statement(
        self,
        number: str,
        *,
        since: date | None = None,
        until: date | None = None,
        before: str | None = None,
        limit: int = STATEMENT_LINES,
    ) -> StatementPage:
        """Give a page of an account's statement, newest first.

        Args:
            number: of the account, or its class I card.
            since: the first day, in Shanghai.
            until: the last one.
            before: ``next`` of the page before this one.
            limit: lines at most, 1 to ``MAX_LINES``.

        Raises:
            CoreRefusedError: ACCOUNT_UNKNOWN, CURSOR_INVALID or CONTENT_INVALID.
            CoreUnknownError: there is no answer now.
        """
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

    def transfer_many(self, transfers: Sequence[BatchTransfer]) -> tuple[CoreQuery, ...]:
        """Execute 1 to ``MAX_BATCH`` transfers, each exactly once under its own number.

        One that is refused stops none of the others.

        Returns:
            What became of each, in their order: S, F, or U and ABSENT when the core's answer did not come. The same
            transfers may be sent again: what was executed is not executed twice.

        Raises:
            CoreRefusedError: CONTENT_INVALID, there are none or too many or two have one number; none was executed.
        """
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
