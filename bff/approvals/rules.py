"""Rules of approvals that need no database: amounts as the text that is signed."""

from typing import Final

FEN: Final = 100


def amount_text(amount_fen: int) -> str:
    """Give ``50000.00``: two decimals, no leading zero."""
    return f"{amount_fen // FEN}.{amount_fen % FEN:02d}"
