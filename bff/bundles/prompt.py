"""A release book that looks into the repository at once when an unknown digest calls: for a sandbox with live reload.

The job that records releases comes round every few seconds; a page that a developer has just saved calls within
milliseconds. What is recorded is the same, and only what verifies; how often the repository is read is bounded.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff.bundles.service import ReleaseBook
from bff.bus.releases import BundleUnknownError, Release
from bff.db.engine import retried
from bff.kinds import Clock
from h5bundle.client import PublishedRelease
from h5bundle.errors import H5BundleError

PAUSE: Final = 0.2
"""Seconds that have to pass before an unknown digest makes the repository be read again."""


@dataclass(slots=True)
class PromptReleases:
    """The book as the bus sees it.

    Attributes:
        book: where releases are recorded.
        engine: opens a transaction of its own for recording; the caller's may be a reading one.
        offered: gives the verified releases of the repository.
        clock: the present instant; monotonic: seconds, for the pause.
    """

    book: ReleaseBook
    engine: Engine
    offered: Callable[[], Iterable[PublishedRelease]]
    clock: Clock
    monotonic: Callable[[], float]
    _last: float = field(default=float("-inf"))

    def release(self, session: Session, digest: str) -> Release:
        """Give the release with that manifest digest, recording it first when it was published a moment ago.

        Raises:
            BundleUnknownError: there is none in the repository either.
            BundleRevokedError: it was called back.
        """
        try:
            return self.book.release(session, digest)
        except BundleUnknownError:
            if not self._record():
                raise
        return retried(self.engine, lambda own: self.book.release(own, digest), writing=False)

    def _record(self) -> bool:
        """Record what is on offer; tell whether it was looked at."""
        now = self.monotonic()
        if now - self._last < PAUSE:
            return False
        self._last = now
        try:
            found = tuple(self.offered())
        except H5BundleError:
            return False
        retried(self.engine, lambda own: self.book.sync(own, now=self.clock(), releases=found))
        return True
