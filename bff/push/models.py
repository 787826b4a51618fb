"""The inbox: one row for each message to a customer."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, ID, JSON_TEXT, SEQUENCE, Base


class InboxMessage(Base):
    """One message; ``message_id`` is derived from customer, kind and subject, so nothing is told twice."""

    __tablename__ = "inbox_message"
    __table_args__ = (Index("ix_inbox_message_customer", "customer_id", "seq"),)

    seq: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(ID, unique=True)
    customer_id: Mapped[str] = mapped_column(ID)
    kind: Mapped[str] = mapped_column(CODE)
    subject: Mapped[str] = mapped_column(CODE)
    body: Mapped[str] = mapped_column(JSON_TEXT)
    told_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
