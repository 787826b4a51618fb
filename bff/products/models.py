"""Tables of the warehouse: the definition in force of each product, and its quota counters."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, FEN, JSON_TEXT, Base


class Product(Base):
    """One product: the text of its definition and its state of sale."""

    __tablename__ = "product"

    code: Mapped[str] = mapped_column(CODE, primary_key=True)
    version: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    definition: Mapped[str] = mapped_column(JSON_TEXT)
    updated_at: Mapped[datetime]


class ProductQuota(Base):
    """The counters of one product: ``held`` by orders on their way, ``confirmed`` by accepted ones."""

    __tablename__ = "product_quota"
    __table_args__ = (
        CheckConstraint("held_fen >= 0 AND confirmed_fen >= 0", name="not_negative"),
        CheckConstraint("held_fen + confirmed_fen <= total_fen", name="never_oversold"),
    )

    code: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"), primary_key=True)
    total_fen: Mapped[int] = mapped_column(FEN)
    held_fen: Mapped[int] = mapped_column(FEN, default=0)
    confirmed_fen: Mapped[int] = mapped_column(FEN, default=0)
