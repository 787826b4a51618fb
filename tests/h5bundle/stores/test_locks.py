"""A publisher's lock: waited for a bounded time, ended with its holder, and useless to one who lost it."""

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from h5bundle.errors import LockedError
from h5bundle.stores.object import BucketStore, Patience
from h5bundle.stores.opening import open_store
from h5bundle.stores.sql import SqlStore, open_sql
from h5bundle.trust import TIMESTAMP


def _hold(address: str, held: "multiprocessing.synchronize.Event") -> None:
    with open_store(address).lock():
        held.set()
        multiprocessing.Event().wait(30)


def test_a_held_lock_is_a_refusal_after_the_wait_and_a_dead_holder_holds_nothing(sql_address: str) -> None:
    waiting = open_sql(sql_address, wait=1)
    context = multiprocessing.get_context("fork")
    held = context.Event()
    other = context.Process(target=_hold, args=(sql_address, held))
    other.start()
    assert held.wait(20)
    with pytest.raises(LockedError, match="another publisher"), waiting.lock():
        pass
    other.kill()
    other.join(20)
    with open_sql(sql_address).lock():
        waiting.put_metadata("metadata/1.root.json", b"x")
    assert waiting.read("metadata/1.root.json") == b"x"


def _open(address: str, start: "multiprocessing.synchronize.Barrier") -> None:
    start.wait(20)
    open_store(address).put_metadata(f"metadata/{multiprocessing.current_process().name}.json", b"x")


def test_two_processes_may_make_the_tables_at_once(sql_address: str) -> None:
    context = multiprocessing.get_context("fork")
    start = context.Barrier(3)
    jobs = [context.Process(target=_open, args=(sql_address, start), name=f"p{number}") for number in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(30)
    assert [job.exitcode for job in jobs] == [0, 0, 0]
    assert open_store(sql_address).paths("metadata/") == tuple(f"metadata/p{number}.json" for number in range(3))


@pytest.mark.mariadb
def test_who_lost_the_connection_of_the_lock_writes_nothing(make_address: Callable[[str], str]) -> None:
    address = make_address("mariadb")
    store, other = open_sql(address), open_sql(address)
    with store.lock():
        lost = store._mine.lock.connection.thread_id()
        with other.engine.begin() as connection:
            connection.execute(text(f"KILL {lost}"))
        with other.lock(), pytest.raises(LockedError, match="was lost"):
            store.put_metadata("metadata/1.root.json", b"late")
    assert other.exists("metadata/1.root.json") is False


def _rows(store: SqlStore) -> list[tuple[int, bytes]]:
    with store.engine.connect() as connection:
        found = connection.execute(text("SELECT number, data FROM h5bundle_timestamps ORDER BY number"))
        return [(row.number, row.data) for row in found]


def test_a_timestamp_is_never_changed_and_the_highest_is_served(sql_address: str) -> None:
    store = open_sql(sql_address)
    store.swap(TIMESTAMP, b"a", previous=None)
    store.swap(TIMESTAMP, b"b", previous=b"a")
    store.put_metadata(TIMESTAMP, b"c")
    assert _rows(store) == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert store.read(TIMESTAMP) == b"c"


class Clock:
    """A clock that a test turns; sleeping turns it too."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class LateServer:
    """An object store whose clock is ahead of what it wrote."""

    def __init__(self, inner: Any, ahead: timedelta) -> None:
        self.inner = inner
        self.ahead = ahead

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def head_object(self, **options: str) -> Any:
        found = self.inner.head_object(**options)
        return {**found, "LastModified": found["LastModified"] - self.ahead}


@pytest.fixture
def bucket(make_address: Callable[[str], str]) -> BucketStore:
    store = open_store(make_address("s3"))
    assert isinstance(store, BucketStore)
    return replace(store, patience=Patience(lease=60, wait=1, ticks=(clock := Clock()), sleep=clock.sleep))


def test_a_lease_is_waited_for_and_given_back(bucket: BucketStore) -> None:
    other = replace(bucket, _mine=type(bucket._mine)())
    with bucket.lock(), pytest.raises(LockedError, match="another publisher"), other.lock():
        pass
    with other.lock():
        assert bucket._get(".lock") is not None
    assert bucket._get(".lock") is None


def test_a_lease_that_ended_is_taken_over_and_its_late_holder_writes_nothing(bucket: BucketStore) -> None:
    clock = bucket.patience.ticks
    late = LateServer(bucket.client, timedelta(seconds=62))
    other = replace(bucket, client=late, _mine=type(bucket._mine)())
    assert isinstance(clock, Clock)
    with bucket.lock():
        bucket.put_metadata("metadata/1.root.json", b"mine")
        with other.lock():
            clock.now += 21
            with pytest.raises(LockedError, match="taken the lock over"):
                bucket.put_metadata("metadata/1.root.json", b"late")
    assert bucket.read("metadata/1.root.json") == b"mine"


def test_a_long_publication_renews_its_lease(bucket: BucketStore) -> None:
    clock = bucket.patience.ticks
    assert isinstance(clock, Clock)
    with bucket.lock():
        before = bucket._get(".lock")
        clock.now += 21
        bucket.put_metadata("metadata/1.root.json", b"x")
        renewed = bucket._get(".lock")
        bucket.put_metadata("metadata/2.root.json", b"x")
        assert before != renewed == bucket._get(".lock")
    assert bucket._get(".lock") is None


def test_a_write_between_look_and_swap_is_seen(bucket: BucketStore) -> None:
    class Between(LateServer):
        def get_object(self, **options: str) -> Any:
            found = self.inner.get_object(**options)
            bucket.put_metadata(TIMESTAMP, b"theirs")
            return found

    bucket.put_metadata(TIMESTAMP, b"old")
    ours = replace(bucket, client=Between(bucket.client, timedelta()))
    with pytest.raises(LockedError):
        ours.swap(TIMESTAMP, b"ours", previous=b"old")
    assert bucket.read(TIMESTAMP) == b"theirs"


def test_objects_say_what_they_are_and_how_long_they_may_be_kept(bucket: BucketStore) -> None:
    def told(path: str) -> tuple[str, str]:
        bucket.put_metadata(path, b"x")
        head = bucket.client.head_object(Bucket=bucket.place.bucket, Key=f"bank/h5/{path}")
        return head["ContentType"], head["CacheControl"]

    assert told(TIMESTAMP) == ("application/json", "no-cache")
    assert told("targets/apps/wealth/ab.1.0.0.manifest.json") == (
        "application/json",
        "public, max-age=31536000, immutable",
    )
    assert told("objects/ab") == ("application/octet-stream", "public, max-age=31536000, immutable")
