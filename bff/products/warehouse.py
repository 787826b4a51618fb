"""The warehouse: products as they are on sale now, and the holding of their quota.

Invariant: ``held + confirmed ≤ total`` at every instant; each change of a counter is one conditional UPDATE whose row
count is looked at, so that no racer acts on a figure that another has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.orm import Session

from bff.db.statements import changed
from bff.errors import NotFoundError
from bff.products.definitions import Definition
from bff.products.errors import ProductClosedError, ProductDataError, QuotaGoneError
from bff.products.models import Product, ProductQuota

OPEN = "OPEN"
"""The state of sale in which orders are taken."""


@dataclass(frozen=True, slots=True)
class OnSale:
    """A product as it is now: its definition, its state and what is left of its quota in fen."""

    definition: Definition
    state: str
    quota_total_fen: int
    quota_left_fen: int

    def require_open(self) -> None:
        """Refuse a product that takes no orders."""
        if self.state != OPEN:
            raise ProductClosedError(detail=f"{self.definition.code} is {self.state}", product=self.definition.code)


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Reads and counts products; definitions come from ``load_definitions``."""

    definitions: Mapping[str, Definition]

    def synchronise(self, session: Session, now: datetime) -> int:
        """Bring definitions that are new or of a new version into the tables; tell how many. Again does 0."""
        known = {row.code: row.version for row in session.execute(select(Product.code, Product.version))}
        changed = [one for one in self.definitions.values() if known.get(one.code) != one.version]
        for definition in changed:
            if definition.code in known:
                _replace(session, definition, now)
            else:
                _insert(session, definition, now)
        return len(changed)

    def on_sale(self, session: Session) -> tuple[OnSale, ...]:
        """Give every product, the least risky first."""
        rows = session.execute(_select()).all()
        return tuple(sorted(map(_from_row, rows), key=lambda one: (one.definition.risk, one.definition.code)))

    def get(self, session: Session, code: str) -> OnSale:
        """Give one product.

        Raises:
            NotFoundError: there is none of that code.
        """
        row = session.execute(_select().where(Product.code == code)).first()
        if row is None:
            raise NotFoundError(detail="there is no product of that code")
        return _from_row(row)

    def hold(self, session: Session, code: str, amount: int) -> None:
        """Reserve quota for an order.

        Raises:
            QuotaGoneError: less than ``amount`` fen is left.
        """
        fits = ProductQuota.held_fen + ProductQuota.confirmed_fen + amount <= ProductQuota.total_fen
        if not _count(session, code, fits, held_fen=ProductQuota.held_fen + amount):
            raise QuotaGoneError(detail=f"{code} has less than {amount} fen left", product=code)

    def confirm(self, session: Session, code: str, amount: int) -> None:
        """Turn a hold into quota taken for good: the order was accepted."""
        changes = {"held_fen": ProductQuota.held_fen - amount, "confirmed_fen": ProductQuota.confirmed_fen + amount}
        self._from_held(session, code, amount, changes)

    def release(self, session: Session, code: str, amount: int) -> None:
        """Give a hold back: the order was rejected."""
        self._from_held(session, code, amount, {"held_fen": ProductQuota.held_fen - amount})

    @staticmethod
    def _from_held(session: Session, code: str, amount: int, changes: Mapping[str, Any]) -> None:
        if not _count(session, code, ProductQuota.held_fen >= amount, **changes):
            raise ProductDataError(detail=f"{code} holds less than {amount} fen: the counters contradict the orders")


def _select() -> Any:
    columns = (Product.definition, Product.state, ProductQuota.total_fen, ProductQuota.held_fen)
    return select(*columns, ProductQuota.confirmed_fen).join(ProductQuota, ProductQuota.code == Product.code)


def _from_row(row: Row[Any]) -> OnSale:
    definition = msgspec.json.decode(row.definition, type=Definition)
    left = row.total_fen - row.held_fen - row.confirmed_fen
    return OnSale(definition, row.state, row.total_fen, left)


def _count(session: Session, code: str, condition: ColumnElement[bool], **changes: Any) -> bool:
    statement = update(ProductQuota).where(ProductQuota.code == code, condition).values(**changes)
    return changed(session, statement.execution_options(synchronize_session=False)) == 1


def _values(definition: Definition, now: datetime) -> dict[str, Any]:
    text = msgspec.json.encode(definition).decode()
    return {"version": definition.version, "state": definition.state, "definition": text, "updated_at": now}


def _insert(session: Session, definition: Definition, now: datetime) -> None:
    session.execute(insert(Product).values(code=definition.code, **_values(definition, now)))
    quota = {"total_fen": definition.quota_total_fen, "held_fen": 0, "confirmed_fen": 0}
    session.execute(insert(ProductQuota).values(code=definition.code, **quota))


def _replace(session: Session, definition: Definition, now: datetime) -> None:
    session.execute(update(Product).where(Product.code == definition.code).values(**_values(definition, now)))
    taken = ProductQuota.held_fen + ProductQuota.confirmed_fen <= definition.quota_total_fen
    if not _count(session, definition.code, taken, total_fen=definition.quota_total_fen):
        raise ProductDataError(detail=f"{definition.code}: the new quota is below what has been sold")
