"""Single-use challenges: issued for a purpose and a subject, spent by one conditional UPDATE.

Invariants: a challenge is spent at most once, by its own purpose and subject, before it expires; of any number of
racers one wins.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String, delete, insert, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bff.db.base import CODE, Base
from bff.db.statements import changed
from bff.errors import BffError
from bff.kinds import NewBytes
from security.encoding import b64url_encode

BYTES: Final = 32
SECONDS: Final = 120
_KEPT: Final = timedelta(minutes=10)
"""How long a dead challenge stays before it is swept out."""


class ChallengeInvalidError(BffError):
    """The challenge is unknown, somebody else's, spent or too old: all look the same."""

    code = "CHALLENGE_INVALID"
    status = 401
    zh = "这次验证已过期，钱没有动。请重新操作。"
    en = "This verification has expired. No money has moved. Please start again."


class Challenge(Base):
    """One challenge."""

    __tablename__ = "challenge"

    challenge: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(CODE)
    subject: Mapped[str] = mapped_column(CODE)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    spent_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh challenge: base64url of 32 random bytes, and when it ends."""

    challenge: str
    expires_at: datetime


def issue(
    session: Session, purpose: str, subject: str, now: datetime, new_bytes: NewBytes, ttl: int = SECONDS
) -> Issued:
    """Issue a challenge.

    Args:
        session: of a writing transaction.
        purpose: what it may be spent on, ``device.register``.
        subject: whose it is, empty when nobody is known yet.
        now: present instant.
        new_bytes: maker of unpredictable bytes.
        ttl: lifetime in seconds.
    """
    session.execute(delete(Challenge).where(Challenge.expires_at < now - _KEPT))
    issued = Issued(b64url_encode(new_bytes(BYTES)), now + timedelta(seconds=ttl))
    row = {"challenge": issued.challenge, "purpose": purpose, "subject": subject, "expires_at": issued.expires_at}
    session.execute(insert(Challenge).values(**row))
    return issued


def spend(session: Session, purpose: str, subject: str, challenge: str, now: datetime) -> None:
    """Spend a challenge, once.

    Raises:
        ChallengeInvalidError: it is unknown, not of this purpose and subject, spent, or too old.
    """
    spent = changed(
        session,
        update(Challenge)
        .where(
            Challenge.challenge == challenge,
            Challenge.purpose == purpose,
            Challenge.subject == subject,
            Challenge.spent_at.is_(None),
            Challenge.expires_at > now,
        )
        .values(spent_at=now),
    )
    if spent != 1:
        raise ChallengeInvalidError
