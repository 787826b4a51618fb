"""The evidence of one order as one file: entries, what ties them to signed checkpoints, keys, blobs, and a seal.

Format 2 holds the order's own entries alone, each with its path in the tree to one checkpoint. Format 1 holds stretches
of the chain in which the entries of others stand without their bodies.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from security.encoding import b64url_encode, canonical_json, digest
from security.errors import EvidenceError
from security.evidence.chain import Checkpoint, Entry, Signer, leaf_of
from security.evidence.merkle import root_by_inclusion
from security.jwk import PublicJwk

FORMAT: Final = "tidegate-evidence/2"
STRETCHES: Final = "tidegate-evidence/1"


def export_evidence(  # noqa: PLR0913 — the members of the file, one by one
    *,
    env: str,
    aud: str,
    order: str,
    exported_at: str,
    entries: Sequence[Entry],
    paths: Mapping[int, Sequence[bytes]],
    checkpoint: Checkpoint,
    keys: Mapping[str, PublicJwk],
    blobs: Collection[bytes],
    signer: Signer,
) -> bytes:
    """Write the evidence of an order, and nothing of any other.

    Args:
        env: environment of the bank's server.
        aud: its name inside the devices' signatures.
        order: the order's id.
        exported_at: instant of the export, RFC 3339.
        entries: all entries that belong to the order, in their order.
        paths: by entry number its inclusion path in the tree of the checkpoint.
        checkpoint: one with a root that covers all of them.
        keys: public keys by id: the one that signed the checkpoint, and the signer's.
        blobs: raw bytes to which the bodies point: manifest and signed metadata.
        signer: the key that seals the file.

    Returns:
        RFC 8785 JSON.

    Raises:
        EvidenceError: an entry does not lead to the checkpoint's root.
    """
    for entry in entries:
        root = root_by_inclusion(
            index=entry.seq - 1, size=checkpoint.seq, leaf=leaf_of(entry.hash), path=paths[entry.seq]
        )
        if root.hex() != checkpoint.root:
            raise EvidenceError(link="chain", detail=f"entry {entry.seq} is not in the tree that was signed")
    lines = [
        {**entry_line(entry, disclosed=True), "path": [node.hex() for node in paths[entry.seq]]} for entry in entries
    ]
    content = {
        "format": FORMAT,
        "env": env,
        "aud": aud,
        "order": order,
        "exportedAt": exported_at,
        "entries": lines,
        "checkpoints": [checkpoint.as_dict()],
        **_vouchers(keys, blobs),
    }
    return seal(content, signer)


def export_stretches(  # noqa: PLR0913 — the members of the file, one by one
    *,
    env: str,
    aud: str,
    order: str,
    exported_at: str,
    entries: Sequence[Entry],
    disclose: Collection[int],
    checkpoints: Sequence[Checkpoint],
    keys: Mapping[str, PublicJwk],
    blobs: Collection[bytes],
    signer: Signer,
) -> bytes:
    """Write the evidence of an order as stretches of the chain, which show that none of their entries is left out.

    Args:
        env: environment of the bank's server.
        aud: its name inside the devices' signatures.
        order: the order's id.
        exported_at: instant of the export, RFC 3339.
        entries: stretches of the chain in their order, each without a gap and each ending at the entry of a checkpoint;
            together they hold every entry that belongs to the order, its bundle's release and its device's
            registration included.
        disclose: numbers of the entries that belong to the order.
        checkpoints: checkpoints within the stretches; one of them for each stretch's last entry.
        keys: public keys by id: those that signed the checkpoints, and the signer's.
        blobs: raw bytes to which the disclosed bodies point: manifest and signed metadata.
        signer: the key that seals the file.

    Returns:
        RFC 8785 JSON.

    Raises:
        EvidenceError: a stretch ends without a checkpoint, or its entries do not follow each other.
    """
    _check_piece(entries, checkpoints)
    content: dict[str, Any] = {
        "format": STRETCHES,
        "env": env,
        "aud": aud,
        "order": order,
        "exportedAt": exported_at,
        "entries": [entry_line(entry, disclosed=entry.seq in disclose) for entry in entries],
        "checkpoints": [mark.as_dict() for mark in checkpoints],
        **_vouchers(keys, blobs),
    }
    return seal(content, signer)


def seal(content: Mapping[str, Any], signer: Signer) -> bytes:
    """Give the file of a content: its canonical JSON with the signature over it."""
    signature = signer.sign(canonical_json(content))
    return canonical_json({**content, "seal": {"kid": signer.kid, "sig": b64url_encode(signature)}})


def entry_line(entry: Entry, *, disclosed: bool) -> dict[str, Any]:
    """Give an entry as a file has it, with its body or only its body's hash."""
    line: dict[str, Any] = {
        "seq": entry.seq,
        "prev": entry.prev,
        "kind": entry.kind,
        "subject": entry.subject,
        "at": entry.at,
        "bodyHash": entry.body_hash,
    }
    return {**line, "body": entry.body.decode()} if disclosed else line


def key_lines(keys: Mapping[str, PublicJwk]) -> list[dict[str, str]]:
    """Give public keys as a file has them."""
    return [{**jwk.as_dict(), "kid": kid} for kid, jwk in sorted(keys.items())]


def _vouchers(keys: Mapping[str, PublicJwk], blobs: Collection[bytes]) -> dict[str, Any]:
    return {"keys": key_lines(keys), "blobs": {digest(blob): b64url_encode(blob) for blob in blobs}}


def _check_piece(entries: Sequence[Entry], checkpoints: Sequence[Checkpoint]) -> None:
    if not entries:
        raise EvidenceError(link="chain", detail="there is no entry to export")
    signed = {mark.seq for mark in checkpoints}
    for before, after in pairwise(entries):
        if after.seq <= before.seq or (after.seq > before.seq + 1 and before.seq not in signed):
            raise EvidenceError(link="chain", detail=f"entry {after.seq} does not follow entry {before.seq}")
        if after.seq == before.seq + 1 and after.prev != before.hash:
            raise EvidenceError(link="chain", detail=f"entry {after.seq} does not carry the hash of entry {before.seq}")
    if entries[-1].seq not in signed:
        raise EvidenceError(link="checkpoint", detail=f"no checkpoint for the last entry, {entries[-1].seq}")
