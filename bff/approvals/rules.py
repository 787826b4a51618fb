"""Rules of approvals that need no database: states, and amounts as the text that is signed."""

from collections.abc import Mapping, Sequence
from typing import Final

from bff.kinds import CURRENCY
from security.display import money_text

CHALLENGED: Final = "CHALLENGED"
EXECUTING: Final = "EXECUTING"
DONE: Final = "DONE"
FAILED: Final = "FAILED"
UNKNOWN: Final = "UNKNOWN"
REJECTED: Final = "REJECTED"
EXPIRED: Final = "EXPIRED"
CANCELLED: Final = "CANCELLED"

BEFORE: Final[Mapping[str, tuple[str, ...]]] = {
    CHALLENGED: (),
    EXECUTING: (CHALLENGED,),
    UNKNOWN: (EXECUTING, UNKNOWN),
    DONE: (EXECUTING, UNKNOWN),
    FAILED: (EXECUTING, UNKNOWN),
    REJECTED: (CHALLENGED,),
    EXPIRED: (CHALLENGED,),
    CANCELLED: (CHALLENGED,),
}
"""From which states each may follow. CREATED and APPROVED end within the transaction that begins them: never stored."""

FEN: Final = 100


def amount_text(amount_fen: int) -> str:
    """Give ``50000.00``: two decimals, no leading zero."""
    return f"{amount_fen // FEN}.{amount_fen % FEN:02d}"


def amount_sides(amount_fen: int) -> tuple[str, str]:
    """Give an amount without a sign, in the first place, or, below zero, in the second."""
    return ("", amount_text(-amount_fen)) if amount_fen < 0 else (amount_text(amount_fen), "")


def sums_of_sides(amounts: Sequence[int]) -> tuple[str, str]:
    """Give the sums of what ``amount_sides`` has in either place."""
    came = sum(amount for amount in amounts if amount > 0)
    return amount_text(came), amount_text(came - sum(amounts))


def money_words(amount_fen: int) -> str:
    """Give ``¥50,000.00``, as a customer reads it."""
    return money_text(CURRENCY, amount_text(amount_fen))
