"""A repository that is watched while something is published: what was withdrawn meanwhile does not get through."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from h5bundle.stores.batch import put_blobs
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP


@dataclass(frozen=True, slots=True)
class WatchedStore:
    """A store that lets a publisher look at the database while nobody else can publish.

    Attributes:
        store: where is published.
        look: called as soon as the lock is held.
        still: called before the timestamp is written; what it raises ends the publication, and nothing is published.
    """

    store: Store
    look: Callable[[], None]
    still: Callable[[], None]

    def read(self, path: str) -> bytes:
        """See the port."""
        return self.store.read(path)

    def exists(self, path: str) -> bool:
        """See the port."""
        return self.store.exists(path)

    def put_blob(self, path: str, data: bytes) -> None:
        """See the port."""
        self.store.put_blob(path, data)

    def put_blobs(self, blobs: Mapping[str, bytes], done: Callable[[int], object]) -> None:
        """See ``BatchStore``."""
        put_blobs(self.store, blobs, done)

    def put_metadata(self, path: str, data: bytes) -> None:
        """See the port."""
        self.store.put_metadata(path, data)

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """See the port."""
        if path == TIMESTAMP:
            self.still()
        self.store.swap(path, data, previous=previous)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """See the port."""
        return self.store.paths(prefix)

    def remove(self, path: str) -> None:
        """See the port."""
        self.store.remove(path)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the store, then look."""
        return self._lock()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with self.store.lock():
            self.look()
            yield
