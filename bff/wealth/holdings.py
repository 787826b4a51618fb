"""What a customer has: his holdings at the newest net values, and the history of his orders and redemptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.errors import NotFoundError
from bff.products.warehouse import Warehouse
from bff.wealth import navs, positions, pricing, repository
from bff.wealth.products import FAMILY


@dataclass(frozen=True, slots=True)
class Holding:
    """A customer's shares of one product: their cost, and what they are worth by the newest net value.

    Attributes:
        lots: the positions, the oldest first.
        shares, held: hundredths; ``held`` are on their way in redemptions.
        nav, nav_date, value_fen: None while there is no net value.
    """

    product: str
    name: str
    state: str
    lots: Sequence[Row[Any]]
    shares: int
    held: int
    cost_fen: int
    nav: int | None
    nav_date: date | None
    value_fen: int | None


def of_customer(session: Session, warehouse: Warehouse, customer_id: str, today: date) -> list[Holding]:
    """Give a customer's holdings by product."""
    rows = sorted(positions.of_customer(session, customer_id), key=lambda row: row.product)
    return [
        _holding(session, warehouse, code, list(lots), today) for code, lots in groupby(rows, lambda row: row.product)
    ]


def _holding(session: Session, warehouse: Warehouse, code: str, lots: Sequence[Row[Any]], today: date) -> Holding:
    product = warehouse.get(session, FAMILY, code, today)
    value = navs.latest(session, code)
    shares = sum(lot.shares for lot in lots)
    return Holding(
        product=code,
        name=product.definition.name,
        state=product.state,
        lots=lots,
        shares=shares,
        held=sum(lot.held for lot in lots),
        cost_fen=sum(lot.cost_fen for lot in lots),
        nav=None if value is None else value[1],
        nav_date=None if value is None else value[0],
        value_fen=None if value is None else pricing.worth(shares, value[1]),
    )


def transactions(session: Session, customer_id: str, before: str | None, limit: int) -> list[Row[Any]]:
    """Give a customer's purchases and redemptions, the newest first, those behind ``before`` (the id of one of his).

    Raises:
        NotFoundError: he has none of that id.
    """
    mark = None if before is None else _mark(session, customer_id, before)
    found = [
        *repository.orders_of(session, customer_id, mark, limit),
        *repository.redemptions_of(session, customer_id, mark, limit),
    ]
    return sorted(found, key=lambda row: (row.placed_at, row.order_id), reverse=True)[:limit]


def _mark(session: Session, customer_id: str, order_id: str) -> tuple[datetime, str]:
    row = repository.order(session, order_id) or repository.redemption(session, order_id)
    if row is None or row.customer_id != customer_id:
        raise NotFoundError(detail="there is no such order")
    return row.placed_at, order_id
