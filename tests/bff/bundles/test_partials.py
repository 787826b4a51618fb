import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bff.bundles.partials import FolderPartials
from bff.bundles.upload_errors import StorageFullError, UploadBusyError
from h5bundle.remote import RemoteError
from tests.bff.bundles.press import Press, text_of
from tests.bff.bundles.test_desk import opening
from tests.h5bundle.conftest import Yard, package

MIB = 1024 * 1024


@contextmanager
def largest_file(count: int) -> Iterator[None]:
    """Let the kernel refuse what lies beyond ``count``, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_what_was_acknowledged(tmp_path: Path) -> None:
    partials = FolderPartials(tmp_path / "uploads")
    with partials.hold("upl_1") as part:
        part.write(0, b"a" * 5000)
        with largest_file(8000), pytest.raises(StorageFullError):
            part.write(5000, b"b" * 5000)
        assert (part.size(), part.read(5000)) == (5000, b"a" * 5000)
        part.write(5000, b"b" * 5000)
        assert part.read(10_000) == b"a" * 5000 + b"b" * 5000


def test_one_upload_has_one_holder_and_others_are_free(tmp_path: Path) -> None:
    seconds = iter(range(100))
    partials = FolderPartials(tmp_path, monotonic=lambda: float(next(seconds)), pause=lambda _: None)
    with partials.hold("upl_1"):
        with partials.hold("upl_2") as other:
            other.write(0, b"x")
        with pytest.raises(UploadBusyError), partials.hold("upl_1"):
            pytest.fail("two hold it")
    assert partials.uploads() == ("upl_1", "upl_2")


def test_what_lies_outside_is_never_opened(tmp_path: Path) -> None:
    partials = FolderPartials(tmp_path / "uploads")
    for name in ("../secret", "a/b", "", "UPL"):
        with pytest.raises(ValueError, match="no upload's name"), partials.hold(name):
            pytest.fail("it was opened")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "upl_1.part").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic"), partials.hold("upl_1"):
        pytest.fail("a link was followed")


def test_a_full_disk_is_a_problem_and_the_upload_goes_on_when_there_is_room(
    engine: Engine, yard: Yard, tmp_path: Path
) -> None:
    press = Press(engine, yard, tmp_path / "uploads")
    machine = press.machine()
    more = {"size_budget": "9000000"}
    made = package(version="1.0.1", files={"index.html": b"<!doctype html>", "a.bin": bytes(5 * MIB)}, **more)
    upload = machine.remote.one("POST", "", opening(machine, made))
    for at in range(4):
        upload = machine.remote.append(upload, made.archive[at * MIB : (at + 1) * MIB])
    with largest_file(4 * MIB + 1000), pytest.raises(RemoteError) as caught:
        machine.remote.append(upload, made.archive[4 * MIB : 5 * MIB])
    assert (caught.value.status, caught.value.problem) == (507, "STORAGE_FULL")
    assert machine.remote.one("GET", f"/{upload.upload_id}").offset == 4 * MIB
    with press.partials.hold(upload.upload_id) as part:
        assert part.size() == 4 * MIB
    done = machine.upload(made)
    assert (done.upload_id, done.state, [item.code for item in done.findings if item.stops]) == (
        upload.upload_id,
        "REFUSED",
        ["SIZE_BUDGET"],
    )
    assert machine.upload(made, text_of(**more)).state == "PUBLISHED"
