"""The table of released bundles."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
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
