"""The tables of operations that a device must approve, and of customers for whom none is."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, DIGEST, FEN, ID, JSON_TEXT, Base


class ApprovalOperation(Base):
    """One frozen operation with its single-use challenge.

    ``message_hash`` is the hash of the one message that spent the challenge; ``result`` the answer so far.
    """

    __tablename__ = "approval_operation"
    __table_args__ = (
        Index("ix_approval_operation_open", "state", "expires_at"),
        Index("ix_approval_operation_customer", "customer_id", "state"),
    )

    operation_id: Mapped[str] = mapped_column(ID, primary_key=True)
    challenge_id: Mapped[str] = mapped_column(ID, unique=True)
    type: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    customer_id: Mapped[str] = mapped_column(ID)
    device_id: Mapped[str] = mapped_column(ID, index=True)
    bundle_digest: Mapped[str] = mapped_column(DIGEST)
    amount_fen: Mapped[int] = mapped_column(FEN)
    fields: Mapped[str] = mapped_column(JSON_TEXT)
    template: Mapped[str] = mapped_column(JSON_TEXT)
    payload: Mapped[str] = mapped_column(JSON_TEXT)
    message_hash: Mapped[str | None] = mapped_column(DIGEST)
    result: Mapped[str | None] = mapped_column(JSON_TEXT)
    reason: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class ApprovalHold(Base):
    """A customer who said "was not me"; while his row stands nothing is asked for or approved."""

    __tablename__ = "approval_hold"

    customer_id: Mapped[str] = mapped_column(ID, primary_key=True)
    operation_id: Mapped[str] = mapped_column(ID)
    placed_at: Mapped[datetime]
