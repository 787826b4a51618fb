"""The evidence of one order as one file: stretches of the chain, their checkpoints, the keys, the blobs, and a seal.

Bodies of entries that belong to other customers are left out; their hashes keep the chain whole.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from security.encoding import b64url_encode, canonical_json, digest
from security.errors import EvidenceError
from security.evidence.chain import Checkpoint, Entry, Signer
from security.jwk import PublicJwk

FORMAT: Final = "tidegate-evidence/1"


def export_evidence(  # noqa: PLR0913 — the members of the file, one by one
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
    """Write the evidence of an order.

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
        "format": FORMAT,
        "env": env,
        "aud": aud,
        "order": order,
        "exportedAt": exported_at,
        "entries": [_line(entry, disclosed=entry.seq in disclose) for entry in entries],
        "checkpoints": [
            {"seq": mark.seq, "hash": mark.hash, "at": mark.at, "kid": mark.kid, "sig": mark.signature}
            for mark in checkpoints
        ],
        "keys": [{**jwk.as_dict(), "kid": kid} for kid, jwk in sorted(keys.items())],
        "blobs": {digest(blob): b64url_encode(blob) for blob in blobs},
    }
    return seal(content, signer)


def seal(content: Mapping[str, Any], signer: Signer) -> bytes:
    """Give the file of a content: its canonical JSON with the signature over it."""
    signature = signer.sign(canonical_json(content))
    return canonical_json({**content, "seal": {"kid": signer.kid, "sig": b64url_encode(signature)}})


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


def _line(entry: Entry, *, disclosed: bool) -> dict[str, Any]:
    line: dict[str, Any] = {
        "seq": entry.seq,
        "prev": entry.prev,
        "kind": entry.kind,
        "subject": entry.subject,
        "at": entry.at,
        "bodyHash": entry.body_hash,
    }
    return {**line, "body": entry.body.decode()} if disclosed else line
