"""Personal data at rest: envelope encryption bound to its record and field, and keyed blind indexes to find it again.

Each value has its own data key, wrapped by the active key-encryption key. Record id and field name are authenticated
with it, so a value copied to another row or column does not open. A new KEK rewraps data keys only.
An envelope names its ciphers: version 1 is AES-256-GCM for both, version 2 has a byte for that of the value and one for
that of the KEK. New values are sealed by the cipher of the active KEK; every envelope opens while its KEK is at hand.
"""

import hmac
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from security.ciphers import AES_256_GCM, CIPHERS, NONCE, TAG, Cipher, cipher_of_key, cipher_of_number
from security.encoding import lp
from security.errors import SealingError

VERSION: Final = 1
NAMED: Final = 2
_HEADS: Final = {VERSION: 2, NAMED: 4}


@dataclass(frozen=True, slots=True)
class _Envelope:
    outer: Cipher
    inner: Cipher
    kek_id: str
    wrap_nonce: bytes
    wrapped: bytes
    nonce: bytes
    ciphertext: bytes

    def dump(self) -> bytes:
        head = _head(self.inner, self.outer, self.kek_id)
        return head + self.wrap_nonce + self.wrapped + self.nonce + self.ciphertext


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens values.

    Attributes:
        keys: key-encryption keys by id, 32 bytes for AES-256-GCM or 16 for SM4-GCM: the active one and those that may
            still open.
        active: id of the one that seals.
        new_bytes: source of unpredictable bytes.
    """

    keys: Mapping[str, bytes]
    active: str
    new_bytes: Callable[[int], bytes] = os.urandom

    def seal(self, plaintext: bytes, record_id: str, field: str) -> bytes:
        """Give the envelope of a value: version, ciphers, KEK id, wrapped data key, nonce, ciphertext."""
        inner = cipher_of_key(self._kek(self.active))
        data_key, nonce = self.new_bytes(inner.key_bytes), self.new_bytes(NONCE)
        ciphertext = inner.encrypt(data_key, nonce, plaintext, _of_value(inner, record_id, field))
        return self._wrap(inner, data_key, record_id, field, nonce, ciphertext)

    def open(self, envelope: bytes, record_id: str, field: str) -> bytes:
        """Give the value back.

        Raises:
            SealingError: another record or field, an unknown key, or changed bytes.
        """
        parts = _read(envelope)
        data_key = self._unwrap(parts, record_id, field)
        bound = _of_value(parts.inner, record_id, field)
        return parts.inner.open(data_key, parts.nonce, parts.ciphertext, bound)

    def rewrap(self, envelope: bytes, record_id: str, field: str) -> bytes:
        """Give the same value under the active KEK; the ciphertext itself stays.

        Raises:
            SealingError: as ``open``.
        """
        parts = _read(envelope)
        if parts.kek_id == self.active:
            return envelope
        data_key = self._unwrap(parts, record_id, field)
        return self._wrap(parts.inner, data_key, record_id, field, parts.nonce, parts.ciphertext)

    def _wrap(
        self, inner: Cipher, data_key: bytes, record_id: str, field: str, nonce: bytes, ciphertext: bytes
    ) -> bytes:
        kek = self._kek(self.active)
        outer, wrap_nonce = cipher_of_key(kek), self.new_bytes(NONCE)
        wrapped = outer.encrypt(kek, wrap_nonce, data_key, _of_key(outer, inner, self.active, record_id, field))
        return _Envelope(outer, inner, self.active, wrap_nonce, wrapped, nonce, ciphertext).dump()

    def _unwrap(self, parts: _Envelope, record_id: str, field: str) -> bytes:
        kek = self._kek(parts.kek_id)
        if cipher_of_key(kek) is not parts.outer:
            raise SealingError(detail="the key-encryption key is of another cipher than the envelope says")
        bound = _of_key(parts.outer, parts.inner, parts.kek_id, record_id, field)
        return parts.outer.open(kek, parts.wrap_nonce, parts.wrapped, bound)

    def _kek(self, kek_id: str) -> bytes:
        try:
            return self.keys[kek_id]
        except KeyError as error:
            raise SealingError(detail="the key-encryption key is not at hand") from error


@dataclass(frozen=True, slots=True)
class BlindIndex:
    """Finds sealed values by equality without opening them; the field's name keeps columns apart.

    Attributes:
        keys: 32 bytes each by id: the active one and those under which values may still be indexed.
        active: id of the one that indexes.
    """

    keys: Mapping[str, bytes]
    active: str

    def of(self, field: str, value: str) -> str:
        """Give the index of a value under the active key: hex HMAC-SHA256."""
        return _indexed(self.keys[self.active], field, value)

    def every(self, field: str, value: str) -> dict[str, str]:
        """Give the indexes of a value by the id of the key, the active one first."""
        others = sorted(set(self.keys) - {self.active})
        return {kid: _indexed(self.keys[kid], field, value) for kid in (self.active, *others)}


def _indexed(key: bytes, field: str, value: str) -> str:
    return hmac.digest(key, lp("TIDEGATE-BLIND/v1", field, value), "sha256").hex()


def prefixes_of(kek_id: str) -> tuple[bytes, ...]:
    """Give the bytes with which every envelope under a KEK begins, with one of them, and no other envelope."""
    return tuple(_head(inner, outer, kek_id) for inner in CIPHERS for outer in CIPHERS)


def kek_id_of(envelope: bytes) -> str:
    """Tell under which KEK a value is sealed.

    Raises:
        SealingError: not an envelope.
    """
    return _read(envelope).kek_id


def _head(inner: Cipher, outer: Cipher, kek_id: str) -> bytes:
    name = kek_id.encode()
    if outer is AES_256_GCM and inner is AES_256_GCM:
        return struct.pack(">BB", VERSION, len(name)) + name
    return struct.pack(">BBBB", NAMED, len(name), inner.number, outer.number) + name


def _of_value(inner: Cipher, record_id: str, field: str) -> bytes:
    if inner is AES_256_GCM:
        return lp("TIDEGATE-SEAL/v1", record_id, field)
    return lp("TIDEGATE-SEAL/v2", inner.name, record_id, field)


def _of_key(outer: Cipher, inner: Cipher, kek_id: str, record_id: str, field: str) -> bytes:
    if outer is AES_256_GCM and inner is AES_256_GCM:
        return lp("TIDEGATE-DEK/v1", kek_id, record_id, field)
    return lp("TIDEGATE-DEK/v2", outer.name, inner.name, kek_id, record_id, field)


def _ciphers(envelope: bytes) -> tuple[Cipher, Cipher, int]:
    """Give the outer and the inner cipher, and where the KEK's id begins."""
    head = _HEADS.get(envelope[0] if envelope else 0)
    if head is None or len(envelope) < head:
        raise SealingError(detail="not an envelope of a known version")
    if envelope[0] == VERSION:
        return AES_256_GCM, AES_256_GCM, head
    inner, outer = cipher_of_number(envelope[2]), cipher_of_number(envelope[3])
    if inner is AES_256_GCM and outer is AES_256_GCM:
        raise SealingError(detail="an envelope of AES-256-GCM alone has version 1")
    return outer, inner, head


def _read(envelope: bytes) -> _Envelope:
    outer, inner, head = _ciphers(envelope)
    start = head + envelope[1]
    first = start + NONCE
    second = first + inner.key_bytes + TAG
    third = second + NONCE
    if len(envelope) < third + TAG:
        raise SealingError(detail="not an envelope: it is cut short")
    try:
        kek_id = envelope[head:start].decode("ascii")
    except UnicodeDecodeError as error:
        raise SealingError(detail="not an envelope: the key id is no ASCII") from error
    parts = (envelope[start:first], envelope[first:second], envelope[second:third], envelope[third:])
    return _Envelope(outer, inner, kek_id, *parts)
