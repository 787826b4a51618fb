"""The port to a repository's store: immutable blobs, metadata, and one publisher at a time."""

from contextlib import AbstractContextManager
from typing import Protocol


class Store(Protocol):
    """A place with paths and bytes.

    Every write is durable when the call returns, and a reader sees an object whole or not at all.
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
        """Write metadata over what was there.

        Raises:
            StoreError: it cannot be written.
        """
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the repository against other publishers.

        Raises:
            LockedError: another one holds it.
        """
        ...
