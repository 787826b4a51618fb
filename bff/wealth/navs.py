"""Net values: they come in as data, one for each product and day, and once written a value stands.

What a definition carries as its history is written like any other; a correction of a written value is refused, for
orders may have been confirmed by it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.statements import insert_new
from bff.wealth.errors import NavConflictError
from bff.wealth.models import WealthNav
from bff.wealth.pricing import nav_text, read_nav
from bff.wealth.products import WealthDefinition

_nav: Final = table_of(WealthNav)


def publish(session: Session, product: str, day: date, nav: int, now: datetime) -> bool:
    """Write a day's net value; tell whether it is new.

    Raises:
        NavConflictError: another value of that day stands.
    """
    if insert_new(session, WealthNav, product=product, day=day, nav=nav, published_at=now):
        return True
    known = at(session, product, day)
    if known != nav:
        raise NavConflictError(detail=f"{product} has {nav_text(known or 0)} on {day}: a written net value stands")
    return False


def seed(session: Session, definitions: Iterable[WealthDefinition], now: datetime) -> int:
    """Write what is missing of the histories in definitions; give how many. What stands is left alone."""
    known = {(row.product, row.day) for row in session.execute(select(_nav.c.product, _nav.c.day))}
    new = [
        {"product": one.code, "day": point.date, "nav": read_nav(point.value), "published_at": now}
        for one in definitions
        for point in one.nav
        if (one.code, point.date) not in known
    ]
    if new:
        session.execute(insert(_nav), new)
    return len(new)


def at(session: Session, product: str, day: date) -> int | None:
    """Give the net value of that very day, or None."""
    return session.scalar(select(_nav.c.nav).where(_nav.c.product == product, _nav.c.day == day))


def latest(session: Session, product: str, until: date | None = None) -> tuple[date, int] | None:
    """Give the newest net value, of ``until`` or before when that is given, with its day; None when there is none."""
    wanted = select(_nav.c.day, _nav.c.nav).where(_nav.c.product == product)
    if until is not None:
        wanted = wanted.where(_nav.c.day <= until)
    row = session.execute(wanted.order_by(_nav.c.day.desc()).limit(1)).first()
    return None if row is None else (row.day, row.nav)


def history(session: Session, product: str, limit: int) -> Sequence[tuple[date, int]]:
    """Give the newest net values, the oldest of them first."""
    wanted = select(_nav.c.day, _nav.c.nav).where(_nav.c.product == product)
    rows = session.execute(wanted.order_by(_nav.c.day.desc()).limit(limit)).all()
    return [(row.day, row.nav) for row in reversed(rows)]
