"""Small files that an outsider keeps: one signed checkpoint, and the proof that a later one goes on from it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from security.encoding import canonical_json, is_digest, parse_object
from security.errors import EncodingError, EvidenceError
from security.evidence.chain import Checkpoint
from security.evidence.merkle import roots_by_consistency

CHECKPOINT: Final = "tidegate-checkpoint/1"
CONSISTENCY: Final = "tidegate-consistency/1"


class _Statement(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    format: str
    env: str
    seq: int
    hash: str
    root: str
    at: str
    kid: str
    sig: str


def write_checkpoint(mark: Checkpoint, *, env: str) -> bytes:
    """Give a checkpoint as a file of canonical JSON."""
    return canonical_json({"format": CHECKPOINT, "env": env, **mark.as_dict()})


def read_checkpoint(data: bytes) -> tuple[str, Checkpoint]:
    """Read a checkpoint's file; its signature is not looked at.

    Returns:
        Its environment and the checkpoint, which has a root.

    Raises:
        EvidenceError: link ``file``: it is no checkpoint in its one form.
    """
    try:
        said = msgspec.convert(parse_object(data), _Statement)
    except (EncodingError, msgspec.ValidationError) as error:
        raise EvidenceError(link="file", detail=f"it is no checkpoint: {error}") from error
    mark = Checkpoint(said.seq, said.hash, said.at, said.kid, said.sig, said.root)
    if said.format != CHECKPOINT or not is_digest(said.root) or write_checkpoint(mark, env=said.env) != data:
        raise EvidenceError(link="file", detail=f"it is no {CHECKPOINT} in canonical JSON")
    return said.env, mark


def write_consistency(*, old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> bytes:
    """Give the proof that the tree of ``new`` begins with that of ``old``.

    Raises:
        EvidenceError: it does not: the two are of different histories.
    """
    first, second = roots_by_consistency(old=old.seq, size=new.seq, old_root=bytes.fromhex(old.root or ""), path=path)
    if (first.hex(), second.hex()) != (old.root, new.root):
        detail = f"the checkpoints of entries {old.seq} and {new.seq} are of different histories"
        raise EvidenceError(link="checkpoint", detail=detail)
    return canonical_json(
        {"format": CONSISTENCY, "old": old.seq, "new": new.seq, "path": [node.hex() for node in path]}
    )
