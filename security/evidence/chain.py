"""Entries of the evidence chain and the checkpoints that sign it.

Invariant: an entry's hash covers its number, the hash before it and the hash of its body, so whoever knows the last
hash knows that nothing before it was changed, added or left out.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from security.encoding import b64url_encode, digest, lp

GENESIS: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its body, canonical JSON."""

    seq: int
    prev: str
    kind: str
    subject: str
    at: str
    body: bytes

    @property
    def body_hash(self) -> str:
        """Give the hex SHA-256 of the body."""
        return digest(self.body)

    @property
    def hash(self) -> str:
        """Give the entry's own hash, which the next one carries as ``prev``."""
        return entry_hash(
            seq=self.seq,
            prev=self.prev,
            kind=self.kind,
            subject=self.subject,
            at=self.at,
            body_hash=self.body_hash,
        )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement that the chain ended with ``hash`` at ``seq``; ``signature`` is base64url."""

    seq: int
    hash: str
    at: str
    kid: str
    signature: str


class Signer(Protocol):
    """What signs checkpoints and seals: an ``audit-checkpoint`` key."""

    @property
    def kid(self) -> str:
        """Give the key's id."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Give the raw canonical signature."""
        ...


def entry_hash(*, seq: int, prev: str, kind: str, subject: str, at: str, body_hash: str) -> str:
    """Give the hash of an entry, whose body itself need not be known."""
    return digest(lp("TIDEGATE-EVIDENCE/v1", str(seq), prev, kind, subject, at, body_hash))


def checkpoint_message(*, env: str, seq: int, head: str, at: str) -> bytes:
    """Give what a checkpoint signs; ``head`` is the hash of entry ``seq``."""
    return lp("TIDEGATE-CHECKPOINT/v1", env, str(seq), head, at)


def sign_checkpoint(*, env: str, seq: int, head: str, at: str, signer: Signer) -> Checkpoint:
    """Sign that the chain ends with ``head`` at ``seq``."""
    signature = signer.sign(checkpoint_message(env=env, seq=seq, head=head, at=at))
    return Checkpoint(seq, head, at, signer.kid, b64url_encode(signature))
