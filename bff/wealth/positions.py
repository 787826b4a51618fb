"""Positions: the shares that purchases gave, what redemptions hold of them, and what they cost.

Invariants: ``0 ≤ held ≤ shares``; a redemption on its way has exactly its shares held, part by part; each change is one
conditional UPDATE. A position that has no shares left stays, with nothing in it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.statements import changed
from bff.wealth.errors import SharesGoneError
from bff.wealth.models import WealthPosition, WealthRedemptionPart
from bff.wealth.pricing import cost_of

_position: Final = table_of(WealthPosition)
_part: Final = table_of(WealthRedemptionPart)


def begin(session: Session, order: Row[Any], shares: int, now: datetime) -> None:
    """Write the position of a confirmed purchase."""
    same = ("order_id", "customer_id", "product", "account_id", "payer", "redeemable_from")
    row = {name: getattr(order, name) for name in same}
    values = {**row, "shares": shares, "held": 0, "cost_fen": order.amount_fen, "opened_at": now}
    session.execute(insert(WealthPosition).values(**values))


def of_customer(session: Session, customer_id: str, product: str | None = None) -> Sequence[Row[Any]]:
    """Give a customer's positions that have shares, the oldest first."""
    wanted = select(_position).where(_position.c.customer_id == customer_id, _position.c.shares > 0)
    if product is not None:
        wanted = wanted.where(_position.c.product == product)
    return session.execute(wanted.order_by(_position.c.opened_at, _position.c.order_id)).all()


def of_product(session: Session, product: str, limit: int) -> Sequence[Row[Any]]:
    """Give positions of a product with shares that nothing holds, by their ids."""
    free = (_position.c.product == product, _position.c.shares > _position.c.held)
    return session.execute(select(_position).where(*free).order_by(_position.c.order_id).limit(limit)).all()


def any_left(session: Session, product: str) -> bool:
    """Tell whether anybody has shares of a product."""
    wanted = select(_position.c.order_id).where(_position.c.product == product, _position.c.shares > 0)
    return session.scalar(wanted.limit(1)) is not None


def free(row: Row[Any], on: date) -> int:
    """Give how many shares of a position may be redeemed for a trade date."""
    return row.shares - row.held if row.redeemable_from <= on else 0


def hold(session: Session, order_id: str, rows: Sequence[Row[Any]], shares: int) -> None:
    """Hold shares for a redemption, from the oldest of the positions on.

    Raises:
        SharesGoneError: the positions have less, or somebody was faster.
    """
    left = shares
    for row in rows:
        part = min(left, row.shares - row.held)
        if part <= 0:
            continue
        enough = (_position.c.order_id == row.order_id, _position.c.shares - _position.c.held >= part)
        if changed(session, update(_position).where(*enough).values(held=_position.c.held + part)) != 1:
            raise SharesGoneError(detail=f"position {row.order_id} has changed")
        session.execute(insert(_part).values(order_id=order_id, position_id=row.order_id, shares=part))
        left -= part
    if left:
        raise SharesGoneError(detail="the positions have less")


def restore(session: Session, order_id: str) -> None:
    """Give back what a redemption holds: it failed or was cancelled."""
    for part in _parts(session, order_id):
        _take(session, part, held=_position.c.held - part.shares)


def consume(session: Session, order_id: str) -> None:
    """Take what a redemption holds for good: it was paid."""
    for part in _parts(session, order_id):
        here = select(_position).where(_position.c.order_id == part.position_id)
        row = session.execute(here.with_for_update()).one()
        cost = row.cost_fen - cost_of(row.cost_fen, row.shares, part.shares)
        shares, held = _position.c.shares - part.shares, _position.c.held - part.shares
        _take(session, part, shares=shares, held=held, cost_fen=cost)


def ended(session: Session, order_id: str) -> int:
    """Count the positions of a redemption in which nothing is left."""
    joined = _part.join(_position, _part.c.position_id == _position.c.order_id)
    empty = select(func.count()).select_from(joined).where(_part.c.order_id == order_id, _position.c.shares == 0)
    return session.scalar(empty) or 0


def _parts(session: Session, order_id: str) -> Sequence[Row[Any]]:
    wanted = select(_part).where(_part.c.order_id == order_id).order_by(_part.c.position_id)
    return session.execute(wanted).all()


def _take(session: Session, part: Row[Any], **values: Any) -> None:
    held = (_position.c.order_id == part.position_id, _position.c.held >= part.shares)
    if changed(session, update(_position).where(*held).values(**values)) != 1:
        raise SharesGoneError(detail=f"position {part.position_id} holds less than its redemptions")
