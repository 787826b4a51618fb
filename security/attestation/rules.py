"""The names of the rules of attestation: each refusal says which one did not hold, under a name that never changes."""

from enum import StrEnum
from typing import NoReturn

from security.errors import AttestationError


class Rule(StrEnum):
    """A rule of attestation, by the code of its refusal."""

    FORMAT_UNKNOWN = "FORMAT_UNKNOWN"
    APP_UNKNOWN = "APP_UNKNOWN"
    CHAIN_MALFORMED = "CHAIN_MALFORMED"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    CHAIN_EXPIRED = "CHAIN_EXPIRED"
    ROOT_UNKNOWN = "ROOT_UNKNOWN"
    REVOCATION_UNAVAILABLE = "REVOCATION_UNAVAILABLE"
    REVOCATION_STALE = "REVOCATION_STALE"
    REVOKED = "REVOKED"
    EXTENSION_MISSING = "EXTENSION_MISSING"
    EXTENSION_MISPLACED = "EXTENSION_MISPLACED"
    EXTENSION_DOUBLED = "EXTENSION_DOUBLED"
    EXTENSION_MALFORMED = "EXTENSION_MALFORMED"
    CHALLENGE_MISMATCH = "CHALLENGE_MISMATCH"
    KEY_MISMATCH = "KEY_MISMATCH"
    KEY_PURPOSE = "KEY_PURPOSE"
    APP_MISMATCH = "APP_MISMATCH"
    SIGNER_MISMATCH = "SIGNER_MISMATCH"
    ORIGIN_NOT_GENERATED = "ORIGIN_NOT_GENERATED"
    LEVEL_TOO_LOW = "LEVEL_TOO_LOW"
    BOOT_UNLOCKED = "BOOT_UNLOCKED"
    BOOT_NOT_VERIFIED = "BOOT_NOT_VERIFIED"
    AUTH_NOT_PER_USE = "AUTH_NOT_PER_USE"
    PATCH_TOO_OLD = "PATCH_TOO_OLD"
    OBJECT_MALFORMED = "OBJECT_MALFORMED"
    NONCE_MISMATCH = "NONCE_MISMATCH"
    KEY_ID_MISMATCH = "KEY_ID_MISMATCH"
    ENVIRONMENT_MISMATCH = "ENVIRONMENT_MISMATCH"
    COUNTER_NOT_ZERO = "COUNTER_NOT_ZERO"
    COUNTER_NOT_GROWN = "COUNTER_NOT_GROWN"
    ASSERTION_MISSING = "ASSERTION_MISSING"
    ASSERTION_INVALID = "ASSERTION_INVALID"


def refuse(rule: Rule, detail: str, cause: Exception | None = None) -> NoReturn:
    """Raise the refusal of a rule.

    Raises:
        AttestationError: always.
    """
    raise AttestationError(code=rule.value, detail=detail) from cause
