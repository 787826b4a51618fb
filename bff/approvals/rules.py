"""Rules of approvals that need no database: amounts as text, and what a DPoP proof says it was sent to."""

from typing import Final

from security.encoding import b64url_decode, parse_object

FEN: Final = 100


def amount_text(amount_fen: int) -> str:
    """Give ``50000.00``: two decimals, no leading zero."""
    return f"{amount_fen // FEN}.{amount_fen % FEN:02d}"


def proof_target(proof: str) -> tuple[str, str]:
    """Give method and address that a verified proof names, both empty when there is no proof.

    Raises:
        EncodingError: it is no compact JWS, which its verification has already excluded.
    """
    if not proof:
        return "", ""
    claims = parse_object(b64url_decode(proof.split(".")[1]))
    return str(claims["htm"]), str(claims["htu"])
