"""Private products: who is a qualified investor, and how many investors a product has.

Invariants: a private product never has more investors than the rule allows; someone is counted once, from his first
live order to the end of his last order or position. Each counter changes by conditional UPDATEs.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.customers.models import Customer
from bff.db.base import table_of
from bff.db.statements import changed, insert_new
from bff.errors import NotFoundError
from bff.wealth.errors import HeadcountFullError
from bff.wealth.models import WealthHeadcount, WealthInvestor, WealthQualification

_count: Final = table_of(WealthHeadcount)
_investor: Final = table_of(WealthInvestor)
_qualified: Final = table_of(WealthQualification)


def qualify(session: Session, customer_id: str, *, evidence: str, by: str, until: date, now: datetime) -> None:
    """Write that evidence of a qualified investor was seen; a newer record takes the older one's place.

    Raises:
        NotFoundError: there is no such customer.
    """
    if session.scalar(select(Customer.customer_id).where(Customer.customer_id == customer_id)) is None:
        raise NotFoundError(detail=f"there is no customer {customer_id}")
    values = {"evidence": evidence, "entered_by": by, "entered_at": now, "valid_until": until}
    here = update(_qualified).where(_qualified.c.customer_id == customer_id)
    if not changed(session, here.values(**values)):
        session.execute(insert(_qualified).values(customer_id=customer_id, **values))
    body = {"customerId": customer_id, "evidence": evidence, "by": by, "validUntil": until.isoformat()}
    audit.append(session, kind="investor.qualified", subject=customer_id, body=body, now=now)


def qualifications(session: Session) -> Sequence[Row[Any]]:
    """Give every record, the newest first."""
    return session.execute(select(_qualified).order_by(_qualified.c.entered_at.desc())).all()


def is_qualified(session: Session, customer_id: str, on: date) -> bool:
    """Tell whether a record stands on that day."""
    until = session.scalar(select(_qualified.c.valid_until).where(_qualified.c.customer_id == customer_id))
    return until is not None and on <= until


def enter(session: Session, product: str, customer_id: str, most: int) -> None:
    """Count one more live order of a customer in a private product; his first one counts him.

    Raises:
        HeadcountFullError: the product has ``most`` investors, and he is none of them.
    """
    insert_new(session, WealthInvestor, product=product, customer_id=customer_id, live=0)
    his = update(_investor).where(_investor.c.product == product, _investor.c.customer_id == customer_id)
    if changed(session, his.where(_investor.c.live > 0).values(live=_investor.c.live + 1)) == 1:
        return
    session.execute(his.values(live=_investor.c.live + 1))
    if session.scalar(select(_count.c.investors).where(_count.c.product == product)) is None:
        insert_new(session, WealthHeadcount, product=product, investors=0)
    room = update(_count).where(_count.c.product == product, _count.c.investors < most)
    if changed(session, room.values(investors=_count.c.investors + 1)) != 1:
        raise HeadcountFullError(detail=f"{product} has {most} investors", most=most)


def leave(session: Session, product: str, customer_id: str) -> None:
    """Count one live order or position less; with his last one he is no investor any more."""
    his = update(_investor).where(_investor.c.product == product, _investor.c.customer_id == customer_id)
    if changed(session, his.where(_investor.c.live == 1).values(live=0)) == 1:
        session.execute(update(_count).where(_count.c.product == product).values(investors=_count.c.investors - 1))
        return
    session.execute(his.where(_investor.c.live > 1).values(live=_investor.c.live - 1))
