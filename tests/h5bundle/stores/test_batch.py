from dataclasses import dataclass, field
from pathlib import Path

import pytest

from h5bundle.errors import StoreError
from h5bundle.stores.batch import BatchStore, put_blobs
from h5bundle.stores.local import LocalStore

BLOBS = {f"objects/{number:064x}": b"x" * number for number in range(1, 40)}


@dataclass
class OneByOne:
    """A store that has the port and nothing beside it."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put_blob(self, path: str, data: bytes) -> None:
        self.kept[path] = data


def test_a_folder_takes_many_at_once_and_leaves_no_scratch(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    told: list[int] = []
    assert isinstance(store, BatchStore)
    put_blobs(store, BLOBS, told.append)
    assert {path: store.read(path) for path in store.paths("objects")} == BLOBS
    assert [path.name for path in (tmp_path / "objects").iterdir() if path.name.startswith(".")] == []
    assert (told[-1], told) == (len(BLOBS), sorted(told))


def test_what_is_there_stays_untouched_and_what_was_altered_is_mended(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    put_blobs(store, BLOBS)
    first, second, *_ = [tmp_path / path for path in BLOBS]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "objects").iterdir()}
    first.write_bytes(b"y")
    second.write_bytes(b"")
    put_blobs(store, BLOBS)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "objects").iterdir()}
    assert {path for path in before if before[path] != after[path]} == {first, second}
    assert {path: store.read(path) for path in BLOBS} == BLOBS


def test_a_full_disk_is_a_store_error_and_a_later_try_finishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalStore(tmp_path)
    written: list[Path] = []

    def full(path: Path, data: bytes, *, mode: int = 0o644) -> None:
        del data, mode
        written.append(path)
        if len(written) > 5:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("h5bundle.stores.local.write_whole", full)
        with pytest.raises(StoreError, match="No space left on device"):
            put_blobs(store, BLOBS)
    put_blobs(store, BLOBS)
    assert {path: store.read(path) for path in BLOBS} == BLOBS


def test_a_store_without_batches_gets_them_one_by_one() -> None:
    store, told = OneByOne(), list[int]()
    put_blobs(store, BLOBS, told.append)  # type: ignore[arg-type]  # only what is used of the port
    assert (store.kept, told) == (BLOBS, list(range(1, len(BLOBS) + 1)))
