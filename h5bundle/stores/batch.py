"""Writing many blobs: at once where the store can, one after the other where it cannot."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from h5bundle.stores.port import Store


@runtime_checkable
class BatchStore(Protocol):
    """What a store may offer beside the port."""

    def put_blobs(self, blobs: Mapping[str, bytes], done: Callable[[int], object]) -> None:
        """Keep objects whose paths hold their own hash; all are durable when it returns.

        Args:
            blobs: path → bytes.
            done: told how many are finished.

        Raises:
            StoreError: one cannot be written; the others may be there, which does no harm.
        """
        ...


def put_blobs(store: Store, blobs: Mapping[str, bytes], done: Callable[[int], object] = lambda _: None) -> None:
    """Keep many objects.

    Args:
        store: where.
        blobs: path → bytes.
        done: told how many are finished.

    Raises:
        StoreError: one cannot be written.
    """
    if isinstance(store, BatchStore):
        store.put_blobs(blobs, done)
        return
    for number, (path, data) in enumerate(blobs.items(), start=1):
        store.put_blob(path, data)
        done(number)
