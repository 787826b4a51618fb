"""Releases that tests make deltas of: a minified program, the same one mangled otherwise, hashed names, corruption."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping

from h5bundle import delta
from h5bundle.digests import sha256
from h5bundle.manifest import Manifest
from h5bundle.pack import pack
from h5bundle.project import parse_declaration

PAGE = b"<!doctype html><title>x</title>"
DECLARATION = "id: wealth\nversion: {version}\ntitle: {{zh: 名, en: Name}}\ndist: dist\n"


def manifest_of(files: Mapping[str, bytes], version: str = "1.0.0") -> Manifest:
    text = DECLARATION.format(version=version)
    return pack(parse_declaration(text), {"index.html": PAGE, **files}, requires={}).manifest


def release(files: Mapping[str, bytes], version: str = "1.0.0") -> tuple[dict[str, bytes], Manifest]:
    return {"index.html": PAGE, **files}, manifest_of(files, version)


def program(names: str, functions: int = 120) -> bytes:
    """Write a minified program whose functions use the given letters for their variables."""
    parts = []
    for number in range(functions):
        word = hashlib.sha256(b"%d" % number).hexdigest()
        one, two, three = (names[(number + offset) % len(names)] for offset in range(3))
        parts.append(
            f"function {word[:9]}({one},{two}){{var {three}={one}.length+{two}['{word[9:15]}'];"
            f"return {three}>{number}?{one}.slice({two},{three}):[...{two},{three},{one}.{word[15:20]}]}}"
        )
    return ";".join(parts).encode()


def hashed(name: str, data: bytes) -> str:
    return f"assets/{name}-{sha256(data)[:8]}.js"


def application(names: str, greeting: str) -> dict[str, bytes]:
    """Write a front-end as a bundler does: three chunks with hashed names that import one another."""
    library = program(names)
    first = hashed("library", library)
    page = f"import*as e from './{first}';e.start('{greeting}');import('./{first}')".encode() + program(names, 30)
    second = hashed("page", page)
    start = f"import('./{second}');import('./{first}');preload(['{first}','{second}'])".encode()
    return {first: library, second: page, "start.js": start}


def small_pair() -> tuple[bytes, dict[str, bytes], Manifest, dict[str, bytes]]:
    """Give a small delta that uses everything: names, identifiers, packed and plain sections."""
    base, _ = release(application("etnri", "hello"), "1.0.0")
    files, manifest = release(application("tenro", "good morning"), "1.0.1")
    made = delta.make(base, manifest, files)
    assert made is not None
    return made, base, manifest, {path: files[path] for path in delta.changed(base, manifest)}


def corrupted(data: bytes) -> Iterator[bytes]:
    """Give every truncation, every byte flipped in two ways, and bytes appended."""
    yield from (data[:length] for length in range(len(data)))
    for place, mask in itertools.product(range(len(data)), (0x01, 0xFF)):
        yield data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]
    yield data + b"\0"
