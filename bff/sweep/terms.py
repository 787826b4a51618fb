"""The terms under which an order is taken: product, rules of the day, and trading days."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from bff.approvals.decisions import ApprovedOperation
from bff.errors import NotFoundError
from bff.kinds import business_date
from bff.products.calendar import TradingCalendar
from bff.products.rulepacks import RulePack, RulePacks
from bff.products.warehouse import OnSale, Warehouse
from bff.sweep.products import FAMILY, SweepDefinition
from bff.sweep.repository import CREATED


@dataclass(frozen=True, slots=True)
class Terms:
    """What every step of the room asks first."""

    warehouse: Warehouse
    calendar: TradingCalendar
    packs: RulePacks

    def product(self, session: Session, code: str, now: datetime) -> OnSale[SweepDefinition]:
        """Give a product as it is now.

        Raises:
            NotFoundError: there is none of that code.
        """
        return self.warehouse.get(session, FAMILY, code, business_date(now))

    def selling(self, session: Session, code: str, now: datetime) -> SweepDefinition:
        """Give a product that takes purchases.

        Raises:
            NotFoundError: there is none of that code.
            ProductClosedError: it takes none.
        """
        product = self.product(session, code, now)
        product.require_open()
        return product.definition

    def every(self, session: Session, now: datetime) -> tuple[SweepDefinition, ...]:
        """Give every product, open or not."""
        return tuple(one.definition for one in self.warehouse.on_sale(session, FAMILY, business_date(now)))

    def fund(self, product: SweepDefinition, fund: str | None) -> str:
        """Give a share class of a product, by default its first.

        Raises:
            NotFoundError: the product has no such class.
        """
        if fund is not None and fund not in product.funds:
            raise NotFoundError(detail="the product has no such share class")
        return product.funds[0] if fund is None else fund

    def rules(self, now: datetime) -> RulePack:
        """Give the rules in force.

        Raises:
            RulePackMissingError: none are.
        """
        return self.packs.at(business_date(now))


@dataclass(frozen=True, slots=True)
class Taken:
    """What an order row says beside whose it is: the product, the fund, the rules, and its dates."""

    product: SweepDefinition
    fund: str
    rules: RulePack
    kind: str
    trade: date
    confirm: date

    def row(self, order_id: str, now: datetime) -> dict[str, Any]:
        """Give the columns of an order's row."""
        return {
            "order_id": order_id,
            "product": self.product.code,
            "fund": self.fund,
            "product_version": self.product.version,
            "rule_version": self.rules.version,
            "kind": self.kind,
            "state": CREATED,
            "day": business_date(now),
            "trade_date": self.trade,
            "confirm_date": self.confirm,
            "placed_at": now,
        }


def whose(approved: ApprovedOperation) -> dict[str, Any]:
    """Give the columns of an order's row that say whose it is and what was signed."""
    account = {"account_id": approved.payload["accountId"], "number": approved.payload["number"]}
    return {**approved.whose, **account, "amount_fen": approved.amount_fen}
