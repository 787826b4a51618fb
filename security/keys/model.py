"""What a key is for, the states it goes through, and the index of all keys as pure values.

STAGED → ACTIVE → VERIFY_ONLY → RETIRED → DESTROYED, and REVOKED at once from any but DESTROYED. At most one key of a
purpose is ACTIVE. A key verifies while it is STAGED, ACTIVE or VERIFY_ONLY.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from security.ciphers import AES_256_GCM, SM4_GCM
from security.encoding import canonical_json, parse_object
from security.errors import EncodingError, KeyStoreError
from security.suites import ES256, SM2_SM3, SUITES

FORMAT: Final = "tidegate-keys/1"
HMAC_OR_AES: Final = "A256"
SM4: Final = "SM4"
SECRETS: Final = {HMAC_OR_AES: AES_256_GCM.key_bytes, SM4: SM4_GCM.key_bytes}
"""Bytes of the secret keys of each algorithm."""
_SECRET_PURPOSES: Final = frozenset({"blind-index", "dpop-nonce"})
_SEALING: Final = {ES256.alg: HMAC_OR_AES, SM2_SM3.alg: SM4}
_SIGNING_PURPOSES: Final = frozenset({"access-token", "audit-checkpoint", "platform-reply"})
_TUF = re.compile(r"tuf-[a-z][a-z0-9-]{0,40}")


class KeyState(StrEnum):
    """Where a key stands."""

    STAGED = "STAGED"
    ACTIVE = "ACTIVE"
    VERIFY_ONLY = "VERIFY_ONLY"
    RETIRED = "RETIRED"
    DESTROYED = "DESTROYED"
    REVOKED = "REVOKED"


VERIFYING: Final = frozenset({KeyState.STAGED, KeyState.ACTIVE, KeyState.VERIFY_ONLY})
_NEXT: Final = {
    KeyState.STAGED: {KeyState.ACTIVE, KeyState.REVOKED},
    KeyState.ACTIVE: {KeyState.VERIFY_ONLY, KeyState.REVOKED},
    KeyState.VERIFY_ONLY: {KeyState.RETIRED, KeyState.REVOKED},
    KeyState.RETIRED: {KeyState.DESTROYED, KeyState.REVOKED},
    KeyState.REVOKED: {KeyState.DESTROYED},
    KeyState.DESTROYED: set[KeyState](),
}


@dataclass(frozen=True, slots=True)
class Term:
    """How long a key of a purpose stays ACTIVE, and then VERIFY_ONLY: longer than anything that it signed is good."""

    active: timedelta
    verify: timedelta


_TERMS: Final = {
    "access-token": Term(timedelta(days=90), timedelta(hours=1)),
    "audit-checkpoint": Term(timedelta(days=365), timedelta(days=3650)),
    "sealing-kek": Term(timedelta(days=365), timedelta(days=90)),
    "dpop-nonce": Term(timedelta(days=90), timedelta(hours=1)),
    "blind-index": Term(timedelta(days=3650), timedelta(days=365)),
}
_OTHER_TERM: Final = Term(timedelta(days=365), timedelta(days=365))


def algorithm(purpose: str, suite: str) -> str:
    """Give the algorithm of a purpose's new keys.

    Args:
        purpose: what they are for. Keys that seal and sign follow the suite, those of releases are always ES256.
        suite: the server's preferred suite.

    Raises:
        KeyStoreError: there is no such purpose.
    """
    return _algorithms(purpose)[suite]


def algorithms(purpose: str) -> frozenset[str]:
    """Give every algorithm that keys of a purpose may have.

    Raises:
        KeyStoreError: there is no such purpose.
    """
    return frozenset(_algorithms(purpose).values())


def _algorithms(purpose: str) -> Mapping[str, str]:
    if purpose == "sealing-kek":
        return _SEALING
    if purpose in _SECRET_PURPOSES:
        return dict.fromkeys(SUITES, HMAC_OR_AES)
    if purpose in _SIGNING_PURPOSES:
        return {name: name for name in SUITES}
    if _TUF.fullmatch(purpose):
        return dict.fromkeys(SUITES, ES256.alg)
    raise KeyStoreError(detail=f"no keys for purpose {purpose!r}", code="PURPOSE_UNKNOWN")


def term(purpose: str) -> Term:
    """Give the calendar of a purpose."""
    return _TERMS.get(purpose, _OTHER_TERM)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One line of the index.

    Attributes:
        kid: thumbprint of a signing key; a name derived from a secret one.
        purpose, alg, state: what it is for, how, and where it stands.
        uri: where the private part is: ``file:<name>`` within the store's folder, a token's or a cloud's URI.
        public: JWK members of a signing key, else empty.
        changed: instant of the latest change of state.
    """

    kid: str
    purpose: str
    alg: str
    state: KeyState
    uri: str
    public: Mapping[str, str]
    changed: datetime

    def moved(self, state: KeyState, now: datetime) -> "KeyRecord":
        """Give the record in its next state.

        Raises:
            KeyStoreError: the state cannot follow.
        """
        if state not in _NEXT[self.state]:
            raise KeyStoreError(detail=f"{self.kid}: {state} cannot follow {self.state}", code="KEY_STATE")
        return replace(self, state=state, changed=now)

    def retired(self, now: datetime) -> "KeyRecord":
        """Give the record RETIRED.

        Raises:
            KeyStoreError: it is not VERIFY_ONLY, or what it signed may still be good.
        """
        following = self.moved(KeyState.RETIRED, now)
        if now < self.verifies_until:
            until = f"{self.verifies_until:%Y-%m-%d %H:%M} UTC"
            detail = f"{self.kid} verifies until {until}: what it signed is good until then; revoke it if it leaked"
            raise KeyStoreError(detail=detail, code="KEY_TOO_EARLY")
        return following

    @property
    def verifies_until(self) -> datetime:
        """Give when a VERIFY_ONLY key may be retired."""
        return self.changed + term(self.purpose).verify


def dump_index(records: Iterable[KeyRecord]) -> bytes:
    """Write the index.

    Raises:
        KeyStoreError: two keys of one purpose are ACTIVE.
    """
    ordered = sorted(records, key=lambda record: (record.purpose, record.kid))
    _check_single_active(ordered)
    lines = [
        {
            "kid": record.kid,
            "purpose": record.purpose,
            "alg": record.alg,
            "state": record.state.value,
            "uri": record.uri,
            "public": dict(record.public),
            "changed": record.changed.isoformat(),
        }
        for record in ordered
    ]
    return canonical_json({"format": FORMAT, "keys": lines})


def load_index(data: bytes) -> dict[str, KeyRecord]:
    """Read the index.

    Raises:
        KeyStoreError: it is damaged.
    """
    try:
        index = parse_object(data)
        if index["format"] != FORMAT:
            raise KeyStoreError(detail="the key index has an unknown format", code="KEY_INDEX_DAMAGED")
        records = [_record(line) for line in index["keys"]]
    except (EncodingError, KeyError, TypeError, ValueError) as error:
        raise KeyStoreError(detail="the key index is damaged", code="KEY_INDEX_DAMAGED") from error
    _check_single_active(records)
    return {record.kid: record for record in records}


def find(records: Mapping[str, KeyRecord], purpose: str, state: KeyState) -> KeyRecord | None:
    """Give a purpose's key of a state, the oldest when there are several."""
    found = [record for record in records.values() if record.purpose == purpose and record.state is state]
    return min(found, key=lambda record: record.changed, default=None)


def known(records: Mapping[str, KeyRecord], kid: str) -> KeyRecord:
    """Give the key of an id.

    Raises:
        KeyStoreError: there is none.
    """
    try:
        return records[kid]
    except KeyError as error:
        raise KeyStoreError(detail=f"no key {kid!r}") from error


def _record(line: Mapping[str, Any]) -> KeyRecord:
    return KeyRecord(
        kid=str(line["kid"]),
        purpose=str(line["purpose"]),
        alg=str(line["alg"]),
        state=KeyState(line["state"]),
        uri=str(line["uri"]),
        public=dict(line["public"]),
        changed=datetime.fromisoformat(line["changed"]),
    )


def _check_single_active(records: Iterable[KeyRecord]) -> None:
    purposes = [record.purpose for record in records if record.state is KeyState.ACTIVE]
    if len(set(purposes)) != len(purposes):
        raise KeyStoreError(detail="two keys of one purpose are ACTIVE", code="KEY_INDEX_DAMAGED")
