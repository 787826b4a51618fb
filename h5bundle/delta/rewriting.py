"""Rewriting a base into a dictionary: hashed names replaced, identifiers renamed. Both sides do exactly this.

It works on bytes and knows no JavaScript: an identifier is a run of one to three letters, digits, ``_`` and ``$`` that
does not begin with a digit, is no part of a longer run, and does not follow a single dot. A renaming holds from where
it stands to the end of its file, or to the next one of the same identifier.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from h5bundle.delta.wire import DeltaError, Head

_WORD: Final = rb"[A-Za-z0-9_$]"
IDENTIFIER: Final = re.compile(
    rb"(?<!" + _WORD + rb")(?:(?<!\.)|(?<=\.\.))([A-Za-z_$]" + _WORD + rb"{0,2})(?!" + _WORD + rb")"
)
HASH_MIN: Final = 6
_SEPARATORS: Final = re.compile(r"[-._]")


def ordered(paths: Mapping[str, object]) -> list[str]:
    """Sort paths as JavaScript does: by UTF-16 code units."""
    return sorted(paths, key=lambda path: path.encode("utf-16-be"))


def dictionary(head: Head, base: Mapping[str, bytes], new_paths: Sequence[str]) -> bytes:
    """Make the dictionary: base files that are not renamed, then those that are, each in the order of their paths.

    Args:
        head: what is rewritten.
        base: files of the base.
        new_paths: paths of the new release, ordered.

    Raises:
        DeltaError: the head speaks of files that are not there, or of identifiers that do not come.
    """
    paths = ordered(base)
    if list(head.renamed) != sorted(set(head.renamed)) or any(place >= len(paths) for place in head.renamed):
        raise DeltaError(detail="it renames in files that the base does not have")
    files = replaced([base[path] for path in paths], replacements(head.pairs, paths, new_paths))
    plain = [file for place, file in enumerate(files) if place not in set(head.renamed)]
    changes = Changes(head)
    renamed = [renamed_file(files[place], changes) for place in head.renamed]
    if not changes.done:
        raise DeltaError(detail="it renames more identifiers than the base has")
    return b"".join(plain + renamed)


def replacements(
    pairs: Sequence[tuple[int, int]], paths: Sequence[str], new_paths: Sequence[str]
) -> dict[bytes, bytes]:
    """Give what the hashes in file names become.

    Raises:
        DeltaError: a pair is not of two names that differ in a hash.
    """
    found: dict[bytes, bytes] = {}
    for old, new in pairs:
        part = hash_parts(paths[old], new_paths[new]) if old < len(paths) and new < len(new_paths) else None
        if part is None or part[0] in found:
            raise DeltaError(detail="it replaces names that do not differ in a hash")
        found[part[0]] = part[1]
    return found


def hash_parts(old: str, new: str) -> tuple[bytes, bytes] | None:
    """Give the parts in which two paths differ, of equal length and at least six bytes; None when they do not so.

    The common begin reaches back to behind a separator (``-``, ``.``, ``_``); the common end begins with one.
    """
    common = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    if common is None or len(old) != len(new) or not (old + new).isascii():
        return None
    begin = max((match.end() for match in _SEPARATORS.finditer(old, 0, common)), default=old.rfind("/", 0, common) + 1)
    begin = max(begin, old.rfind("/", 0, common) + 1)
    same = next(at for at in range(len(old)) if old[-1 - at] != new[-1 - at])
    ends = [match.start() for match in _SEPARATORS.finditer(old, len(old) - same)]
    end = ends[0] if ends else len(old)
    if end - begin < HASH_MIN or "/" in old[begin:end] + new[begin:end]:
        return None
    return old[begin:end].encode(), new[begin:end].encode()


def replaced(files: Sequence[bytes], changes: Mapping[bytes, bytes]) -> list[bytes]:
    """Replace bytes in files, from left to right and never twice at a place."""
    if not changes:
        return list(files)
    pattern = re.compile(b"|".join(re.escape(old) for old in sorted(changes)))
    return [pattern.sub(lambda match: changes[match[0]], file) for file in files]


class Changes:
    """The renamings of a head, in the order in which files and identifiers come."""

    def __init__(self, head: Head) -> None:
        """Begin before the first identifier."""
        self._changes: Iterator[tuple[int, bytes]] = iter(zip(head.gaps, head.names, strict=True))
        self.left = -1
        self.name = b""
        self.next()

    @property
    def done(self) -> bool:
        """Tell whether every renaming was met."""
        return self.left < 0

    def next(self) -> None:
        """Go to the next renaming."""
        self.left, self.name = next(self._changes, (-1, b""))


def renamed_file(file: bytes, changes: Changes) -> bytes:
    """Rename the identifiers of one file."""
    names: dict[bytes, bytes] = {}

    def name(match: re.Match[bytes]) -> bytes:
        if changes.left == 0:
            names[match[0]] = changes.name
            changes.next()
        elif changes.left > 0:
            changes.left -= 1
        return names.get(match[0], match[0])

    return IDENTIFIER.sub(name, file)
