"""Tables of applications, accounts, fundings and the counters of class II; what names a person or a card is sealed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import BLOB, CODE, FEN, ID, Base


class AccountApplication(Base):
    """One application made on one device; ``card_check`` names the check whose answer counts."""

    __tablename__ = "account_application"
    __table_args__ = (Index("ix_account_application_device", "device_id", "created_at"),)

    application_id: Mapped[str] = mapped_column(ID, primary_key=True)
    device_id: Mapped[str] = mapped_column(ID)
    state: Mapped[str] = mapped_column(CODE)
    name: Mapped[bytes] = mapped_column(BLOB)
    id_number: Mapped[bytes] = mapped_column(BLOB)
    mobile: Mapped[bytes] = mapped_column(BLOB)
    rule_version: Mapped[str] = mapped_column(CODE)
    card: Mapped[bytes | None] = mapped_column(BLOB)
    card_tail: Mapped[str | None] = mapped_column(String(4))
    card_check: Mapped[str | None] = mapped_column(ID)
    card_objection: Mapped[str | None] = mapped_column(String(16))
    bank_zh: Mapped[str | None] = mapped_column(String(60))
    bank_en: Mapped[str | None] = mapped_column(String(60))
    customer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("customer.customer_id"))
    account_id: Mapped[str | None] = mapped_column(ID)
    reason: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Account(Base):
    """One account, one per person and class; the balance is as the core last told it."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("customer_id", "account_class"),)

    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    account_class: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    number: Mapped[str | None] = mapped_column(CODE, unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    card: Mapped[bytes] = mapped_column(BLOB)
    card_tail: Mapped[str] = mapped_column(String(4))
    bank_zh: Mapped[str] = mapped_column(String(60))
    bank_en: Mapped[str] = mapped_column(String(60))
    balance_fen: Mapped[int] = mapped_column(FEN, default=0)
    available_fen: Mapped[int] = mapped_column(FEN, default=0)
    opened_at: Mapped[datetime | None]
    observed_at: Mapped[datetime | None]


class AccountFunding(Base):
    """One transfer from the bound card into the account."""

    __tablename__ = "account_funding"

    funding_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"), index=True)
    state: Mapped[str] = mapped_column(CODE)
    amount_fen: Mapped[int] = mapped_column(FEN)
    day: Mapped[str] = mapped_column(String(10))
    rule_version: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(CODE)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class AccountCounter(Base):
    """How much one kind of movement has come to in a day (``2026-11-23``) or a year (``2026``)."""

    __tablename__ = "account_counter"

    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    counter: Mapped[str] = mapped_column(String(32), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    used_fen: Mapped[int] = mapped_column(FEN, default=0)
