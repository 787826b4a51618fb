"""Reading a repository for those who write it: verified like anybody's reading, with less regard to time."""

from datetime import UTC, datetime
from typing import Final

from h5bundle.keys import ROOT, TARGETS
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP, Read, TrustedState, load, metadata_path

FIRST_ROOT: Final = metadata_path(ROOT, 1)
ONLINE_ROLES: Final = frozenset({"timestamp", "snapshot"})
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_EVERY: Final = frozenset({ROOT, TARGETS, *ONLINE_ROLES})


def trusted_root(store: Store) -> bytes:
    """Give the first root of a store: what an app would carry inside.

    Raises:
        ObjectMissingError: there is no repository yet.
    """
    return store.read(FIRST_ROOT)


def is_repository(store: Store) -> bool:
    """Tell whether a publication was ever completed here: the timestamp is written last."""
    return store.exists(TIMESTAMP)


def load_for_renewal(store: Store, now: datetime) -> TrustedState:
    """Verify the repository, forgiving only that online roles have expired: they are about to be signed anew.

    Raises:
        TrustError: the repository is not whole, or root or targets has expired.
    """
    return load(store.read, trusted_root=trusted_root(store), now=now, ignoring_expiry_of=ONLINE_ROLES)


def load_for_reading(store: Store) -> TrustedState:
    """Verify the repository's signatures without regard to time, for tools that show or look up what is there.

    Raises:
        ObjectMissingError: there is no repository.
        TrustError: the repository is not whole.
    """
    return read_without_time(store.read, trusted_root(store))


def read_without_time(read: Read, anchor: bytes) -> TrustedState:
    """Do the same through any way of reading.

    Raises:
        TrustError: the repository is not whole.
    """
    return load(read, trusted_root=anchor, now=_LONG_AGO, ignoring_expiry_of=_EVERY)
