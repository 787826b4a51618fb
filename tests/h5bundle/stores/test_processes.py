"""Publishers that are processes of their own: many at once, and such as are killed in the middle."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from h5bundle.commands import publish, verify
from h5bundle.keys import KeyFolder
from h5bundle.repository import load_for_reading
from h5bundle.stores.opening import open_store
from h5bundle.stores.port import Store
from tests.h5bundle.conftest import LATER, NOW, package
from tests.h5bundle.stores.conftest import KINDS, SQL
from tests.h5bundle.stores.publisher import OPTIONS
from tests.h5bundle.test_repository import shown

BUNDLES = ("common", "wealth", "foreign")
pytestmark = pytest.mark.timeout(170)


def start(address: str, keys: KeyFolder, *words: str) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "tests.h5bundle.stores.publisher",
        address,
        str(keys.folder),
        *words,
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def finish(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    _, errors = process.communicate(timeout=150)
    return process.returncode, errors.decode()[-2000:]


@contextmanager
def readers(store: Store, seen: list[int], broken: list[str]) -> Iterator[None]:
    """Verify over and over what a reader sees, from the timestamp down to the last object."""
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.append(load_for_reading(store).timestamp.signed.version)
                verify.run(store, now=LATER)
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is the finding
                broken.append(repr(error))
                return
            time.sleep(0.01)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(60)


def run_all(address: str, keys: KeyFolder, jobs: list[tuple[str, ...]]) -> None:
    """Let publishers run at once while a reader looks; every one of them ends well and counts once."""
    publish.run(
        OPTIONS,
        package("wealth", "0.1.0", floor="0.1.0"),
        open_store(address),
        keys,
        now=NOW,
    )
    before = load_for_reading(open_store(address)).timestamp.signed.version
    seen: list[int] = []
    broken: list[str] = []
    with readers(open_store(address), seen, broken):
        started = [start(address, keys, *words) for words in jobs]
        ended = [finish(process) for process in started]
    assert [(code, words) for code, words in ended if code] == []
    assert broken == []
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    after = open_store(address)
    verify.run(after, now=LATER)
    commits = sum(int(words[-1]) for words in jobs)
    assert load_for_reading(after).timestamp.signed.version == before + commits
    wanted = {
        (words[1], f"1.{number}.0")
        for words in jobs
        if words[0] == "publish"
        for number in range(int(words[2]), int(words[2]) + int(words[3]))
    }
    assert wanted <= set(shown(after))  # type: ignore[arg-type]  # it takes any store


@pytest.mark.parametrize("kind", [*SQL])
def test_eight_processes_publish_and_renew_at_once(
    make_address: Callable[[str], str], key_folder: KeyFolder, kind: str
) -> None:
    jobs: list[tuple[str, ...]] = [("publish", bundle, str(at), "2") for bundle in BUNDLES for at in (0, 2)]
    run_all(make_address(kind), key_folder, [*ordered(jobs), ("renew", "3"), ("renew", "3")])


def ordered(jobs: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Bundles have a floor of 1.0.0, so releases of one bundle may come in any order."""
    return sorted(jobs, key=lambda words: words[2])


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_publishers_that_do_not_wait_for_each_other_come_through_by_trying_again(
    make_address: Callable[[str], str], key_folder: KeyFolder, kind: str
) -> None:
    jobs = [
        ("publish", "common", "0", "2"),
        ("publish", "wealth", "0", "2"),
        ("renew", "2"),
    ]
    run_all(make_address(kind), key_folder, jobs)


@pytest.mark.parametrize("kind", KINDS)
def test_of_several_processes_whose_job_is_due_one_signs_the_timestamp(
    make_address: Callable[[str], str], key_folder: KeyFolder, kind: str
) -> None:
    address = make_address(kind)
    publish.run(OPTIONS, package(), open_store(address), key_folder, now=LATER)
    for hours, signed in ((3, 0), (5, 1), (8, 0), (10, 1)):
        before = load_for_reading(open_store(address)).timestamp.signed.version
        ended = [finish(process) for process in [start(address, key_folder, "job", str(hours)) for _ in range(3)]]
        assert ended == [(0, "")] * 3
        assert load_for_reading(open_store(address)).timestamp.signed.version == before + signed
    verify.run(open_store(address), now=LATER + timedelta(hours=10))


@pytest.mark.parametrize("kind", ["folder", *SQL])
def test_a_killed_publisher_leaves_a_repository_that_verifies_and_goes_on(
    make_address: Callable[[str], str], key_folder: KeyFolder, kind: str
) -> None:
    address = make_address(kind)
    publish.run(OPTIONS, package(), open_store(address), key_folder, now=NOW)
    for number, at in enumerate((0, 2, 5, 7, 8), start=1):
        code, errors = finish(start(address, key_folder, "die", "wealth", f"1.{number}.0", str(at)))
        assert (code, errors) == (-signal.SIGKILL, "")
        store = open_store(address)
        verify.run(store, now=LATER)
        assert ("wealth", f"1.{number}.0") not in shown(store)  # type: ignore[arg-type]  # it takes any store
        made = package(version=f"1.{number}.0", floor="1.0.0")
        assert publish.run(OPTIONS, made, store, key_folder, now=LATER).changed
        verify.run(store, now=LATER)
    assert finish(start(address, key_folder, "die", "wealth", "1.9.0", "99")) == (0, "")


def test_a_killed_publisher_of_a_bucket_is_waited_out(
    make_address: Callable[[str], str], key_folder: KeyFolder
) -> None:
    address = make_address("s3") + "&lease=2"
    publish.run(OPTIONS, package(), open_store(address), key_folder, now=NOW)
    assert finish(start(address, key_folder, "die", "wealth", "1.1.0", "8"))[0] == -signal.SIGKILL
    store = open_store(address)
    verify.run(store, now=LATER)
    publish.run(OPTIONS, package(version="1.1.0", floor="1.0.0"), store, key_folder, now=LATER)
    verify.run(store, now=LATER)
    assert ("wealth", "1.1.0") in shown(store)  # type: ignore[arg-type]  # it takes any store
