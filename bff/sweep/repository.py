"""Reading and changing agreements and orders; states change by conditional UPDATEs alone."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.statements import behind, changed
from bff.errors import NotFoundError
from bff.sweep.models import SweepAgreement, SweepOrder, SweepPosition

CREATED: Final = "CREATED"
UNKNOWN: Final = "UNKNOWN"
ACCEPTED: Final = "ACCEPTED"
CONFIRMED: Final = "CONFIRMED"
REJECTED: Final = "REJECTED"
PAYING: Final = "PAYING"
PAID: Final = "PAID"
SIGNED: Final = "SIGNED"
PURCHASE: Final = "PURCHASE"
COLLECT: Final = "COLLECT"
FAST: Final = "FAST"
NORMAL: Final = "NORMAL"
SIGNING: Final = "SIGNING"
ON_ITS_WAY: Final = (CREATED, PAYING, UNKNOWN)
ENDED: Final = frozenset({CONFIRMED, REJECTED, PAID, SIGNED})
ACTIVE: Final = "ACTIVE"
PAUSED: Final = "PAUSED"
OVER: Final = "ENDED"
_order: Final = table_of(SweepOrder)
_agreement: Final = table_of(SweepAgreement)
_position: Final = table_of(SweepPosition)
_ORDER: Final = select(_order).where(_order.c.order_id == bindparam("wanted"))


def order(session: Session, order_id: str) -> Row[Any] | None:
    """Give an order, or None."""
    return session.execute(_ORDER, {"wanted": order_id}).first()


def known(session: Session, order_id: str) -> Row[Any]:
    """Give an order.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = order(session, order_id)
    if row is None:
        raise NotFoundError(detail="there is no such order")
    return row


def signing(session: Session, operation_id: str) -> str:
    """Give the order by which an agreement, or its newest floor, was signed."""
    wanted = select(_order.c.order_id).where(_order.c.operation_id == operation_id, _order.c.kind == SIGNING)
    return str(session.execute(wanted).scalar_one())


def move_order(session: Session, order_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change an order that is in one of ``states``; tell whether it was."""
    row = update(_order).where(_order.c.order_id == order_id, _order.c.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1


def orders_of(session: Session, customer_id: str, before: tuple[Any, str] | None, limit: int) -> list[Row[Any]]:
    """Give a customer's orders after a place in the list, the newest first; signings are no orders to him."""
    wanted = select(_order).where(_order.c.customer_id == customer_id, _order.c.kind != SIGNING)
    if before is not None:
        wanted = wanted.where(behind(_order.c.placed_at, _order.c.order_id, before))
    return list(session.execute(wanted.order_by(_order.c.placed_at.desc(), _order.c.order_id.desc()).limit(limit)))


def due(session: Session, kinds: Iterable[str], state: str, day: date, after: str, limit: int) -> list[Row[Any]]:
    """Give orders of a state whose day of confirmation or payment has come, by their ids."""
    wanted = select(_order).where(_order.c.state == state, _order.c.kind.in_(tuple(kinds)))
    wanted = wanted.where(_order.c.confirm_date <= day, _order.c.order_id > after)
    return list(session.execute(wanted.order_by(_order.c.order_id).limit(limit)))


def unconfirmed(session: Session, fund: str, day: date) -> int:
    """Count a fund's orders that should have been confirmed, or put to payment, by a day and are not."""
    waits = (_order.c.state == ACCEPTED) | ((_order.c.state == CREATED) & (_order.c.kind == NORMAL))
    wanted = select(func.count()).select_from(_order).where(waits, _order.c.confirm_date <= day)
    return session.scalar(wanted.where(_order.c.fund == fund)) or 0


def on_its_way(session: Session, account_id: str, product: str) -> int:
    """Count an account's orders of a product that have not ended."""
    wanted = select(func.count()).select_from(_order).where(_order.c.account_id == account_id)
    return session.scalar(wanted.where(_order.c.product == product, _order.c.state.not_in(tuple(ENDED)))) or 0


def holds(session: Session, account_id: str) -> bool:
    """Tell whether an account has shares, an order that has not ended, or an agreement that has not."""
    shares = exists().where(_position.c.account_id == account_id, _position.c.shares_fen + _position.c.pending_fen > 0)
    orders = exists().where(_order.c.account_id == account_id, _order.c.state.not_in(tuple(ENDED)))
    agreed = exists().where(_agreement.c.account_id == account_id, _agreement.c.live.is_not(None))
    return bool(session.scalar(select(or_(shares, orders, agreed))))


def agreement(session: Session, agreement_id: str) -> Row[Any] | None:
    """Give an agreement, or None."""
    return session.execute(select(_agreement).where(_agreement.c.agreement_id == agreement_id)).first()


def live_agreement(session: Session, account_id: str, product: str) -> Row[Any] | None:
    """Give an account's agreement that has not ended, or None."""
    return session.execute(select(_agreement).where(_agreement.c.live == live_key(account_id, product))).first()


def agreements_of(session: Session, customer_id: str, product: str) -> list[Row[Any]]:
    """Give a customer's agreements on a product that have not ended."""
    wanted = select(_agreement).where(_agreement.c.customer_id == customer_id, _agreement.c.live.is_not(None))
    return list(session.execute(wanted.where(_agreement.c.product == product).order_by(_agreement.c.account_id)))


def move_agreement(session: Session, agreement_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change an agreement that is in one of ``states``; tell whether it was."""
    row = update(_agreement).where(_agreement.c.agreement_id == agreement_id, _agreement.c.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1


def collecting(session: Session, after: str, limit: int) -> list[Row[Any]]:
    """Give active agreements by their ids."""
    wanted = select(_agreement).where(_agreement.c.state == ACTIVE, _agreement.c.agreement_id > after)
    return list(session.execute(wanted.order_by(_agreement.c.agreement_id).limit(limit)))


def collect_on(session: Session, agreement_id: str, day: date) -> bool:
    """Mark that an agreement's idle cash is looked for on a day; tell whether it had not been."""
    earlier = _agreement.c.collected_on.is_(None) | (_agreement.c.collected_on < day)
    row = update(_agreement).where(_agreement.c.agreement_id == agreement_id, _agreement.c.state == ACTIVE, earlier)
    return changed(session, row.values(collected_on=day)) == 1


def live_key(account_id: str, product: str) -> str:
    """Give what names an account's one agreement on a product."""
    return f"{account_id}:{product}"
