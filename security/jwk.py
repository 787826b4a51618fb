"""Public keys in JWK form: exactly one P-256 point, with its RFC 7638 thumbprint."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from security.encoding import b64url_decode, b64url_encode, canonical_json
from security.errors import EncodingError, JwkError
from security.suites import PublicKey

_MEMBERS: Final = frozenset({"kty", "crv", "x", "y"})
_COORDINATE: Final = 32


@dataclass(frozen=True, slots=True)
class PublicJwk:
    """A P-256 public key; made by ``parse_jwk`` or ``jwk_of``, which check that the point is on the curve."""

    kty: str
    crv: str
    x: str
    y: str

    @property
    def public_key(self) -> PublicKey:
        """Give the key object; objects are kept, since making them costs more than verifying."""
        return _point(self.x, self.y)

    @property
    def thumbprint(self) -> str:
        """Give the RFC 7638 thumbprint as base64url, 43 characters: the key's id everywhere."""
        return _thumbprint(self.x, self.y)

    def as_dict(self) -> dict[str, str]:
        """Give the four members, for JSON."""
        return {"kty": self.kty, "crv": self.crv, "x": self.x, "y": self.y}


def parse_jwk(members: Mapping[str, Any]) -> PublicJwk:
    """Read a public key.

    Args:
        members: exactly kty, crv, x and y; any further member, a private part above all, is refused.

    Raises:
        JwkError: other members, another curve, coordinates that are not 32 canonical bytes, or a point off the curve.
    """
    if not isinstance(members, Mapping) or set(members) != _MEMBERS:
        raise JwkError(detail="a public key has exactly the members kty, crv, x and y")
    if members["kty"] != "EC" or members["crv"] != "P-256":
        raise JwkError(detail="only keys of kty EC and crv P-256 are accepted")
    if not isinstance(members["x"], str) or not isinstance(members["y"], str):
        raise JwkError(detail="coordinates are base64url texts")
    _point(members["x"], members["y"])
    return PublicJwk("EC", "P-256", members["x"], members["y"])


def jwk_of(public_key: PublicKey) -> PublicJwk:
    """Give the JWK of a P-256 key object.

    Raises:
        JwkError: the key is on another curve.
    """
    if not isinstance(public_key.curve, ec.SECP256R1):
        raise JwkError(detail="only P-256 keys are accepted")
    numbers = public_key.public_numbers()
    x, y = (b64url_encode(value.to_bytes(_COORDINATE)) for value in (numbers.x, numbers.y))
    return PublicJwk("EC", "P-256", x, y)


@lru_cache(maxsize=8192)
def _point(x: str, y: str) -> PublicKey:
    try:
        coordinates = [b64url_decode(text) for text in (x, y)]
    except EncodingError as error:
        raise JwkError(detail="coordinates are not canonical base64url") from error
    if any(len(raw) != _COORDINATE for raw in coordinates):
        raise JwkError(detail="coordinates have 32 bytes")
    first, second = (int.from_bytes(raw) for raw in coordinates)
    numbers = ec.EllipticCurvePublicNumbers(first, second, ec.SECP256R1())
    try:
        return numbers.public_key()
    except ValueError as error:
        raise JwkError(detail="the point is not on the curve") from error


@lru_cache(maxsize=8192)
def _thumbprint(x: str, y: str) -> str:
    return b64url_encode(hashlib.sha256(canonical_json({"crv": "P-256", "kty": "EC", "x": x, "y": y})).digest())
