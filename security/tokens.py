"""What tokens say and how refresh tokens rotate: pure rules; signing and storing them is the caller's.

An access token works only with the key that its ``cnf.jkt`` names. Refresh tokens are opaque, kept as hashes and
single-use: a used one that comes back ends its whole family, unless the same key repeats itself within the grace.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from security.encoding import b64url_decode, b64url_encode
from security.errors import EncodingError, TokenError

SCOPES: Final = ("onboarding", "customer")
GRACE: Final = timedelta(seconds=10)
"""How long a rotated refresh token may come again under the same key: two tabs, or an answer that was lost."""
REFRESH_BYTES: Final = 32
_TEXTS: Final = ("iss", "aud", "sub", "did", "scope", "jti")


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """The claims of an access token; ``issued_at`` and ``expires_at`` in epoch seconds."""

    issuer: str
    audience: str
    subject: str
    device_id: str
    scope: str
    jkt: str
    issued_at: int
    expires_at: int
    token_id: str

    def as_dict(self) -> dict[str, Any]:
        """Give the JWT's payload."""
        return {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": self.subject,
            "did": self.device_id,
            "scope": self.scope,
            "cnf": {"jkt": self.jkt},
            "iat": self.issued_at,
            "exp": self.expires_at,
            "jti": self.token_id,
        }


def read_access_claims(claims: Mapping[str, Any], *, issuer: str, audience: str, now: datetime) -> AccessClaims:
    """Hold the payload of an access token whose signature was verified.

    Raises:
        TokenError: TOKEN_EXPIRED, or TOKEN_INVALID when a claim is missing or somebody else's.
    """
    confirmation, times = claims.get("cnf"), (claims.get("iat"), claims.get("exp"))
    if not all(isinstance(claims.get(name), str) and claims[name] for name in _TEXTS):
        raise TokenError(detail="a claim is missing")
    if not isinstance(confirmation, Mapping) or not isinstance(confirmation.get("jkt"), str):
        raise TokenError(detail="cnf.jkt is missing")
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in times):
        raise TokenError(detail="iat and exp are whole numbers")
    if claims["iss"] != issuer or claims["aud"] != audience or claims["scope"] not in SCOPES:
        raise TokenError(detail="the token is for somebody else")
    if now.timestamp() >= claims["exp"]:
        raise TokenError(detail="the token has expired", code="TOKEN_EXPIRED")
    texts = {name: str(claims[name]) for name in _TEXTS}
    return AccessClaims(
        issuer=texts["iss"],
        audience=texts["aud"],
        subject=texts["sub"],
        device_id=texts["did"],
        scope=texts["scope"],
        jkt=str(confirmation["jkt"]),
        issued_at=int(claims["iat"]),
        expires_at=int(claims["exp"]),
        token_id=texts["jti"],
    )


def new_refresh(chance: bytes) -> tuple[str, str]:
    """Make a refresh token.

    Args:
        chance: 32 unpredictable bytes.

    Returns:
        The token for the device, and its hash to be kept.

    Raises:
        TokenError: too few bytes.
    """
    if len(chance) != REFRESH_BYTES:
        raise TokenError(detail="a refresh token has 32 bytes of chance")
    return b64url_encode(chance), hashlib.sha256(chance).hexdigest()


def refresh_hash(token: str) -> str:
    """Give the hash by which a refresh token is looked up.

    Raises:
        TokenError: it has not a refresh token's form.
    """
    try:
        chance = b64url_decode(token)
    except EncodingError as error:
        raise TokenError(detail="not a refresh token") from error
    if len(chance) != REFRESH_BYTES:
        raise TokenError(detail="not a refresh token")
    return hashlib.sha256(chance).hexdigest()


class Rotation(StrEnum):
    """What to do with a refresh token that came in."""

    ROTATE = "rotate"
    """Give a successor and mark this one used."""
    REPEAT = "repeat"
    """Give another successor: the same key asks again within the grace."""
    REVOKE_FAMILY = "revoke_family"
    """A used token came back: end every token that descends from the same log-in."""


@dataclass(frozen=True, slots=True)
class RefreshRecord:
    """What is kept of one refresh token."""

    family: str
    jkt: str
    expires_at: datetime
    used_at: datetime | None = None
    revoked: bool = False


def rotation(record: RefreshRecord, *, jkt: str, now: datetime) -> Rotation:
    """Decide about a refresh token.

    Args:
        record: what is kept of it.
        jkt: thumbprint of the key that proved this request.
        now: the instant.

    Raises:
        TokenError: TOKEN_INVALID (revoked, or another key's) or TOKEN_EXPIRED.
    """
    if record.revoked:
        raise TokenError(detail="the session was ended")
    if now >= record.expires_at:
        raise TokenError(detail="the refresh token has expired", code="TOKEN_EXPIRED")
    if record.used_at is None:
        if jkt != record.jkt:
            raise TokenError(detail="the refresh token is another key's")
        return Rotation.ROTATE
    repeats = jkt == record.jkt and now - record.used_at <= GRACE
    return Rotation.REPEAT if repeats else Rotation.REVOKE_FAMILY
