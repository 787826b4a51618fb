"""The port to a repository's store: immutable blobs, metadata, and one publisher at a time."""

from contextlib import AbstractContextManager
from typing import Protocol


class Store(Protocol):
    """A place with paths and bytes.

    Every write is durable when the call returns, or when the block of the lock ends in which it stands. A reader sees
    an object whole or not at all, and never waits for a publisher.
    """

    def read(self, path: str) -> bytes:
        """Give an object's bytes.

        Raises:
            ObjectMissingError: there is none.
            StoreError: it cannot be read.
        """
        ...

    def exists(self, path: str) -> bool:
        """Tell whether there is an object."""
        ...

    def put_blob(self, path: str, data: bytes) -> None:
        """Keep an object whose path holds its own hash; doing so again changes nothing.

        Raises:
            StoreError: it cannot be written.
        """
        ...

    def put_metadata(self, path: str, data: bytes) -> None:
        """Write metadata over what was there: of a version that was never published, or of a document.

        Raises:
            StoreError: it cannot be written; a store may hold that a finished publication has written it.
        """
        ...

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write metadata over exactly what the caller has seen: the commit point of a publication.

        Args:
            path: of the object.
            data: what shall be there.
            previous: what was there when the caller began; None when there was nothing.

        Raises:
            LockedError: something else is there now; nothing was written.
            StoreError: it cannot be written.
        """
        ...

    def paths(self, prefix: str) -> tuple[str, ...]:
        """Give the paths of all objects below a folder (``proposals/``; all for an empty one), sorted.

        Raises:
            StoreError: they cannot be listed.
        """
        ...

    def remove(self, path: str) -> None:
        """Remove an object; one that is not there is removed already.

        Raises:
            StoreError: it cannot be removed.
        """
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the repository against other publishers.

        What is written in the block is kept when the block ends well. When it does not, a store may keep none of it:
        then nothing was published, unless the timestamp was swapped and can be read.

        Raises:
            LockedError: another one holds it, after waiting for a bounded time where a store can wait.
        """
        ...
