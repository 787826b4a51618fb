"""Tables of remote publishing: who may sign what, and what became of each upload."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, DIGEST, ID, JSON_TEXT, Base

THUMBPRINT = String(43)
SIGNATURE = String(128)
WORDS = String(500)
"""A reason in a sentence or two."""


class ReleaseSigner(Base):
    """One public key outside the repository's roles; ``jkt`` is its RFC 7638 thumbprint.

    ``bundles`` is a JSON list of the bundles that a developer's key may upload; empty for the other roles.
    """

    __tablename__ = "release_signer"

    jkt: Mapped[str] = mapped_column(THUMBPRINT, primary_key=True)
    jwk: Mapped[str] = mapped_column(JSON_TEXT)
    role: Mapped[str] = mapped_column(CODE)
    person: Mapped[str] = mapped_column(CODE)
    team: Mapped[str] = mapped_column(CODE)
    bundles: Mapped[str] = mapped_column(JSON_TEXT)
    state: Mapped[str] = mapped_column(CODE)
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(CODE)
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(WORDS)


class ReleaseUpload(Base):
    """One upload; ``received`` bytes are on the disk, ``live`` names the same bytes by the same key once only.

    ``findings``, ``widening`` are JSON; ``widening_digest`` is what a decision must name.
    """

    __tablename__ = "release_upload"
    __table_args__ = (
        Index("ix_release_upload_state", "state", "expires_at"),
        Index("ix_release_upload_jkt", "jkt", "state"),
        Index("ix_release_upload_bundle", "bundle", "state"),
    )

    upload_id: Mapped[str] = mapped_column(ID, primary_key=True)
    jkt: Mapped[str] = mapped_column(THUMBPRINT)
    bundle: Mapped[str] = mapped_column(CODE)
    version: Mapped[str] = mapped_column(CODE)
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    archive: Mapped[str] = mapped_column(DIGEST)
    manifest: Mapped[str] = mapped_column(DIGEST)
    declaration: Mapped[str] = mapped_column(JSON_TEXT)
    signature: Mapped[str] = mapped_column(SIGNATURE)
    live: Mapped[str | None] = mapped_column(DIGEST, unique=True)
    state: Mapped[str] = mapped_column(CODE)
    findings: Mapped[str] = mapped_column(JSON_TEXT)
    widening: Mapped[str] = mapped_column(JSON_TEXT)
    widening_digest: Mapped[str] = mapped_column(DIGEST)
    approved: Mapped[str | None] = mapped_column(DIGEST)
    decided_by: Mapped[str | None] = mapped_column(THUMBPRINT)
    reason: Mapped[str | None] = mapped_column(WORDS)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
