"""Tables of the sweep: agreements, the shares register, orders, published income, accruals and internal journals.

Invariants: a position is the sum of its movements and accruals; an account accrues a fund's day once; a movement of an
order, and a journal of the bank's own, is written once.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, FEN, ID, SEQUENCE, Base

_KEY = String(100)
_CUSTOMER = "customer.customer_id"


class SweepAgreement(Base):
    """What a customer signed once: the floor above which an account's money is swept, under which terms.

    ``live`` names the account and product while the agreement has not ended: there is one at a time. ``collected_on``
    is the last day whose idle cash was looked for.
    """

    __tablename__ = "sweep_agreement"

    agreement_id: Mapped[str] = mapped_column(ID, primary_key=True)
    operation_id: Mapped[str] = mapped_column(ID)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey(_CUSTOMER), index=True)
    account_id: Mapped[str] = mapped_column(ID)
    number: Mapped[str] = mapped_column(CODE)
    product: Mapped[str] = mapped_column(CODE)
    fund: Mapped[str] = mapped_column(CODE)
    terms: Mapped[str] = mapped_column(CODE)
    rule_version: Mapped[str] = mapped_column(CODE)
    floor_fen: Mapped[int] = mapped_column(FEN)
    state: Mapped[str] = mapped_column(CODE)
    live: Mapped[str | None] = mapped_column(_KEY, unique=True)
    signed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    collected_on: Mapped[date | None] = mapped_column(Date)


class SweepPosition(Base):
    """The shares of one account in one fund, in fen.

    ``locked`` of the shares are on their way out; ``pending`` is paid for and not confirmed; ``income`` is all that was
    ever accrued, ``accrued_through`` the last day.
    """

    __tablename__ = "sweep_position"
    __table_args__ = (
        CheckConstraint("shares_fen >= locked_fen AND locked_fen >= 0 AND pending_fen >= 0", name="not_short"),
        Index("ix_sweep_position_account", "account_id"),
    )

    fund: Mapped[str] = mapped_column(CODE, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey(_CUSTOMER), index=True)
    shares_fen: Mapped[int] = mapped_column(FEN, default=0)
    locked_fen: Mapped[int] = mapped_column(FEN, default=0)
    pending_fen: Mapped[int] = mapped_column(FEN, default=0)
    income_fen: Mapped[int] = mapped_column(FEN, default=0)
    accrued_through: Mapped[date | None] = mapped_column(Date)


class SweepMovement(Base):
    """A change of shares by an order, counting from its ``day`` on."""

    __tablename__ = "sweep_movement"
    __table_args__ = (
        Index("ix_sweep_movement_day", "fund", "day", "account_id"),
        Index("ix_sweep_movement_account", "account_id"),
    )

    seq: Mapped[int] = mapped_column(SEQUENCE, primary_key=True)
    order_id: Mapped[str] = mapped_column(ID, unique=True)
    fund: Mapped[str] = mapped_column(CODE)
    account_id: Mapped[str] = mapped_column(ID)
    day: Mapped[date] = mapped_column(Date)
    shares_fen: Mapped[int] = mapped_column(FEN)
    at: Mapped[datetime]


class SweepOrder(Base):
    """One purchase, sweep, redemption or signing; ``once`` names the account and day of an automatic sweep.

    ``repaid_on`` is the day on which the fund repaid what the bank advanced.
    """

    __tablename__ = "sweep_order"
    __table_args__ = (
        Index("ix_sweep_order_customer", "customer_id", "placed_at"),
        Index("ix_sweep_order_due", "state", "confirm_date", "order_id"),
    )

    order_id: Mapped[str] = mapped_column(ID, primary_key=True)
    operation_id: Mapped[str] = mapped_column(ID, index=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey(_CUSTOMER))
    device_id: Mapped[str] = mapped_column(ID)
    bundle: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[str] = mapped_column(ID)
    number: Mapped[str] = mapped_column(CODE)
    product: Mapped[str] = mapped_column(CODE)
    fund: Mapped[str] = mapped_column(CODE)
    product_version: Mapped[str] = mapped_column(CODE)
    rule_version: Mapped[str] = mapped_column(CODE)
    kind: Mapped[str] = mapped_column(CODE)
    amount_fen: Mapped[int] = mapped_column(FEN)
    state: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(CODE)
    once: Mapped[str | None] = mapped_column(_KEY, unique=True)
    day: Mapped[date] = mapped_column(Date)
    trade_date: Mapped[date] = mapped_column(Date)
    confirm_date: Mapped[date] = mapped_column(Date)
    placed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    repaid_on: Mapped[date | None] = mapped_column(Date)


class SweepFastDay(Base):
    """What an investor redeemed at once from a product on a natural day, over all its share classes."""

    __tablename__ = "sweep_fast_day"

    customer_id: Mapped[str] = mapped_column(ID, primary_key=True)
    product: Mapped[str] = mapped_column(CODE, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    used_fen: Mapped[int] = mapped_column(FEN, default=0)


class SweepPool(Base):
    """What the whole bank has advanced for fast redemptions and the funds have not repaid yet: one row."""

    __tablename__ = "sweep_pool"

    pool: Mapped[str] = mapped_column(CODE, primary_key=True)
    used_fen: Mapped[int] = mapped_column(FEN, default=0)


class SweepIncome(Base):
    """A fund's income per 10,000 shares and 7-day yield of one day: proposed by one person, approved by another."""

    __tablename__ = "sweep_income"

    fund: Mapped[str] = mapped_column(CODE, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    income_e4: Mapped[int] = mapped_column(Integer)
    yield_e4: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(CODE)
    maker: Mapped[str] = mapped_column(CODE)
    checker: Mapped[str | None] = mapped_column(CODE)
    proposed_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]


class SweepBook(Base):
    """How far a fund's register is closed: movements of the day ``begun`` and of those before are no longer made."""

    __tablename__ = "sweep_book"

    fund: Mapped[str] = mapped_column(CODE, primary_key=True)
    begun: Mapped[date | None] = mapped_column(Date)


class SweepDay(Base):
    """The end of one day of one fund: what it accrued under which rules, and what rounding left."""

    __tablename__ = "sweep_day"

    fund: Mapped[str] = mapped_column(CODE, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    income_e4: Mapped[int] = mapped_column(Integer)
    rule_version: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    accounts: Mapped[int] = mapped_column(Integer, default=0)
    shares_fen: Mapped[int] = mapped_column(FEN, default=0)
    amount_fen: Mapped[int] = mapped_column(FEN, default=0)
    residue_fen: Mapped[int] = mapped_column(FEN, default=0)
    begun_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class SweepAccrual(Base):
    """The income of one account's shares in one fund on one day; the rules stand in the day's row.

    The day comes first in the key, so that an end of day writes at the end of the table; an account's days are read
    one by one.
    """

    __tablename__ = "sweep_accrual"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    fund: Mapped[str] = mapped_column(CODE, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    shares_fen: Mapped[int] = mapped_column(FEN)
    amount_fen: Mapped[int] = mapped_column(FEN)


class SweepJournal(Base):
    """One movement between the bank's own accounts for a product or fund and a day, made at the core once."""

    __tablename__ = "sweep_journal"
    __table_args__ = (UniqueConstraint("kind", "subject", "day"),)

    journal_id: Mapped[str] = mapped_column(_KEY, primary_key=True)
    kind: Mapped[str] = mapped_column(CODE)
    subject: Mapped[str] = mapped_column(CODE)
    day: Mapped[date] = mapped_column(Date)
    payer: Mapped[str] = mapped_column(CODE)
    payee: Mapped[str] = mapped_column(CODE)
    amount_fen: Mapped[int] = mapped_column(FEN)
    state: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(CODE)
    made_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
