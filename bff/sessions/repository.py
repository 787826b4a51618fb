"""The statements of sessions, on SQLAlchemy Core: every call passes here."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from bff.db.statements import changed
from bff.sessions.models import ACTIVE, ENDED, LoginSession, RefreshToken

_KEPT: Final = timedelta(days=1)
_table: Final = LoginSession.__table__
_STANDING: Final = select(
    *(_table.c[name] for name in ("device_id", "customer_id", "jkt", "state", "expires_at", "verified_at"))
).where(_table.c.id == bindparam("session_id"))
"""On the table itself, not on the model: the ORM would cost more than the read."""


def open_session(session: Session, **values: Any) -> None:
    """Write a new session's row."""
    session.execute(insert(LoginSession).values(**values, state=ACTIVE))


def find(reading: Connection, session_id: str) -> Row[Any] | None:
    """Give what a call must know about its session."""
    return reading.execute(_STANDING, {"session_id": session_id}).one_or_none()


def end(session: Session, session_id: str, because: str, now: datetime) -> None:
    """End a session: its access tokens and its refresh tokens stop working at once."""
    wanted = update(LoginSession).where(LoginSession.id == session_id, LoginSession.state == ACTIVE)
    session.execute(wanted.values(state=ENDED, ended_at=now, ended_because=because))


def set_verified(session: Session, session_id: str, now: datetime) -> None:
    """Note that the person of a session was verified."""
    session.execute(update(LoginSession).where(LoginSession.id == session_id).values(verified_at=now))


def add_refresh(session: Session, session_id: str, token_hash: str, now: datetime) -> None:
    """Write a refresh token down by its hash."""
    session.execute(insert(RefreshToken).values(hash=token_hash, session_id=session_id, issued_at=now))


def find_refresh(session: Session, token_hash: str) -> Row[Any] | None:
    """Give a refresh token together with its session."""
    wanted = select(
        RefreshToken.session_id,
        RefreshToken.used_at,
        LoginSession.device_id,
        LoginSession.customer_id,
        LoginSession.scope,
        LoginSession.jkt,
        LoginSession.state,
        LoginSession.expires_at,
    ).join(LoginSession, LoginSession.id == RefreshToken.session_id)
    return cast("Row[Any] | None", session.execute(wanted.where(RefreshToken.hash == token_hash)).one_or_none())


def use_refresh(session: Session, token_hash: str, now: datetime) -> bool:
    """Use a refresh token; of two who try at once one gets True."""
    unused = update(RefreshToken).where(RefreshToken.hash == token_hash, RefreshToken.used_at.is_(None))
    return changed(session, unused.values(used_at=now)) == 1


def used_at(session: Session, token_hash: str) -> datetime | None:
    """Tell when a refresh token was used, reading past other transactions' commits."""
    wanted = select(RefreshToken.used_at).where(RefreshToken.hash == token_hash).with_for_update()
    return session.execute(wanted).scalar_one()


def sweep(session: Session, now: datetime) -> int:
    """Delete sessions that ended over a day ago, with their refresh tokens; give how many."""
    dead = select(LoginSession.id).where(LoginSession.expires_at < now - _KEPT)
    session.execute(delete(RefreshToken).where(RefreshToken.session_id.in_(dead)))
    return changed(session, delete(LoginSession).where(LoginSession.expires_at < now - _KEPT))


def touch(session: Session, session_id: str, network: str, now: datetime) -> None:
    """Note when and from which network a session was used last."""
    used = update(LoginSession).where(LoginSession.id == session_id)
    session.execute(used.values(last_used_at=now, network=network))


def of_customer(session: Session, customer_id: str, now: datetime, most: int) -> Sequence[Row[Any]]:
    """Give a customer's sessions that are alive, the last used first."""
    names = ("id", "device_id", "created_at", "last_used_at", "expires_at", "network")
    alive = (_table.c.customer_id == customer_id, _table.c.state == ACTIVE, _table.c.expires_at > now)
    wanted = select(*(_table.c[name] for name in names)).where(*alive)
    return session.execute(wanted.order_by(_table.c.last_used_at.desc(), _table.c.id).limit(most)).all()


def last_uses(session: Session, customer_id: str) -> dict[str, datetime]:
    """Tell when each device of a customer was used last, as far as sessions are kept."""
    last = func.max(LoginSession.last_used_at)
    uses = select(LoginSession.device_id, last).where(LoginSession.customer_id == customer_id)
    rows = session.execute(uses.group_by(LoginSession.device_id)).all()
    return {row[0]: row[1] for row in rows if row[1] is not None}


def end_of(session: Session, customer_id: str, session_id: str, because: str, now: datetime) -> bool:
    """End a session of a customer's; tell whether it was his and had not ended."""
    his = (LoginSession.id == session_id, LoginSession.customer_id == customer_id, LoginSession.state == ACTIVE)
    ended = update(LoginSession).where(*his).values(state=ENDED, ended_at=now, ended_because=because)
    return changed(session, ended) == 1


def end_all(
    session: Session,
    customer_id: str,
    devices: Collection[str],
    because: str,
    now: datetime,
    *,
    kept: str | None = None,
) -> int:
    """End every session of a customer and of these devices, but ``kept``; give how many."""
    theirs = or_(LoginSession.customer_id == customer_id, LoginSession.device_id.in_(devices))
    wanted = update(LoginSession).where(theirs, LoginSession.state == ACTIVE, LoginSession.id != (kept or ""))
    return changed(session, wanted.values(state=ENDED, ended_at=now, ended_because=because))


def end_of_devices(session: Session, devices: Collection[str], because: str, now: datetime) -> int:
    """End every session of these devices; give how many."""
    wanted = update(LoginSession).where(LoginSession.device_id.in_(devices), LoginSession.state == ACTIVE)
    return changed(session, wanted.values(state=ENDED, ended_at=now, ended_because=because))
