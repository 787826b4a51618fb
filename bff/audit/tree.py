"""The stored Merkle tree: the hashes of complete subtrees of 256, 256², … entries, and any subtree's hash from them.

Invariant: what is stored follows from the entries alone; losing a row of it loses no evidence, and it grows whenever a
checkpoint is made, not when an entry is appended. Any hash of the tree costs at most 256 rows for each level.
"""

from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from bff.audit.models import EvidenceEntry, EvidenceNode
from bff.db.statements import insert_new
from security.encoding import is_digest
from security.errors import EvidenceError
from security.evidence.chain import leaf_of
from security.evidence.merkle import fold

WIDTH: Final = 256
"""How many subtrees one of the next level holds."""


def grow(session: Session, size: int, *, limit: int | None = None) -> bool:
    """Store the subtrees that are complete in a tree of ``size`` entries, the smallest level first.

    Args:
        session: of a writing transaction; another one may store the same rows, for they are the same.
        size: number of entries that the tree may count on.
        limit: how many rows to write at most, for a chain that is older than its tree; None for all.

    Returns:
        Whether all of them are stored now.
    """
    tree, level, written, step = StoredTree(session), 1, 0, WIDTH
    while step <= size:
        for position in range(_stored(session, level), size // step):
            if written == limit:
                return False
            own = fold(tree.nodes(level - 1, position * WIDTH, (position + 1) * WIDTH))
            insert_new(session, EvidenceNode, level=level, position=position, hash=own.hex())
            written += 1
        level, step = level + 1, step * WIDTH
    return True


class StoredTree:
    """The tree of one database, read in one transaction."""

    def __init__(self, session: Session) -> None:
        """Read with a session."""
        self._session = session

    def subtree(self, start: int, end: int) -> bytes:
        """Give the hash over the leaves from ``start`` up to, not including, ``end``.

        Args:
            start: a multiple of the smallest power of two that holds the subtree, as in every proof.
            end: at most the size to which the tree has grown.
        """
        level, step = 0, 1
        while step * WIDTH <= end - start:
            level, step = level + 1, step * WIDTH
        hashes = self.nodes(level, start // step, end // step)
        return fold([*hashes, self.subtree(end - end % step, end)] if end % step else hashes)

    def nodes(self, level: int, first: int, end: int) -> list[bytes]:
        """Give the hashes of neighbouring complete subtrees of one level, level 0 being the leaves.

        Raises:
            EvidenceError: link ``chain``: the database has not all of them.
        """
        if level == 0:
            place: ColumnElement[bool] = EvidenceEntry.seq.between(first + 1, end)
            wanted = select(EvidenceEntry.hash).where(place).order_by(EvidenceEntry.seq)
        else:
            place = and_(EvidenceNode.level == level, EvidenceNode.position.between(first, end - 1))
            wanted = select(EvidenceNode.hash).where(place).order_by(EvidenceNode.position)
        found = list(self._session.scalars(wanted))
        if not all(is_digest(own) for own in found):
            raise EvidenceError(
                link="chain", detail="a stored hash is not 64 lower-case hex digits; run: evidence check"
            )
        hashes = [leaf_of(own) for own in found] if level == 0 else [bytes.fromhex(own) for own in found]
        if len(hashes) != end - first:
            what = "entries" if level == 0 else f"stored subtrees of level {level}"
            detail = f"{end - first - len(hashes)} {what} are missing before entry {end * WIDTH**level + 1}"
            raise EvidenceError(link="chain", detail=f"{detail}; run: evidence check")
        return hashes


def _stored(session: Session, level: int) -> int:
    """Give how many subtrees of a level are stored; they are stored in order."""
    last = session.scalar(select(func.max(EvidenceNode.position)).where(EvidenceNode.level == level))
    return 0 if last is None else last + 1
