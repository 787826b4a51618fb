"""Tables of suitability levels, assessments and orders."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, FEN, ID, JSON_TEXT, Base


class SuitabilityProfile(Base):
    """A customer's level now; its row is what assessments of one customer queue on."""

    __tablename__ = "suitability_profile"

    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"), primary_key=True)
    level: Mapped[str | None] = mapped_column(String(2))
    assessed_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]


class SuitabilityAssessment(Base):
    """One assessment: what was asked, answered and found."""

    __tablename__ = "suitability_assessment"
    __table_args__ = (Index("ix_suitability_assessment_customer", "customer_id", "assessed_at"),)

    assessment_id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID)
    version: Mapped[str] = mapped_column(CODE)
    rule_version: Mapped[str] = mapped_column(CODE)
    answers: Mapped[str] = mapped_column(JSON_TEXT)
    score: Mapped[int] = mapped_column(Integer)
    level: Mapped[str] = mapped_column(String(2))
    day: Mapped[str] = mapped_column(String(10))
    assessed_at: Mapped[datetime]


class WealthOrder(Base):
    """One purchase; it exists exactly when its operation was approved."""

    __tablename__ = "wealth_order"
    __table_args__ = (Index("ix_wealth_order_customer", "customer_id", "placed_at"),)

    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    operation_id: Mapped[str] = mapped_column(ID, unique=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    device_id: Mapped[str] = mapped_column(ID)
    account_id: Mapped[str] = mapped_column(ID)
    bundle: Mapped[str] = mapped_column(String(200))
    product: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"))
    product_name: Mapped[str] = mapped_column(String(120))
    product_version: Mapped[str] = mapped_column(CODE)
    rule_version: Mapped[str] = mapped_column(CODE)
    amount_fen: Mapped[int] = mapped_column(FEN)
    state: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(CODE)
    trade_date: Mapped[date] = mapped_column(Date)
    confirm_date: Mapped[date] = mapped_column(Date)
    redeemable_from: Mapped[date] = mapped_column(Date)
    redeemable_provisional: Mapped[bool] = mapped_column(Boolean)
    placed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
