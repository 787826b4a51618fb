"""Reading and changing levels, orders and redemptions; their states change by conditional UPDATEs alone.

A purchase: QUOTA_HELD → (UNKNOWN) → ACCEPTED → CONFIRMED, or REJECTED; ACCEPTED → REFUNDING → REFUNDED, with
REFUND_FAILED while the core will not take the refund. A redemption: SHARES_HELD → CONFIRMED → PAYING → PAID, or FAILED,
or CANCELLED. What begins and ends within one transaction (CREATED, DEBITED) is no stored state.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, and_, bindparam, func, select, update
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import behind, changed, insert_new
from bff.wealth.models import (
    SuitabilityAssessment,
    SuitabilityProfile,
    WealthNav,
    WealthOrder,
    WealthPosition,
    WealthRedemption,
)

QUOTA_HELD: Final = "QUOTA_HELD"
UNKNOWN: Final = "UNKNOWN"
ACCEPTED: Final = "ACCEPTED"
REJECTED: Final = "REJECTED"
CONFIRMED: Final = "CONFIRMED"
REFUNDING: Final = "REFUNDING"
REFUND_FAILED: Final = "REFUND_FAILED"
REFUNDED: Final = "REFUNDED"
SHARES_HELD: Final = "SHARES_HELD"
PAYING: Final = "PAYING"
PAID: Final = "PAID"
FAILED: Final = "FAILED"
CANCELLED: Final = "CANCELLED"
_profile: Final = table_of(SuitabilityProfile)
_assessed: Final = table_of(SuitabilityAssessment)
_order: Final = table_of(WealthOrder)
_redemption: Final = table_of(WealthRedemption)
_nav: Final = table_of(WealthNav)
_position: Final = table_of(WealthPosition)
_PROFILE: Final = Prepared(select(_profile).where(_profile.c.customer_id == bindparam("wanted")))
_COUNT: Final = select(func.count()).select_from(_assessed).where(_assessed.c.customer_id == bindparam("wanted"))
_ON_DAY: Final = _COUNT.where(_assessed.c.day == bindparam("on"))
_SINCE: Final = _COUNT.where(_assessed.c.assessed_at > bindparam("since"))
_IS_WANTED: Final = _order.c.order_id == bindparam("wanted")
_ORDER: Final = Prepared(select(_order).where(_IS_WANTED))
_TO_SETTLE: Final = Prepared(
    select(*(_order.c[name] for name in ("operation_id", "customer_id", "account_id", "product", "amount_fen"))).where(
        _IS_WANTED
    )
)
ON_ITS_WAY: Final = (QUOTA_HELD, UNKNOWN)


def profile(session: Session, customer_id: str) -> Row[Any] | None:
    """Give a customer's level, or None."""
    return _PROFILE.first(session, {"wanted": customer_id})


def levels_of(session: Session, customer_ids: Sequence[str]) -> dict[str, str]:
    """Give the levels that were last found, by customer, whether they hold still or have lapsed."""
    found = (_profile.c.customer_id.in_(customer_ids), _profile.c.level.is_not(None))
    rows = session.execute(select(_profile.c.customer_id, _profile.c.level).where(*found))
    return {row.customer_id: row.level for row in rows}


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
    return _ORDER.first(session, {"wanted": order_id})


def to_settle(session: Session, order_id: str) -> Row[Any] | None:
    """Give of an order what its settling needs, or None."""
    return _TO_SETTLE.first(session, {"wanted": order_id})


def redemption(session: Session, order_id: str) -> Row[Any] | None:
    """Give a redemption, or None."""
    return session.execute(select(_redemption).where(_redemption.c.order_id == order_id)).first()


def orders_of(session: Session, customer_id: str, before: tuple[datetime, str] | None, limit: int) -> list[Row[Any]]:
    """Give a customer's newest orders, those behind ``before`` (time and id of the last one seen)."""
    return _newest(session, _order, customer_id, before, limit)


def redemptions_of(
    session: Session, customer_id: str, before: tuple[datetime, str] | None, limit: int
) -> list[Row[Any]]:
    """Give a customer's newest redemptions, as ``orders_of``."""
    return _newest(session, _redemption, customer_id, before, limit)


def _newest(
    session: Session, table: Table, customer_id: str, before: tuple[datetime, str] | None, limit: int
) -> list[Row[Any]]:
    wanted = select(table).where(table.c.customer_id == customer_id)
    if before is not None:
        wanted = wanted.where(behind(table.c.placed_at, table.c.order_id, before))
    return list(session.execute(wanted.order_by(table.c.placed_at.desc(), table.c.order_id.desc()).limit(limit)).all())


def due_orders(session: Session, today: date, now: datetime, after: str, limit: int) -> list[Row[Any]]:
    """Give accepted orders that can be confirmed, by their ids, each with the net value of its trade date as ``at``."""
    return _due(session, _order, ACCEPTED, today, now, after, limit)


def due_redemptions(session: Session, today: date, now: datetime, after: str, limit: int) -> list[Row[Any]]:
    """Give redemptions that can be confirmed, as ``due_orders``."""
    return _due(session, _redemption, SHARES_HELD, today, now, after, limit)


def _due(
    session: Session, table: Table, state: str, today: date, now: datetime, after: str, limit: int
) -> list[Row[Any]]:
    valued = select(table, _nav.c.nav.label("at")).join(_nav, _of_trade_date(table))
    wanted = valued.where(table.c.state == state, *_ripe(table, today, now), table.c.order_id > after)
    return list(session.execute(wanted.order_by(table.c.order_id).limit(limit)).all())


def waiting_for_value(session: Session, today: date, now: datetime) -> int:
    """Count what could be confirmed if there were a net value of its trade date."""
    waiting = 0
    for table, state in ((_order, ACCEPTED), (_redemption, SHARES_HELD)):
        without = select(func.count()).select_from(table.outerjoin(_nav, _of_trade_date(table)))
        wanted = without.where(table.c.state == state, *_ripe(table, today, now), _nav.c.nav.is_(None))
        waiting += session.scalar(wanted) or 0
    return waiting


def _of_trade_date(table: Table) -> ColumnElement[bool]:
    return and_(_nav.c.product == table.c.product, _nav.c.day == table.c.trade_date)


def _ripe(table: Table, today: date, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (table.c.confirm_date <= today, table.c.cancellable_until <= now)


def payable(session: Session, today: date, limit: int) -> list[Row[Any]]:
    """Give confirmed redemptions whose day of payment has come."""
    due = (_redemption.c.state == CONFIRMED, _redemption.c.pay_date <= today)
    return list(session.execute(select(_redemption).where(*due).order_by(_redemption.c.order_id).limit(limit)).all())


def orders_in(session: Session, product: str | None, state: str, limit: int) -> list[Row[Any]]:
    """Give orders (of a product) in a state, by their ids."""
    wanted = select(_order).where(_order.c.state == state)
    if product is not None:
        wanted = wanted.where(_order.c.product == product)
    return list(session.execute(wanted.order_by(_order.c.order_id).limit(limit)).all())


def any_order_in(session: Session, product: str, states: Iterable[str]) -> bool:
    """Tell whether an order of a product is in one of the states."""
    wanted = select(_order.c.order_id).where(_order.c.product == product, _order.c.state.in_(tuple(states)))
    return session.scalar(wanted.limit(1)) is not None


def holders(session: Session, product: str, after: str, limit: int) -> list[str]:
    """Give customers who hold shares of a product, or have an order of it on its way, by their ids."""
    live = select(_order.c.customer_id).where(_order.c.product == product, _order.c.state.in_((*ON_ITS_WAY, ACCEPTED)))
    having = select(_position.c.customer_id).where(_position.c.product == product, _position.c.shares > 0)
    both = live.union(having).subquery()
    wanted = select(both.c.customer_id).where(both.c.customer_id > after).order_by(both.c.customer_id)
    return list(session.scalars(wanted.limit(limit)))


def has_orders(session: Session, account_id: str) -> bool:
    """Tell whether an account has shares, or orders or redemptions that have not come to their end."""
    buying = _order.c.state.in_((*ON_ITS_WAY, ACCEPTED, REFUNDING, REFUND_FAILED))
    selling = _redemption.c.state.not_in((PAID, FAILED, CANCELLED))
    looks = (
        select(_order.c.order_id).where(_order.c.account_id == account_id, buying),
        select(_position.c.order_id).where(_position.c.account_id == account_id, _position.c.shares > 0),
        select(_redemption.c.order_id).where(_redemption.c.account_id == account_id, selling),
    )
    return any(session.scalar(look.limit(1)) is not None for look in looks)


def move_order(session: Session, order_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change an order that is in one of ``states``; tell whether it was."""
    return _move(tuple(states), tuple(values)).changed(session, {"wanted": order_id, **values}) == 1


@cache
def _move(states: tuple[str, ...], columns: tuple[str, ...]) -> Prepared:
    """Prepare the statement once for each choice of states and columns."""
    return Prepared(update(_order).where(_IS_WANTED, _order.c.state.in_(states)), columns)


def move_redemption(session: Session, order_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change a redemption that is in one of ``states``; tell whether it was."""
    row = update(_redemption).where(_redemption.c.order_id == order_id, _redemption.c.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1
