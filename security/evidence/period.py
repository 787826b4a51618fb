"""A period of the chain as one file: every entry between two checkpoints, with the tree on which it goes on.

An auditor who keeps one file for each period has the whole chain, and can show for every entry what it was. Bodies are
shown or withheld all together.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from security.errors import EvidenceError
from security.evidence.chain import Checkpoint, Entry, Signer, leaf_of
from security.evidence.export import entry_line, key_lines, seal
from security.evidence.merkle import Peaks
from security.jwk import PublicJwk

PERIOD: Final = "tidegate-period/1"


def export_period(
    *,
    env: str,
    exported_at: str,
    entries: Sequence[Entry],
    peaks: Sequence[bytes],
    checkpoints: Sequence[Checkpoint],
    keys: Mapping[str, PublicJwk],
    signer: Signer,
    bodies: bool = False,
) -> bytes:
    """Write a period.

    Args:
        env: environment of the bank's server.
        exported_at: instant of the export, RFC 3339.
        entries: entries without a gap, the last one with a checkpoint.
        peaks: hashes of the complete subtrees before the first entry, the largest first; none before entry 1.
        checkpoints: those of these entries, and the one of the entry before the first where there is one.
        keys: public keys of the checkpoints and of the signer.
        signer: the key that seals the file.
        bodies: whether the bodies are shown: they hold what customers did.

    Returns:
        RFC 8785 JSON.

    Raises:
        EvidenceError: there is no entry, none of the checkpoints signs the last one, or they are not what was signed.
    """
    if not entries:
        raise EvidenceError(link="chain", detail="there is no entry to export")
    if entries[-1].seq not in {mark.seq for mark in checkpoints}:
        raise EvidenceError(link="checkpoint", detail=f"no checkpoint for the last entry, {entries[-1].seq}")
    _hold(entries, Peaks(entries[0].seq - 1, peaks), {mark.seq: mark for mark in checkpoints})
    content = {
        "format": PERIOD,
        "env": env,
        "exportedAt": exported_at,
        "peaks": [peak.hex() for peak in peaks],
        "entries": [entry_line(entry, disclosed=bodies) for entry in entries],
        "checkpoints": [mark.as_dict() for mark in checkpoints],
        "keys": key_lines(keys),
    }
    return seal(content, signer)


def _hold(entries: Sequence[Entry], tree: Peaks, marks: Mapping[int, Checkpoint]) -> None:
    """Hold entries and tree against the checkpoints, so that the bank seals nothing that it did not sign before."""
    before = entries[0].prev
    for entry in entries:
        own = entry.hash
        if entry.seq != tree.size + 1 or entry.prev != before:
            raise EvidenceError(link="chain", detail=f"entry {entry.seq} does not follow the one before it")
        tree.append(leaf_of(own))
        before, mark = own, marks.get(entry.seq)
        if mark is not None and (mark.hash != own or mark.root not in {None, tree.root.hex()}):
            raise EvidenceError(link="checkpoint", detail=f"the chain up to entry {entry.seq} is not what was signed")
