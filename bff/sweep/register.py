"""The shares register: positions, the movements that they are the sum of, and how far a fund's days are closed.

Invariants: a position changes by one conditional UPDATE, and its shares only together with the movement of an order; a
movement counts from a day that is not closed yet, so a closed day's shares never change again.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from bff.db.base import FEN, table_of
from bff.db.statements import changed, insert_new
from bff.sweep.errors import SharesShortError
from bff.sweep.models import SweepBook, SweepMovement, SweepPosition

_position: Final = table_of(SweepPosition)
_HERE: Final = (_position.c.fund == bindparam("f"), _position.c.account_id == bindparam("a"))
_FREE: Final = _position.c.shares_fen - _position.c.locked_fen
_BY: Final[BindParameter[int]] = bindparam("by", type_=FEN)
_PAID_IN: Final = update(_position).where(*_HERE).values(pending_fen=_position.c.pending_fen + _BY)
_CONFIRM: Final = (
    update(_position)
    .where(*_HERE, _position.c.pending_fen >= _BY)
    .values(pending_fen=_position.c.pending_fen - _BY, shares_fen=_position.c.shares_fen + _BY)
)
_LOCK: Final = update(_position).where(*_HERE, _FREE >= _BY).values(locked_fen=_position.c.locked_fen + _BY)
_UNLOCK: Final = (
    update(_position).where(*_HERE, _position.c.locked_fen >= _BY).values(locked_fen=_position.c.locked_fen - _BY)
)
_TAKE: Final = (
    update(_position)
    .where(*_HERE, _position.c.locked_fen >= _BY)
    .values(locked_fen=_position.c.locked_fen - _BY, shares_fen=_position.c.shares_fen - _BY)
)


class RegisterError(Exception):
    """The register contradicts the orders: a mistake of ours."""


def paid_in(session: Session, order: Row[Any]) -> None:
    """Write that an order's money has come and waits for its confirmation."""
    if changed(session, _PAID_IN, _bound(order)) == 1:
        return
    insert_new(
        session,
        SweepPosition,
        fund=order.fund,
        account_id=order.account_id,
        customer_id=order.customer_id,
        shares_fen=0,
        locked_fen=0,
        pending_fen=0,
        income_fen=0,
        accrued_through=None,
    )
    _must(session, _PAID_IN, order)


def confirm(session: Session, order: Row[Any], now: datetime) -> None:
    """Turn what waits into shares, which count from the order's day of confirmation on."""
    day = open_day(session, order.fund, order.confirm_date)
    _must(session, _CONFIRM, order)
    _move(session, order, day, order.amount_fen, now)


def lock(session: Session, *, fund: str, account_id: str, amount_fen: int) -> None:
    """Reserve shares for a redemption.

    Raises:
        SharesShortError: fewer are free.
    """
    if changed(session, _LOCK, {"f": fund, "a": account_id, "by": amount_fen}) != 1:
        raise SharesShortError(detail="fewer shares are free")


def unlock(session: Session, order: Row[Any]) -> None:
    """Give an order's shares free again."""
    _must(session, _UNLOCK, order)


def take(session: Session, order: Row[Any], now: datetime) -> None:
    """Take an order's locked shares out of the register: they are paid, and earn nothing from the day of payment on."""
    day = open_day(session, order.fund, order.confirm_date)
    _must(session, _TAKE, order)
    _move(session, order, day, -order.amount_fen, now)


def open_day(session: Session, fund: str, wanted: date) -> date:
    """Give the first day not before ``wanted`` that a movement may still count from; its closing waits for us."""
    begun = lock_book(session, fund)
    return wanted if begun is None or begun < wanted else begun + timedelta(days=1)


def lock_book(session: Session, fund: str) -> date | None:
    """Queue for a fund's book and give the last day that is closed to movements."""
    wanted = select(SweepBook.begun).where(SweepBook.fund == fund).with_for_update()
    row = session.execute(wanted).first()
    if row is None:
        insert_new(session, SweepBook, fund=fund, begun=None)
        row = session.execute(wanted).one()
    begun: date | None = row.begun
    return begun


def close_day(session: Session, fund: str, day: date) -> None:
    """Close a day to movements."""
    session.execute(update(SweepBook).where(SweepBook.fund == fund).values(begun=day))


def position(session: Session, fund: str, account_id: str) -> Row[Any] | None:
    """Give a position, or None."""
    wanted = select(_position).where(_position.c.fund == fund, _position.c.account_id == account_id)
    return session.execute(wanted).first()


def positions_of(session: Session, customer_id: str) -> list[Row[Any]]:
    """Give a customer's positions."""
    wanted = select(_position).where(_position.c.customer_id == customer_id)
    return list(session.execute(wanted.order_by(_position.c.fund, _position.c.account_id)).all())


def _must(session: Session, statement: Any, order: Row[Any]) -> None:
    if changed(session, statement, _bound(order)) != 1:
        message = f"the position does not cover order {order.order_id}"
        raise RegisterError(message)


def _bound(order: Row[Any]) -> dict[str, Any]:
    return {"f": order.fund, "a": order.account_id, "by": order.amount_fen}


def _move(session: Session, order: Row[Any], day: date, shares_fen: int, now: datetime) -> None:
    row = {"order_id": order.order_id, "fund": order.fund, "account_id": order.account_id, "day": day}
    session.execute(insert(SweepMovement).values(**row, shares_fen=shares_fen, at=now))
