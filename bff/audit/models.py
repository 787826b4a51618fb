"""Tables of the evidence chain: its entries, their blobs, the tree, the signed checkpoints and the head row."""

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import BLOB, CODE, DIGEST, ID, JSON_TEXT, SEQUENCE, Base


class EvidenceHead(Base):
    """The chain's end: locking this one row is what keeps the chain free of gaps and forks."""

    __tablename__ = "evidence_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(DIGEST)


class EvidenceEntry(Base):
    """One entry; ``body`` is canonical JSON, kept as the exact text that was hashed."""

    __tablename__ = "evidence_entry"
    __table_args__ = (Index("ix_evidence_entry_subject", "subject", "kind"),)

    seq: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=False)
    prev: Mapped[str] = mapped_column(DIGEST)
    kind: Mapped[str] = mapped_column(CODE)
    subject: Mapped[str] = mapped_column(CODE)
    at: Mapped[str] = mapped_column(ID)
    body: Mapped[str] = mapped_column(JSON_TEXT)
    body_hash: Mapped[str] = mapped_column(DIGEST)
    hash: Mapped[str] = mapped_column(DIGEST)


class EvidenceBlob(Base):
    """Raw bytes to which entries point by SHA-256: manifests and signed metadata."""

    __tablename__ = "evidence_blob"

    sha256: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    data: Mapped[bytes] = mapped_column(BLOB)


class EvidenceCheckpoint(Base):
    """A signed statement that the chain ended with ``hash`` at ``seq``; ``root`` is absent in those without a tree."""

    __tablename__ = "evidence_checkpoint"

    seq: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(DIGEST)
    at: Mapped[str] = mapped_column(ID)
    kid: Mapped[str] = mapped_column(DIGEST)
    sig: Mapped[str] = mapped_column(String(128))
    root: Mapped[str | None] = mapped_column(DIGEST)


class EvidenceNode(Base):
    """The hash of a complete subtree of 256^level entries: what is known of the tree without reading all entries."""

    __tablename__ = "evidence_node"

    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(DIGEST)
