"""Public keys as people hand them over: PEM or JWK in a file, JWK sets in a file or at an address."""

import json
from pathlib import Path
from typing import Any, Final

import urllib3
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from security.encoding import parse_object
from security.errors import JwkError, SecurityError
from security.jwk import PublicJwk, jwk_of, parse_jwk
from security.suites import ES256

_LARGEST: Final = 1 << 20
_OK: Final = 200


def read_public(path: Path) -> PublicJwk:
    """Read a public key file.

    Raises:
        SecurityError: it is neither a PEM nor a JWK of a P-256 public key.
    """
    data = path.read_bytes()
    if data.lstrip().startswith(b"{"):
        known = parse_jwk(parse_object(data))
        if known.alg != ES256.alg:
            raise JwkError(detail=f"{path} holds an {known.alg} key; here it must be a P-256 key")
        return known
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise JwkError(detail=f"{path} holds no public key in PEM or JWK form") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SecurityError(detail=f"{path} holds no P-256 key", code="KEY_INVALID")
    return jwk_of(key)


def read_jwk_set(place: str) -> dict[str, dict[str, Any]]:
    """Read a JWK set from a file or an address; give its keys by kid.

    Raises:
        SecurityError: it cannot be read, or is no JWK set.
    """
    try:
        members = json.loads(_fetch(place))
        return {str(line["kid"]): dict(line) for line in members["keys"]}
    except (OSError, ValueError, KeyError, TypeError, urllib3.exceptions.HTTPError) as error:
        raise JwkError(detail=f"{place} gives no JWK set: {type(error).__name__}") from error


def _fetch(place: str) -> bytes:
    if not place.startswith(("https://", "http://")):
        return Path(place).read_bytes()
    reply = urllib3.request("GET", place, timeout=10, redirect=False, preload_content=False, retries=False)
    with reply:
        if reply.status != _OK:
            message = f"status {reply.status}"
            raise ValueError(message)
        return reply.read(_LARGEST)
