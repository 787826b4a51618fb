"""Entries of the evidence chain and the checkpoints that sign it.

Invariant: an entry's hash covers its number, the hash before it and the hash of its body, so whoever knows the last
hash knows that nothing before it was changed, added or left out. A checkpoint signs the last entry's hash and the root
of the Merkle tree over all entries; one from before there was a tree signs the hash alone, and stays good.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from security.encoding import b64url_encode, digest, lp
from security.evidence.merkle import leaf_hash

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
    """A signed statement that the chain ended with ``hash`` at ``seq``.

    Attributes:
        seq: number of the last entry, which is the size of the tree.
        hash: that entry's hash.
        at: when it was signed.
        kid: thumbprint of the key.
        signature: raw signature as base64url.
        root: root of the tree, hex; None in a checkpoint from before there was one.
    """

    seq: int
    hash: str
    at: str
    kid: str
    signature: str
    root: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the members for a file."""
        mark: dict[str, Any] = {"seq": self.seq, "hash": self.hash, "at": self.at, "kid": self.kid}
        return mark | {"sig": self.signature} | ({} if self.root is None else {"root": self.root})


class Signer(Protocol):
    """A key of the server that signs: checkpoints and seals by ``audit-checkpoint``, requests by ``platform-reply``."""

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


def leaf_of(entry: str) -> bytes:
    """Give the leaf of an entry's hash."""
    return leaf_hash(bytes.fromhex(entry))


def checkpoint_message(*, env: str, seq: int, head: str, at: str, root: str | None = None) -> bytes:
    """Give what a checkpoint signs; ``head`` is the hash of entry ``seq``, ``root`` that of the tree up to it."""
    if root is None:
        return lp("TIDEGATE-CHECKPOINT/v1", env, str(seq), head, at)
    return lp("TIDEGATE-CHECKPOINT/v2", env, str(seq), head, root, at)


def sign_checkpoint(*, env: str, seq: int, head: str, at: str, signer: Signer, root: str | None = None) -> Checkpoint:
    """Sign that the chain ends with ``head`` at ``seq``, and that ``root`` is its tree's."""
    signature = signer.sign(checkpoint_message(env=env, seq=seq, head=head, at=at, root=root))
    return Checkpoint(seq, head, at, signer.kid, b64url_encode(signature), root)
