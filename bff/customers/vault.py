"""The vault: sealing of what names a person, and the keyed hashes by which it is found again.

A value is sealed under the id of its record and the name of its field, so that it cannot be moved to another row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Sealing(Protocol):
    """Envelope encryption, as ``security.sealing.Sealer`` does it."""

    def seal(self, *, plaintext: bytes, record_id: str, field: str) -> bytes:
        """Encrypt, bound to record and field."""
        ...

    def open(self, *, envelope: bytes, record_id: str, field: str) -> bytes:
        """Decrypt; raises when record or field is another."""
        ...

    def rewrap(self, *, envelope: bytes, record_id: str, field: str) -> bytes:
        """Give the same value under the present key; the envelope itself when it is under that one."""
        ...


class Indexing(Protocol):
    """Keyed hashes, as ``security.sealing.BlindIndex`` makes them."""

    def of(self, *, field: str, value: str) -> str:
        """Give the hex HMAC-SHA256 of a field's value under the present key."""
        ...

    def every(self, *, field: str, value: str) -> Mapping[str, str]:
        """Give it under every key that still counts, by the key's id, the present one first."""
        ...


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals texts and finds them."""

    sealing: Sealing
    index: Indexing

    def seal(self, record_id: str, field: str, text: str) -> bytes:
        """Give the envelope of a text."""
        return self.sealing.seal(plaintext=text.encode(), record_id=record_id, field=field)

    def open(self, record_id: str, field: str, envelope: bytes) -> str:
        """Give the text of an envelope."""
        return self.sealing.open(envelope=envelope, record_id=record_id, field=field).decode()

    def move(self, from_id: str, to_id: str, field: str, envelope: bytes) -> bytes:
        """Give the envelope of the same text for the same field of another record."""
        return self.seal(to_id, field, self.open(from_id, field, envelope))

    def hash(self, field: str, text: str) -> str:
        """Give the keyed hash under which a text is kept."""
        return self.index.of(field=field, value=text)

    def hashes(self, field: str, text: str) -> Mapping[str, str]:
        """Give every keyed hash under which an equal text may be kept, by the key's id, the present one first."""
        return self.index.every(field=field, value=text)
