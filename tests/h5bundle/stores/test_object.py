"""What an object store adds to the promises: leases, and publishers that sleep past the end of theirs."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from h5bundle.commands import publish, sign_timestamp, verify
from h5bundle.errors import LockedError, ObjectMissingError, StoreError
from h5bundle.keys import KeyFolder
from h5bundle.repository import is_repository
from h5bundle.stores import lease as leases
from h5bundle.stores.bucket import Bucket, Condition, ConditionError
from h5bundle.stores.object import ObjectStore
from h5bundle.stores.opening import open_store
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP
from tests.h5bundle.conftest import LATER, NOW, package
from tests.h5bundle.test_repository import shown

SNAPSHOT = "metadata/2.snapshot.json"
OPTIONS = publish.PublishOptions(init=True)


@pytest.fixture
def bucket_address(make_address: Callable[[str], str]) -> str:
    return make_address("s3") + "&lease=2"


@pytest.fixture
def bucket(bucket_address: str) -> Bucket:
    parts = urlsplit(bucket_address)
    options = parse_qs(parts.query)
    client = boto3.client("s3", endpoint_url=options["endpoint"][0], region_name="us-east-1")
    return Bucket(client, parts.netloc, parts.path.strip("/") + "/")


class Outlived:
    """An object store's client whose clock tells that every lease has run out."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def get_object(self, **options: Any) -> Any:
        answer = self.inner.get_object(**options)
        answer["ResponseMetadata"]["HTTPHeaders"]["date"] = "Fri, 31 Dec 2100 00:00:00 GMT"
        return answer


class Asleep(Outlived):
    """A client that does something else before it writes a certain object for the first time."""

    def __init__(self, inner: Any, path: str, meanwhile: Callable[[], None]) -> None:
        super().__init__(inner)
        self.path = path
        self.meanwhile: Callable[[], None] | None = meanwhile

    def get_object(self, **options: Any) -> Any:
        return self.inner.get_object(**options)

    def put_object(self, **options: Any) -> Any:
        if options["Key"].endswith(self.path) and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return self.inner.put_object(**options)


class Dying:
    """A store that fails before a publication is committed."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        del data, previous
        raise StoreError(detail=f"it dies before it writes {path}")


def with_client(bucket: Bucket, client: Any) -> ObjectStore:
    names = iter(f"owner-{time.monotonic_ns()}-{number}" for number in range(100))
    return ObjectStore(
        Bucket(client, bucket.name, bucket.prefix), new_owner=lambda: next(names), lock_seconds=0, lease_seconds=60
    )


def test_the_test_server_holds_conditions(bucket: Bucket) -> None:
    place = {"Bucket": bucket.name, "Key": "k"}
    first = bucket.client.put_object(**place, Body=b"1", IfNoneMatch="*")
    for wrong in ({"IfNoneMatch": "*"}, {"IfMatch": '"00000000000000000000000000000000"'}):
        with pytest.raises(ClientError, match="PreconditionFailed"):
            bucket.client.put_object(**place, Body=b"2", **wrong)
    bucket.client.put_object(**place, Body=b"3", IfMatch=first["ETag"])
    assert bucket.client.get_object(**place)["Body"].read() == b"3"


@pytest.mark.parametrize("ignored", ["IfMatch", "IfNoneMatch"])
def test_an_object_store_that_ignores_conditions_is_refused_before_anything_is_written(
    bucket: Bucket, ignored: str
) -> None:
    class Careless(Asleep):
        def put_object(self, **options: Any) -> Any:
            options.pop(ignored, None)
            return self.inner.put_object(**options)

    store = with_client(bucket, Careless(bucket.client, "", lambda: None))
    with pytest.raises(StoreError, match="ignores the conditions"), store.lock():
        pytest.fail("the lock was given")
    assert store.paths("") == ()


def test_a_write_whose_answer_was_lost_is_no_conflict_with_itself(bucket: Bucket) -> None:
    class Repeating(Outlived):
        def put_object(self, **options: Any) -> Any:
            self.inner.put_object(**options)
            return self.inner.put_object(**options)

    twice = Bucket(Repeating(bucket.client), bucket.name, bucket.prefix)
    tag = twice.put("a", b"1", kind="text/plain", kept="no-cache", condition=Condition(None))
    twice.put("a", b"2", kind="text/plain", kept="no-cache", condition=Condition(tag))
    assert bucket.read("a") == b"2"
    with pytest.raises(ConditionError):
        twice.put("a", b"3", kind="text/plain", kept="no-cache", condition=Condition(tag))


def test_a_lease_keeps_others_out_and_is_given_back(bucket: Bucket) -> None:
    first, second = with_client(bucket, bucket.client), with_client(bucket, bucket.client)
    with first.lock(), pytest.raises(LockedError, match="another publisher holds"), second.lock():
        pass
    with second.lock():
        second.put_metadata("metadata/1.root.json", b"x")
    assert first.read("metadata/1.root.json") == b"x"
    assert first.paths("") == ("metadata/1.root.json",)


def test_a_dead_publishers_lease_runs_out(bucket_address: str) -> None:
    dead = open_store(bucket_address, lock_seconds=0)
    assert isinstance(dead, ObjectStore)
    leases.take(dead._bucket, "dead", seconds=2, wait=0)
    with pytest.raises(LockedError), dead.lock():
        pass
    with open_store(bucket_address, lock_seconds=8).lock():
        pass


def test_a_long_publication_prolongs_its_lease(bucket: Bucket) -> None:
    lease = leases.take(bucket, "me", seconds=3, wait=0)
    before = bucket.read(leases.LOCK)
    lease.prolong()
    assert bucket.read(leases.LOCK) == before
    lease.written -= 2
    lease.prolong()
    note = json.loads(bucket.read(leases.LOCK))
    assert (note["owner"], note["beat"], note["free"]) == ("me", 1, False)
    lease.give_back()
    assert json.loads(bucket.read(leases.LOCK))["free"] is True


def test_whoever_lost_the_lease_does_not_give_back_that_of_another(bucket: Bucket) -> None:
    lost = leases.take(bucket, "late", seconds=60, wait=0)
    taker = leases.take(Bucket(Outlived(bucket.client), bucket.name, bucket.prefix), "taker", seconds=60, wait=0)
    with pytest.raises(LockedError, match="taken the repository over"):
        lost.prolong(now=True)
    lost.give_back()
    assert json.loads(bucket.read(leases.LOCK))["owner"] == "taker"
    taker.prolong(now=True)


@pytest.mark.parametrize("garbage", [b"", b"{}", b"\xff", b'{"owner": 1}'])
def test_a_lock_object_that_is_none_of_ours_is_waited_out(bucket: Bucket, garbage: bytes) -> None:
    bucket.put(leases.LOCK, garbage, kind="text/plain", kept="no-store")
    with pytest.raises(LockedError):
        leases.take(bucket, "me", seconds=60, wait=0)
    leases.take(Bucket(Outlived(bucket.client), bucket.name, bucket.prefix), "me", seconds=60, wait=0)


def publish_into(store: Any, version: str, keys: KeyFolder) -> None:
    publish.run(OPTIONS, package(version=version, floor="1.0.0"), store, keys, now=LATER)


@pytest.mark.parametrize("path", [TIMESTAMP, "3.snapshot.json", "3.rollout.json", "2.app-wealth.json"])
@pytest.mark.parametrize("commits", [True, False])
def test_a_publisher_that_wakes_up_after_its_lease_breaks_nothing(
    bucket: Bucket, key_folder: KeyFolder, path: str, *, commits: bool
) -> None:
    """Whoever took the lease over has published, or has died before: what stands verifies, and the next one goes on."""
    publish.run(OPTIONS, package(), with_client(bucket, bucket.client), key_folder, now=NOW)
    taker = with_client(bucket, Outlived(bucket.client))
    ended: list[str] = []

    def meanwhile() -> None:
        store = taker if commits else Dying(taker)
        try:
            publish_into(store, "1.2.0", key_folder)
        except StoreError as error:
            ended.append(error.detail)

    sleeper = with_client(bucket, Asleep(bucket.client, path, meanwhile))
    with pytest.raises(LockedError):
        publish_into(sleeper, "1.1.0", key_folder)
    after = with_client(bucket, Outlived(bucket.client))
    verify.run(after, now=LATER)
    assert shown(after) == [("wealth", "1.0.0"), *([("wealth", "1.2.0")] if commits else [])]
    assert ended == ([] if commits else [f"it dies before it writes {TIMESTAMP}"])
    publish_into(after, "1.3.0", key_folder)
    sign_timestamp.run(after, key_folder, now=LATER)
    verify.run(after, now=LATER)
    assert shown(after)[-1] == ("wealth", "1.3.0")


def test_a_publisher_that_wakes_up_while_a_repository_is_made_breaks_nothing(
    bucket: Bucket, key_folder: KeyFolder
) -> None:
    taker = with_client(bucket, Outlived(bucket.client))

    def meanwhile() -> None:
        with pytest.raises(StoreError, match="it dies"):
            publish_into(Dying(taker), "1.0.0", key_folder)

    with pytest.raises(LockedError):
        publish_into(with_client(bucket, Asleep(bucket.client, TIMESTAMP, meanwhile)), "1.0.0", key_folder)
    assert is_repository(taker) is False
    with pytest.raises(ObjectMissingError):
        taker.read(TIMESTAMP)
    publish_into(taker, "1.0.0", key_folder)
    verify.run(taker, now=LATER)


def test_what_an_interrupted_publication_left_is_written_over_only_after_the_timestamp_was_altered(
    bucket: Bucket,
) -> None:
    store = with_client(bucket, bucket.client)
    store.put_metadata(TIMESTAMP, b"{}")
    with store.lock():
        store.put_metadata(SNAPSHOT, b"left")
    assert bucket.read(TIMESTAMP) == b"{}"
    with store.lock():
        store.put_metadata(SNAPSHOT, b"new")
        assert bucket.read(TIMESTAMP) == b"{}\n"
        store.swap(TIMESTAMP, b"{ }", previous=b"{}")
    assert (bucket.read(SNAPSHOT), bucket.read(TIMESTAMP)) == (b"new", b"{ }")


def test_a_timestamp_may_be_named_as_it_was_before_the_fence_or_after_it(bucket: Bucket) -> None:
    store = with_client(bucket, bucket.client)
    store.put_metadata(TIMESTAMP, b"{}")
    store.put_metadata(SNAPSHOT, b"left")
    with store.lock():
        store.put_metadata(SNAPSHOT, b"new")
        store.swap(TIMESTAMP, b"{ }", previous=store.read(TIMESTAMP))
    assert bucket.read(TIMESTAMP) == b"{ }"


def test_a_publisher_that_wakes_up_after_its_fence_writes_over_nothing(bucket: Bucket) -> None:
    taker = with_client(bucket, Outlived(bucket.client))

    def meanwhile() -> None:
        with taker.lock():
            taker.put_metadata(SNAPSHOT, b"left")  # the same bytes again: the interrupted publication is finished
            taker.swap(TIMESTAMP, b"{ }", previous=b"{}\n")

    class AfterFence(Outlived):
        def get_object(self, **options: Any) -> Any:
            return self.inner.get_object(**options)

        def put_object(self, **options: Any) -> Any:
            answer = self.inner.put_object(**options)
            if options["Key"].endswith(TIMESTAMP) and options["Body"] == b"{}\n":
                meanwhile()
            return answer

    sleeper = with_client(bucket, AfterFence(bucket.client))
    sleeper.put_metadata(TIMESTAMP, b"{}")
    sleeper.put_metadata(SNAPSHOT, b"left")
    with pytest.raises(LockedError, match="taken the repository over"), sleeper.lock():
        sleeper.put_metadata(SNAPSHOT, b"other")
    assert (bucket.read(SNAPSHOT), bucket.read(TIMESTAMP)) == (b"left", b"{ }")


@pytest.mark.parametrize(
    ("path", "kind", "kept"),
    [
        (TIMESTAMP, "application/json", "no-cache"),
        (SNAPSHOT, "application/json", "public, max-age=31536000, immutable"),
        ("targets/apps/wealth/ab.1.0.0.manifest.json", "application/json", "public, max-age=31536000, immutable"),
        ("targets/apps/wealth/ab.1.0.0.zip", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("objects/ab", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("deltas/ab/cd.zst", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("proposals/ab.json", "application/json", "no-cache"),
    ],
)
def test_objects_say_what_they_are_and_how_long_they_may_be_kept(
    bucket: Bucket, path: str, kind: str, kept: str
) -> None:
    with_client(bucket, bucket.client).put_metadata(path, b"x")
    head = bucket.client.head_object(Bucket=bucket.name, Key=bucket.prefix + path)
    assert (head["ContentType"], head["CacheControl"]) == (kind, kept)


def test_a_server_that_is_not_there_is_told_within_bounds() -> None:
    store = open_store("s3://bucket/x?endpoint=http://127.0.0.1:1&region=us-east-1")
    begun = time.monotonic()
    with pytest.raises(StoreError, match=r"does not answer for metadata/timestamp\.json"):
        store.exists(TIMESTAMP)
    assert time.monotonic() - begun < 40
