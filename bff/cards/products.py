"""Card products as data: name, level and every figure of the contract, and the family they form in the warehouse.

Invariant: a definition that is loaded has every term, and none contradicts another.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.cards.terms import FULL, REMAINING, Terms
from bff.products.definitions import Definition, Family, Words
from bff.products.rulepacks import Rule
from bff.products.warehouse import OnSale, Warehouse

OPEN: Final = "OPEN"
CLOSED: Final = "CLOSED"
_LAST_DAY: Final = 31
_SHORTEST_CYCLE: Final = 28


class CardProduct(Definition, frozen=True, forbid_unknown_fields=True, kw_only=True, dict=True):
    """One version of one card product; each term has its source and a remark."""

    name_en: str
    level: Words
    bin: Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{5,7}$")]
    benefits: Words
    terms: dict[str, Rule]

    def __post_init__(self) -> None:
        """Refuse terms that are missing or contradict each other."""
        figures = self.figures
        fits = (
            0 < figures.line_least_fen <= figures.line_most_fen,
            figures.interest_on in {FULL, REMAINING},
            1 <= figures.billing_day <= _LAST_DAY,
            0 < figures.due_days + figures.grace_days < _SHORTEST_CYCLE,
            figures.late_fee_least_fen <= figures.late_fee_most_fen,
        )
        if not all(fits):
            message = f"{self.code}: the terms contradict each other"
            raise ValueError(message)

    @cached_property
    def figures(self) -> Terms:
        """Give the values of the terms."""
        return msgspec.convert({name: rule.value for name, rule in self.terms.items()}, Terms)

    @property
    def shown(self) -> Words:
        """Give its name by language; in English the registered name stands beside."""
        return Words(zh=self.name, en=f"{self.name_en} {self.name}")

    @property
    def facts(self) -> dict[str, str]:
        """Give its name as facts of a message."""
        return {"product_zh": self.name, "product_en": self.name_en}


FAMILY: Final = Family(
    name="card",
    definition=CardProduct,
    folder=Path(__file__).parent / "data" / "products",
    starts=frozenset({OPEN}),
    moves={OPEN: frozenset({CLOSED}), CLOSED: frozenset({OPEN})},
    taking=frozenset({OPEN}),
    stopped=frozenset({CLOSED}),
)
"""Card products in the warehouse; one that is closed takes no applications, and its cards go on."""


@dataclass(frozen=True, slots=True)
class CardProducts:
    """The card products of the warehouse."""

    warehouse: Warehouse

    def listed(self, session: Session, day: date) -> tuple[OnSale[CardProduct], ...]:
        """Give the products of a business date, the smallest line first."""
        found = self.warehouse.on_sale(session, FAMILY, day)
        return tuple(sorted(found, key=lambda one: (one.definition.figures.line_least_fen, one.definition.code)))

    def taking(self, session: Session, code: str, day: date) -> CardProduct:
        """Give the version that is applied for on a business date.

        Raises:
            NotFoundError: there is none of that code.
            ProductClosedError: it takes no applications.
        """
        found = self.warehouse.get(session, FAMILY, code, day)
        found.require_open()
        return found.definition

    def of(self, session: Session, row: Row[Any]) -> CardProduct:
        """Give the version under which an application or an account stands: ``row.product, row.product_version``."""
        return self.warehouse.version(session, FAMILY, row.product, row.product_version)
