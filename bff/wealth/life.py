"""A product's life by the days of its definition: raised, established or failed, matured, settled.

Invariants: a product that failed has every order refunded in full; one that matured pays every position once, by the
newest net value of its maturity or before, and is settled when nobody has shares of it any more. Each step may be
done again: it looks at what is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff.db.engine import retried
from bff.kinds import Clock, NewId, business_date
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse
from bff.wealth import navs, positions, repository
from bff.wealth.payouts import Maturity, Payouts
from bff.wealth.products import (
    CLOSED,
    ESTABLISHED,
    FAILED,
    FAMILY,
    MATURED,
    OPEN,
    RAISING,
    SETTLED,
    Product,
)
from bff.wealth.refunds import PRODUCT_FAILED, Refunds
from bff.wealth.repository import ACCEPTED, ON_ITS_WAY, REFUND_FAILED

BATCH: Final = 200
BY: Final = "wealth.life"
"""Who moves a product, in the evidence: this job."""
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Life:
    """Does what the day asks of every product."""

    engine: Engine
    clock: Clock
    new_id: NewId
    warehouse: Warehouse
    packs: RulePacks
    refunds: Refunds
    payouts: Payouts
    batch: int = BATCH

    def run(self) -> str:
        """Go through the products, and through what is owed still; give what was done in a sentence."""
        today = business_date(self.clock())
        products = self._read(lambda session: self.warehouse.on_sale(session, FAMILY, today))
        retried(self.engine, lambda session: navs.seed(session, (one.definition for one in products), self.clock()))
        moved = sum(self._product(product.definition.code, today) for product in products)
        refunds = self._batches(self._refund_again)
        payments = self._batches(partial(self._pay, today=today))
        return f"{moved} steps of products, {refunds} refunds again, {payments} payments"

    def _product(self, code: str, today: date) -> int:
        """Take one product as far as the day allows."""
        steps = 0
        while retried(self.engine, lambda session: self._step(session, code, today)):
            steps += 1
        product = self._read(lambda session: self.warehouse.get(session, FAMILY, code, today))
        if product.state == FAILED:
            self._batches(partial(self._refund, code=code))
        if product.state == MATURED:
            self._batches(partial(self._mature, code=code, today=today))
        return steps

    def _read(self, work: Callable[[Session], Read]) -> Read:
        return retried(self.engine, work, writing=False)

    def _batches(self, work: Callable[[Session], int]) -> int:
        """Repeat a step that says how much it did until nothing is left; each is a transaction."""
        done = 0
        while count := retried(self.engine, work):
            done += count
        return done

    def _step(self, session: Session, code: str, today: date) -> bool:
        """Move a product on by one state when its day has come; tell whether it did."""
        product, now = self.warehouse.get(session, FAMILY, code, today), self.clock()
        to = _next(session, product, today)
        if to is None:
            return False
        self.warehouse.move(session, FAMILY, code, {product.state}, to, by=BY, now=now)
        begins = product.definition.established_on
        if to == ESTABLISHED and begins is not None:
            navs.publish(session, code, begins, self.packs.at(begins).integer("par_value"), now)
        return True

    def _refund(self, session: Session, code: str) -> int:
        rows = repository.orders_in(session, code, ACCEPTED, self.batch)
        return sum(self.refunds.begin(session, row, PRODUCT_FAILED, self.clock()) for row in rows)

    def _refund_again(self, session: Session) -> int:
        rows = repository.orders_in(session, None, REFUND_FAILED, self.batch)
        return sum(self.refunds.again(session, row, self.clock()) for row in rows)

    def _mature(self, session: Session, code: str, today: date) -> int:
        """Write the payments of the next positions, at the newest net value of the maturity or before."""
        product, now = self.warehouse.get(session, FAMILY, code, today), self.clock()
        value = navs.latest(session, code, product.definition.matures_on)
        if value is None:
            return 0
        terms = Maturity(
            product_name=product.definition.name,
            product_version=product.definition.version,
            rule_version=self.packs.at(today).version,
            payer=product.definition.raising_account,
            nav=value[1],
            nav_date=value[0],
            day=today,
        )
        rows = positions.of_product(session, code, self.batch)
        for row in rows:
            self.payouts.mature(session, row, terms, self.new_id("mat"), now)
        return len(rows)

    def _pay(self, session: Session, today: date) -> int:
        rows = repository.payable(session, today, self.batch)
        for row in rows:
            self.payouts.pay(session, row, self.clock())
        return len(rows)


def _next(session: Session, product: Product, today: date) -> str | None:
    """Give the state that a product's day asks for; None to stay."""
    definition = product.definition
    waiting = repository.any_order_in(session, definition.code, ON_ITS_WAY)
    if product.state == RAISING and definition.established_on is not None:
        raised = product.quota_total_fen - product.quota_left_fen >= max(1, definition.minimum_raised_fen)
        due = definition.established_on <= today and not waiting
        return (ESTABLISHED if raised else FAILED) if due else None
    if product.state == ESTABLISHED:
        return OPEN if definition.matures_on is None else CLOSED
    if product.state in {OPEN, CLOSED} and definition.matures_on is not None:
        waiting = waiting or repository.any_order_in(session, definition.code, (ACCEPTED,))
        return MATURED if definition.matures_on <= today and not waiting else None
    if product.state == MATURED:
        return None if positions.any_left(session, definition.code) else SETTLED
    return None
