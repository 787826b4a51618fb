"""Tables of applications, cards, card accounts and their ledger; what names a person or a card is sealed.

Invariants: ``live_key`` lets one application per person and product be on its way; an account's buckets are the sums of
its entries; principal, cash and holds together never pass the line; of one account and cycle there is one statement.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import BLOB, CODE, DIGEST, FEN, ID, JSON_TEXT, SEQUENCE, Base


class CardApplication(Base):
    """One application; ``asked`` holds which documents a supplement must bring."""

    __tablename__ = "card_application"
    __table_args__ = (
        Index("ix_card_application_customer", "customer_id", "created_at"),
        Index("ix_card_application_state", "state", "submitted_at"),
    )

    application_id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    device_id: Mapped[str] = mapped_column(ID)
    product: Mapped[str] = mapped_column(CODE)
    product_version: Mapped[str] = mapped_column(CODE)
    form_version: Mapped[str] = mapped_column(CODE)
    rule_version: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    live_key: Mapped[str | None] = mapped_column(String(110), unique=True)
    bureau: Mapped[bytes | None] = mapped_column(BLOB)
    line_fen: Mapped[int | None] = mapped_column(FEN)
    reason: Mapped[str | None] = mapped_column(String(64))
    asked: Mapped[str] = mapped_column(JSON_TEXT)
    card_id: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]


class CardSection(Base):
    """The answers to one section, sealed."""

    __tablename__ = "card_section"

    application_id: Mapped[str] = mapped_column(ID, ForeignKey("card_application.application_id"), primary_key=True)
    section: Mapped[str] = mapped_column(CODE, primary_key=True)
    answers: Mapped[bytes] = mapped_column(BLOB)
    saved_at: Mapped[datetime]


class CardConsent(Base):
    """What the applicant agreed to: the text's kind, version and hash."""

    __tablename__ = "card_consent"

    application_id: Mapped[str] = mapped_column(ID, ForeignKey("card_application.application_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(CODE, primary_key=True)
    version: Mapped[str] = mapped_column(CODE)
    sha256: Mapped[str] = mapped_column(DIGEST)
    given_at: Mapped[datetime]


class CardDocument(Base):
    """A document that the bank asked for, sealed."""

    __tablename__ = "card_document"

    application_id: Mapped[str] = mapped_column(ID, ForeignKey("card_application.application_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(CODE, primary_key=True)
    media_type: Mapped[str] = mapped_column(CODE)
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(DIGEST)
    content: Mapped[bytes] = mapped_column(BLOB)
    created_at: Mapped[datetime]


class CardReview(Base):
    """What a reviewer did with an application, and why."""

    __tablename__ = "card_review"

    seq: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    application_id: Mapped[str] = mapped_column(ID, ForeignKey("card_application.application_id"), index=True)
    verdict: Mapped[str] = mapped_column(CODE)
    by: Mapped[str] = mapped_column(String(100))
    why: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime]


class CardAccount(Base):
    """One card account: its line, what is owed by bucket, what is held and what is being repaid.

    ``cycle`` is the one that runs; ``next_close`` its closing day, None before activation; ``fee_year`` how many years
    have been looked at for the annual fee.
    """

    __tablename__ = "card_account"
    __table_args__ = (
        CheckConstraint("principal_fen + cash_fen + held_fen <= line_fen", name="within_the_line"),
        CheckConstraint("held_fen >= 0 AND repaying_fen >= 0", name="not_negative"),
        Index("ix_card_account_next_close", "next_close", "account_id"),
        Index("ix_card_account_customer", "customer_id"),
    )

    account_id: Mapped[str] = mapped_column(ID, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    application_id: Mapped[str] = mapped_column(ID, unique=True)
    product: Mapped[str] = mapped_column(CODE)
    product_version: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    line_fen: Mapped[int] = mapped_column(FEN)
    principal_fen: Mapped[int] = mapped_column(FEN, default=0)
    cash_fen: Mapped[int] = mapped_column(FEN, default=0)
    interest_fen: Mapped[int] = mapped_column(FEN, default=0)
    fee_fen: Mapped[int] = mapped_column(FEN, default=0)
    held_fen: Mapped[int] = mapped_column(FEN, default=0)
    repaying_fen: Mapped[int] = mapped_column(FEN, default=0)
    cycle: Mapped[int] = mapped_column(Integer, default=1)
    billing_day: Mapped[int] = mapped_column(Integer)
    next_close: Mapped[date | None] = mapped_column(Date)
    fee_year: Mapped[int] = mapped_column(Integer, default=0)
    overdue_since: Mapped[date | None] = mapped_column(Date)
    opened_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]


class CreditCard(Base):
    """One piece of plastic; ``pan_index`` under the key ``pan_kid`` finds it, its number is sealed."""

    __tablename__ = "credit_card"
    __table_args__ = (Index("ix_credit_card_customer", "customer_id"), Index("ix_credit_card_state", "state"))

    card_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("card_account.account_id"), index=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    state: Mapped[str] = mapped_column(CODE)
    pan: Mapped[bytes] = mapped_column(BLOB)
    pan_index: Mapped[str] = mapped_column(DIGEST, unique=True)
    pan_kid: Mapped[str] = mapped_column(CODE, index=True)
    tail: Mapped[str] = mapped_column(String(4))
    letter: Mapped[str | None] = mapped_column(String(4))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    replaces: Mapped[str | None] = mapped_column(ID, unique=True)
    contract_id: Mapped[str | None] = mapped_column(ID)
    ordered_at: Mapped[datetime]
    embossing_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]


class CardAuthorisation(Base):
    """What a merchant was promised: HELD, then POSTED, REVERSED or LAPSED."""

    __tablename__ = "card_authorisation"
    __table_args__ = (
        Index("ix_card_authorisation_account", "account_id", "day"),
        Index("ix_card_authorisation_state", "state", "expires_at"),
    )

    reference: Mapped[str] = mapped_column(CODE, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("card_account.account_id"))
    card_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(CODE)
    amount_fen: Mapped[int] = mapped_column(FEN)
    merchant: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(CODE)
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime]
    expires_at: Mapped[datetime]


class CardEntry(Base):
    """One line of an account's ledger; signed fen by bucket, never changed. ``reference`` lets it be written once."""

    __tablename__ = "card_entry"
    __table_args__ = (Index("ix_card_entry_account_cycle", "account_id", "cycle", "seq"),)

    seq: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("card_account.account_id"))
    reference: Mapped[str] = mapped_column(String(100), unique=True)
    refunds: Mapped[str | None] = mapped_column(CODE, index=True)
    kind: Mapped[str] = mapped_column(CODE)
    principal_fen: Mapped[int] = mapped_column(FEN, default=0)
    cash_fen: Mapped[int] = mapped_column(FEN, default=0)
    interest_fen: Mapped[int] = mapped_column(FEN, default=0)
    fee_fen: Mapped[int] = mapped_column(FEN, default=0)
    cycle: Mapped[int] = mapped_column(Integer)
    day: Mapped[date] = mapped_column(Date)
    memo: Mapped[str] = mapped_column(String(120))
    card_tail: Mapped[str] = mapped_column(String(4))
    at: Mapped[datetime]


class CardStatement(Base):
    """The bill of one cycle, as it was made; what is repaid of it stands in the entries of the next cycle."""

    __tablename__ = "card_statement"
    __table_args__ = (Index("ix_card_statement_due", "assessed", "last_day"),)

    account_id: Mapped[str] = mapped_column(ID, ForeignKey("card_account.account_id"), primary_key=True)
    cycle: Mapped[int] = mapped_column(Integer, primary_key=True)
    closed_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date, index=True)
    last_day: Mapped[date] = mapped_column(Date)
    previous_fen: Mapped[int] = mapped_column(FEN)
    principal_fen: Mapped[int] = mapped_column(FEN)
    cash_fen: Mapped[int] = mapped_column(FEN)
    interest_fen: Mapped[int] = mapped_column(FEN)
    fee_fen: Mapped[int] = mapped_column(FEN)
    total_fen: Mapped[int] = mapped_column(FEN)
    minimum_fen: Mapped[int] = mapped_column(FEN)
    assessed: Mapped[bool]
    rule_version: Mapped[str] = mapped_column(CODE)
    product_version: Mapped[str] = mapped_column(CODE)


class CardRepayment(Base):
    """A repayment on its way or over; of an agreement's there is one per account and cycle (``autopay_key``)."""

    __tablename__ = "card_repayment"
    __table_args__ = (
        UniqueConstraint("operation_id"),
        UniqueConstraint("autopay_key"),
        Index("ix_card_repayment_account", "account_id", "created_at"),
    )

    repayment_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("card_account.account_id"))
    customer_id: Mapped[str] = mapped_column(ID)
    operation_id: Mapped[str | None] = mapped_column(ID)
    agreement_id: Mapped[str | None] = mapped_column(ID)
    autopay_key: Mapped[str | None] = mapped_column(CODE)
    payer_account_id: Mapped[str] = mapped_column(ID)
    amount_fen: Mapped[int] = mapped_column(FEN)
    state: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str | None] = mapped_column(String(64))
    rule_version: Mapped[str] = mapped_column(CODE)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class CardAutopay(Base):
    """An agreement on automatic repayment; ``live_key`` is the account's while it is in force."""

    __tablename__ = "card_autopay"

    agreement_id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID, ForeignKey("card_account.account_id"), index=True)
    live_key: Mapped[str | None] = mapped_column(ID, unique=True)
    payer_account_id: Mapped[str] = mapped_column(ID)
    payer: Mapped[str] = mapped_column(CODE)
    share: Mapped[str] = mapped_column(CODE)
    signed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CardProduction(Base):
    """What the sandbox's card factory was given: one order per number; it keeps no card number."""

    __tablename__ = "card_production"

    sequence: Mapped[str] = mapped_column(String(128), primary_key=True)
    sha256: Mapped[str] = mapped_column(DIGEST)
    tail: Mapped[str] = mapped_column(String(4))
    ordered_at: Mapped[datetime]
