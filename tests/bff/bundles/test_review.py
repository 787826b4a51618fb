"""Hostile packages: each is refused with a finding, in little time and memory, and the repository stays as it was."""

import hashlib
import io
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bff.bundles.review import examine
from h5bundle.pack import archive
from tests.bff.bundles.press import OPS, release
from tests.h5bundle.conftest import FILES, Yard, package

MIB = 1024 * 1024


@dataclass(frozen=True)
class Stated:
    archive: str
    bundle: str = "wealth"
    version: str = "1.0.1"
    manifest: str = release().digest
    declaration: str = ""


def zipped(*members: tuple[zipfile.ZipInfo | str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as made:
        for name, data in members:
            made.writestr(name, data)
    return buffer.getvalue()


def manifest() -> bytes:
    return release().manifest_bytes


def bomb() -> bytes:
    return zipped(("manifest.json", manifest()), ("files/a.bin", bytes(200 * MIB)), kind=zipfile.ZIP_DEFLATED)


def lying_bomb() -> bytes:
    """A member that says it has ten bytes and inflates to 200 MiB."""
    data = bytearray(bomb())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(data)


def gigabyte() -> bytes:
    data = bytearray(zipped(("manifest.json", manifest()), ("files/a.bin", b"x" * 100)))
    at = data.rindex(b"PK\x01\x02")
    data[at + 20 : at + 28] = struct.pack("<II", 1 << 30, 1 << 30)
    return bytes(data)


def overlapping() -> bytes:
    """Many members of the directory that all point at the same bytes."""
    data = zipped(("manifest.json", manifest()), ("files/a.bin", b"x" * MIB))
    start = data.rindex(b"PK\x01\x02")
    entry = data[start : data.rindex(b"PK\x05\x06")]
    end = bytearray(data[data.rindex(b"PK\x05\x06") :])
    first = data.index(b"PK\x01\x02")
    directory = data[first:start] + entry * 1000
    end[8:16] = struct.pack("<HHI", 1001, 1001, len(directory))
    return data[:first] + directory + bytes(end)


def many_members() -> bytes:
    return zipped(("manifest.json", manifest()), *((f"files/{number}", b"") for number in range(30_000)))


def link() -> bytes:
    info = zipfile.ZipInfo("files/index.html")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped(("manifest.json", manifest()), (info, b"/etc/passwd"), ("files/app.js", FILES["app.js"]))


def traversal() -> bytes:
    return zipped(("manifest.json", manifest()), ("files/../../etc/cron.d/x", b"x"))


def collision() -> bytes:
    text = manifest().replace(b'"app.js"', b'"INDEX.HTML"')
    return zipped(("manifest.json", text), ("files/INDEX.HTML", b"x"), ("files/index.html", b"x"))


def outside() -> bytes:
    text = manifest().replace(b'"app.js"', b'"../app.js"')
    return zipped(("manifest.json", text), ("files/../app.js", b"x"))


def unknown_key() -> bytes:
    return archive(manifest().replace(b'"bundle":', b'"backdoor":true,"bundle":'), release().files)


def twice() -> bytes:
    made = release()
    return zipped(("manifest.json", made.manifest_bytes), ("files/app.js", b"1"), ("files/app.js", b"2"))


HOSTILE: tuple[Callable[[], bytes], ...] = (
    bomb,
    lying_bomb,
    gigabyte,
    overlapping,
    many_members,
    link,
    traversal,
    collision,
    outside,
    unknown_key,
    twice,
    lambda: release().archive[:-30],
    lambda: release().archive + b"more",
    lambda: b"",
    lambda: b"PK\x05\x06" + bytes(18),
    lambda: b"not a zip at all" * 1000,
)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", HOSTILE)
def test_a_hostile_zip_is_refused_in_bounded_time_and_memory(make: Callable[[], bytes], yard: Yard) -> None:
    yard.publish(package())
    data = make()
    tracemalloc.start()
    began = time.perf_counter()
    verdict = examine(data, Stated(hashlib.sha256(data).hexdigest()), store=yard.store, ops=OPS)
    took, peak = time.perf_counter() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (verdict.received, verdict.stops, verdict.widening) == (None, True, ())
    assert {finding.code for finding in verdict.findings} <= {"MANIFEST_INVALID", "PATH_INVALID"}
    assert (took < 5, peak < 8 * len(data) + 8 * MIB) == (True, True)


def test_the_same_zip_without_the_hostility_passes(yard: Yard) -> None:
    yard.publish(package())
    data = release().archive
    verdict = examine(data, Stated(hashlib.sha256(data).hexdigest()), store=yard.store, ops=OPS)
    assert (verdict.stops, verdict.widening) == (False, ())


@pytest.mark.parametrize("wrong", [{"bundle": "other"}, {"version": "1.0.2"}, {"manifest": "f" * 64}])
def test_a_zip_that_is_not_what_was_signed_is_refused(wrong: dict[str, str], yard: Yard) -> None:
    yard.publish(package())
    data = release().archive
    stated = Stated(**{"archive": hashlib.sha256(data).hexdigest(), **wrong})
    verdict = examine(data, stated, store=yard.store, ops=OPS)
    assert [finding.code for finding in verdict.findings] == ["STATEMENT_MISMATCH"]


def test_a_script_of_many_findings_is_read_in_bounded_time(yard: Yard) -> None:
    """Lines are counted from finding to finding: with a count from the top each time this takes minutes."""
    yard.publish(package())
    files = {**FILES, "app.js": b'"a.b";\n' * 250_000}
    made = package(version="1.0.1", files=files)
    stated = Stated(hashlib.sha256(made.archive).hexdigest(), manifest=made.digest)
    began = time.perf_counter()
    verdict = examine(made.archive, stated, store=yard.store, ops=OPS)
    assert (verdict.stops, time.perf_counter() - began < 20) == (False, True)
