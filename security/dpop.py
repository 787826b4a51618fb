"""DPoP proofs (RFC 9449): each call is signed by the device's ``pop`` key and names the running bundle.

Besides the standard's claims a proof may carry ``bnd``, ``<bundle>@<version>#<manifest digest>``: which code asked; and
``bdh``, the base64url SHA-256 of the request's body, which the release door asks for.
The header is exactly typ, alg and jwk, alg is the suite of the key, the signature is in its one form, the JSON is
strict: one proof has one form.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from security.approvals import read_bundle
from security.encoding import b64url_decode, b64url_encode, canonical_json, lp, parse_object
from security.errors import ApprovalError, EncodingError, JwkError, ProofError, SignatureError
from security.jwk import PublicJwk, jwk_of, parse_jwk
from security.suites import DEFAULT, PrivateKey, suite_of_key

SKEW_SECONDS: Final = 60
"""How far ``iat`` may lie from the server's clock, either way."""
NONCE_SECONDS: Final = 300
"""Length of a nonce window; a nonce is good for its window and the next."""
MAX_PROOF: Final = 4096
_JTI = re.compile(r"[A-Za-z0-9_-]{16,64}")
_HEADER: Final = frozenset({"typ", "alg", "jwk"})
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class SignedProof:
    """A proof whose form and signature hold; nothing is said yet about time, place or replay."""

    public_key: PublicJwk
    claims: Mapping[str, Any]
    bundle: str | None

    @property
    def method(self) -> str:
        """Give the HTTP method."""
        return str(self.claims["htm"])

    @property
    def url(self) -> str:
        """Give the URL without query and fragment."""
        return str(self.claims["htu"])

    @property
    def jti(self) -> str:
        """Give the proof's own id."""
        return str(self.claims["jti"])

    @property
    def issued_at(self) -> int:
        """Give the instant of signing in epoch seconds, by the device's clock."""
        return int(self.claims["iat"])


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """A proof that belongs to this very request."""

    jkt: str
    public_key: PublicJwk
    jti: str
    bundle: str | None
    issued_at: int


def verify_proof(  # noqa: PLR0913 — the request's parts, one by one
    *,
    proof: str,
    method: str,
    url: str,
    access_token: str | None,
    now: datetime,
    nonces: Callable[[str], bool] | None,
    seen: Callable[[str, int], bool],
    body: bytes | None = None,
    suites: Collection[str] = DEFAULT,
) -> VerifiedProof:
    """Accept the proof of one request.

    Args:
        proof: the DPoP header, a compact JWS.
        method: the request's method.
        url: the request's URL; query and fragment are ignored.
        access_token: the token that came along; None when the request has none.
        now: the server's clock.
        nonces: tells whether a nonce of ours is still good; None when none is asked for.
        seen: marks an id for so many seconds and tells whether it had been marked before; asked last.
        body: the request's body, when the proof must name it in ``bdh``; None where it need not.
        suites: names of the suites whose keys are accepted.

    Raises:
        ProofError: PROOF_INVALID, NONCE_REQUIRED or PROOF_REPLAYED.
    """
    signed = read_proof(proof)
    claims = signed.claims
    if signed.public_key.alg not in suites:
        raise ProofError(detail=f"keys of the suite {signed.public_key.alg} are not accepted here")
    if signed.method != method or signed.url != url.partition("#")[0].partition("?")[0]:
        raise ProofError(detail="htm or htu is another request's")
    if abs(now.timestamp() - signed.issued_at) > SKEW_SECONDS:
        raise ProofError(detail="iat is too far from the server's clock", code="PROOF_INVALID")
    if claims.get("ath") != (None if access_token is None else token_hash(access_token)):
        raise ProofError(detail="ath is another token's")
    if body is not None and claims.get("bdh") != body_hash(body):
        raise ProofError(detail="bdh is another body's")
    if nonces is not None and not (isinstance(claims.get("nonce"), str) and nonces(claims["nonce"])):
        raise ProofError(detail="a fresh nonce is needed", code="NONCE_REQUIRED")
    jkt = signed.public_key.thumbprint
    if seen(f"{jkt}.{signed.jti}", 2 * SKEW_SECONDS + 1):
        raise ProofError(detail="this proof was used before", code="PROOF_REPLAYED")
    return VerifiedProof(jkt, signed.public_key, signed.jti, signed.bundle, signed.issued_at)


def read_proof(proof: str) -> SignedProof:
    """Read a proof and hold its form and its signature.

    Raises:
        ProofError: PROOF_INVALID.
    """
    parts = proof.split(".") if isinstance(proof, str) and len(proof) <= MAX_PROOF else []
    if len(parts) != _PARTS:
        raise ProofError(detail="not a compact JWS of a proof's size")
    try:
        public_key, claims = _key(parts[0]), parse_object(b64url_decode(parts[1]))
        public_key.verify(f"{parts[0]}.{parts[1]}".encode(), b64url_decode(parts[2]))
        _check_claims(claims)
        bundle = claims.get("bnd")
        if bundle is not None:
            read_bundle(bundle)
    except (EncodingError, JwkError, SignatureError, ApprovalError) as error:
        raise ProofError(detail=f"{error.code}: {error.detail}") from error
    return SignedProof(public_key, claims, bundle)


def token_hash(access_token: str) -> str:
    """Give the ``ath`` claim of a token."""
    return b64url_encode(hashlib.sha256(access_token.encode()).digest())


def body_hash(body: bytes) -> str:
    """Give the ``bdh`` claim of a body; a request without one has an empty body."""
    return b64url_encode(hashlib.sha256(body).digest())


def make_proof(*, key: PrivateKey, method: str, url: str, body: bytes, now: datetime, jti: str) -> str:
    """Sign the proof of one request to a door that asks for ``bdh``.

    Args:
        key: the caller's private key.
        method: HTTP method.
        url: address of the request, without query and fragment.
        body: the request's body, empty when there is none.
        now: the caller's clock.
        jti: 16 to 64 characters of base64url that were never used before.
    """
    own = suite_of_key(key)
    header = {"typ": "dpop+jwt", "alg": own.alg, "jwk": jwk_of(key.public_key()).as_dict()}
    claims = {"htm": method, "htu": url, "iat": int(now.timestamp()), "jti": jti, "bdh": body_hash(body)}
    signed = ".".join(b64url_encode(canonical_json(part)) for part in (header, claims))
    return f"{signed}.{b64url_encode(own.sign(key, signed.encode()))}"


@lru_cache(maxsize=8192)
def _key(text: str) -> PublicJwk:
    """Read a header; a device sends the same one each time."""
    header = parse_object(b64url_decode(text))
    if set(header) != _HEADER or header["typ"] != "dpop+jwt":
        raise ProofError(detail="the header is exactly typ dpop+jwt, alg and jwk")
    public_key = parse_jwk(header["jwk"])
    if header["alg"] != public_key.alg:
        raise ProofError(detail=f"alg is not the key's own, {public_key.alg}")
    return public_key


def _check_claims(claims: Mapping[str, Any]) -> None:
    texts = all(isinstance(claims.get(name), str) for name in ("htm", "htu", "jti"))
    optional = all(isinstance(claims.get(name, ""), str) for name in ("ath", "nonce", "bnd"))
    iat = claims.get("iat")
    if not texts or not optional or not isinstance(iat, int) or isinstance(iat, bool):
        raise ProofError(detail="claims are missing or of another type")
    if not _JTI.fullmatch(claims["jti"]):
        raise ProofError(detail="jti is not 16 to 64 characters of base64url")
    if "?" in claims["htu"] or "#" in claims["htu"]:
        raise ProofError(detail="htu holds a query or a fragment")


class NonceBook:
    """Nonces without memory: an HMAC over the number of the present five-minute window."""

    def __init__(self, key: bytes) -> None:
        """Take the key, at least 32 bytes; instances that share it accept each other's nonces."""
        self._key = key

    def issue(self, now: datetime) -> str:
        """Give the nonce of the present window."""
        return _nonce(self._key, _window(now))

    def accepts(self, nonce: str, now: datetime) -> bool:
        """Tell whether a nonce is of the present window or the one before."""
        present = _window(now)
        good = [_nonce(self._key, window) for window in (present, present - 1)]
        return nonce.isascii() and any(hmac.compare_digest(candidate, nonce) for candidate in good)


@lru_cache(maxsize=16)
def _nonce(key: bytes, window: int) -> str:
    mac = hmac.digest(key, lp("TIDEGATE-NONCE/v1", str(window)), "sha256")
    return b64url_encode(mac[:24])


def _window(now: datetime) -> int:
    return int(now.timestamp()) // NONCE_SECONDS
