"""Finding what the minifier renamed: the identifiers of an old file against those of its new version.

What stands between two identifiers is a symbol; runs of equal symbols are found by their hashes and followed, so code
that moved is found as well. Only the producer does this, and however well it does, the result is right: what it misses
costs bytes.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from h5bundle.delta.rewriting import IDENTIFIER

_RUN: Final = 6


@dataclass(slots=True)
class Renamings:
    """What is written into the head, over all files."""

    gaps: list[int] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    passed: int = 0

    def add(self, old: bytes, new: bytes) -> bool:
        """Add the renamings that make an old file look like its new version; tell whether there are any."""
        olds, news = IDENTIFIER.split(old), IDENTIFIER.split(new)
        wanted = _aligned(olds, news)
        current: dict[bytes, bytes] = {}
        before = len(self.names)
        passed = self.passed
        for place, name in enumerate(olds[1::2]):
            becomes = wanted.get(place)
            if becomes is not None and becomes != current.get(name, name):
                self.gaps.append(passed)
                self.names.append(becomes)
                current[name] = becomes
                passed = 0
            else:
                passed += 1
        if len(self.names) == before:
            return False
        self.passed = passed
        return True


def _aligned(olds: Sequence[bytes], news: Sequence[bytes]) -> dict[int, bytes]:
    """Give, for places of identifiers in the old file, the identifiers that stand there in the new one."""
    table: dict[bytes, int] = {}
    one = [table.setdefault(symbol, len(table)) for symbol in olds[0:-1:2]]
    other = [table.setdefault(symbol, len(table)) for symbol in news[0:-1:2]]
    runs = _runs(one)
    found: dict[int, bytes] = {}
    place, expected, at = -1, 0, 0
    while at < len(other):
        if 0 <= place < len(one) and one[place] == other[at]:
            found.setdefault(place, news[2 * at + 1])
            place += 1
            at += 1
            expected = place
            continue
        place = _nearest(runs, hash(tuple(other[at : at + _RUN])), expected)
        if place < 0 or one[place] != other[at]:
            place = -1
            at += 1
    return found


def _runs(symbols: Sequence[int]) -> Mapping[int, list[int]]:
    """Give the places at which each run of symbols begins, by its hash."""
    runs: dict[int, list[int]] = {}
    for place in range(len(symbols) - _RUN + 1):
        runs.setdefault(hash(tuple(symbols[place : place + _RUN])), []).append(place)
    return runs


def _nearest(runs: Mapping[int, list[int]], key: int, expected: int) -> int:
    """Give the place of a run that is nearest to where we are, or -1."""
    places = runs.get(key)
    if places is None:
        return -1
    after = bisect_left(places, expected)
    around = places[max(0, after - 1) : after + 1]
    return min(around, key=lambda place: abs(place - expected))
