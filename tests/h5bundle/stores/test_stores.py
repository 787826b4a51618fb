"""What every store promises, held by each."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from h5bundle.errors import LockedError, ObjectMissingError, PathError
from h5bundle.stores.batch import put_blobs
from h5bundle.stores.opening import open_store
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP


@pytest.fixture
def store(address: str) -> Store:
    return open_store(address)


def test_an_empty_place_has_nothing(store: Store) -> None:
    for path in (TIMESTAMP, "metadata/1.root.json"):
        assert store.exists(path) is False
        with pytest.raises(ObjectMissingError, match=path):
            store.read(path)
    assert store.paths("metadata/") == ()


def test_what_is_written_is_read_by_another_reader(store: Store, address: str) -> None:
    big = bytes(range(256)) * 4096
    store.put_blob("objects/big", big)
    store.put_blob("objects/big", big)
    store.put_blob("objects/none", b"")
    store.put_metadata("metadata/1.root.json", b"root")
    store.put_metadata("metadata/1.root.json", b"root")
    store.put_metadata("proposals/a.json", b"")
    store.put_metadata("proposals/a.json", b"new")
    other = open_store(address)
    assert (other.read("objects/big"), other.read("objects/none")) == (big, b"")
    assert (other.read("metadata/1.root.json"), other.read("proposals/a.json")) == (b"root", b"new")
    assert other.exists("objects/none")


def test_many_blobs_are_written_and_counted(store: Store, address: str) -> None:
    blobs = {f"objects/{number}": b"x" * number for number in range(30)}
    told: list[int] = []
    with store.lock():
        put_blobs(store, blobs, told.append)
    put_blobs(store, {**blobs, "objects/more": b"more"}, told.append)
    other = open_store(address)
    assert {path: other.read(path) for path in other.paths("objects/")} == {**blobs, "objects/more": b"more"}
    assert told[-1] == 31


def test_a_blob_of_other_bytes_than_before_is_mended(store: Store) -> None:
    store.put_blob("objects/a", b"wrong")
    store.put_blob("objects/a", b"right")
    assert store.read("objects/a") == b"right"


@pytest.mark.parametrize("path", [TIMESTAMP, "proposals/a.json"])
def test_metadata_is_written_only_over_what_was_seen(store: Store, path: str) -> None:
    with pytest.raises(LockedError):
        store.swap(path, b"1", previous=b"0")
    store.swap(path, b"1", previous=None)
    for wrong in (None, b"0"):
        with pytest.raises(LockedError):
            store.swap(path, b"2", previous=wrong)
    store.swap(path, b"2", previous=b"1")
    assert store.read(path) == b"2"


def test_paths_are_those_below_a_folder(store: Store) -> None:
    for path in ("proposals/b.json", "proposals/a/c.json", "proposals/%_.json"[:10] + "A.json", "proposalsx/d.json"):
        store.put_metadata(path, b"x")
    store.put_metadata(TIMESTAMP, b"t")
    assert store.paths("proposals/") == ("proposals/A.json", "proposals/a/c.json", "proposals/b.json")
    assert store.paths("nothing/") == ()
    assert store.paths("metadata/") == (TIMESTAMP,)
    with store.lock():
        everything = store.paths("")
    assert everything == (TIMESTAMP, *store.paths("proposals/"), "proposalsx/d.json")


def test_names_that_differ_by_case_are_two_objects(store: Store) -> None:
    store.put_metadata("targets/A.json", b"A")
    store.put_metadata("targets/a.json", b"a")
    assert (store.read("targets/A.json"), store.read("targets/a.json")) == (b"A", b"a")


@pytest.mark.parametrize("path", ["proposals/a.json", TIMESTAMP])
def test_what_is_removed_is_gone_and_may_be_removed_again(store: Store, path: str) -> None:
    store.put_metadata(path, b"x")
    for _ in range(2):
        store.remove(path)
    assert store.exists(path) is False
    with pytest.raises(ObjectMissingError):
        store.read(path)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", "a\\b", ""])
def test_no_path_leads_out_of_the_repository(store: Store, path: str) -> None:
    with pytest.raises(PathError):
        store.read(path)
    with pytest.raises(PathError):
        store.put_metadata(path, b"x")


def test_readers_do_not_wait_for_a_publisher_who_reads_what_it_wrote(store: Store, address: str) -> None:
    store.put_metadata("metadata/1.root.json", b"x")
    store.put_metadata(TIMESTAMP, b"1")
    with store.lock():
        store.put_metadata("metadata/2.root.json", b"y")
        store.swap(TIMESTAMP, b"2", previous=b"1")
        assert (store.read("metadata/2.root.json"), store.read(TIMESTAMP)) == (b"y", b"2")
        reader = open_store(address)
        assert reader.read("metadata/1.root.json") == b"x"
        assert reader.read(TIMESTAMP) in {b"1", b"2"}
    assert (reader.read("metadata/2.root.json"), reader.read(TIMESTAMP)) == (b"y", b"2")


def test_the_lock_is_taken_once(store: Store) -> None:
    with store.lock(), pytest.raises(LockedError), store.lock():
        pass


def test_a_second_swap_in_one_lock_is_over_the_first(store: Store) -> None:
    with store.lock():
        store.swap(TIMESTAMP, b"1", previous=None)
        store.swap(TIMESTAMP, b"2", previous=b"1")
    assert store.read(TIMESTAMP) == b"2"


def test_an_error_inside_the_lock_gives_it_back(store: Store, address: str) -> None:
    message = "stopped"
    with pytest.raises(FileNotFoundError, match=message), store.lock():
        raise FileNotFoundError(message)
    other = open_store(address)
    with other.lock():
        other.put_metadata("metadata/1.root.json", b"x")
    assert store.read("metadata/1.root.json") == b"x"


def test_of_many_who_saw_the_same_one_writes(address: str) -> None:
    stores = [open_store(address) for _ in range(4)]
    start = threading.Barrier(4)

    def write(number: int) -> bool:
        start.wait(20)
        try:
            with stores[number].lock():
                stores[number].swap(TIMESTAMP, b"%d" % number, previous=None)
        except LockedError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(write, range(4)))
    assert sum(won) == 1
    assert stores[0].read(TIMESTAMP) == b"%d" % won.index(True)
