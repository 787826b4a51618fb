"""Public keys in JWK form: exactly one point of a suite's curve, with its RFC 7638 thumbprint.

P-256 keys are those of RFC 7518 §6.2. IANA has no curve name for SM2; ``kty EC`` with ``crv SM2`` follows the
expired draft-dang-webauthn-sm2-00. The key names its suite, so that no signature can choose how it is checked.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from security.encoding import b64url_decode, b64url_encode, canonical_json
from security.errors import EncodingError, JwkError, SuiteUnavailableError
from security.keyforms import PART
from security.suites import AnySuite, PublicKey, suite_of_curve, suite_of_key

_MEMBERS: Final = frozenset({"kty", "crv", "x", "y"})


@dataclass(frozen=True, slots=True)
class PublicJwk:
    """A public key; made by ``parse_jwk`` or ``jwk_of``, which check that the point is on the curve."""

    kty: str
    crv: str
    x: str
    y: str

    @property
    def public_key(self) -> PublicKey:
        """Give the key object; objects are kept, since making them costs more than verifying."""
        return _point(self.crv, self.x, self.y)

    @property
    def suite(self) -> AnySuite:
        """Give the suite whose signatures this key makes."""
        return suite_of_curve(self.crv)

    @property
    def alg(self) -> str:
        """Give the name of that suite."""
        return self.suite.alg

    @property
    def thumbprint(self) -> str:
        """Give the RFC 7638 thumbprint as base64url, 43 characters: the key's id everywhere."""
        return _thumbprint(self.crv, self.x, self.y)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Accept a raw signature by this key, in this key's suite.

        Raises:
            SignatureError: SIG_INVALID or SIG_NONCANONICAL.
        """
        self.suite.verify(self.public_key, message, signature)

    def as_dict(self) -> dict[str, str]:
        """Give the four members, for JSON."""
        return {"kty": self.kty, "crv": self.crv, "x": self.x, "y": self.y}


def parse_jwk(members: Mapping[str, Any]) -> PublicJwk:
    """Read a public key.

    Args:
        members: exactly kty, crv, x and y; any further member, a private part above all, is refused.

    Raises:
        JwkError: other members, another curve or one that this installation cannot calculate, coordinates that are not
            32 canonical bytes, or a point off the curve.
    """
    if not isinstance(members, Mapping) or set(members) != _MEMBERS:
        raise JwkError(detail="a public key has exactly the members kty, crv, x and y")
    if members["kty"] != "EC" or not isinstance(members["crv"], str):
        raise JwkError(detail="only keys of kty EC are accepted")
    if not isinstance(members["x"], str) or not isinstance(members["y"], str):
        raise JwkError(detail="coordinates are base64url texts")
    _point(members["crv"], members["x"], members["y"])
    return PublicJwk("EC", members["crv"], members["x"], members["y"])


def jwk_of(public_key: PublicKey) -> PublicJwk:
    """Give the JWK of a key object.

    Raises:
        JwkError: no suite has keys on its curve.
    """
    owner = suite_of_key(public_key)
    x, y = (b64url_encode(value.to_bytes(PART)) for value in owner.coordinates(public_key))
    return PublicJwk("EC", owner.curve, x, y)


@lru_cache(maxsize=8192)
def _point(crv: str, x: str, y: str) -> PublicKey:
    owner = suite_of_curve(crv)
    try:
        coordinates = [b64url_decode(text) for text in (x, y)]
    except EncodingError as error:
        raise JwkError(detail="coordinates are not canonical base64url") from error
    if any(len(raw) != PART for raw in coordinates):
        raise JwkError(detail="coordinates have 32 bytes")
    try:
        point: PublicKey = owner.point(*(int.from_bytes(raw) for raw in coordinates))
    except ValueError as error:
        raise JwkError(detail="the point is not on the curve") from error
    except SuiteUnavailableError as error:
        raise JwkError(detail=error.detail) from error
    return point


@lru_cache(maxsize=8192)
def _thumbprint(crv: str, x: str, y: str) -> str:
    return b64url_encode(hashlib.sha256(canonical_json({"crv": crv, "kty": "EC", "x": x, "y": y})).digest())
