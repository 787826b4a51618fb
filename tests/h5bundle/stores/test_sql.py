"""What a database adds to the promises of a store: one transaction a publication, rows that are never changed."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from h5bundle.errors import LockedError, ObjectMissingError, StoreError
from h5bundle.stores.opening import open_store
from h5bundle.stores.sql import SqlStore
from h5bundle.stores.sql_rows import PART_BYTES
from h5bundle.trust import TIMESTAMP
from tests.h5bundle.stores.conftest import SQL

ROOT = "metadata/1.root.json"


def rows(address: str, query: str) -> list[tuple[object, ...]]:
    engine = create_engine(address)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def test_a_timestamp_is_never_changed_and_the_highest_is_served(sql_address: str) -> None:
    store = open_store(sql_address)
    store.swap(TIMESTAMP, b"a", previous=None)
    store.swap(TIMESTAMP, b"b", previous=b"a")
    store.put_metadata(TIMESTAMP, b"c")
    query = "SELECT version, data FROM repository_metadata WHERE role = 'timestamp' ORDER BY version"
    assert rows(sql_address, query) == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert store.read(TIMESTAMP) == b"c"
    assert store.exists("metadata/1.timestamp.json") is False


def test_a_version_of_metadata_is_written_once(sql_address: str) -> None:
    store = open_store(sql_address)
    store.put_metadata(ROOT, b"first")
    with pytest.raises(StoreError, match=r"1\.root\.json is there with other bytes"):
        store.put_metadata(ROOT, b"other")
    assert store.read(ROOT) == b"first"


def test_what_stands_in_a_block_is_kept_whole_or_not_at_all(sql_address: str) -> None:
    store, reader = open_store(sql_address), open_store(sql_address)
    message = "stopped"

    def stop() -> None:
        with store.lock():
            store.put_blob("objects/a", b"a")
            store.put_metadata(ROOT, b"root")
            store.swap(TIMESTAMP, b"1", previous=None)
            assert [reader.exists(path) for path in ("objects/a", ROOT, TIMESTAMP)] == [False, False, False]
            raise KeyError(message)

    with pytest.raises(KeyError, match=message):
        stop()
    assert store.paths("") == ()


def test_a_failed_write_takes_the_block_with_it_even_if_nobody_minds(sql_address: str) -> None:
    store = open_store(sql_address)
    store.put_metadata(ROOT, b"root")

    def careless() -> None:
        with store.lock():
            store.put_blob("objects/a", b"a")
            with pytest.raises(StoreError):
                store.put_metadata(ROOT, b"other")

    with pytest.raises(StoreError, match="none is kept"):
        careless()
    assert store.exists("objects/a") is False


@pytest.mark.parametrize("length", [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])
def test_a_blob_comes_back_from_its_parts(sql_address: str, length: int) -> None:
    data = os.urandom(length)
    store = open_store(sql_address)
    store.put_blob("objects/a", b"x" * (length + PART_BYTES))
    store.put_blob("objects/a", data)
    assert open_store(sql_address).read("objects/a") == data


def test_a_blob_may_be_larger_than_the_servers_largest_packet(sql_address: str) -> None:
    data = os.urandom(1_000_000) * 24
    with open_store(sql_address).lock():
        open_store(sql_address).exists("objects/big")
    if not sql_address.startswith("sqlite"):
        ((allowed,),) = rows(sql_address, "SELECT @@max_allowed_packet")
        assert len(data) > int(str(allowed))
    open_store(sql_address).put_blob("objects/big", data)
    assert open_store(sql_address).read("objects/big") == data


def _hold(address: str, held: "multiprocessing.synchronize.Event") -> None:
    with open_store(address).lock():
        held.set()
        multiprocessing.Event().wait(30)


def test_a_lock_is_waited_for_a_bounded_time_and_a_dead_holder_holds_nothing(sql_address: str) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    other = context.Process(target=_hold, args=(sql_address, held))
    other.start()
    assert held.wait(20)
    waiting, begun = open_store(sql_address, lock_seconds=1), time.monotonic()
    with pytest.raises(LockedError, match="another publisher"), waiting.lock():
        pass
    with pytest.raises(LockedError, match="another publisher"):
        waiting.put_blob("objects/a", b"a")
    assert 1.5 < time.monotonic() - begun < 12
    with pytest.raises(ObjectMissingError):
        waiting.read("objects/a")
    other.kill()
    other.join(20)
    with waiting.lock():
        waiting.put_metadata(ROOT, b"x")
    assert waiting.read(ROOT) == b"x"


def test_a_lock_that_is_given_back_in_time_is_had(sql_address: str) -> None:
    first, second = open_store(sql_address), open_store(sql_address)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with first.lock():
            held.set()
            done.wait(20)
            first.swap(TIMESTAMP, b"1", previous=None)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    threading.Timer(0.5, done.set).start()
    with second.lock():
        assert second.read(TIMESTAMP) == b"1"
    thread.join(20)


def test_publishers_of_one_file_take_turns(make_address: Callable[[str], str]) -> None:
    """Without a turn whoever has just had the lock gets it again, and others starve."""
    address, had, done = make_address("sqlite"), [0, 0, 0, 0], threading.Event()
    open_store(address).put_metadata(ROOT, b"x")

    def work(number: int) -> None:
        store = open_store(address)
        while not done.is_set():
            with store.lock():
                time.sleep(0.02)
            had[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(had))]
    for thread in threads:
        thread.start()
    time.sleep(2)
    done.set()
    for thread in threads:
        thread.join(30)
    assert min(had) * 3 >= max(had), had


def _write(address: str, start: "multiprocessing.synchronize.Barrier", number: int) -> None:
    start.wait(20)
    open_store(address).put_metadata(f"metadata/{number}.root.json", b"x")


def test_many_processes_may_make_the_tables_at_once(sql_address: str) -> None:
    context = multiprocessing.get_context("fork")
    start = context.Barrier(6)
    jobs = [context.Process(target=_write, args=(sql_address, start, number)) for number in range(1, 7)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(40)
    assert [job.exitcode for job in jobs] == [0] * 6
    assert open_store(sql_address).paths("metadata/") == tuple(f"metadata/{n}.root.json" for n in range(1, 7))


@pytest.mark.mariadb
def test_whoever_loses_the_connection_has_written_nothing(make_address: Callable[[str], str]) -> None:
    address = make_address("mariadb")
    store, other = open_store(address), open_store(address)
    other.put_metadata(TIMESTAMP, b"1")
    assert isinstance(store, SqlStore)

    def publish() -> None:
        with store.lock():
            store.put_metadata(ROOT, b"late")
            connection = store._held.connection
            assert connection is not None
            number = connection.execute(text("SELECT CONNECTION_ID()")).scalar()
            _kill(address, str(number))
            with other.lock():
                other.swap(TIMESTAMP, b"2", previous=b"1")
            store.swap(TIMESTAMP, b"late", previous=b"1")

    with pytest.raises(StoreError):
        publish()
    assert (other.read(TIMESTAMP), other.exists(ROOT)) == (b"2", False)
    with store.lock():
        store.swap(TIMESTAMP, b"3", previous=b"2")
    assert other.read(TIMESTAMP) == b"3"


def _kill(address: str, number: str) -> None:
    engine = create_engine(address)
    with engine.connect() as connection:
        connection.execute(text(f"KILL {int(number)}"))
    engine.dispose()


@pytest.mark.parametrize("kind", SQL)
def test_texts_are_compared_byte_by_byte(make_address: Callable[[str], str], kind: str) -> None:
    store = open_store(make_address(kind))
    for path in ("proposals/ß.json", "proposals/ss.json", "proposals/é.json", "proposals/E.json", "proposals/a_c.json"):
        store.put_metadata(path, path.encode())
    assert all(store.read(path) == path.encode() for path in store.paths("proposals/"))
    assert len(store.paths("proposals/")) == 5
    assert store.exists("proposals/abc.json") is False
