"""The Merkle tree over the chain's entries: roots, proofs and their verification (RFC 9162 section 2.1).

Invariant: a leaf is hashed behind 0x00 and a node behind 0x01, so no node can be taken for a leaf. Leaf number
``seq - 1`` is the entry's hash as 32 raw bytes; whoever knows a root knows every entry below it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from security.errors import EvidenceError

Subtree: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of the subtree over the leaves from the first number up to, not including, the second."""

EMPTY: Final = hashlib.sha256().digest()
"""The root of a tree without a leaf."""


def leaf_hash(data: bytes) -> bytes:
    """Give the hash of a leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of a node from those of its two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Give the root over hashes of leaves, or of complete subtrees of one size of which the last may be smaller."""
    level = list(hashes)
    if not level:
        return EMPTY
    while len(level) > 1:
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1 :]
    return level[0]


class Peaks:
    """A tree that grows at its end and remembers one hash for each bit of its size."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Go on from a size and the peaks of that size, the largest first.

        Raises:
            EvidenceError: link ``chain``: the number of peaks is not that of the size's bits.
        """
        self.size = size
        self.peaks = list(peaks)
        if size < 0 or len(self.peaks) != size.bit_count():
            raise EvidenceError(link="chain", detail=f"{len(self.peaks)} peaks do not make a tree of {size} leaves")

    def append(self, leaf: bytes) -> None:
        """Add one leaf's hash: constant work on average, one hash for each bit of the size at most."""
        carried, rest = leaf, self.size
        while rest & 1:
            carried = node_hash(self.peaks.pop(), carried)
            rest >>= 1
        self.peaks.append(carried)
        self.size += 1

    @property
    def root(self) -> bytes:
        """Give the root of what is there."""
        if not self.peaks:
            return EMPTY
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root


def peaks_of(size: int, subtree: Subtree) -> list[bytes]:
    """Give the peaks of a tree, the largest first."""
    found, start = [], 0
    for bit in reversed(range(size.bit_length())):
        if size >> bit & 1:
            found.append(subtree(start, start + (1 << bit)))
            start += 1 << bit
    return found


def inclusion_path(*, index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Give what proves that leaf ``index`` is in the tree of ``size`` leaves (RFC 9162 section 2.1.3.1)."""
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def consistency_path(*, old: int, size: int, subtree: Subtree) -> list[bytes]:
    """Give what proves that the tree of ``size`` leaves begins with that of ``old`` (RFC 9162 section 2.1.4.1)."""
    if not 0 < old < size:
        return []
    path: list[bytes] = []
    start, end = 0, size
    while old != end:
        middle = start + _left(end - start)
        if old <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    if start:
        path.append(subtree(start, end))
    return path[::-1]


def root_by_inclusion(*, index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Give the root to which a leaf and its path lead (RFC 9162 section 2.1.3.2).

    Raises:
        EvidenceError: link ``chain``: the leaf is outside the tree, or the path has not the length of its place.
    """
    if not 0 <= index < size:
        raise EvidenceError(link="chain", detail=f"leaf {index} is outside a tree of {size} leaves")
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise EvidenceError(link="chain", detail=f"the path of leaf {index} is too long")
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise EvidenceError(link="chain", detail=f"the path of leaf {index} is too short")
    return root


def roots_by_consistency(*, old: int, size: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Give the old and the new root to which a consistency path leads (RFC 9162 section 2.1.4.2).

    Args:
        old: size of the older tree, at least 1.
        size: size of the newer one.
        old_root: the older root; the path begins with it where the older tree is one complete subtree.
        path: from ``consistency_path``.

    Raises:
        EvidenceError: link ``chain``: the sizes are in the wrong order, or the path has not the length of the sizes.
    """
    if not 0 < old <= size:
        raise EvidenceError(link="chain", detail=f"no tree of {old} leaves grows into one of {size}")
    if old == size and not path:
        return old_root, old_root
    nodes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if old == size or not nodes:
        raise EvidenceError(link="chain", detail="the consistency path has another length than its sizes ask for")
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise EvidenceError(link="chain", detail="the consistency path is too long")
        if place & 1 or place == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, node)
        place, last = place >> 1, last >> 1
    if last:
        raise EvidenceError(link="chain", detail="the consistency path is too short")
    return first, second


def _left(size: int) -> int:
    """Give the largest power of two below ``size``, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1
