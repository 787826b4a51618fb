"""Recording releases, answering for them at every call, and calling them back.

A release is believed because its TUF metadata verified when it was recorded; that metadata goes into the evidence, so
that years later an order's export can prove which code asked. A call back acts in every process within ``CACHED``.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.bundles.models import BundleRelease
from bff.bus.releases import BundleRevokedError, BundleUnknownError, Release
from bff.db.statements import changed, insert_new
from bff.kinds import BundleRef
from h5bundle.client import PublishedRelease

CACHED: Final = 2.0
"""Seconds for which a process may remember a release."""
PUBLISHED: Final = "PUBLISHED"
REVOKED: Final = "REVOKED"


@dataclass(frozen=True, slots=True)
class ReleaseBook:
    """The releases, as the bus and the release team need them.

    Attributes:
        monotonic: seconds of a clock that never goes back, for the cache.
    """

    monotonic: Callable[[], float]
    _cache: dict[str, tuple[float, Release]] = field(default_factory=dict)

    def release(self, session: Session, digest: str) -> Release:
        """Give the release with that manifest digest.

        Raises:
            BundleUnknownError: it was never recorded.
            BundleRevokedError: it was called back.
        """
        now = self.monotonic()
        kept = self._cache.get(digest)
        if kept is not None and 0 <= now - kept[0] < CACHED:
            return kept[1]
        release = _read(session, digest)
        self._cache[digest] = (now, release)
        return release

    def sync(self, session: Session, *, now: datetime, releases: Iterable[PublishedRelease]) -> tuple[BundleRef, ...]:
        """Record the releases that are new, each with its evidence.

        Args:
            session: of a writing transaction.
            now: the present instant.
            releases: verified releases on offer, from ``h5bundle.client.releases``.

        Returns:
            What was recorded now; nothing when all were known.
        """
        offered = {release.digest: release for release in releases}
        known = set(session.scalars(select(BundleRelease.digest).where(BundleRelease.digest.in_(offered))))
        recorded = [release for digest, release in sorted(offered.items()) if digest not in known]
        return tuple(_ref(release) for release in recorded if _record(session, now, release))

    def unrecorded(self, session: Session, releases: Iterable[PublishedRelease]) -> tuple[BundleRef, ...]:
        """Give the releases on offer that the book does not know: their version is recorded with another digest.

        The repository was made anew while the database stayed. Pages of such a release may call nothing.
        """
        offered = {release.digest: release for release in releases}
        known = set(session.scalars(select(BundleRelease.digest).where(BundleRelease.digest.in_(offered))))
        return tuple(_ref(release) for digest, release in sorted(offered.items()) if digest not in known)

    def revoke(self, session: Session, digest: str, now: datetime) -> None:
        """Call a release back: no process lets it call anything after ``CACHED`` seconds. Doing so again is harmless.

        Raises:
            BundleUnknownError: it was never recorded.
        """
        statement = (
            update(BundleRelease)
            .where(BundleRelease.digest == digest, BundleRelease.state == PUBLISHED)
            .values(state=REVOKED, revoked_at=now)
        )
        if changed(session, statement):
            ref = _ref_of(_row(session, digest))
            body = {"bundle": ref.bundle, "version": ref.version, "digest": digest}
            audit.append(session, kind="bundle.revoked", subject=digest, body=body, now=now)
        else:
            _row(session, digest)
        self._cache.pop(digest, None)

    def revoke_all(self, session: Session, bundle: str, version: str | None, now: datetime) -> tuple[BundleRef, ...]:
        """Call back every published release of a bundle, or the one of a version.

        Raises:
            BundleUnknownError: no such release was ever recorded.

        Returns:
            What is revoked now, those that were so before included.
        """
        statement = (
            select(BundleRelease.digest).where(BundleRelease.bundle == bundle).order_by(BundleRelease.recorded_at)
        )
        if version is not None:
            statement = statement.where(BundleRelease.version == version)
        digests = list(session.scalars(statement))
        if not digests:
            raise BundleUnknownError(
                detail=f"no release of {bundle}{f'@{version}' if version else ''} was ever recorded"
            )
        for digest in digests:
            self.revoke(session, digest, now)
        return tuple(_ref_of(_row(session, digest)) for digest in digests)


def _read(session: Session, digest: str) -> Release:
    """Read a release that may be used."""
    row = _row(session, digest)
    if row.state != PUBLISHED:
        raise BundleRevokedError(detail=f"{_ref_of(row)} was called back")
    return Release(
        ref=_ref_of(row),
        ops=frozenset(json.loads(row.ops)),
        purposes=frozenset(json.loads(row.purposes)),
        state=row.state,
    )


def _row(session: Session, digest: str) -> Row[str, str, str, str, str, str]:
    """Read the row of a release."""
    columns = (
        BundleRelease.bundle,
        BundleRelease.version,
        BundleRelease.digest,
        BundleRelease.ops,
        BundleRelease.purposes,
        BundleRelease.state,
    )
    row = session.execute(select(*columns).where(BundleRelease.digest == digest)).one_or_none()
    if row is None:
        raise BundleUnknownError(detail=f"no release has the digest {digest[:64]}")
    return row


def _record(session: Session, now: datetime, release: PublishedRelease) -> bool:
    """Write the row and the evidence; tell whether this transaction was the one to do it."""
    manifest = release.manifest_model
    ours = insert_new(
        session,
        BundleRelease,
        digest=release.digest,
        bundle=release.bundle,
        version=release.version,
        ops=json.dumps(manifest.ops),
        purposes=json.dumps(manifest.purposes),
        state=PUBLISHED,
        recorded_at=now,
    )
    if ours:
        blobs = {
            "manifest": release.manifest,
            "role": release.role,
            "targets": release.targets,
            "root": release.root,
        }
        body = {
            "bundle": release.bundle,
            "version": release.version,
            "digest": release.digest,
            **{name: hashlib.sha256(blob).hexdigest() for name, blob in blobs.items()},
        }
        audit.append(
            session, kind="bundle.released", subject=release.digest, body=body, now=now, blobs=tuple(blobs.values())
        )
    return ours


def _ref(release: PublishedRelease) -> BundleRef:
    """Name a published release."""
    return BundleRef(release.bundle, release.version, release.digest)


def _ref_of(row: Row[str, str, str, str, str, str]) -> BundleRef:
    """Name a recorded release."""
    return BundleRef(row.bundle, row.version, row.digest)
