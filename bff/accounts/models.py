"""Tables of applications, accounts, fundings and the counters; what names a person or a card is sealed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import BLOB, CODE, FEN, ID, Base


class AccountApplication(Base):
    """One application made on one device; ``card_check`` names the check whose answer counts."""

    __tablename__ = "account_application"
    __table_args__ = (Index("ix_account_application_device", "device_id", "created_at"),)

    application_id: Mapped[str] = mapped_column(ID, primary_key=True)
    device_id: Mapped[str] = mapped_column(ID)
    account_class: Mapped[str] = mapped_column(CODE, default="II")
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
    """One account; the balance is as the core last told it.

    ``live_class`` is the class until the account is closed: a person has one account of a class that is not.
    ``bound_number`` is how the core books the bound card, where it has said so. ``moving`` counts the movements that
    are under way, ``coming_fen`` what of them comes in. ``face_checked``: the person was seen at a branch.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("customer_id", "live_class"),
        Index("ix_account_active", "state", "active_at"),
    )

    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    account_class: Mapped[str] = mapped_column(CODE)
    live_class: Mapped[str | None] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    face_checked: Mapped[bool] = mapped_column(default=False)
    number: Mapped[str | None] = mapped_column(CODE, unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    card: Mapped[bytes] = mapped_column(BLOB)
    card_tail: Mapped[str] = mapped_column(String(4))
    bank_zh: Mapped[str] = mapped_column(String(60))
    bank_en: Mapped[str] = mapped_column(String(60))
    bound_number: Mapped[bytes | None] = mapped_column(BLOB)
    balance_fen: Mapped[int] = mapped_column(FEN, default=0)
    available_fen: Mapped[int] = mapped_column(FEN, default=0)
    moving: Mapped[int] = mapped_column(Integer, default=0)
    coming_fen: Mapped[int] = mapped_column(FEN, default=0)
    opened_at: Mapped[datetime | None]
    observed_at: Mapped[datetime | None]
    active_at: Mapped[datetime | None]


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
    reference: Mapped[str | None] = mapped_column(CODE, index=True)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class AccountCounter(Base):
    """How much one kind of movement has come to in a day (``2026-11-23``) or a year (``2026``)."""

    __tablename__ = "account_counter"

    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    counter: Mapped[str] = mapped_column(String(32), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    used_fen: Mapped[int] = mapped_column(FEN, default=0)


class AccountPayee(Base):
    """One payee of a customer: the number as he wrote it, and how the core books it, where it has said so."""

    __tablename__ = "account_payee"
    __table_args__ = (Index("ix_account_payee_customer", "customer_id", "created_at"),)

    payee_id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    state: Mapped[str] = mapped_column(CODE)
    name: Mapped[bytes] = mapped_column(BLOB)
    number: Mapped[bytes] = mapped_column(BLOB)
    core_number: Mapped[bytes | None] = mapped_column(BLOB)
    tail: Mapped[str] = mapped_column(String(4))
    created_at: Mapped[datetime]


class AccountTransfer(Base):
    """One transfer out, signed by a device; ``day`` and ``movement`` say which counters it fills until it is undone."""

    __tablename__ = "account_transfer"
    __table_args__ = (Index("ix_account_transfer_account", "account_id", "placed_at"),)

    transfer_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"))
    operation_id: Mapped[str] = mapped_column(ID, unique=True)
    customer_id: Mapped[str] = mapped_column(ID)
    device_id: Mapped[str] = mapped_column(ID)
    bundle: Mapped[str] = mapped_column(String(200))
    movement: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    amount_fen: Mapped[int] = mapped_column(FEN)
    payee: Mapped[bytes] = mapped_column(BLOB)
    payee_name: Mapped[bytes] = mapped_column(BLOB)
    payee_tail: Mapped[str] = mapped_column(String(4))
    day: Mapped[str] = mapped_column(String(10))
    rule_version: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    reference: Mapped[str | None] = mapped_column(CODE, unique=True)
    placed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class AccountIncoming(Base):
    """One transfer from elsewhere that the core told of, by its journal; ``counted``: it is in the counters."""

    __tablename__ = "account_incoming"

    journal: Mapped[str] = mapped_column(CODE, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"), index=True)
    movement: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    amount_fen: Mapped[int] = mapped_column(FEN)
    payer_tail: Mapped[str] = mapped_column(String(4))
    counted: Mapped[bool]
    day: Mapped[str] = mapped_column(String(10))
    rule_version: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    told_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class AccountAgreement(Base):
    """What a device signed that moves no money: closing an account, or another bound card."""

    __tablename__ = "account_agreement"

    agreement_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"), index=True)
    operation_id: Mapped[str] = mapped_column(ID, unique=True)
    customer_id: Mapped[str] = mapped_column(ID)
    device_id: Mapped[str] = mapped_column(ID)
    bundle: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    rule_version: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    placed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class AccountCardChange(Base):
    """A card that shall become the bound one; ``objection`` is what the card network's answer was wrong with."""

    __tablename__ = "account_card_change"

    change_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"), index=True)
    state: Mapped[str] = mapped_column(CODE)
    card: Mapped[bytes] = mapped_column(BLOB)
    card_tail: Mapped[str] = mapped_column(String(4))
    bound_number: Mapped[bytes | None] = mapped_column(BLOB)
    objection: Mapped[str | None] = mapped_column(String(16))
    bank_zh: Mapped[str | None] = mapped_column(String(60))
    bank_en: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AccountFreeze(Base):
    """One freeze: who ordered it, why and until when; ``state_before`` is the one to which the account returns."""

    __tablename__ = "account_freeze"
    __table_args__ = (Index("ix_account_freeze_until", "thawed_at", "until"),)

    freeze_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"), index=True)
    ordered_by: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str] = mapped_column(String(200))
    state_before: Mapped[str] = mapped_column(CODE)
    frozen_at: Mapped[datetime]
    until: Mapped[datetime | None]
    thawed_at: Mapped[datetime | None]
    thawed_by: Mapped[str | None] = mapped_column(CODE)


class AccountMonth(Base):
    """An account's month, as its statement sums it up: made once, after the month is over."""

    __tablename__ = "account_month"

    account_id: Mapped[str] = mapped_column(ID, ForeignKey("account.account_id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    opening_fen: Mapped[int] = mapped_column(FEN)
    in_fen: Mapped[int] = mapped_column(FEN)
    out_fen: Mapped[int] = mapped_column(FEN)
    closing_fen: Mapped[int] = mapped_column(FEN)
    entries: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime]
