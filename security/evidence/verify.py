"""Verifying an order's evidence link by link, from the file alone and, when given, from the reader's own anchors.

Invariant: one flipped bit anywhere in the file breaks a link, and the error names it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from security.display import Row
from security.encoding import digest
from security.errors import EvidenceError, JwkError, SignatureError
from security.evidence.bodies import Released, gather
from security.evidence.chain import GENESIS, checkpoint_message, leaf_of
from security.evidence.export import STRETCHES
from security.evidence.file import EvidenceFile, FileCheckpoint, read_file
from security.evidence.merkle import root_by_inclusion
from security.evidence.money import check_money, check_outcome
from security.evidence.release import check_bundle
from security.evidence.signatures import check_approval, check_device, check_display, check_request
from security.jwk import PublicJwk, parse_jwk

LINKS: Final = (
    "file",
    "seal",
    "chain",
    "checkpoint",
    "bundle",
    "device",
    "request",
    "approval",
    "display",
    "money",
    "outcome",
)


@dataclass(frozen=True, slots=True)
class Link:
    """One link that holds, and what it proves in words."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class VerifiedEvidence:
    """Evidence of which every link holds.

    Attributes:
        order, env, aud: what it is about.
        links: every link in order, with its sentence.
        trust: on which keys it all rests, and whether they were the reader's own.
        anchored: whether both anchors were given.
        rows: what the shell showed.
    """

    order: str
    env: str
    aud: str
    links: tuple[Link, ...]
    trust: tuple[str, ...]
    anchored: bool
    rows: tuple[Row, ...]


def anchors_of(jwks: Mapping[str, Any]) -> dict[str, PublicJwk]:
    """Read trusted keys from a JWK set.

    Raises:
        JwkError: a key is not a public key of a known suite.
    """
    lines = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(lines, list) or not lines:
        raise JwkError(detail="a JWK set has keys")
    if not all(isinstance(line, Mapping) for line in lines):
        raise JwkError(detail="a JWK is an object")
    wanted = ("kty", "crv", "x", "y")
    keys = [parse_jwk({name: line[name] for name in wanted if name in line}) for line in lines]
    return {key.thumbprint: key for key in keys}


def verify_export(
    data: bytes, *, anchors: Mapping[str, PublicJwk] | None = None, root: bytes | None = None
) -> VerifiedEvidence:
    """Verify an order's evidence.

    Args:
        data: the file.
        anchors: keys that the reader trusts for seals and checkpoints, by thumbprint; None to take the file's own.
        root: root metadata of the releases that the reader trusts; None to take the file's own.

    Raises:
        EvidenceError: a link is broken; ``link`` names it.
    """
    file = read_file(data)
    sentences = [
        f"The file is canonical JSON of {len(data)} bytes, SHA-256 {digest(data)}, exported {file.exported_at}."
    ]
    key = _trusted(file, anchors)
    placed = _check_chain if file.format == STRETCHES else _check_tree
    sentences += [_check_seal(file, key), placed(file), _check_checkpoints(file, key)]
    story = gather(file)
    bundle = check_bundle(story, root)
    device = check_device(story)
    request = check_request(story, device)
    approval, approved = check_approval(story, device)
    rows, shown = check_display(story, approval)
    sentences += [bundle, device.sentence, request, approved, shown, check_money(story), check_outcome(story)]
    return VerifiedEvidence(
        order=file.order,
        env=file.env,
        aud=file.aud,
        links=tuple(Link(*pair) for pair in zip(LINKS, sentences, strict=True)),
        trust=_trust(file, anchors, root, story.field("bundle")),
        anchored=anchors is not None and root is not None,
        rows=rows,
    )


def _trusted(file: EvidenceFile, anchors: Mapping[str, PublicJwk] | None) -> Callable[[str, str], PublicJwk]:
    keys = file.keys if anchors is None else anchors

    def key(kid: str, link: str) -> PublicJwk:
        if kid not in keys:
            where = "the file" if anchors is None else "the anchors"
            raise EvidenceError(link=link, detail=f"key {kid} is not in {where}")
        return keys[kid]

    return key


def _check_seal(file: EvidenceFile, key: Callable[[str, str], PublicJwk]) -> str:
    _verify("seal", key(file.seal_kid, "seal"), file.sealed, file.seal_signature)
    return f"The bank sealed the whole file with key {file.seal_kid}."


def _check_chain(file: EvidenceFile) -> str:
    if not file.entries:
        raise EvidenceError(link="chain", detail="there are no entries")
    first = file.entries[0]
    if first.seq < 1 or (first.seq == 1) != (first.prev == GENESIS):
        raise EvidenceError(link="chain", detail="the chain does not begin as it must")
    signed = {mark.seq for mark in file.checkpoints}
    stretches = 1
    for before, after in pairwise(file.entries):
        gap = after.seq > before.seq + 1 and before.seq in signed
        if not gap and (after.seq, after.prev) != (before.seq + 1, before.hash):
            raise EvidenceError(link="chain", detail=f"entry {after.seq} does not follow the one before it")
        stretches += gap
    for entry in file.entries:
        if entry.body is not None and digest(entry.body) != entry.body_hash:
            raise EvidenceError(link="chain", detail=f"the body of entry {entry.seq} has another hash")
    shown = sum(entry.body is not None for entry in file.entries)
    return (
        f"{len(file.entries)} entries from {first.seq} to {file.entries[-1].seq} follow each other in {stretches} "
        f"stretches without a gap; {shown} of them are shown, the others by hash."
    )


def _check_tree(file: EvidenceFile) -> str:
    """Check that every entry stands where it says in the tree of the one checkpoint."""
    if len(file.checkpoints) != 1 or file.checkpoints[0].root is None or not file.entries:
        raise EvidenceError(link="chain", detail="there must be entries, and one checkpoint with a root")
    mark = file.checkpoints[0]
    for entry in file.entries:
        leaf = leaf_of(entry.hash)
        root = root_by_inclusion(index=entry.seq - 1, size=mark.seq, leaf=leaf, path=entry.path or ())
        if root.hex() != mark.root:
            raise EvidenceError(link="chain", detail=f"entry {entry.seq} does not lead to the checkpoint's root")
        if digest(entry.body or b"") != entry.body_hash:
            raise EvidenceError(link="chain", detail=f"the body of entry {entry.seq} has another hash")
    _check_neighbours(file, mark)
    longest = max(len(entry.path or ()) for entry in file.entries)
    return (
        f"{len(file.entries)} entries from {file.entries[0].seq} to {file.entries[-1].seq} stand in the tree of "
        f"{mark.seq} entries with root {mark.root}, each by a path of at most {longest} hashes."
    )


def _check_neighbours(file: EvidenceFile, mark: FileCheckpoint) -> None:
    for before, after in pairwise(file.entries):
        if after.seq <= before.seq or (after.seq == before.seq + 1 and after.prev != before.hash):
            raise EvidenceError(link="chain", detail=f"entry {after.seq} does not follow the one before it")
    first, last = file.entries[0], file.entries[-1]
    if (first.seq == 1) != (first.prev == GENESIS):
        raise EvidenceError(link="chain", detail="the chain does not begin as it must")
    if last.seq == mark.seq and last.hash != mark.hash:
        raise EvidenceError(link="checkpoint", detail=f"the checkpoint of {mark.seq} is not of this chain")


def _check_checkpoints(file: EvidenceFile, key: Callable[[str, str], PublicJwk]) -> str:
    """Check every checkpoint; in stretches one ends each, for a gap after an unsigned entry was refused before."""
    entries = {entry.seq: entry for entry in file.entries}
    for mark in file.checkpoints:
        known = file.format == STRETCHES
        if known and (mark.seq not in entries or mark.hash != entries[mark.seq].hash):
            raise EvidenceError(link="checkpoint", detail=f"the checkpoint of {mark.seq} is not of this chain")
        message = checkpoint_message(env=file.env, seq=mark.seq, head=mark.hash, at=mark.at, root=mark.root)
        _verify("checkpoint", key(mark.kid, "checkpoint"), message, mark.signature)
    last = file.entries[-1].seq if file.format == STRETCHES else file.checkpoints[0].seq
    ending = [mark for mark in file.checkpoints if mark.seq == last]
    if not ending:
        raise EvidenceError(link="checkpoint", detail=f"no checkpoint signs entry {last}")
    return f"The bank signed at {ending[0].at} that its chain stood at entry {last}, hash {ending[0].hash}."


def _verify(link: str, key: PublicJwk, message: bytes, signature: bytes) -> None:
    try:
        key.verify(message, signature)
    except SignatureError as error:
        raise EvidenceError(link=link, detail=f"{error.code}: {error.detail}") from error


def _trust(
    file: EvidenceFile, anchors: Mapping[str, PublicJwk] | None, root: bytes | None, bundle: str
) -> tuple[str, ...]:
    used = sorted({file.seal_kid, *(mark.kid for mark in file.checkpoints)})
    fingerprints = ", ".join(used)
    if anchors is None:
        first = (
            f"The bank's keys came from the file itself; compare their thumbprints with the bank's own: {fingerprints}."
        )
    else:
        first = f"The bank's keys were the anchors that you gave: {fingerprints}."
    if root is not None:
        return (first, f"The releases' root was the one that you gave, SHA-256 {digest(root)}.")
    entry = file.find("bundle.released", bundle.rpartition("#")[2])[0]
    return (first, f"The releases' root came from the file itself; compare: {entry.read(Released, 'bundle').root}.")
