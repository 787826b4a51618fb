"""Examining the chain in the database: every row against itself, its neighbours, the tree, and what was signed of it.

Invariant: a row that was deleted, moved, inserted or edited is named by its number. Where everything behind it was
written anew as well, the first checkpoint or kept entry that disagrees names the stretch, or the entry itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bff.audit.checkpoints import checkpoint_of
from bff.audit.kept import Kept
from bff.audit.models import EvidenceCheckpoint, EvidenceEntry, EvidenceHead, EvidenceNode
from bff.audit.tree import WIDTH
from security.encoding import b64url_decode, digest, is_digest
from security.errors import SecurityError
from security.evidence import GENESIS, Checkpoint, checkpoint_message, entry_hash
from security.evidence.chain import leaf_of
from security.evidence.merkle import Peaks, fold
from security.jwk import PublicJwk
from security.suites import ES256

MOST: Final = 100
"""How many findings are told; a chain with more has another problem than these."""
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong at one entry.

    Attributes:
        seq: the entry's number.
        wrong: ``missing``, ``edited``, ``moved``, ``inserted``, ``rewritten``, ``beyond``, ``cut``, ``head``,
            ``forged``, ``split`` or ``tree``.
        detail: the same in words.
    """

    seq: int
    wrong: str
    detail: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at and what was found, by number."""

    entries: int
    checkpoints: int
    findings: tuple[Finding, ...]


def examine(session: Session, *, env: str, keys: Mapping[str, PublicJwk], kept: Kept | None = None) -> Examination:
    """Examine the whole chain.

    Args:
        session: of a reading transaction on a ``steady`` engine: the chain grows while it is read.
        env: environment of this server, which the signatures cover.
        keys: the public keys that may have signed checkpoints, by id.
        kept: what somebody kept outside; None when there is nothing.
    """
    outside = kept or Kept()
    marks = [checkpoint_of(row) for row in session.scalars(select(EvidenceCheckpoint))]
    found = [*_signatures(marks, env, keys, "stored"), *_signatures(outside.checkpoints, env, keys, "kept")]
    found += _splits(marks, outside.checkpoints)
    forged = {finding.seq for finding in found if finding.wrong == "forged"}
    walk = _Walk(session, [mark for mark in [*marks, *outside.checkpoints] if mark.seq not in forged], outside.entries)
    found += islice(walk.through(), MOST)
    return Examination(walk.seen, len(marks), tuple(sorted(set(found))))


def _signatures(marks: Sequence[Checkpoint], env: str, keys: Mapping[str, PublicJwk], whose: str) -> Iterator[Finding]:
    for mark in marks:
        message = checkpoint_message(env=env, seq=mark.seq, head=mark.hash, at=mark.at, root=mark.root)
        try:
            ES256.verify(keys[mark.kid].public_key, message, b64url_decode(mark.signature))
        except KeyError:
            yield Finding(mark.seq, "forged", f"the {whose} checkpoint names the unknown key {mark.kid}")
        except SecurityError as error:
            yield Finding(mark.seq, "forged", f"the {whose} checkpoint's signature does not hold: {error.detail}")


def _splits(marks: Sequence[Checkpoint], kept: Sequence[Checkpoint]) -> Iterator[Finding]:
    stored = {mark.seq: mark for mark in marks}
    for mark in kept:
        own = stored.get(mark.seq)
        if own is not None and (own.hash, own.root or mark.root) != (mark.hash, mark.root or own.root):
            yield Finding(mark.seq, "split", "the stored and the kept checkpoint of this entry differ: two histories")


class _Walk:
    """One walk from the first row to the last."""

    def __init__(self, session: Session, marks: Sequence[Checkpoint], entries: Mapping[int, str]) -> None:
        """Walk with what was signed, and with what was exported, by number."""
        self.seen = 0
        self._session = session
        self._entries = entries
        self._marks: dict[int, list[Checkpoint]] = {}
        for mark in marks:
            self._marks.setdefault(mark.seq, []).append(mark)
        self._tree = Peaks()
        self._open: list[bytes] = []
        self._tiles: list[bytes] = []
        self._signed = 0
        self._last, self._hash = 0, GENESIS
        self._whole = self._sound = True

    def through(self) -> Iterator[Finding]:
        """Give what is found, in the order of the rows."""
        for row in self._rows():
            self.seen += 1
            yield from self._row(row)
        yield from self._end()
        yield from self._nodes()

    def _rows(self) -> Iterator[Any]:
        """Read in pieces: a server does not answer another question while one result is still being read."""
        wanted = select(EvidenceEntry.__table__).order_by(EvidenceEntry.seq).limit(_BATCH)
        rows: Sequence[Any] = self._session.execute(wanted).all()
        while rows:
            yield from rows
            rows = self._session.execute(wanted.where(EvidenceEntry.seq > rows[-1].seq)).all()

    def _row(self, row: Any) -> Iterator[Finding]:
        for lost in range(self._last + 1, min(row.seq, self._last + 1 + MOST)):
            yield Finding(lost, "missing", f"there is no entry {lost}")
        follows = row.seq == self._last + 1
        wrong = list(self._content(row))
        if not wrong and follows and self._sound and row.prev != self._hash:
            yield Finding(self._last, "edited", f"entry {row.seq} follows another entry than the one that stands here")
        if not wrong and self._entries.get(row.seq, row.hash) != row.hash:
            wrong.append(Finding(row.seq, "rewritten", "it is not the entry that was exported under this number"))
        yield from wrong
        self._whole, self._sound = self._whole and follows, not wrong
        self._last, self._hash = row.seq, row.hash
        self._grow(leaf_of(row.hash if is_digest(row.hash) else digest(row.hash.encode())))
        yield from self._against_marks(row.seq, row.hash)

    def _content(self, row: Any) -> Iterator[Finding]:
        """Hold a row to its own hash; where it does not fit, tell whether it is another entry's row."""
        said = {name: getattr(row, name) for name in ("prev", "kind", "subject", "at", "body_hash")}
        if digest(row.body.encode()) != row.body_hash:
            yield Finding(row.seq, "edited", "its body is not the one that was hashed")
        elif entry_hash(seq=row.seq, **said) != row.hash:
            place = next((seq for seq in self._places(row) if entry_hash(seq=seq, **said) == row.hash), None)
            if place is None:
                yield Finding(row.seq, "edited", "its kind, subject, instant, predecessor or hash is another one")
                return
            if place == self._last and self._sound:
                yield Finding(self._last, "inserted", f"the entry that was written as {place} stands behind it")
            yield Finding(row.seq, "moved", f"here stands the entry that was written as {place}")

    def _places(self, row: Any) -> Iterator[int]:
        """Give the numbers under which a row may have been written, the near ones first."""
        yield from (row.seq - 1, row.seq + 1, 1)
        before = select(EvidenceEntry.seq).where(EvidenceEntry.hash == row.prev)
        yield from [seq + 1 for seq in self._session.scalars(before)]

    def _grow(self, leaf: bytes) -> None:
        self._tree.append(leaf)
        self._open.append(leaf)
        if len(self._open) == WIDTH:
            self._tiles.append(fold(self._open))
            self._open.clear()

    def _against_marks(self, seq: int, own: str) -> Iterator[Finding]:
        for mark in self._marks.pop(seq, []):
            root = self._tree.root.hex() if self._whole else mark.root
            if mark.hash != own or (mark.root is not None and mark.root != root):
                detail = f"an entry from {self._signed + 1} to {seq} is not what was signed at {mark.at}"
                yield Finding(seq, "rewritten", detail)
            else:
                self._signed = max(self._signed, seq)

    def _end(self) -> Iterator[Finding]:
        head = self._session.execute(select(EvidenceHead.seq, EvidenceHead.hash)).one_or_none()
        seq, own = (0, GENESIS) if head is None else (head.seq, head.hash)
        if seq < self._last:
            yield Finding(seq + 1, "beyond", f"the chain ends at entry {seq}; what stands behind it was inserted")
        for lost in range(self._last + 1, min(seq, self._last + MOST) + 1):
            yield Finding(lost, "missing", f"the chain ends at entry {seq}, but there is no entry {lost}")
        if seq == self._last and own != self._hash:
            yield Finding(seq, "head", "the head row has another hash than the last entry")
        for cut in sorted(self._marks):
            yield Finding(cut, "cut", f"a checkpoint signed entry {cut}, but there is none")
        beyond = [number for number in self._entries if number > self._last]
        if beyond:
            yield Finding(min(beyond), "cut", "an entry with this number was exported, but there is none")

    def _nodes(self) -> Iterator[Finding]:
        """Hold the stored tree against the rows, level by level."""
        level, hashes = 1, self._tiles
        while self._whole and hashes:
            stored = select(EvidenceNode.position, EvidenceNode.hash).where(EvidenceNode.level == level)
            for position, own in self._session.execute(stored.order_by(EvidenceNode.position)):
                if position >= len(hashes) or hashes[position].hex() != own:
                    detail = f"the stored tree's subtree {position} of level {level} is not that of the entries"
                    yield Finding(min((position + 1) * WIDTH**level, self._last), "tree", detail)
            whole = len(hashes) - len(hashes) % WIDTH
            level, hashes = level + 1, [fold(hashes[at : at + WIDTH]) for at in range(0, whole, WIDTH)]
