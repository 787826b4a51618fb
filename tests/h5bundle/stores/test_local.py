"""What every store promises, held by the one in a folder."""

from pathlib import Path

import pytest

from h5bundle.errors import LockedError, ObjectMissingError
from h5bundle.stores.local import LocalStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "repo")


def test_metadata_is_written_only_over_what_was_seen(store: LocalStore) -> None:
    store.swap("metadata/timestamp.json", b"1", previous=None)
    for wrong in (None, b"0"):
        with pytest.raises(LockedError):
            store.swap("metadata/timestamp.json", b"2", previous=wrong)
    store.swap("metadata/timestamp.json", b"2", previous=b"1")
    assert store.read("metadata/timestamp.json") == b"2"


def test_paths_are_those_below_a_folder(store: LocalStore) -> None:
    for path in ("proposals/b.json", "proposals/a/c.json", "proposalsx/d.json", "objects/e"):
        store.put_metadata(path, b"x")
    assert store.paths("proposals/") == ("proposals/a/c.json", "proposals/b.json")
    assert store.paths("nothing/") == ()


def test_what_is_removed_is_gone_and_may_be_removed_again(store: LocalStore) -> None:
    store.put_metadata("proposals/a.json", b"x")
    for _ in range(2):
        store.remove("proposals/a.json")
    assert store.exists("proposals/a.json") is False
    with pytest.raises(ObjectMissingError):
        store.read("proposals/a.json")
