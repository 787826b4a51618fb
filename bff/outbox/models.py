"""The outbox table: what must reach another system, written in the transaction that decided it."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, ID, JSON_TEXT, SEQUENCE, Base


class OutboxMessage(Base):
    """One message; ``key`` is the idempotency key under which every delivery of it is made."""

    __tablename__ = "outbox_message"
    __table_args__ = (UniqueConstraint("key", "topic"), Index("ix_outbox_message_state", "state", "available_at"))

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(CODE)
    key: Mapped[str] = mapped_column(String(80))
    payload: Mapped[str] = mapped_column(JSON_TEXT)
    state: Mapped[str] = mapped_column(CODE, default="PENDING")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    lease_owner: Mapped[str | None] = mapped_column(ID)
    leased_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(200), default="")
