"""Personal data at rest: envelope encryption bound to its record and field, and keyed blind indexes to find it again.

Each value has its own data key (AES-256-GCM), wrapped by the active key-encryption key. Record id and field name are
authenticated with it, so a value copied to another row or column does not open. A new KEK rewraps data keys only.
"""

import hmac
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from security.encoding import lp
from security.errors import SealingError

VERSION: Final = 1
_KEY: Final = 32
_NONCE: Final = 12
_TAG: Final = 16
_WRAPPED: Final = _KEY + _TAG


@dataclass(frozen=True, slots=True)
class _Envelope:
    kek_id: str
    wrap_nonce: bytes
    wrapped: bytes
    nonce: bytes
    ciphertext: bytes

    def dump(self) -> bytes:
        return prefix_of(self.kek_id) + self.wrap_nonce + self.wrapped + self.nonce + self.ciphertext


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens values.

    Attributes:
        keys: 32-byte key-encryption keys by id: the active one and those that may still open.
        active: id of the one that seals.
        new_bytes: source of unpredictable bytes.
    """

    keys: Mapping[str, bytes]
    active: str
    new_bytes: Callable[[int], bytes] = os.urandom

    def seal(self, plaintext: bytes, record_id: str, field: str) -> bytes:
        """Give the envelope of a value: version, KEK id, wrapped data key, nonce, ciphertext."""
        data_key, nonce = self.new_bytes(_KEY), self.new_bytes(_NONCE)
        ciphertext = AESGCM(data_key).encrypt(nonce, plaintext, lp("TIDEGATE-SEAL/v1", record_id, field))
        return self._wrap(data_key, record_id, field, nonce, ciphertext)

    def open(self, envelope: bytes, record_id: str, field: str) -> bytes:
        """Give the value back.

        Raises:
            SealingError: another record or field, an unknown key, or changed bytes.
        """
        parts = _read(envelope)
        data_key = self._unwrap(parts, record_id, field)
        return _decrypt(data_key, parts.nonce, parts.ciphertext, lp("TIDEGATE-SEAL/v1", record_id, field))

    def rewrap(self, envelope: bytes, record_id: str, field: str) -> bytes:
        """Give the same value under the active KEK; the ciphertext itself stays.

        Raises:
            SealingError: as ``open``.
        """
        parts = _read(envelope)
        if parts.kek_id == self.active:
            return envelope
        data_key = self._unwrap(parts, record_id, field)
        return self._wrap(data_key, record_id, field, parts.nonce, parts.ciphertext)

    def _wrap(self, data_key: bytes, record_id: str, field: str, nonce: bytes, ciphertext: bytes) -> bytes:
        wrap_nonce = self.new_bytes(_NONCE)
        bound = lp("TIDEGATE-DEK/v1", self.active, record_id, field)
        wrapped = AESGCM(self._kek(self.active)).encrypt(wrap_nonce, data_key, bound)
        return _Envelope(self.active, wrap_nonce, wrapped, nonce, ciphertext).dump()

    def _unwrap(self, parts: _Envelope, record_id: str, field: str) -> bytes:
        bound = lp("TIDEGATE-DEK/v1", parts.kek_id, record_id, field)
        return _decrypt(self._kek(parts.kek_id), parts.wrap_nonce, parts.wrapped, bound)

    def _kek(self, kek_id: str) -> bytes:
        try:
            return self.keys[kek_id]
        except KeyError as error:
            raise SealingError(detail="the key-encryption key is not at hand") from error


@dataclass(frozen=True, slots=True)
class BlindIndex:
    """Finds sealed values by equality without opening them; the field's name keeps columns apart."""

    key: bytes

    def of(self, field: str, value: str) -> str:
        """Give the index of a value: hex HMAC-SHA256."""
        return hmac.digest(self.key, lp("TIDEGATE-BLIND/v1", field, value), "sha256").hex()


def prefix_of(kek_id: str) -> bytes:
    """Give the bytes with which every envelope under a KEK begins, and no other."""
    name = kek_id.encode()
    return struct.pack(">BB", VERSION, len(name)) + name


def kek_id_of(envelope: bytes) -> str:
    """Tell under which KEK a value is sealed.

    Raises:
        SealingError: not an envelope.
    """
    return _read(envelope).kek_id


def _decrypt(key: bytes, nonce: bytes, ciphertext: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, bound)
    except InvalidTag as error:
        raise SealingError(detail="the value does not belong here, or was changed") from error


def _read(envelope: bytes) -> _Envelope:
    start = 2 + (envelope[1] if len(envelope) > 1 else 0)
    ends = (start + _NONCE, start + _NONCE + _WRAPPED, start + 2 * _NONCE + _WRAPPED)
    if len(envelope) < ends[2] + _TAG or envelope[0] != VERSION:
        raise SealingError(detail="not an envelope of a known version")
    try:
        kek_id = envelope[2:start].decode("ascii")
    except UnicodeDecodeError as error:
        raise SealingError(detail="not an envelope: the key id is no ASCII") from error
    first, second, third = ends
    return _Envelope(kek_id, envelope[start:first], envelope[first:second], envelope[second:third], envelope[third:])
