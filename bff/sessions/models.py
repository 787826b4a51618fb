"""Tables of sessions: one row per family of refresh tokens, and the tokens by their hash."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, DIGEST, ID, Base

ACTIVE = "ACTIVE"
ENDED = "ENDED"


class LoginSession(Base):
    """A session: a family of refresh tokens under one key of one device; ``verified_at``: when its person last was.

    ``last_used_at`` and ``network`` say when and from where its tokens were last given out.
    """

    __tablename__ = "session"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    device_id: Mapped[str] = mapped_column(ID, index=True)
    customer_id: Mapped[str | None] = mapped_column(ID, index=True)
    scope: Mapped[str] = mapped_column(CODE)
    jkt: Mapped[str] = mapped_column(String(43))
    state: Mapped[str] = mapped_column(CODE)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    verified_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str] = mapped_column(CODE, default="")
    last_used_at: Mapped[datetime | None]
    network: Mapped[str] = mapped_column(CODE, default="", server_default="")


class RefreshToken(Base):
    """A refresh token, known only by its hash; ``used_at`` is set by the one refresh that it is good for."""

    __tablename__ = "refresh_token"

    hash: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    session_id: Mapped[str] = mapped_column(ID, ForeignKey("session.id"), index=True)
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
