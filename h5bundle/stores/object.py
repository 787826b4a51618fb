"""A repository in a bucket of an S3-compatible object store.

The bucket must honour ``If-Match`` and ``If-None-Match`` on writes: the commit point and the lock rest on them. The
lock is an object with a lease: its holder renews it while it writes, stops writing when it could not, and another
publisher takes it over when it has not been renewed for the lease. Ages are told by the server's clock alone.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from h5bundle.errors import LockedError, ObjectMissingError, StoreError
from h5bundle.paths import check_path, media_type

LEASE_SECONDS: Final = 300
WAIT_SECONDS: Final = 10
_LOCK: Final = ".lock"
_PAUSE_SECONDS: Final = 0.2
_MISSING: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_REFUSED: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """Where in which object store.

    Attributes:
        bucket: its name.
        prefix: of all keys, without slashes at its ends; empty for the whole bucket.
        endpoint: address of the server; None for the provider that the region belongs to.
        region: its name, or None.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a lock is kept and waited for, and how that is measured."""

    lease: float = LEASE_SECONDS
    wait: float = WAIT_SECONDS
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(slots=True)
class _Lease:
    """A lock that is held: the tag of its object, and when it was renewed."""

    tag: str
    since: float


@dataclass(frozen=True, slots=True)
class BucketStore:
    """A repository's objects below a prefix; made by ``open_bucket``.

    Attributes:
        client: boto3's.
        place: bucket and prefix.
        chance: gives random bytes, which tell one lock from another.
        patience: of the lock.
    """

    client: Any
    place: BucketPlace
    chance: Callable[[int], bytes]
    patience: Patience
    _mine: threading.local = field(default_factory=threading.local, repr=False)

    def read(self, path: str) -> bytes:
        """Read an object."""
        found = self._get(check_path(path))
        if found is None:
            raise ObjectMissingError(detail=f"{path} is not in the repository")
        return found[1]

    def exists(self, path: str) -> bool:
        """Tell whether there is an object."""
        return self._length(check_path(path)) is not None

    def put_blob(self, path: str, data: bytes) -> None:
        """Write an object unless one of the same name and length is there already."""
        if self._length(check_path(path)) != len(data):
            self.put_metadata(path, data)

    def put_metadata(self, path: str, data: bytes) -> None:
        """Write an object over what was there."""
        self._keep()
        self._put(check_path(path), data)

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write an object on the condition that what was seen is still there."""
        self._keep()
        tag, present = self._get(check_path(path)) or (None, None)
        if present == previous:
            condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
            if self._put(path, data, **condition) is not None:
                return
            found = self._get(path)
            if found is not None and found[1] == data:
                return  # the answer to our write was lost, and the client asked again
        raise LockedError(detail=f"{path} was changed meanwhile", remedy="look at what is there and try again")

    def paths(self, prefix: str) -> tuple[str, ...]:
        """List the objects below a folder."""
        folder = self._key(check_path(prefix.rstrip("/")) + "/")
        with _failing(f"{prefix} cannot be listed"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.place.bucket, Prefix=folder)
            keys = [str(entry["Key"]) for page in pages for entry in page.get("Contents", ())]
        return tuple(sorted(key.removeprefix(self._key("")) for key in keys))

    def remove(self, path: str) -> None:
        """Remove an object."""
        self._keep()
        with _failing(f"{path} cannot be removed"):
            self.client.delete_object(Bucket=self.place.bucket, Key=self._key(check_path(path)))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock object, after waiting for another publisher for a bounded time."""
        end = self.patience.ticks() + self.patience.wait
        while (lease := self._take()) is None:
            if self.patience.ticks() >= end:
                raise LockedError(
                    detail="another publisher holds the repository",
                    remedy=f"wait until it is done; when it died, its lock ends after {self.patience.lease:.0f} s",
                )
            self.patience.sleep(_PAUSE_SECONDS)
        self._mine.lease = lease
        try:
            yield
        finally:
            self._mine.lease = None
            self._release(lease)

    def _take(self) -> _Lease | None:
        """Make the lock object, or take over one whose lease has ended."""
        since = self.patience.ticks()
        tag = self._put(_LOCK, self.chance(16), IfNoneMatch="*")
        if tag is None and (old := self._expired()) is not None:
            tag = self._put(_LOCK, self.chance(16), IfMatch=old)
        return None if tag is None else _Lease(tag, since)

    def _expired(self) -> str | None:
        """Give the tag of a lock that was not renewed for the lease, by the server's clock."""
        with _failing("the lock cannot be read"):
            try:
                head = self.client.head_object(Bucket=self.place.bucket, Key=self._key(_LOCK))
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
        present = parsedate_to_datetime(head["ResponseMetadata"]["HTTPHeaders"]["date"])
        return str(head["ETag"]) if (present - head["LastModified"]).total_seconds() > self.patience.lease else None

    def _keep(self) -> None:
        """Before a write, renew the lock that this thread holds; write nothing when it may be another's by now."""
        lease: _Lease | None = getattr(self._mine, "lease", None)
        now = self.patience.ticks()
        if lease is None or now - lease.since < self.patience.lease / 3:
            return
        tag = self._put(_LOCK, self.chance(16), IfMatch=lease.tag)
        if tag is None:
            raise LockedError(detail="another publisher has taken the lock over", remedy="publish again")
        lease.tag, lease.since = tag, now

    def _release(self, lease: _Lease) -> None:
        """Remove the lock object if it is still ours; after the lease it may be another's, and is left to age."""
        if self.patience.ticks() - lease.since >= self.patience.lease:
            return
        with _failing("the lock cannot be given back"):
            try:
                self.client.delete_object(Bucket=self.place.bucket, Key=self._key(_LOCK), IfMatch=lease.tag)
            except ClientError as error:
                if _code(error) not in _REFUSED | _MISSING:
                    raise

    def _get(self, path: str) -> tuple[str, bytes] | None:
        """Give an object's tag and bytes."""
        with _failing(f"{path} cannot be read"):
            try:
                found = self.client.get_object(Bucket=self.place.bucket, Key=self._key(path))
                return str(found["ETag"]), bytes(found["Body"].read())
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise

    def _length(self, path: str) -> int | None:
        """Give an object's length."""
        with _failing(f"{path} cannot be looked up"):
            try:
                return int(self.client.head_object(Bucket=self.place.bucket, Key=self._key(path))["ContentLength"])
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise

    def _put(self, path: str, data: bytes, **condition: str) -> str | None:
        """Write an object and give its tag; None when the condition does not hold."""
        named = path.startswith(("targets/", "objects/"))
        with _failing(f"{path} cannot be written"):
            try:
                written = self.client.put_object(
                    Bucket=self.place.bucket,
                    Key=self._key(path),
                    Body=data,
                    ContentType=media_type(path),
                    CacheControl=_FOREVER if named else "no-cache",
                    **condition,
                )
            except ClientError as error:
                if condition and _code(error) in _REFUSED | _MISSING:
                    return None
                raise
        return str(written["ETag"])

    def _key(self, path: str) -> str:
        """Give the key of a path."""
        return f"{self.place.prefix}/{path}" if self.place.prefix else path


def open_bucket(place: BucketPlace, *, chance: Callable[[int], bytes], patience: Patience | None = None) -> BucketStore:
    """Open a bucket with the credentials that boto3 finds in its usual places.

    Raises:
        StoreError: the place is none that boto3 accepts.
    """
    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"total_max_attempts": 3, "mode": "standard"},
        s3={"addressing_style": "path"} if place.endpoint else {},
    )
    with _failing("the bucket cannot be opened"):
        try:
            client = boto3.client("s3", endpoint_url=place.endpoint, region_name=place.region, config=config)
        except ValueError as error:
            raise StoreError(detail="the bucket's endpoint is no address", remedy="write http://host:port") from error
    return BucketStore(client, place, chance, patience or Patience())


def _code(error: ClientError) -> str:
    """Give the name of a refusal."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _failing(what: str) -> Iterator[None]:
    """Turn the client's errors into the store's."""
    try:
        yield
    except ClientError as error:
        raise StoreError(detail=f"{what}: the object store answers {_code(error)}") from error
    except BotoCoreError as error:
        raise StoreError(
            detail=f"{what}: {type(error).__name__}", remedy="see that the object store runs and try again"
        ) from error
