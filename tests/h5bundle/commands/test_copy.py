import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from h5bundle.cli import main
from h5bundle.commands import copy, propose, publish, sign_timestamp, verify
from h5bundle.errors import LockedError, PublishError, StoreError, TrustError
from h5bundle.keys import KeyFolder
from h5bundle.repository import is_repository, trusted_root
from h5bundle.stores.local import LocalStore
from h5bundle.stores.opening import open_store
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP
from tests.h5bundle.conftest import LATER, NOW, TODAY, Yard, package, shared_package
from tests.h5bundle.stores.conftest import KINDS, make_address, object_server
from tests.h5bundle.test_repository import FailingStore, shown

__all__ = ["make_address", "object_server"]
PLAIN = ("folder", "sqlite", "s3")


def silent(what: str, done: int, total: int) -> None:
    del what, done, total


def content(store: Store) -> dict[str, bytes]:
    return {path: store.read(path) for path in store.paths("")}


@pytest.fixture
def full(yard: Yard) -> Yard:
    """A repository with two releases, a proposal that waits, and what an interrupted publication left."""
    yard.publish(shared_package())
    yard.publish(package(version="1.0.0", floor="1.0.0"))
    author = propose.Author(name="anna", reason="expiry", now=NOW)
    with yard.store.lock():
        propose.save(yard.store, propose.renew(yard.store, ("targets",), author))
    broken = FailingStore(yard.store, fail_at=-1, after=False)
    Yard(broken, yard.keys).publish(package(version="1.1.0", floor="1.0.0"), now=LATER)  # type: ignore[arg-type]  # it takes any store
    with pytest.raises(StoreError):
        Yard(FailingStore(yard.store, len(broken.writes) - 1, after=False), yard.keys).publish(  # type: ignore[arg-type]  # the same
            package(version="1.2.0", floor="1.0.0"), now=LATER
        )
    return yard


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_in_any_store_has_everything_but_what_was_left_over(
    full: Yard, make_address: Callable[[str], str], kind: str
) -> None:
    target = open_store(make_address(kind))
    done = copy.run(full.store, target, now=LATER, progress=silent)
    here, there = content(full.store), content(target)
    missing = {path for path in here if path not in there}
    assert {path: data for path, data in here.items() if path in there} == there
    assert missing
    assert all(path.startswith("metadata/") for path in missing)
    assert (done.changed, done.metadata) == (True, sum(path.startswith("metadata/") for path in there) - 1)
    assert verify.run(target, now=LATER) == verify.run(full.store, now=LATER)
    assert any(path.startswith("proposals/") for path in there)
    publish.run(publish.PublishOptions(), package(version="1.3.0", floor="1.0.0"), target, full.keys, now=LATER)
    sign_timestamp.run(target, full.keys, now=LATER)
    verify.run(target, now=LATER)


def test_a_repository_goes_round_all_stores_and_comes_home_the_same(
    full: Yard, make_address: Callable[[str], str], tmp_path: Path
) -> None:
    first = LocalStore(tmp_path / "first")
    copy.run(full.store, first, now=LATER, progress=silent)
    stores = [first, *(open_store(make_address(kind)) for kind in PLAIN), LocalStore(tmp_path / "home")]
    for source, target in pairwise(stores):
        copy.run(source, target, now=LATER, progress=silent)
    assert content(stores[-1]) == content(first)


def test_copying_again_brings_over_what_came_since_and_nothing_else(
    yard: Yard, make_address: Callable[[str], str]
) -> None:
    yard.publish(package())
    target = open_store(make_address("sqlite"))
    assert copy.run(yard.store, target, now=NOW, progress=silent).changed
    assert copy.run(yard.store, target, now=NOW, progress=silent).changed is False
    yard.publish(package(version="1.1.0", floor="1.0.0"))
    assert copy.run(yard.store, target, now=NOW, progress=silent).changed
    assert content(target) == content(yard.store)


def test_what_is_not_whole_is_not_copied(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package())
    (path,) = [path for path in yard.store.paths("targets/") if path.endswith(".zip")]
    yard.store.put_metadata(path, b"altered")
    target = LocalStore(tmp_path / "target")
    with pytest.raises(TrustError, match="zip"):
        copy.run(yard.store, target, now=NOW, progress=silent)
    assert target.paths("") == ()


def test_a_root_from_elsewhere_is_believed_and_not_the_sources(yard: Yard, tmp_path: Path, other: Yard) -> None:
    yard.publish(package())
    other.publish(package())
    with pytest.raises(TrustError, match="too few valid signatures"):
        copy.run(
            yard.store, LocalStore(tmp_path / "t"), now=NOW, trusted_root=trusted_root(other.store), progress=silent
        )


@pytest.fixture
def other(tmp_path: Path) -> Yard:
    keys = KeyFolder(tmp_path / "other-keys", b"tide")
    for role in ("root", "targets", "online", "rollout", "app-wealth"):
        keys.generate(role)
    return Yard(LocalStore(tmp_path / "other"), keys)


def test_another_repository_and_a_newer_one_are_not_written_over(yard: Yard, other: Yard, tmp_path: Path) -> None:
    yard.publish(package())
    other.publish(package())
    with pytest.raises(PublishError, match="another repository"):
        copy.run(yard.store, other.store, now=NOW, progress=silent)
    target = LocalStore(tmp_path / "target")
    copy.run(yard.store, target, now=NOW, progress=silent)
    sign_timestamp.run(target, yard.keys, now=LATER)
    with pytest.raises(PublishError, match="newer"):
        copy.run(yard.store, target, now=LATER, progress=silent)


def test_a_store_is_not_copied_onto_itself(yard: Yard) -> None:
    yard.publish(package())
    with pytest.raises(LockedError):
        copy.run(yard.store, LocalStore(yard.store.folder), now=NOW, progress=silent)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_copy_that_stops_at_any_write_shows_the_old_state_or_the_new_one_and_is_finished_by_another(
    yard: Yard, make_address: Callable[[str], str], kind: str, *, after: bool
) -> None:
    yard.publish(package())
    target = open_store(make_address(kind))
    copy.run(yard.store, target, now=NOW, progress=silent)
    old = shown(target)  # type: ignore[arg-type]  # it takes any store
    yard.publish(package(version="1.1.0", floor="1.0.0"))
    step = 0
    while True:
        broken = FailingStore(target, step, after)  # type: ignore[arg-type]  # the same
        try:
            copy.run(yard.store, broken, now=NOW, progress=silent)
        except StoreError:
            verify.run(target, now=NOW)
            assert shown(target) == old or (after and broken.writes[-1] == TIMESTAMP)  # type: ignore[arg-type]  # the same
            step += 1
        else:
            break
    assert step > 8
    copy.run(yard.store, target, now=NOW, progress=silent)
    assert shown(target) == shown(yard.store)  # type: ignore[arg-type]  # the same


def test_the_command_copies_tells_and_refuses(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package(), now=TODAY)
    source, target = str(yard.store.folder), f"sqlite:///{tmp_path}/copy.db"
    told = CliRunner().invoke(main, ["copy", source, target])
    assert (told.exit_code, "shows timestamp 2 now" in told.output) == (0, True)
    again = json.loads(CliRunner().invoke(main, ["copy", source, target, "--json"]).output)
    assert (again["changed"], again["timestamp"]) == (False, 2)
    assert is_repository(open_store(target))
    refusals: Iterator[tuple[list[str], Any]] = iter(
        [
            (["copy", source, source], 2),
            (["copy", f"{tmp_path}/nothing", target], 4),
            (["copy", source, "ftp://u:secret@h/x"], 4),
        ]
    )
    for words, status in refusals:
        result = CliRunner().invoke(main, words)
        assert (result.exit_code, "secret" in result.output) == (status, False)
