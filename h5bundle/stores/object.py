"""A repository in an S3-compatible object store, written so that a publisher that lost its lease can break nothing.

Files by hash may be written by anybody at any time. Everything else is written under a condition:

- The timestamp is written last, over exactly what was there when the lease began.
- Whoever takes a dead publisher's lease over first alters the timestamp by a blank at its end, which no signature
  covers. From then on the condition of the one before, should it wake up, can never hold again. Where there is no
  timestamp yet, one of blanks alone takes its place; it counts as none.
- Other metadata is written where nothing is, or over what lay there before the lease began: that is what an
  interrupted publication left, and after the step above nobody can publish it any more.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from h5bundle.errors import LockedError, ObjectMissingError
from h5bundle.paths import check_path
from h5bundle.stores import lease as leases
from h5bundle.stores.bucket import Bucket, Condition, ConditionError, Seen
from h5bundle.stores.lease import Lease
from h5bundle.trust import TIMESTAMP

LEASE_SECONDS: Final = 60
_AT_ONCE: Final = 8
_FENCES: Final = 5
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_LASTING: Final = re.compile(r"(?:objects|targets|deltas)/.+|metadata/[0-9]+\.[a-z0-9-]+\.json")


@dataclass(slots=True)
class _Session:
    """What a publisher knows while it holds the lease.

    Attributes:
        stamp: the timestamp as the lease found it, or as this publisher has written it.
        own: path → entity tag of what it has written.
    """

    lease: Lease
    stamp: bytes | None
    etag: str | None
    own: dict[str, str] = field(default_factory=dict)


class _Current(threading.local):
    """The session of the thread that holds the lease."""

    session: _Session | None = None


class ObjectStore:
    """A repository below a prefix of a bucket; safe to use from several threads and processes."""

    def __init__(
        self,
        bucket: Bucket,
        *,
        new_owner: Callable[[], str],
        lock_seconds: float,
        lease_seconds: int = LEASE_SECONDS,
    ) -> None:
        """Name the place; nothing is asked before it is needed.

        Args:
            bucket: bucket and prefix.
            new_owner: gives a name that no other holder of a lease has.
            lock_seconds: how long to wait for another publisher.
            lease_seconds: how long a silent publisher keeps others waiting; at least 2, for clocks count seconds.
        """
        self._bucket = bucket
        self._new_owner = new_owner
        self._wait = lock_seconds
        self._lease_seconds = lease_seconds
        self._current = _Current()
        self._proven = False

    def read(self, path: str) -> bytes:
        """Read an object."""
        data = self._bucket.read(check_path(path))
        if path == TIMESTAMP and not data.strip():
            raise ObjectMissingError(detail=f"{path} is not in the repository")
        return data

    def exists(self, path: str) -> bool:
        """Tell whether there is an object."""
        if path == TIMESTAMP:
            return _stamp(self._bucket.see(path)) is not None
        return self._bucket.head(check_path(path)) is not None

    def put_blob(self, path: str, data: bytes) -> None:
        """Write an object unless the same bytes are there already."""
        self._beat()
        self._blob(path, data)

    def put_blobs(self, blobs: Mapping[str, bytes], done: Callable[[int], object]) -> None:
        """Write many objects, several at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            writing = [pool.submit(self._blob, path, data) for path, data in blobs.items()]
            try:
                for number, one in enumerate(as_completed(writing), start=1):
                    one.result()
                    self._beat()
                    done(number)
            finally:
                pool.shutdown(cancel_futures=True)

    def put_metadata(self, path: str, data: bytes) -> None:
        """Write an object; under the lease, only over what was there before the lease began."""
        check_path(path)
        session = self._current.session
        if session is None:
            self._put(path, data, None)
            return
        self._beat()
        try:
            try:
                session.own[path] = self._put(path, data, Condition(None))
            except ConditionError:
                session.own[path] = self._put(path, data, Condition(self._before(session, path)))
        except ConditionError as error:
            raise leases.lost() from error

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write an object over exactly what was seen."""
        session = self._current.session
        if session is not None and path == TIMESTAMP:
            self._beat()
            seen, etag = session.stamp, session.etag
        else:
            found = self._bucket.see(check_path(path))
            seen, etag = _stamp(found) if path == TIMESTAMP else found and found.data, found and found.etag
        try:
            if seen != previous:
                raise ConditionError(path)
            written = self._put(path, data, Condition(etag))
        except ConditionError as error:
            raise LockedError(
                detail=f"{path} was changed meanwhile", remedy="look at what is there and try again"
            ) from error
        if session is not None and path == TIMESTAMP:
            session.stamp, session.etag = data, written

    def paths(self, prefix: str) -> tuple[str, ...]:
        """List what lies below a folder."""
        folder = f"{check_path(prefix.rstrip('/'))}/" if prefix else ""
        found = [path for path in self._bucket.paths(folder) if not path.rpartition("/")[2].startswith(".")]
        return tuple(sorted(path for path in found if path != TIMESTAMP or self.exists(path)))

    def remove(self, path: str) -> None:
        """Remove an object."""
        self._bucket.remove(check_path(path))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lease; whoever takes it over from another makes sure that the other can publish no more."""
        if self._current.session is not None:
            raise LockedError(detail="this thread holds the repository already")
        lease = leases.take(self._bucket, self._new_owner(), seconds=self._lease_seconds, wait=self._wait)
        try:
            if not self._proven:
                leases.probe(lease)
                self._proven = True
            seen = self._fence() if lease.taken_over else self._bucket.see(TIMESTAMP)
            self._current.session = _Session(lease, _stamp(seen), None if seen is None else seen.etag)
            yield
        finally:
            self._current.session = None
            lease.give_back()

    def _fence(self) -> Seen | None:
        """Alter the timestamp's bytes, and nothing that they say."""
        for _ in range(_FENCES):
            seen = self._bucket.see(TIMESTAMP)
            data, condition = (b"", Condition(None)) if seen is None else (seen.data + b"\n", Condition(seen.etag))
            try:
                self._put(TIMESTAMP, data, condition)
            except ConditionError:
                continue  # the one before has published just now
            return self._bucket.see(TIMESTAMP)
        raise LockedError(detail="other publishers are at work", remedy="wait until they are done and try again")

    def _before(self, session: _Session, path: str) -> str:
        """Give the entity tag of what may be written over."""
        seen = self._bucket.head(path)
        if seen is None or (seen.etag != session.own.get(path) and seen.modified > session.lease.start):
            raise ConditionError(path)
        return seen.etag

    def _blob(self, path: str, data: bytes) -> None:
        """Write an object unless its entity tag says that it is there."""
        seen = self._bucket.head(check_path(path))
        if seen is None or seen.etag.strip('"') != hashlib.md5(data, usedforsecurity=False).hexdigest():
            self._put(path, data, None)

    def _put(self, path: str, data: bytes, condition: Condition | None) -> str:
        """Write an object with the headers under which it is served."""
        kind = "application/json" if path.endswith(".json") else "application/octet-stream"
        kept = _IMMUTABLE if _LASTING.fullmatch(path) else "no-cache"
        return self._bucket.put(path, data, kind=kind, kept=kept, condition=condition)[0]

    def _beat(self) -> None:
        """Prolong the lease, if this thread holds one."""
        if self._current.session is not None:
            self._current.session.lease.prolong()


def _stamp(seen: Seen | None) -> bytes | None:
    """Give a timestamp's bytes; one of blanks is none."""
    return None if seen is None or not seen.data.strip() else seen.data
