"""The two caps of fast redemption: an investor's natural day of one product, and what the whole bank advances.

Invariant: ``used ≤ cap`` for both at every instant; each changes by one conditional UPDATE whose row count is looked
at. Both are taken in one order, the investor's day first, in the transaction that locks the shares.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.orm import Session

from bff.db.base import Base, table_of
from bff.db.statements import changed, insert_new
from bff.kinds import Context, business_date
from bff.products.rulepacks import RulePack
from bff.sweep.errors import FastCapError, FastPoolError
from bff.sweep.models import SweepFastDay, SweepPool

POOL: Final = "bank"
_day: Final = table_of(SweepFastDay)
_pool: Final = table_of(SweepPool)


def take(session: Session, pack: RulePack, *, customer_id: str, product: str, day: date, amount_fen: int) -> None:
    """Count a fast redemption against both caps.

    Raises:
        FastCapError, FastPoolError: it does not fit; the transaction must end.
    """
    most, pool = pack.integer("fast_day_fen"), pack.integer("fast_pool_fen")
    whose = {"customer_id": customer_id, "product": product, "day": day}
    if not _count(session, SweepFastDay, whose, amount_fen, most):
        raise FastCapError(limitFen=most, rules=pack.version)
    if not _count(session, SweepPool, {"pool": POOL}, amount_fen, pool):
        raise FastPoolError(rules=pack.version)


def give_back(session: Session, order: Row[Any]) -> None:
    """Give both caps back: the core refused to pay."""
    whose = _whose(order.customer_id, order.product, order.day)
    session.execute(update(_day).where(*whose).values(used_fen=_day.c.used_fen - order.amount_fen))
    repaid(session, order.amount_fen)


def repaid(session: Session, amount_fen: int) -> None:
    """Give the pool free for what a fund has repaid."""
    row = update(_pool).where(_pool.c.pool == POOL, _pool.c.used_fen >= amount_fen)
    session.execute(row.values(used_fen=_pool.c.used_fen - amount_fen))


def left(session: Session, context: Context, pack: RulePack, product: str) -> tuple[int, int]:
    """Give what the caller may still redeem at once today, and what the bank's pool still has."""
    his = _whose(context.caller.customer_id or "", product, business_date(context.now))
    used = session.scalar(select(_day.c.used_fen).where(*his)) or 0
    lent = session.scalar(select(_pool.c.used_fen).where(_pool.c.pool == POOL)) or 0
    return max(pack.integer("fast_day_fen") - used, 0), max(pack.integer("fast_pool_fen") - lent, 0)


def _whose(customer_id: str, product: str, day: date) -> tuple[ColumnElement[bool], ...]:
    return (_day.c.customer_id == customer_id, _day.c.product == product, _day.c.day == day)


def _count(session: Session, model: type[Base], key: Mapping[str, Any], amount_fen: int, most: int) -> bool:
    """Add to a counter unless it would pass ``most``; an existing one is not touched before, so nobody deadlocks."""
    table = table_of(model)
    here = [table.c[name] == value for name, value in key.items()]
    row = update(table).where(*here, table.c.used_fen + amount_fen <= most)
    row = row.values(used_fen=table.c.used_fen + amount_fen)
    if changed(session, row) == 1:
        return True
    if session.scalar(select(table.c.used_fen).where(*here)) is not None:
        return False
    insert_new(session, model, **key, used_fen=0)
    return changed(session, row) == 1
