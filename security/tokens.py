"""How refresh tokens are made and rotate: pure rules; storing them is the caller's.

They are opaque, kept as hashes and single-use: a used one that comes back ends its whole family, unless the same key
repeats itself within the grace.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from security.encoding import b64url_decode, b64url_encode
from security.errors import EncodingError, TokenError

GRACE: Final = timedelta(seconds=10)
"""How long a rotated refresh token may come again under the same key: two tabs, or an answer that was lost."""
REFRESH_BYTES: Final = 32


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
