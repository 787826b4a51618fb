"""How far each release came, counted per day, release, platform and event; nothing else is known or kept.

A report carries no id and gets none: the address from which it came is used for the rate limit and never written.
Reports are not authenticated, so the counters say what happened and decide nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from bff.bundles.models import AdoptionBatch, AdoptionCount, BundleRelease
from bff.bundles.schemas import AdoptionAnswer, AdoptionCounted, AdoptionQuery, AdoptionReport, ReleaseAdoption
from bff.db.statements import add_counts, changed, insert_new
from bff.kinds import Context

BATCHES_KEPT: Final = timedelta(days=7)
"""How long a repeated delivery is recognised."""
DAYS_KEPT: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Adoption:
    """The counters."""

    def report(self, session: Session, context: Context, request: AdoptionReport) -> AdoptionCounted:
        """Count a batch, once; events of releases that nobody published are passed over."""
        if not insert_new(session, AdoptionBatch, batch=request.batch, received_at=context.now):
            return AdoptionCounted(0)
        digests = {event.digest for event in request.events}
        found = session.execute(
            select(BundleRelease.digest, BundleRelease.bundle).where(BundleRelease.digest.in_(digests))
        )
        known = {(digest, bundle) for digest, bundle in found}
        counts = Counter(
            (event.digest, event.platform, event.event)
            for event in set(request.events)
            if (event.digest, event.bundle) in known
        )
        day = f"{context.now:%Y-%m-%d}"
        rows = [
            {"day": day, "digest": digest, "platform": platform, "event": event, "count": count}
            for (digest, platform, event), count in sorted(counts.items())
        ]
        if rows:
            add_counts(session, AdoptionCount, rows, column="count")
        return AdoptionCounted(sum(counts.values()))

    def read(self, session: Session, context: Context, request: AdoptionQuery) -> AdoptionAnswer:
        """Give the counters of one bundle, or of all."""
        del context
        return self.of(session, request.bundle)

    @staticmethod
    def of(session: Session, bundle: str | None) -> AdoptionAnswer:
        """Give the counters of all days together, releases without any included."""
        total = func.coalesce(func.sum(AdoptionCount.count), 0).label("total")
        release = (BundleRelease.bundle, BundleRelease.version, BundleRelease.digest)
        wanted = (
            select(*release, AdoptionCount.platform, AdoptionCount.event, total)
            .join(AdoptionCount, AdoptionCount.digest == BundleRelease.digest, isouter=True)
            .group_by(*release, AdoptionCount.platform, AdoptionCount.event)
            .order_by(*release, AdoptionCount.platform)
        )
        if bundle is not None:
            wanted = wanted.where(BundleRelease.bundle == bundle)
        return AdoptionAnswer(_folded(session.execute(wanted).all()))

    @staticmethod
    def sweep(session: Session, now: datetime) -> int:
        """Forget batches that nobody repeats any more and days that are long gone; give how many rows."""
        old = delete(AdoptionBatch).where(AdoptionBatch.received_at < now - BATCHES_KEPT)
        gone = delete(AdoptionCount).where(AdoptionCount.day < f"{now - DAYS_KEPT:%Y-%m-%d}")
        return changed(session, old) + changed(session, gone)


def _folded(rows: Sequence[Row[str, str, str, str, str, int]]) -> tuple[ReleaseAdoption, ...]:
    """Put the events of one release and platform side by side."""
    found: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for bundle, version, digest, platform, event, total in rows:
        events = found.setdefault((bundle, version, digest, platform or ""), {})
        if event is not None:
            events[event] = int(total)
    return tuple(
        ReleaseAdoption(
            bundle,
            version,
            digest,
            platform,
            checked=events.get("checked", 0),
            downloaded=events.get("downloaded", 0),
            verified=events.get("verified", 0),
            launched=events.get("launched", 0),
            ready=events.get("ready", 0),
            rolledback=events.get("rolledback", 0),
        )
        for (bundle, version, digest, platform), events in found.items()
    )
