"""Which release the web host shows now: what everybody gets, unless the bank called it back.

The signed policy decides, and is read again whenever the repository's timestamp changed; the release book is asked
each time. So a halt, a rollback and a call back act within the book's two seconds.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine

from bff.bundles.service import ReleaseBook
from bff.bus.releases import BundleRevokedError, BundleUnknownError
from bff.db.engine import retried
from bff.kinds import Clock
from h5bundle.client import AnonymousRelease, anonymous_release, read_file
from h5bundle.errors import H5BundleError, StoreError, TrustError
from h5bundle.manifest import FileEntry
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState

_log = logging.getLogger(__name__)
WEB: Final = "web"
"""The platform of the web host in rollout policies."""


def standing_in(book: ReleaseBook, engine: Engine) -> Callable[[str], bool]:
    """Give the question whether a release is recorded and was not called back."""

    def stands(digest: str) -> bool:
        try:
            retried(engine, lambda session: book.release(session, digest), writing=False)
        except (BundleRevokedError, BundleUnknownError):
            return False
        return True

    return stands


@dataclass(frozen=True, kw_only=True, slots=True)
class WebReleases:
    """The releases of the web host.

    Attributes:
        store: the release repository; state: gives its verified metadata, the same object while nothing changed.
        standing: tells whether the release of a digest is recorded and was not called back.
        app_version: that the policy compares with.
        clock: against which expiry is checked.
    """

    store: Store
    state: Callable[[], TrustedState | None]
    standing: Callable[[str], bool]
    app_version: str
    clock: Clock
    _kept: dict[str, tuple[TrustedState, AnonymousRelease | None]] = field(default_factory=dict)

    def has(self, bundle: str) -> bool:
        """Tell whether there may be such a bundle, shown now or not; nobody knows while the repository is broken."""
        state = self.state()
        return state is None or bundle in state.bundles

    def of(self, bundle: str) -> AnonymousRelease | None:
        """Give the release of a bundle, or None when nothing may be shown."""
        state = self.state()
        if state is None or bundle not in state.bundles:
            return None
        release = self._chosen(state, bundle)
        return release if release is not None and all(map(self.standing, release.digests)) else None

    def bundles(self) -> tuple[str, ...]:
        """Give the bundles that can be shown now."""
        state = self.state()
        return () if state is None else tuple(bundle for bundle in state.bundles if self.of(bundle) is not None)

    def read(self, entry: FileEntry) -> bytes | None:
        """Give a file's bytes, or None when the repository holds others.

        Raises:
            StoreError: the repository does not answer.
        """
        try:
            return read_file(self.store.read, entry)
        except TrustError as error:
            _log.error("the web host does not serve %s: %s", error.subject, error.detail)
            return None

    def _chosen(self, state: TrustedState, bundle: str) -> AnonymousRelease | None:
        """Ask the policy; what it says is kept while the repository stays the same and no role of it has expired."""
        now = self.clock()
        kept = self._kept.get(bundle)
        if kept is not None and kept[0] is state and (kept[1] is None or now < kept[1].until):
            return kept[1]
        try:
            release = anonymous_release(
                self.store.read, state, bundle, app_version=self.app_version, platform=WEB, now=now
            )
        except StoreError:
            raise
        except H5BundleError as error:
            _log.error("the web host does not show %s: %s", bundle, error.detail)
            return None
        self._kept[bundle] = (state, release)
        return release
