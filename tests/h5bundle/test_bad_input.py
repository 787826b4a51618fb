"""Bad input on the project's side: each ends with one clear sentence, quickly, and without filling the memory."""

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from h5bundle import sources
from h5bundle.cli import main
from h5bundle.errors import BuildError, ManifestError, PathError, ProjectError
from h5bundle.pack import unpack
from h5bundle.project import MAX_DECLARATION, parse_declaration, read_project
from h5bundle.sources import read_plain, read_tree
from tests.h5bundle.conftest import package

HEAD = "id: thing\nversion: 1.0.0\ntitle: {zh: 页, en: Page}\ndist: dist\n"
GIGABYTE = 1 << 30
QUICK = 5.0
"""Seconds of the processor."""


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "dist"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>", encoding="utf-8")
    (folder.parent / "bundle.yaml").write_text(HEAD, encoding="utf-8")
    return folder


def packed(dist: Path, tmp_path: Path) -> tuple[int, str]:
    """Pack by the command line: exit code and the line on standard error."""
    begun = time.process_time()
    arguments = ["pack", str(dist.parent), "--out", str(tmp_path / "out"), "-r", str(tmp_path / "none")]
    result = CliRunner().invoke(main, arguments)
    assert time.process_time() - begun < QUICK
    assert isinstance(result.exception, SystemExit | None)
    return result.exit_code, result.stderr


def huge(dist: Path) -> None:
    with (dist / "disk.img").open("wb") as file:
        file.truncate(GIGABYTE)


def pipe(dist: Path) -> None:
    os.mkfifo(dist / "pipe.js")


def link(dist: Path) -> None:
    (dist / "passwd.txt").symlink_to("/etc/passwd")


def circle(dist: Path) -> None:
    (dist / "again").symlink_to(dist)


def dangling(dist: Path) -> None:
    (dist / "gone.js").symlink_to(dist / "nowhere")


def cases(dist: Path) -> None:
    (dist / "APP.js").write_bytes(b"1")
    (dist / "app.js").write_bytes(b"2")


def file_and_folder(dist: Path) -> None:
    (dist / "app").write_bytes(b"1")
    (dist / "APP").mkdir()
    (dist / "APP" / "x.js").write_bytes(b"2")


def not_utf8(dist: Path) -> None:
    (Path(os.fsdecode(os.fsencode(dist) + b"/caf\xe9.js"))).write_bytes(b"1")


def decomposed(dist: Path) -> None:
    (dist / "cafe\u0301.js").write_bytes(b"1")


def reserved(dist: Path) -> None:
    (dist / "con.js").write_bytes(b"1")


def deep(dist: Path) -> None:
    place = dist
    for _ in range(sources.MAX_DEPTH + 2):
        place /= "d"
        place.mkdir()


def backslash(dist: Path) -> None:
    (dist / "x\\evil.js").write_bytes(b"1")


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (huge, "disk.img has 1,073,741,824 bytes"),
        (pipe, "pipe.js is a pipe"),
        (link, "passwd.txt is a link"),
        (circle, "again is a link"),
        (dangling, "gone.js is a link"),
        (cases, "one file where case does not count"),
        (file_and_folder, "is a file and a folder"),
        (not_utf8, r"caf\udce9.js"),
        (decomposed, "no name for a file"),
        (reserved, "does not exist on every system"),
        (deep, "folders deep"),
        (backslash, "could leave the bundle"),
    ],
)
def test_a_folder_that_is_no_front_end_is_refused_in_words(
    dist: Path, tmp_path: Path, spoil: Callable[[Path], None], named: str
) -> None:
    spoil(dist)
    status, said = packed(dist, tmp_path)
    assert (status, named in said, " — " in said, len(said.splitlines())) == (1, True, True, 1)
    assert not (tmp_path / "out").exists()


def test_too_many_files_are_refused_before_all_are_read(dist: Path, tmp_path: Path) -> None:
    for number in range(sources.MAX_FILES + 10):
        (dist / f"{number}.js").touch()
    status, said = packed(dist, tmp_path)
    assert (status, "more than 20,000 files" in said) == (1, True)


def test_files_that_are_too_much_together_are_refused(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_TOTAL", 1000)
    for number in range(3):
        (dist / f"{number}.js").write_bytes(b"x" * 400)
    with pytest.raises(BuildError, match="more than 1,000 bytes"):
        read_tree(dist)


def test_a_file_that_grows_while_it_is_read_is_refused(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    look = os.fstat

    def grown(descriptor: int) -> os.stat_result:
        looked.append(descriptor)
        if len(looked) == 2:
            with (dist / "index.html").open("ab") as file:
                file.write(b"more")
        return look(descriptor)

    monkeypatch.setattr(os, "fstat", grown)
    with pytest.raises(BuildError, match=r"index\.html changed while it was read"):
        read_plain(dist / "index.html", name="index.html")


def test_a_file_that_may_not_be_read_is_named(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: object, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(BuildError, match=r"index\.html cannot be read: Permission denied") as caught:
        read_tree(dist)
    assert caught.value.remedy


def test_a_declaration_of_a_hundred_megabytes_a_pipe_and_a_folder_are_refused(dist: Path, tmp_path: Path) -> None:
    place = dist.parent / "bundle.yaml"
    place.unlink()
    with place.open("wb") as file:
        file.truncate(100_000_000)
    assert packed(dist, tmp_path)[1].startswith("h5bundle: PROJECT_INVALID: bundle.yaml has 100,000,000 bytes")
    place.unlink()
    os.mkfifo(place)
    assert "no plain file" in packed(dist, tmp_path)[1]
    place.unlink()
    place.mkdir()
    assert packed(dist, tmp_path)[0] == 1


@pytest.mark.parametrize(
    "text",
    [
        "colour: red\n",
        "id: [" + "[" * 5_000,
        "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: &d [*c,*c]\nallow: *d\n",
        "title: {zh: 页, en: Page, fr: Page}\n",
        "\x00",
        "id: !!python/object/apply:os.system [id]\n",
        "- a\n- b\n",
        "",
        "x" * (MAX_DECLARATION - 100),
        "permissions: {app.info: 1, app.info: 1}\n",
    ],
    ids=["unknown", "deep", "aliases", "unknown inside", "nul", "object", "list", "empty", "long", "twice"],
)
def test_a_declaration_that_is_none_is_refused_quickly(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(ProjectError):
        parse_declaration(text)
    assert time.process_time() - begun < QUICK


def test_bytes_that_are_no_text_are_no_declaration(dist: Path) -> None:
    (dist.parent / "bundle.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProjectError):
        read_project(dist.parent)


def bomb(kind: int, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        archive.writestr("manifest.json", content)
    return buffer.getvalue()


def lying(data: bytes, size: int) -> bytes:
    """Say in both headers that the first member has another size than it has."""
    changed = bytearray(data)
    for place in (22, data.index(b"PK\x01\x02") + 24):
        changed[place : place + 4] = size.to_bytes(4, "little")
    return bytes(changed)


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("declared", [None, 10, 0])
def test_a_zip_bomb_is_refused_whatever_size_it_declares(kind: int, declared: int | None) -> None:
    data = bomb(kind, bytes(20_000_000))
    with pytest.raises(ManifestError):
        unpack(data if declared is None else lying(data, declared))


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    place = tmp_path / "bomb.zip"
    place.write_bytes(lying(bomb(zipfile.ZIP_BZIP2, bytes(100_000_000)), 10))
    script = (
        "import sys, resource\nfrom pathlib import Path\nfrom h5bundle.errors import ManifestError\n"
        "from h5bundle.pack import unpack\ndata = Path(sys.argv[1]).read_bytes()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    unpack(data)\nexcept ManifestError:\n    pass\nelse:\n    sys.exit('taken')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(place)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000  # kB


def test_members_that_lie_over_each_other_are_refused() -> None:
    made = package().archive
    start = made.index(b"PK\x01\x02")
    end = made.index(b"PK\x05\x06")
    doubled = made[:start] + made[start:end] * 2 + made[end:]
    with pytest.raises(ManifestError):
        unpack(doubled)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_zip_that_was_cut_off_is_refused(share: float) -> None:
    made = package().archive
    with pytest.raises(ManifestError):
        unpack(made[: int(len(made) * share)])


def test_names_that_leave_the_bundle_are_refused_by_the_path_rules_alone() -> None:
    for name in ("../x", "/x", "a//b", "a/./b", "a\\b", "C:x", "a\x00b", "a/../b", " x", "x."):
        with pytest.raises(PathError):
            package(files={"index.html": b"", "app.js": b"", name: b""})
