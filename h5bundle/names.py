"""Names that stay the same from release to release: content hashes in file names become a fixed mark.

``index-BkX3a_9Q.js`` becomes ``index-stable00.js``. The mark is as long as the hash, so no byte moves and the positions
in source maps stay right; files that would get one name are numbered in the order in which the bundle first speaks
of them. A name is changed only when the bundle speaks of it; whatever cannot be rewritten for certain is a BuildError.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from h5bundle.errors import BuildError
from h5bundle.paths import is_text

MARK: Final = "stable"
_NUMERALS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_SUFFIX: Final = re.compile(
    r"(?:\.(?:chunk|bundle|min|module|esm|worker))*\.[A-Za-z][A-Za-z0-9]{0,10}(?:\.map|\.LICENSE\.txt|\.gz|\.br)?$"
)
_HEX: Final = re.compile(r"[-._~]((?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64})$")
_BASE64: Final = re.compile(r"[-.]((?=.*[0-9A-Z_-])[A-Za-z0-9_][A-Za-z0-9_-]{7})$")
_RANDOM: Final = re.compile(r".[a-z]*[A-Z0-9_-]")
_CERTAIN: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])")
_WORD: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$")
_QUOTES: Final = frozenset(b"\"'`")
_ETERNAL: Final = re.compile(rb"revision[\"']?\s*:\s*null")
_DIGITS: Final = re.compile(r"[0-9a-f]+")
_MAP: Final = ".map"
"""Source maps lead no request: what is not certain in one is left as it is, and refused nowhere."""
_PACKED: Final = (".gz", ".br")


def hash_of(path: str) -> str | None:
    """Give the content hash that a build put into a file's name, or None.

    Eight to 64 hexadecimal digits (webpack, Parcel) or eight letters of base64 or base32 (Vite, Rollup, esbuild,
    Angular) at the end of the name, with something before them. Digits alone may be a date, small letters a word.
    """
    name = path.rpartition("/")[2]
    suffix = _SUFFIX.search(name)
    stem = name[: suffix.start()] if suffix else name
    found = _HEX.search(stem) or _BASE64.search(stem)
    if found is None or found.start() == 0 or found[1].isdigit() or found[1].startswith(MARK):
        return None
    return found[1] if _RANDOM.match(found[1]) else None


def stable(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the files under names without content hashes, every reference rewritten.

    Args:
        files: every file of the bundle by its path.

    Raises:
        BuildError: a hash stands where it cannot be rewritten for certain; the bytes of a rewritten file are proven or
            kept elsewhere (integrity, a compressed copy, a service worker's list).

    Returns:
        As many files, each as long as before.
    """
    renaming = _Renaming(files)
    tokens = renaming.tokens()
    if not tokens:
        return dict(files)
    made = {renaming.path(path, tokens): renaming.content(path, tokens) for path in files}
    _refuse_proofs(files, {path: renaming.content(path, tokens) for path in files}, renaming)
    return dict(sorted(made.items()))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a hash stands in a file: in a whole name, or in a string that a script puts the rest of a name before."""

    at: int
    hash: str
    named: bool
    string: bool

    @property
    def certain(self) -> bool:
        """Tell whether it can be rewritten: words are never a string of hexadecimal digits, whole names are names."""
        return self.named or (self.string and _DIGITS.fullmatch(self.hash) is not None)


class _Renaming:
    """The hashes of a bundle's names and the places that speak of them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Find the hashes and their places."""
        self._files = files
        self._owners: dict[str, list[str]] = {}
        for path in files:
            found = hash_of(path)
            if found is not None:
                self._owners.setdefault(found, []).append(path)
        self._places = {path: sorted(self._find(data), key=lambda place: place.at) for path, data in files.items()}
        for kept in self._words() | (self._owners.keys() - self._spoken()):
            del self._owners[kept]
        for path, places in self._places.items():
            known = [place for place in places if place.hash in self._owners]
            self._places[path] = [place for place in known if place.certain] if path.endswith(_MAP) else known

    def tokens(self) -> dict[str, str]:
        """Give what each hash becomes, numbered in the order in which the bundle first speaks of them.

        Raises:
            BuildError: a place cannot be rewritten, or there are more files of one name than numbers.
        """
        for path, places in self._places.items():
            self._check(path, places)
        taken = {path.casefold() for path in self._files if hash_of(path) not in self._owners}
        tokens: dict[str, str] = {}
        for found in self._order():
            tokens[found] = self._token(found, taken)
            taken.update(_marked(path, found, tokens[found]).casefold() for path in self._owners[found])
        return tokens

    def path(self, path: str, tokens: Mapping[str, str]) -> str:
        """Give a file's new path."""
        found = hash_of(path)
        return path if found is None or found not in tokens else _marked(path, found, tokens[found])

    def content(self, path: str, tokens: Mapping[str, str]) -> bytes:
        """Give a file's new bytes."""
        if not self._places[path]:
            return self._files[path]
        out = bytearray(self._files[path])
        for place in self._places[path]:
            out[place.at : place.at + len(place.hash)] = tokens[place.hash].encode()
        return bytes(out)

    def where(self, path: str, at: int) -> str:
        """Name a place as compilers do."""
        before = self._files[path][:at]
        line, column = before.count(b"\n") + 1, at - before.rfind(b"\n")
        return f"{path}:{line}:{column}"

    def _find(self, data: bytes) -> Iterator[_Place]:
        """Find every hash in a file."""
        for found, owners in self._owners.items():
            sought = found.encode()
            at = data.find(sought)
            while at >= 0:
                end = at + len(sought)
                named = any(_spelt(data, at, owner.rpartition("/")[2], found) for owner in owners)
                string = any(_quoted(data, at, owner.rpartition("/")[2], found) for owner in owners)
                yield _Place(at, found, named, string)
                at = data.find(sought, end)

    def _words(self) -> set[str]:
        """Give what may be a word as well as a hash and stands elsewhere than in a file's whole name."""
        places = (place for path, places in self._places.items() if not path.endswith(_MAP) for place in places)
        return {place.hash for place in places if not place.named and not _CERTAIN.match(place.hash)}

    def _spoken(self) -> set[str]:
        """Give the hashes of which another file than a source map or the file itself speaks."""
        speaking = (path for path in self._files if not path.endswith(_MAP))
        return {place.hash for path in speaking for place in self._places[path] if path not in self._owners[place.hash]}

    def _order(self) -> list[str]:
        """Give the hashes in the order of speaking, from the files whose names have none onwards."""
        queue = sorted(path for path in self._files if hash_of(path) not in self._owners)
        order: dict[str, None] = {}
        for path in queue:
            for place in self._places[path]:
                if place.hash not in order:
                    order[place.hash] = None
                    queue.extend(sorted(self._owners[place.hash], key=lambda owner: owner.rpartition(".")[2]))
        rest = {place.hash for places in self._places.values() for place in places} - order.keys()
        return [*order, *sorted(rest)]

    def _token(self, found: str, taken: set[str]) -> str:
        """Give the first free mark for a hash."""
        digits = len(found) - len(MARK)
        for number in range(min(len(_NUMERALS) ** digits, len(self._files))):
            token = MARK + _number(number, digits)
            if not any(_marked(path, found, token).casefold() in taken for path in self._owners[found]):
                return token
        raise BuildError(
            detail=f"too many files would be called {_marked(self._owners[found][0], found, MARK)}",
            remedy="let the build give its chunks names of their own, or longer hashes",
        )

    def _check(self, path: str, places: list[_Place]) -> None:
        """Refuse what cannot be rewritten for certain."""
        if not places:
            return
        first = places[0]
        if not is_text(path):
            raise BuildError(
                detail=f"{path} is no text and holds {first.hash}, the hash of {self._owners[first.hash][0]}",
                remedy="keep hashed names: leave names: stable out",
            )
        end = 0
        for place in places:
            if place.at < end or not place.certain:
                raise BuildError(
                    detail=f"{self.where(path, place.at)}: {place.hash} of {self._owners[place.hash][0]} stands "
                    "in no whole file name and in no string of its own, so what it stands for is not certain",
                    remedy="let the build write whole names, rename the file if that is no hash, or keep hashed names",
                )
            end = place.at + len(place.hash)


def _spelt(data: bytes, at: int, name: str, found: str) -> bool:
    """Tell whether the whole name of a file stands around a hash, and no longer word."""
    spelt = name.encode()
    begin = at - name.rindex(found)
    end = begin + len(spelt)
    if begin < 0 or data[begin:end] != spelt:
        return False
    before, after = data[begin - 1 : begin] if begin else b"", data[end : end + 1]
    return not (before and (before[0] in _WORD or before in b"-.")) and not (after and after[0] in _WORD)


def _quoted(data: bytes, at: int, name: str, found: str) -> bool:
    """Tell whether a hash alone, or with the separator before it and the rest of the name, is a whole string."""
    where = name.rindex(found)
    for begin, text in ((at, found), (at - 1, name[where - 1 :])):
        end = begin + len(text)
        closing = data[end : end + 2].removeprefix(b"\\")[:1]
        quotes = data[max(begin - 1, 0) : begin], closing
        if data[begin:end] == text.encode() and quotes[0] == quotes[1] != b"" and quotes[0][0] in _QUOTES:
            return True
    return False


def _marked(path: str, found: str, mark: str) -> str:
    """Put a mark where the hash of a path stands."""
    before, _, after = path.rpartition(found)
    return f"{before}{mark}{after}"


def _number(number: int, digits: int) -> str:
    """Write a number with a fixed count of digits and small letters."""
    written = ""
    for _ in range(digits):
        number, digit = divmod(number, len(_NUMERALS))
        written = _NUMERALS[digit] + written
    return written


def _refuse_proofs(files: Mapping[str, bytes], made: Mapping[str, bytes], renaming: _Renaming) -> None:
    """Refuse where something else than the manifest holds the bytes or the name of a rewritten file."""
    rewritten = [path for path, data in files.items() if made[path] is not data]
    texts = [path for path in files if is_text(path)]
    for path in rewritten:
        if any(f"{path}{packed}" in files for packed in _PACKED):
            raise BuildError(detail=f"{path} has a compressed copy", remedy="leave compression to the server")
        eternal = _ETERNAL.search(files[path])
        if eternal is not None:
            raise BuildError(
                detail=f"{renaming.where(path, eternal.start())}: a service worker's list trusts names for their hash",
                remedy="leave the service worker out: the shell works offline without one",
            )
    holding = [path for path in texts if any(f"sha{bits}-".encode() in files[path] for bits in (256, 384, 512))]
    for path in rewritten if holding else []:
        for proof in (
            base64.b64encode(hashlib.new(name, files[path]).digest()) for name in ("sha256", "sha384", "sha512")
        ):
            for text in holding:
                at = files[text].find(proof)
                if at >= 0:
                    raise BuildError(
                        detail=f"{renaming.where(text, at)}: the integrity of {path} stands here, and its bytes change",
                        remedy="switch integrity off in the build: the manifest proves every file",
                    )
