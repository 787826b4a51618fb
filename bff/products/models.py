"""Tables of the warehouse: products with states of sale, versions and quota; papers to be checked; decisions taken."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, DIGEST, FEN, ID, JSON_TEXT, SEQUENCE, Base


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


class Paper(Base):
    """What one person made and another has to check, as its exact text: a definition, a move, rules or a calendar.

    ``paper_kind`` is ``product``, ``state``, ``rules`` or ``calendar``; ``family`` is a product's. People are named as
    the register of keys names them, with the thumbprints of the keys by which they signed.
    """

    __tablename__ = "paper"
    __table_args__ = (Index("ix_paper_state", "state", "paper_kind"),)

    paper_kind: Mapped[str] = mapped_column(CODE, primary_key=True)
    code: Mapped[str] = mapped_column(CODE, primary_key=True)
    version: Mapped[str] = mapped_column(CODE, primary_key=True)
    family: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    text: Mapped[str] = mapped_column(JSON_TEXT)
    digest: Mapped[str] = mapped_column(DIGEST)
    valid_from: Mapped[date] = mapped_column(Date)
    maker: Mapped[str] = mapped_column(String(100))
    maker_key: Mapped[str] = mapped_column(CODE)
    made_at: Mapped[datetime]
    checker: Mapped[str | None] = mapped_column(String(100))
    checker_key: Mapped[str | None] = mapped_column(CODE)
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(400), default="")


class RuleDecision(Base):
    """Why a decision was taken as it was: the rules it read and what it weighed; ids are the only personal data.

    ``subject`` is what was decided on, empty for a refusal; ``about`` is the operation, account or application from
    which it follows.
    """

    __tablename__ = "rule_decision"
    __table_args__ = (
        Index("ix_rule_decision_subject", "subject", "at"),
        Index("ix_rule_decision_about", "about"),
        Index("ix_rule_decision_request_id", "request_id"),
    )

    number: Mapped[int] = mapped_column(SEQUENCE, primary_key=True)
    subject: Mapped[str] = mapped_column(CODE)
    about: Mapped[str] = mapped_column(CODE)
    kind: Mapped[str] = mapped_column(CODE)
    at: Mapped[datetime]
    pack: Mapped[str] = mapped_column(CODE)
    version: Mapped[str] = mapped_column(CODE)
    outcome: Mapped[str] = mapped_column(CODE)
    request_id: Mapped[str] = mapped_column(CODE)
    customer_id: Mapped[str | None] = mapped_column(ID)
    facts: Mapped[str] = mapped_column(JSON_TEXT)
