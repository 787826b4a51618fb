"""Transaction PINs as a server keeps them: Argon2id over a keyed hash, so that a stolen table alone gives nothing away.

A PIN has a million values: no salt and no slowness protects it by itself. The keyed hash does, since its key is not in
the database; Argon2id makes whoever has that key as well pay for each guess.
"""

import hmac
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from security.encoding import b64url_encode
from security.errors import PinError

SALT_BYTES: Final = 16
_PASSES: Final = 2
_MEMORY_KIB: Final = 19 * 1024
"""OWASP's minimum for Argon2id with two passes; a guess costs about 20 ms."""
_HASH_BYTES: Final = 32
_SHAPE: Final = 6


def check_pin(*, pin: str) -> None:
    """Hold a PIN's form: six ASCII digits.

    Raises:
        PinError: it has another.
    """
    if len(pin) != _SHAPE or not (pin.isascii() and pin.isdigit()):
        raise PinError(detail="a PIN has six digits")


def pin_hash(*, keyed: str, salt: bytes) -> str:
    """Give what is kept of a PIN, base64url.

    Args:
        keyed: hex HMAC of the PIN and its device under a key that the database does not hold.
        salt: 16 unpredictable bytes, kept beside the hash.

    Raises:
        PinError: the salt has another length.
    """
    if len(salt) != SALT_BYTES:
        raise PinError(detail="a PIN's salt has 16 bytes")
    argon = Argon2id(salt=salt, length=_HASH_BYTES, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return b64url_encode(argon.derive(keyed.encode()))


def verify_pin(*, keyed: str, salt: bytes, kept: str) -> None:
    """Accept a PIN.

    Raises:
        PinError: PIN_WRONG, it is another than the one that is kept.
    """
    if not hmac.compare_digest(pin_hash(keyed=keyed, salt=salt), kept):
        raise PinError(detail="the PIN is wrong", code="PIN_WRONG")
