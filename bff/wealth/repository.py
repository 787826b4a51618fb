"""Reading and changing levels and orders; an order's state changes by conditional UPDATEs alone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.statements import changed, insert_new
from bff.wealth.models import SuitabilityAssessment, SuitabilityProfile, WealthOrder

QUOTA_HELD: Final = "QUOTA_HELD"
UNKNOWN: Final = "UNKNOWN"
ACCEPTED: Final = "ACCEPTED"
REJECTED: Final = "REJECTED"
_profile: Final = table_of(SuitabilityProfile)
_assessed: Final = table_of(SuitabilityAssessment)
_order: Final = table_of(WealthOrder)
_PROFILE: Final = select(_profile).where(_profile.c.customer_id == bindparam("wanted"))
_COUNT: Final = select(func.count()).select_from(_assessed).where(_assessed.c.customer_id == bindparam("wanted"))
_ON_DAY: Final = _COUNT.where(_assessed.c.day == bindparam("on"))
_SINCE: Final = _COUNT.where(_assessed.c.assessed_at > bindparam("since"))
_ORDER: Final = select(_order).where(_order.c.order_id == bindparam("wanted"))
ON_ITS_WAY: Final = (QUOTA_HELD, UNKNOWN)
LISTED: Final = 100


def profile(session: Session, customer_id: str) -> Row[Any] | None:
    """Give a customer's level, or None."""
    return session.execute(_PROFILE, {"wanted": customer_id}).first()


def lock_profile(session: Session, customer_id: str) -> None:
    """Queue behind other assessments of this customer until the transaction ends."""
    insert_new(session, SuitabilityProfile, customer_id=customer_id)
    row = update(SuitabilityProfile).where(SuitabilityProfile.customer_id == customer_id)
    session.execute(row.values(customer_id=customer_id))


def set_level(session: Session, customer_id: str, **values: Any) -> None:
    """Write a customer's level."""
    row = update(SuitabilityProfile).where(SuitabilityProfile.customer_id == customer_id)
    session.execute(row.values(**values))


def assessed_on(session: Session, customer_id: str, day: str) -> int:
    """Count the assessments of one business day."""
    return session.scalar(_ON_DAY, {"wanted": customer_id, "on": day}) or 0


def assessed_since(session: Session, customer_id: str, since: datetime) -> int:
    """Count the assessments after an instant."""
    return session.scalar(_SINCE, {"wanted": customer_id, "since": since}) or 0


def order(session: Session, order_id: str) -> Row[Any] | None:
    """Give an order, or None."""
    return session.execute(_ORDER, {"wanted": order_id}).first()


def orders_of(session: Session, customer_id: str) -> list[Row[Any]]:
    """Give a customer's newest orders."""
    columns = table_of(WealthOrder).columns
    wanted = select(*columns).where(columns.customer_id == customer_id)
    return list(session.execute(wanted.order_by(columns.placed_at.desc(), columns.order_id).limit(LISTED)).all())


def move_order(session: Session, order_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change an order that is in one of ``states``; tell whether it was."""
    row = update(_order).where(_order.c.order_id == order_id, _order.c.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1
