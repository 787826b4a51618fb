"""Counted tries: how often something may be tried by a device, for a customer and from a line.

Invariants: a try is taken before it is looked at, by one conditional UPDATE, so that of any number of racers no more
get through than are allowed; a try that was taken stays counted when the bus keeps the refusal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy.orm import Session

from bff.db.statements import changed, insert_new
from bff.devices.models import TryCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many tries there are.

    Attributes:
        kind: what is tried; name: by whom, for whom or from where.
        most: so many.
        window: after so long they are new; None when only ``clear`` makes them new.
        pause_after: from that try on a failure brings a pause; 0 for never.
        pause: the first pause; each further one is twice as long.
    """

    kind: str
    name: str
    most: int
    window: timedelta | None = None
    pause_after: int = 0
    pause: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left: tries, and until when none is taken; ``until`` is None when nothing but ``clear`` helps."""

    left: int
    until: datetime | None = None


def take(session: Session, allowance: Allowance, now: datetime) -> bool:
    """Take a try; tell whether there was one.

    The counter is made only where there is none: an insertion that finds one would share its lock with other racers.
    """
    if allowance.window is not None:
        old = update(TryCounter).where(*_is(allowance), TryCounter.since <= now - allowance.window)
        session.execute(old.values(tries=0, since=now, paused_until=None))
    free = or_(TryCounter.paused_until.is_(None), TryCounter.paused_until <= now)
    one = update(TryCounter).where(*_is(allowance), TryCounter.tries < allowance.most, free)
    one = one.values(tries=TryCounter.tries + 1)
    if changed(session, one) == 1:
        return True
    return _make(session, allowance, now) and changed(session, one) == 1


def fail(session: Session, allowance: Allowance, now: datetime) -> Standing:
    """Say that the try that was taken failed: pauses begin, and the standing says what is left."""
    row = _row(session, allowance)
    beyond = 0 if row is None else row.tries - allowance.pause_after
    if allowance.pause_after and beyond >= 0:
        until = now + allowance.pause * 2**beyond
        session.execute(update(TryCounter).where(*_is(allowance)).values(paused_until=until))
    return standing(session, allowance, now)


def standing(session: Session, allowance: Allowance, now: datetime) -> Standing:
    """Tell what is left."""
    row = _row(session, allowance)
    if row is None or (allowance.window is not None and row.since <= now - allowance.window):
        return Standing(allowance.most)
    left = max(allowance.most - row.tries, 0)
    if not left:
        return Standing(0, None if allowance.window is None else row.since + allowance.window)
    return Standing(left, row.paused_until if row.paused_until is not None and row.paused_until > now else None)


def give_back(session: Session, allowance: Allowance) -> None:
    """Take a try off again: it succeeded."""
    counted = update(TryCounter).where(*_is(allowance), TryCounter.tries > 0)
    session.execute(counted.values(tries=TryCounter.tries - 1))


def clear(session: Session, allowance: Allowance, now: datetime) -> None:
    """Make all tries new."""
    fresh = update(TryCounter).where(*_is(allowance)).values(tries=0, paused_until=None)
    if not changed(session, fresh):
        _make(session, allowance, now)


def _make(session: Session, allowance: Allowance, now: datetime) -> bool:
    """Make a counter; tell whether there was none."""
    key = {"kind": allowance.kind, "name": allowance.name}
    return insert_new(session, TryCounter, **key, tries=0, since=now, paused_until=None)


def _row(session: Session, allowance: Allowance) -> Row[Any] | None:
    """Read a counter past other transactions' commits."""
    columns = TryCounter.__table__.columns
    return session.execute(select(*columns).where(*_is(allowance)).with_for_update()).first()


def _is(allowance: Allowance) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return TryCounter.kind == allowance.kind, TryCounter.name == allowance.name
