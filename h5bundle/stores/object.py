"""A repository in an S3-compatible object store, written so that a publisher that lost its lease can break nothing.

Files by hash may be written by anybody at any time. The rest is written under conditions, so that no publisher writes
over what another one has published or still can publish:

- The timestamp is written last, and only over what was there when the lease began.
- Other metadata is written where nothing is. Where something is, an interrupted publication left it, and its publisher
  may be asleep and not dead: so first the timestamp is altered by a blank at its end, which no signature covers and no
  client minds. The condition of everybody who began before can never hold again. (Where there is no timestamp yet, one
  of blanks alone takes its place; it counts as none.) Only then, and only if it is still the same, is it written over.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from h5bundle.errors import LockedError, ObjectMissingError
from h5bundle.paths import check_path
from h5bundle.stores import lease as leases
from h5bundle.stores.bucket import Bucket, Condition, ConditionError
from h5bundle.stores.lease import Lease
from h5bundle.trust import TIMESTAMP

LEASE_SECONDS: Final = 60
_AT_ONCE: Final = 8
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_LASTING: Final = re.compile(r"(?:objects|targets|deltas)/.+|metadata/[0-9]+\.[a-z0-9-]+\.json")


@dataclass(slots=True)
class _Session:
    """What a publisher knows while it holds the lease.

    Attributes:
        seen: the timestamp as the lease found it, or as this publisher has written it.
        lying, etag: what lies in its place, blanks included; None while nothing does.
    """

    lease: Lease
    seen: bytes | None
    lying: bytes | None
    etag: str | None


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
            found = self._bucket.see(path)
            return found is not None and _stamp(found.data) is not None
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
        """Write an object; metadata under the lease so that no other publisher's is lost."""
        session = self._current.session
        if not check_path(path).startswith("metadata/") or session is None:
            self._put(path, data, None)
            return
        session.lease.prolong()
        try:
            self._put(path, data, Condition(None))
        except ConditionError:
            self._write_over(session, path, data)

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write an object over exactly what was seen."""
        session = self._current.session if path == TIMESTAMP else None
        if session is not None:
            session.lease.prolong(now=True)
            seen, lying, etag = session.seen, session.lying, session.etag
        else:
            found = self._bucket.see(check_path(path))
            lying, etag = (None, None) if found is None else (found.data, found.etag)
            seen = _stamp(lying) if path == TIMESTAMP else lying
        changed = LockedError(detail=f"{path} was changed meanwhile", remedy="look at what is there and try again")
        if previous not in {seen, lying}:
            raise changed
        try:
            written = self._put(path, data, Condition(etag))
        except ConditionError as error:
            raise changed from error
        if session is not None:
            session.seen, session.lying, session.etag = data, data, written

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
        """Hold the lease."""
        if self._current.session is not None:
            raise LockedError(detail="this thread holds the repository already")
        lease = leases.take(self._bucket, self._new_owner(), seconds=self._lease_seconds, wait=self._wait)
        try:
            if not self._proven:
                leases.probe(lease)
                self._proven = True
            found = self._bucket.see(TIMESTAMP)
            data, etag = (None, None) if found is None else (found.data, found.etag)
            self._current.session = _Session(lease, _stamp(data), data, etag)
            yield
        finally:
            self._current.session = None
            lease.give_back()

    def _write_over(self, session: _Session, path: str, data: bytes) -> None:
        """Write over what an interrupted publication left, once nobody can publish that any more."""
        found = self._bucket.head(path)  # before the timestamp is altered: what is written later has another tag
        try:
            self._fence(session)
            session.lease.prolong(now=True)
            self._put(path, data, Condition(None if found is None else found.etag))
        except ConditionError as error:
            raise leases.lost() from error

    def _fence(self, session: _Session) -> None:
        """Alter the timestamp's bytes, and nothing that they say."""
        altered = b"\n" if session.lying is None else session.lying + b"\n"
        session.etag = self._put(TIMESTAMP, altered, Condition(session.etag, unique=False))
        session.lying = altered

    def _blob(self, path: str, data: bytes) -> None:
        """Write an object unless its entity tag says that it is there."""
        seen = self._bucket.head(check_path(path))
        if seen is None or seen.etag.strip('"') != hashlib.md5(data, usedforsecurity=False).hexdigest():
            self._put(path, data, None)

    def _put(self, path: str, data: bytes, condition: Condition | None) -> str:
        """Write an object with the headers under which it is served."""
        kind = "application/json" if path.endswith(".json") else "application/octet-stream"
        kept = _IMMUTABLE if _LASTING.fullmatch(path) else "no-cache"
        return self._bucket.put(path, data, kind=kind, kept=kept, condition=condition)

    def _beat(self) -> None:
        """Prolong the lease, if this thread holds one."""
        if self._current.session is not None:
            self._current.session.lease.prolong()


def _stamp(data: bytes | None) -> bytes | None:
    """Give a timestamp's bytes; one of blanks is none."""
    return None if data is None or not data.strip() else data
