"""Tables of the warehouse: products with their state of sale, every version of their definitions, quota counters."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, DIGEST, FEN, JSON_TEXT, Base


class Product(Base):
    """One product: its family and its state of sale."""

    __tablename__ = "product"

    code: Mapped[str] = mapped_column(CODE, primary_key=True)
    family: Mapped[str] = mapped_column(CODE, index=True)
    state: Mapped[str] = mapped_column(CODE)
    updated_at: Mapped[datetime]


class ProductVersion(Base):
    """One version of a product: the text of its definition, its SHA-256 and who made and checked it."""

    __tablename__ = "product_version"
    __table_args__ = (Index("ix_product_version_force", "code", "state", "valid_from"),)

    code: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"), primary_key=True)
    version: Mapped[str] = mapped_column(CODE, primary_key=True)
    state: Mapped[str] = mapped_column(CODE)
    definition: Mapped[str] = mapped_column(JSON_TEXT)
    digest: Mapped[str] = mapped_column(DIGEST)
    valid_from: Mapped[date] = mapped_column(Date)
    maker: Mapped[str] = mapped_column(String(100))
    checker: Mapped[str | None] = mapped_column(String(100))
    made_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]


class ProductQuota(Base):
    """The counters of one product: ``held`` by orders on their way, ``confirmed`` by accepted ones.

    ``total_fen`` is the quota of the version under which quota was last held.
    """

    __tablename__ = "product_quota"
    __table_args__ = (
        CheckConstraint("held_fen >= 0 AND confirmed_fen >= 0", name="not_negative"),
        CheckConstraint("held_fen + confirmed_fen <= total_fen", name="never_oversold"),
    )

    code: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"), primary_key=True)
    total_fen: Mapped[int] = mapped_column(FEN)
    held_fen: Mapped[int] = mapped_column(FEN, default=0)
    confirmed_fen: Mapped[int] = mapped_column(FEN, default=0)
