"""Making a delta: which files are versions of each other, what is rewritten, and whether anything is gained.

The same input gives the same bytes with the same zstd library. A delta is given only when it is well smaller than the
changed files compressed one by one, the way a web server sends them, and only after it was applied and proven.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from h5bundle.delta import frames, rewriting, wire
from h5bundle.delta.aligning import Renamings
from h5bundle.delta.applying import apply, changed
from h5bundle.delta.wire import Head
from h5bundle.manifest import Manifest
from h5bundle.paths import is_text

_LONG_WORD: Final = re.compile(rb"[A-Za-z_$][A-Za-z0-9_$]{7,}")
_ALIKE: Final = 3
"""Two files are versions of each other when a third of the words are the same."""
_RENAMED_MIN: Final = 512
_ENOUGH: Final = 1024
"""A draft of so many bytes is as good as any: a packet carries it with everything around it."""
_FAR: Final = 16
"""A dictionary is large when it has so many times the bytes of the content."""
_WORTH: Final = 0.75
"""A delta has at most this share of the changed files in zstd: below what brotli-11 makes of them."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try.

    Attributes:
        level: zstd level.
        rename: whether to look for renamed identifiers.
        whole: zstd level of the changed files, one by one, to compare with.
        draft: zstd level that tells which rewriting is best, and whether the other level can pay; None to do without.
        far: zstd level against a dictionary that is large against the content: indexing it would cost most of the time.
    """

    level: int
    rename: bool
    whole: int
    draft: int | None = None
    far: int | None = None


FULL: Final = Effort(level=19, rename=True, whole=19, draft=3, far=12)
ON_DEMAND: Final = Effort(level=9, rename=False, whole=3)


def make(
    base: Mapping[str, bytes], manifest: Manifest, files: Mapping[str, bytes], *, effort: Effort = FULL
) -> bytes | None:
    """Make the delta from a base to a release.

    Args:
        base: files of the base by path.
        manifest: the new release.
        files: its files by path, as the manifest says.
        effort: FULL when publishing, ON_DEMAND while somebody waits.

    Returns:
        The delta, proven by applying it; None when nothing changed, or the compressed files are not larger.
    """
    wanted = {path: files[path] for path in changed(base, manifest)}
    if not wanted:
        return None
    content = b"".join(wanted.values())
    versions = _versions(base, wanted, by_content=effort.rename)
    named = Head(pairs=_pairs(versions, base, manifest, content))
    heads = [named]
    if effort.rename:
        renamed = _renamed(named, versions, base, manifest, wanted)
        heads += [renamed] if renamed.renamed else []
    paths = rewriting.ordered(manifest.files)
    delta = _compressed([(head, rewriting.dictionary(head, base, paths)) for head in heads], content, effort)
    if not _is_worth(delta, wanted, effort.whole):
        return None
    return delta if apply(delta, base, manifest) == wanted else None


def _compressed(rewritten: Sequence[tuple[Head, bytes]], content: bytes, effort: Effort) -> bytes:
    """Give the smallest delta: quick drafts say which dictionary is best, and one slow pass compresses against that."""
    if effort.draft is None:
        found = [_encoded(head, dictionary, content, effort.level) for head, dictionary in rewritten]
        return min(found, key=len)
    drafts = [_encoded(head, dictionary, content, effort.draft, distant=True) for head, dictionary in rewritten]
    best = min(range(len(drafts)), key=lambda place: len(drafts[place]))
    if len(drafts[best]) <= _ENOUGH:
        return drafts[best]
    head, dictionary = rewritten[best]
    if effort.far is not None and len(dictionary) > _FAR * len(content):
        slow = _encoded(head, dictionary, content, effort.far)
    else:
        slow = _encoded(head, dictionary, content, effort.level, distant=True)
    return min(drafts[best], slow, key=len)


def _encoded(head: Head, dictionary: bytes, content: bytes, level: int, *, distant: bool = False) -> bytes:
    """Give a delta at one level."""
    return wire.encode(head, frames.compress(content, dictionary, level, distant=distant), level)


def _is_worth(delta: bytes, wanted: Mapping[str, bytes], level: int) -> bool:
    """Tell whether a delta has at most its share of the files; as many of them are compressed as it takes to know."""
    needed = len(delta) / _WORTH
    for data in sorted(wanted.values(), key=len):
        needed -= len(frames.compress(data, b"", level))
        if needed <= 0:
            return True
    return False


def _versions(base: Mapping[str, bytes], wanted: Mapping[str, bytes], *, by_content: bool) -> dict[str, str]:
    """Give the base file of which each changed file is a version: of the same path, or with the same words."""
    same = {path: path for path in wanted if path in base}
    others = [path for path in wanted if path not in base and is_text(path)]
    if not others:
        return same
    if not by_content:
        return same | _by_name(base, others)
    words = {path: set(_LONG_WORD.findall(data)) for path, data in base.items() if is_text(path)}
    for path in others:
        own = set(_LONG_WORD.findall(wanted[path]))
        best = max(words, key=lambda old: len(own & words[old]) / (1 + len(own | words[old])), default=None)
        if best is not None and len(own & words[best]) * _ALIKE > len(own):
            same[path] = best
    return same


def _by_name(base: Mapping[str, bytes], paths: list[str]) -> dict[str, str]:
    """Give the only base file whose name differs from a path in a hash."""
    found = {}
    for path in paths:
        alike = [old for old in base if len(old) == len(path) and rewriting.hash_parts(old, path) is not None]
        if len(alike) == 1:
            found[path] = alike[0]
    return found


def _pairs(
    versions: Mapping[str, str], base: Mapping[str, bytes], manifest: Manifest, content: bytes
) -> tuple[tuple[int, int], ...]:
    """Give the names to replace: those whose new hash stands in the content."""
    old_places = {path: place for place, path in enumerate(rewriting.ordered(base))}
    new_places = {path: place for place, path in enumerate(rewriting.ordered(manifest.files))}
    known: set[bytes] = set()
    pairs = []
    for path, old in versions.items():
        parts = rewriting.hash_parts(old, path)
        if parts is not None and parts[0] not in known and parts[1] in content:
            known.add(parts[0])
            pairs.append((old_places[old], new_places[path]))
    return tuple(pairs)


def _renamed(
    named: Head,
    versions: Mapping[str, str],
    base: Mapping[str, bytes],
    manifest: Manifest,
    wanted: Mapping[str, bytes],
) -> Head:
    """Give the head that renames identifiers as well."""
    paths = rewriting.ordered(base)
    replaced = rewriting.replaced(
        [base[path] for path in paths],
        rewriting.replacements(named.pairs, paths, rewriting.ordered(manifest.files)),
    )
    newest = {old: path for path, old in reversed(list(versions.items()))}
    found = Renamings()
    renamed = [
        place
        for place, old in enumerate(paths)
        if old in newest
        and is_text(old)
        and len(replaced[place]) >= _RENAMED_MIN
        and found.add(replaced[place], wanted[newest[old]])
    ]
    return Head(named.pairs, tuple(renamed), tuple(found.gaps), tuple(found.names))
