"""Tables of requests for changes of keys, and of the states of keys that the evidence knows."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, ID, JSON_TEXT, Base


class KeyRequest(Base):
    """One request; ``statement`` is the exact text that its operator signed."""

    __tablename__ = "key_request"
    __table_args__ = (Index("ix_key_request_state", "state", "expires_at"),)

    request_id: Mapped[str] = mapped_column(ID, primary_key=True)
    state: Mapped[str] = mapped_column(CODE)
    statement: Mapped[str] = mapped_column(JSON_TEXT)
    asked_by: Mapped[str] = mapped_column(CODE)
    asked_person: Mapped[str] = mapped_column(CODE)
    asked_signature: Mapped[str] = mapped_column(String(128))
    decided_by: Mapped[str | None] = mapped_column(CODE)
    decided_person: Mapped[str | None] = mapped_column(CODE)
    decided_signature: Mapped[str | None] = mapped_column(String(128))
    outcome: Mapped[str] = mapped_column(String(400), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class KeySeen(Base):
    """The state of a key that the evidence has told last."""

    __tablename__ = "key_seen"

    kid: Mapped[str] = mapped_column(CODE, primary_key=True)
    state: Mapped[str] = mapped_column(CODE)
    seen_at: Mapped[datetime]
