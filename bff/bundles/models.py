"""The tables of released bundles and of how far each of them came."""

from datetime import datetime

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, DIGEST, JSON_TEXT, Base


class BundleRelease(Base):
    """One release that was signed and published; its digest names it for good.

    ``ops`` and ``purposes`` are JSON lists, copied from the signed manifest.
    """

    __tablename__ = "bundle_release"
    __table_args__ = (UniqueConstraint("bundle", "version", name="uq_bundle_release_version"),)

    digest: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    bundle: Mapped[str] = mapped_column(CODE)
    version: Mapped[str] = mapped_column(CODE)
    ops: Mapped[str] = mapped_column(JSON_TEXT)
    purposes: Mapped[str] = mapped_column(JSON_TEXT)
    state: Mapped[str] = mapped_column(CODE)
    recorded_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AdoptionCount(Base):
    """How often one event happened to one release on one platform on one day (UTC, ``2026-11-23``)."""

    __tablename__ = "adoption_count"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    digest: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    platform: Mapped[str] = mapped_column(CODE, primary_key=True)
    event: Mapped[str] = mapped_column(CODE, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class AdoptionBatch(Base):
    """The number of a batch that was counted, for as long as it may be delivered again."""

    __tablename__ = "adoption_batch"

    batch: Mapped[str] = mapped_column(CODE, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
