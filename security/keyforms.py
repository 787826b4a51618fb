"""What a suite is, and the raw form that the signatures of every suite have: r‖s, 64 bytes, both in range."""

from typing import Final, Generic, Protocol, TypeVar

from security.errors import SignatureError

PART: Final = 32
"""Bytes of a coordinate, of r and of s."""

Private = TypeVar("Private")
Public = TypeVar("Public")


class Suite(Protocol, Generic[Private, Public]):
    """A signature algorithm with its one kind of key and one form of signature."""

    @property
    def alg(self) -> str:
        """Give the name, as JWS and approvals carry it."""
        ...

    @property
    def curve(self) -> str:
        """Give the name of the curve, as JWKs carry it."""
        ...

    def require(self) -> None:
        """Raise SuiteUnavailableError when this installation cannot calculate it."""
        ...

    def verify(self, public_key: Public, message: bytes, signature: bytes) -> None:
        """Accept the signature, or raise SignatureError."""
        ...

    def sign(self, private_key: Private, message: bytes) -> bytes:
        """Give the raw canonical signature."""
        ...

    def generate(self) -> Private:
        """Make a new private key."""
        ...

    def point(self, x: int, y: int) -> Public:
        """Give the public key of a point, or raise ValueError when it is not on the curve."""
        ...

    def coordinates(self, public_key: Public) -> tuple[int, int]:
        """Give the point of a public key."""
        ...


def split(signature: bytes, order: int) -> tuple[int, int]:
    """Give r and s.

    Raises:
        SignatureError: SIG_INVALID, it has not 64 bytes, or r or s is not between 1 and the group's order less one.
    """
    if len(signature) != 2 * PART:
        raise SignatureError(detail="a raw signature has 64 bytes")
    r, s = int.from_bytes(signature[:PART]), int.from_bytes(signature[PART:])
    if not (0 < r < order and 0 < s < order):
        raise SignatureError(detail="r or s is out of range")
    return r, s


def join(r: int, s: int) -> bytes:
    """Give the raw form."""
    return r.to_bytes(PART) + s.to_bytes(PART)
