"""Ratings: when a version in force rates a product riskier, its holders are matched again and told.

Invariant: a holder is told of one version once; the product is marked as matched in the transaction after the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.statements import changed, insert_new
from bff.kinds import Clock, business_date
from bff.products.warehouse import Warehouse
from bff.push import inbox
from bff.wealth import repository, rules
from bff.wealth.models import WealthRating
from bff.wealth.products import FAMILY, WealthDefinition

BATCH: Final = 500
_rating: Final = table_of(WealthRating)


@dataclass(frozen=True, slots=True)
class Ratings:
    """Looks at the ratings of the versions in force."""

    engine: Engine
    clock: Clock
    warehouse: Warehouse

    def run(self) -> str:
        """Match the holders of every product whose risk rose; give how many were told."""
        today = business_date(self.clock())
        on_sale = partial(self.warehouse.on_sale, family=FAMILY, day=today)
        products = retried(self.engine, on_sale, writing=False)
        told = sum(self._match(product.definition) for product in products)
        return f"{told} holders told of a higher rating"

    def _match(self, definition: WealthDefinition) -> int:
        if retried(self.engine, lambda session: self._mark_first(session, definition)):
            return 0
        told, after = 0, ""
        while True:
            batch = retried(self.engine, partial(self._tell, definition=definition, after=after))
            told += batch[0]
            if batch[1] is None:
                break
            after = batch[1]
        retried(self.engine, lambda session: self._mark(session, definition))
        return told

    def _mark_first(self, session: Session, definition: WealthDefinition) -> bool:
        """Tell whether nobody is to be told: the product is new here, or its risk did not rise."""
        now, code = self.clock(), definition.code
        if insert_new(session, WealthRating, product=code, risk=definition.risk, matched_at=now):
            return True
        fell = update(_rating).where(_rating.c.product == code, _rating.c.risk > definition.risk)
        changed(session, fell.values(risk=definition.risk, matched_at=now))
        return session.scalar(select(_rating.c.risk).where(_rating.c.product == code)) == definition.risk

    def _mark(self, session: Session, definition: WealthDefinition) -> None:
        row = update(_rating).where(_rating.c.product == definition.code)
        session.execute(row.values(risk=definition.risk, matched_at=self.clock()))

    def _tell(self, session: Session, definition: WealthDefinition, after: str) -> tuple[int, str | None]:
        """Tell the next holders whom the product no longer suits; give how many, and the last one looked at."""
        now = self.clock()
        customers: Sequence[str] = repository.holders(session, definition.code, after, BATCH)
        unfit = {
            customer: level
            for customer, level in repository.levels_of(session, customers).items()
            if not rules.suits(definition.risk, level)
        }
        subject = f"{definition.code}@{definition.version}"
        told = 0
        for customer, level in sorted(unfit.items()):
            facts = {"product": definition.name, "risk": definition.risk_name, "level": level}
            message = {"customer_id": customer, "kind": "wealth.rating_raised", "subject": subject}
            told += inbox.tell(session, **message, body=facts, now=now)
        return told, customers[-1] if len(customers) == BATCH else None
