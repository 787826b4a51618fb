"""Tables of the wealth sale: levels, orders, net values, positions, redemptions, and who may buy what is private.

Shares are counted in hundredths of a share, net values in ten-thousandths of a yuan.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String
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
    """One purchase; it exists exactly when its operation was approved.

    ``payer`` and ``payee`` are the accounts that were signed: a refund goes the same way back.
    """

    __tablename__ = "wealth_order"
    __table_args__ = (
        Index("ix_wealth_order_customer", "customer_id", "placed_at"),
        Index("ix_wealth_order_due", "state", "confirm_date"),
        Index("ix_wealth_order_product", "product", "state"),
    )

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
    payer: Mapped[str] = mapped_column(CODE)
    payee: Mapped[str] = mapped_column(CODE)
    cancellable_until: Mapped[datetime]
    nav: Mapped[int | None] = mapped_column(BigInteger)
    nav_date: Mapped[date | None] = mapped_column(Date)
    shares: Mapped[int | None] = mapped_column(BigInteger)
    rest_fen: Mapped[int | None] = mapped_column(FEN)
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]


class WealthNav(Base):
    """The net value of one product on one day; once written it stands."""

    __tablename__ = "wealth_nav"
    __table_args__ = (CheckConstraint("nav > 0", name="positive"),)

    product: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    nav: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[datetime]


class WealthPosition(Base):
    """The shares that one purchase gave: ``held`` of them by redemptions on their way; ``cost_fen`` of what is left."""

    __tablename__ = "wealth_position"
    __table_args__ = (
        CheckConstraint("held >= 0 AND held <= shares", name="held_within"),
        Index("ix_wealth_position_customer", "customer_id", "product"),
        Index("ix_wealth_position_product", "product", "order_id"),
    )

    order_id: Mapped[str] = mapped_column(ID, ForeignKey("wealth_order.order_id"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    product: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"))
    account_id: Mapped[str] = mapped_column(ID)
    payer: Mapped[str] = mapped_column(CODE)
    shares: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
    cost_fen: Mapped[int] = mapped_column(FEN)
    redeemable_from: Mapped[date] = mapped_column(Date)
    opened_at: Mapped[datetime]


class WealthRedemption(Base):
    """Shares on their way back into money: asked for with a device's signature, or a product's maturity."""

    __tablename__ = "wealth_redemption"
    __table_args__ = (
        Index("ix_wealth_redemption_customer", "customer_id", "placed_at"),
        Index("ix_wealth_redemption_due", "state", "confirm_date"),
    )

    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(CODE)
    operation_id: Mapped[str | None] = mapped_column(ID, unique=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    device_id: Mapped[str | None] = mapped_column(ID)
    account_id: Mapped[str] = mapped_column(ID)
    bundle: Mapped[str | None] = mapped_column(String(200))
    product: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"))
    product_name: Mapped[str] = mapped_column(String(120))
    product_version: Mapped[str] = mapped_column(CODE)
    rule_version: Mapped[str] = mapped_column(CODE)
    shares: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    payer: Mapped[str] = mapped_column(CODE)
    payee: Mapped[str] = mapped_column(CODE)
    trade_date: Mapped[date] = mapped_column(Date)
    confirm_date: Mapped[date] = mapped_column(Date)
    pay_date: Mapped[date] = mapped_column(Date)
    cancellable_until: Mapped[datetime]
    nav: Mapped[int | None] = mapped_column(BigInteger)
    nav_date: Mapped[date | None] = mapped_column(Date)
    amount_fen: Mapped[int | None] = mapped_column(FEN)
    placed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class WealthRedemptionPart(Base):
    """From which positions a redemption takes its shares."""

    __tablename__ = "wealth_redemption_part"

    order_id: Mapped[str] = mapped_column(ID, ForeignKey("wealth_redemption.order_id"), primary_key=True)
    position_id: Mapped[str] = mapped_column(ID, ForeignKey("wealth_position.order_id"), primary_key=True)
    shares: Mapped[int] = mapped_column(BigInteger)


class WealthQualification(Base):
    """That the bank's people saw evidence of a qualified investor; ``evidence`` names the file, it is not the file."""

    __tablename__ = "wealth_qualification"

    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"), primary_key=True)
    evidence: Mapped[str] = mapped_column(String(200))
    entered_by: Mapped[str] = mapped_column(String(80))
    entered_at: Mapped[datetime]
    valid_until: Mapped[date] = mapped_column(Date)


class WealthHeadcount(Base):
    """How many investors a private product has."""

    __tablename__ = "wealth_headcount"
    __table_args__ = (CheckConstraint("investors >= 0", name="not_negative"),)

    product: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"), primary_key=True)
    investors: Mapped[int] = mapped_column(Integer)


class WealthInvestor(Base):
    """How many live orders and positions a customer has in a private product; with 0 he is no investor of it."""

    __tablename__ = "wealth_investor"
    __table_args__ = (CheckConstraint("live >= 0", name="not_negative"),)

    product: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"), primary_key=True)
    live: Mapped[int] = mapped_column(Integer)


class WealthRating(Base):
    """The risk of a product by which its holders were last matched."""

    __tablename__ = "wealth_rating"

    product: Mapped[str] = mapped_column(CODE, ForeignKey("product.code"), primary_key=True)
    risk: Mapped[int] = mapped_column(Integer)
    matched_at: Mapped[datetime]
