"""Deltas where a repository is served: made while a phone waits, and made in the background after a publication.

Both work beside publishers and hold no lock. What a phone gets while it waits is quickly made and larger, so between
releases in use it is kept in memory only: its path belongs to the delta with full effort that comes after it.
"""

from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from typing import Final

from h5bundle import delta
from h5bundle.commands.deltas import delta_path, files_of, in_use, made_delta, offer_delta, offered_by
from h5bundle.commands.offers import Offered
from h5bundle.errors import H5BundleError, LockedError, TrustError
from h5bundle.manifest import Manifest
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP, TrustedState
from h5bundle.versions import is_development, parse_version

KEPT: Final = 8
"""So many deltas are kept in memory until better ones come."""
KEPT_BYTES: Final = 4 << 20
"""A larger one is not kept."""


def awaited(store: Store, state: TrustedState, bundle: str) -> dict[str, dict[str, Manifest]]:
    """Give, for each release that phones go to, the releases that they come from.

    Phones go to the release that the policy offers first, and to the newest. What a developer saves lives for minutes,
    and counts as neither.
    """
    every = offered_by(store, state, bundle)
    offered = {digest: manifest for digest, manifest in every.items() if not is_development(manifest.version)}
    policy = Offered(store, state.unexpired()).policy(bundle)
    goals = {} if policy is None or not policy.releases else {policy.releases[0].digest: None}
    if offered:
        goals[max(offered, key=lambda one: parse_version(offered[one].version))] = None
    found = {digest: in_use(store, state, offered[digest], digest) for digest in goals if digest in offered}
    return {digest: {base: old for base, old in bases.items() if base in offered} for digest, bases in found.items()}


class OnDemand:
    """Makes the delta between two releases on offer when somebody asks for it: one at a time, and each pair once."""

    def __init__(self, store: Store) -> None:
        """Make deltas of a repository."""
        self._store = store
        self._working = Lock()
        self._useless: set[tuple[str, str]] = set()
        self._kept: dict[tuple[str, str], bytes] = {}

    def __call__(self, digest: str, base: str) -> bytes | None:
        """Give a delta that the repository lacks.

        Args:
            digest: of the new release's manifest.
            base: of the manifest of the release that the phone has.

        Returns:
            The delta; None when one of them is not on offer, they are not of one bundle, nothing would be gained,
            another delta is being made just now, or the repository is not whole or full: the phone fetches the files.
            While a publisher holds a repository in a database, a delta is given and not kept.
        """
        kept = self._kept.get((digest, base))
        if kept is not None:
            return kept
        if digest == base or (digest, base) in self._useless or not self._working.acquire(blocking=False):
            return None
        try:
            state = load_for_reading(self._store)
            for bundle in state.bundles:
                offered = offered_by(self._store, state, bundle)
                if digest in offered and base in offered:
                    made = self._made(offered[base], offered[digest], digest, base)
                    if made is not None:
                        coming = base in awaited(self._store, state, bundle).get(digest, {})
                        self._keep(digest, base, made, in_memory=coming)
                    return made
        except H5BundleError:
            return None
        else:
            return None
        finally:
            self._working.release()

    def _made(self, old: Manifest, new: Manifest, digest: str, base: str) -> bytes | None:
        """Make a delta quickly, or remember that there is none."""
        made = made_delta(self._store, old, new, files_of(self._store, new), delta.ON_DEMAND)
        if made is None:
            self._useless.add((digest, base))
        return made

    def _keep(self, digest: str, base: str, made: bytes, *, in_memory: bool) -> None:
        """Keep a delta for those who ask next."""
        if not in_memory:
            with suppress(LockedError):  # kept when somebody asks again
                self._store.put_blob(delta_path(digest, base), made)
        elif len(made) <= KEPT_BYTES:
            self._kept[digest, base] = made
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]


class Background:
    """Makes the deltas that publications have left for later; asked again and again, it looks at what is new.

    Several processes may do so: each begins at another place, and none makes what is there already.
    """

    def __init__(self, store: Store, turn: int) -> None:
        """Make deltas of a repository.

        Args:
            store: the repository.
            turn: a number in which processes differ.
        """
        self._store = store
        self._turn = turn
        self._seen = b""
        self._useless: set[tuple[str, str]] = set()

    def __call__(self) -> int:
        """Make what is missing, and tell how many came to be.

        Raises:
            H5BundleError: the repository cannot be read or is full; ask again.
        """
        stamp = self._store.read(TIMESTAMP)
        if stamp == self._seen:
            return 0
        made = sum(self._offer(*pair) for pair in self._missing())
        self._seen = stamp
        return made

    def _missing(self) -> Iterator[tuple[str, Manifest, str, Manifest]]:
        """Give the pairs without a delta, beginning with this process's own."""
        state = load_for_reading(self._store)
        pairs = []
        for bundle in state.bundles:
            offered = offered_by(self._store, state, bundle)
            for digest, bases in awaited(self._store, state, bundle).items():
                pairs += [(digest, offered[digest], base, manifest) for base, manifest in bases.items()]
        first = self._turn % max(1, len(pairs))
        for pair in (*pairs[first:], *pairs[:first]):
            digest, _, base, _ = pair
            if (digest, base) not in self._useless and not self._store.exists(delta_path(digest, base)):
                yield pair

    def _offer(self, digest: str, manifest: Manifest, base_digest: str, base: Manifest) -> bool:
        """Make one delta; an old release that is not whole gets none."""
        try:
            made = offer_delta(self._store, base, base_digest, manifest, digest, files_of(self._store, manifest))
        except TrustError:
            return False
        if made.length is None:
            self._useless.add((digest, base_digest))
        return made.length is not None
