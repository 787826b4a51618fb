"""Orders: prepared by rules, frozen for the device's signature, placed once it is there, and settled by the core.

Invariants: an order that is on its way or accepted has its amount in the product's quota; a rejected one has not.
Placing and settling lock in one order, the device's day, the evidence chain, the quota: else they would deadlock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.errors import InsufficientFundsError
from bff.approvals.orders import placed, settled
from bff.approvals.payers import AccountsView, Payer
from bff.approvals.rules import UNKNOWN as OPERATION_UNKNOWN
from bff.approvals.service import Approvals, Asked, Intent
from bff.customers import rules as person_rules
from bff.customers.service import Customers, Person
from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.errors import NotFoundError
from bff.kinds import Context, business_date
from bff.products.calendar import TradingCalendar
from bff.products.decisions import Decision
from bff.products.errors import QuotaGoneError
from bff.products.rulepacks import RulePack, RulePacks
from bff.products.warehouse import Warehouse
from bff.wealth import investors, repository, rules
from bff.wealth.errors import AgeConfirmationRequiredError, QualificationRequiredError
from bff.wealth.models import WealthOrder
from bff.wealth.products import FAMILY, RAISING, Product
from bff.wealth.repository import ACCEPTED, ON_ITS_WAY, QUOTA_HELD, REJECTED, UNKNOWN
from bff.wealth.suitability import Suitability

TYPE: Final = "wealth.order.place"
TEMPLATE: Final = "wealth.order.place/2"
TOPIC: Final = "wealth.purchase"
_ADD: Final = Prepared(insert(table_of(WealthOrder)))


@dataclass(frozen=True, slots=True)
class Declared:
    """What the customer said of himself when he asked: that he knows the risk at his age, that he is qualified."""

    age_confirmed: bool
    qualified: bool


@dataclass(frozen=True, slots=True)
class Orders:
    """Prepares, places and settles orders."""

    warehouse: Warehouse
    calendar: TradingCalendar
    packs: RulePacks
    suitability: Suitability
    customers: Customers
    accounts: AccountsView
    approvals: Approvals

    def prepare(
        self, session: Session, context: Context, code: str, account_id: str, amount: int, declared: Declared
    ) -> Asked:
        """Check a purchase and freeze it for the device to sign.

        Raises:
            NotFoundError: no such product, or not the caller's account.
            ProductClosedError, AmountMinimumError, AmountStepError, SuitabilityRequiredError, RiskMismatchError,
            AgeConfirmationRequiredError, QualificationRequiredError, QuotaGoneError, InsufficientFundsError,
            CalendarExhaustedError: a rule's no.
            DeviceLimitError, DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        decision = Decision.begin(context, self.packs, "wealth.prepare")
        product = self.warehouse.get(session, FAMILY, code, business_date(context.now))
        decision.note(amountFen=amount, **_weighed(product))
        payer = self.accounts.payer(session, context, account_id)
        decision.note(accountId=payer.account_id, availableFen=payer.available_fen)
        product.require_open()
        rules.check_amount(product.definition, amount)
        level = self.suitability.require(session, context)
        decision.note(level=level, ageConfirmed=declared.age_confirmed, qualifiedDeclared=declared.qualified)
        rules.check_risk(product.definition, level)
        person = self.customers.person(session, context.caller.customer_id or "")
        _check_age(decision, context, person, confirmed=declared.age_confirmed)
        _check_qualified(session, context, product, declared=declared.qualified)
        if amount > product.quota_left_fen:
            raise QuotaGoneError(detail=f"{code} has less left", product=code, leftFen=product.quota_left_fen)
        if amount > payer.available_fen:
            raise InsufficientFundsError(detail="less is available", availableFen=payer.available_fen)
        self.dates(product, context.now, decision.rules)
        memo = _memo(product, person, level, decision.rules.version)
        asked = self.approvals.ask(session, context, _intent(product, payer, amount, memo))
        decision.allow(session, context, asked.operation_id, about=asked.operation_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Place an approved order: hold the quota, write it, and have the core debited after the commit.

        Raises:
            ProductChangedError: the version that was shown is no longer the one in force.
            ProductClosedError, QuotaGoneError, RiskMismatchError, SuitabilityRequiredError, QualificationRequiredError,
            HeadcountFullError, AccountStateError: no longer possible.
        """
        decision = Decision.begin(context, self.packs, "wealth.place")
        decision.note(operationId=approved.operation_id, amountFen=approved.amount_fen)
        product = self.warehouse.get(session, FAMILY, approved.payload["product"], business_date(context.now))
        decision.note(shownVersion=approved.payload.get("version"), **_weighed(product))
        product.require_version(approved.payload.get("version"))
        product.require_open()
        level = self.suitability.require(session, context)
        decision.note(level=level)
        rules.check_risk(product.definition, level)
        _check_qualified(session, context, product, declared=True)  # he declared it when he asked
        self.accounts.payer(session, context, approved.payload["accountId"])  # a freeze meanwhile is not overtaken
        order_id = context.new_id("ord")
        row = self._row(decision.rules, context, approved, product, order_id)
        self.warehouse.hold(session, product, approved.amount_fen)
        if product.definition.private:
            most = decision.rules.integer("private_headcount")
            investors.enter(session, row["product"], approved.customer_id, most)
        decision.allow(session, context, order_id, about=approved.operation_id)
        _ADD.changed(session, row)
        payload = {
            "orderId": order_id,
            "payer": approved.fields["payer"],
            "payee": approved.fields["payee"],
            "amountFen": approved.amount_fen,
            "memo": f"购买 {product.definition.name}",
        }
        outbox.put(session, topic=TOPIC, key=f"{order_id}.buy", payload=payload, now=context.now)
        return placed(
            session,
            approved,
            order_id=order_id,
            product=product.definition.code,
            rule_version=row["rule_version"],
            state=QUOTA_HELD,
            now=context.now,
        )

    def get(self, session: Session, context: Context, order_id: str) -> Row[Any]:
        """Give an order of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        row = repository.order(session, order_id)
        if row is None or row.customer_id != context.caller.customer_id:
            raise NotFoundError(detail="there is no such order")
        return row

    def dates(self, product: Product, now: datetime, pack: RulePack | None = None) -> rules.Dates:
        """Give the dates of an order placed now, by a pack or by the one in force, as ``rules.order_dates``."""
        pack = pack or self.packs.at(business_date(now))
        return rules.order_dates(self.calendar, pack, product.definition, now, raising=product.state == RAISING)

    def holds(self, session: Session, account_id: str) -> bool:
        """Tell whether an account paid for something that it holds, or is about to; the accounts room asks."""
        return repository.has_orders(session, account_id)

    def accepted(self, session: Session, order_id: str, executed: Mapping[str, Any], now: datetime) -> None:
        """Write that the core debited the account: quota taken, evidence of the journal, order accepted."""
        row = _known(session, order_id)
        values = {"state": ACCEPTED, "reference": executed["reference"], "settled_at": now, "reason": None}
        if not repository.move_order(session, order_id, ON_ITS_WAY, **values):
            return
        named = {"operation_id": row.operation_id, "order_id": order_id}
        settled(session, self.approvals, **named, state=ACCEPTED, now=now, result=executed)
        self.warehouse.confirm(session, row.product, row.amount_fen)
        self.accounts.observe(session, row.account_id, executed)

    def rejected(self, session: Session, order_id: str, reason: str, now: datetime) -> None:
        """Write that the core said no: quota given back, no money moved."""
        row = _known(session, order_id)
        values = {"state": REJECTED, "reason": reason, "settled_at": now}
        if not repository.move_order(session, order_id, ON_ITS_WAY, **values):
            return
        named = {"operation_id": row.operation_id, "order_id": order_id}
        settled(session, self.approvals, **named, state=REJECTED, now=now, reason=reason)
        self.warehouse.release(session, row.product, row.amount_fen)
        investors.leave(session, row.product, row.customer_id)

    def unknown(self, session: Session, order_id: str, now: datetime) -> None:
        """Write that nobody knows yet: the quota stays held, and the core is asked again."""
        if repository.move_order(session, order_id, (QUOTA_HELD,), state=UNKNOWN):
            row = _known(session, order_id)
            told = {"orderId": order_id, "state": UNKNOWN}
            self.approvals.conclude(session, row.operation_id, OPERATION_UNKNOWN, told, now)

    def _row(
        self, pack: RulePack, context: Context, approved: ApprovedOperation, product: Product, order_id: str
    ) -> dict[str, Any]:
        dates = self.dates(product, context.now, pack)
        return approved.whose | {
            "order_id": order_id,
            "account_id": approved.payload["accountId"],
            "product": product.definition.code,
            "product_name": product.definition.name,
            "product_version": product.definition.version,
            "rule_version": pack.version,
            "amount_fen": approved.amount_fen,
            "state": QUOTA_HELD,
            "trade_date": dates.trade,
            "confirm_date": dates.confirm,
            "redeemable_from": dates.redeemable,
            "redeemable_provisional": dates.provisional,
            "cancellable_until": dates.cancellable_until,
            "payer": approved.fields["payer"],
            "payee": approved.fields["payee"],
            "placed_at": context.now,
        }


def _check_age(decision: Decision, context: Context, person: Person, *, confirmed: bool) -> None:
    least = decision.rules.integer("age_confirmation")
    if person_rules.age(person.born, business_date(context.now)) >= least and not confirmed:
        raise AgeConfirmationRequiredError(age=least)


def _weighed(product: Product) -> dict[str, str | int]:
    """Give what a decision notes of a product."""
    definition, left = product.definition, product.quota_left_fen
    about: dict[str, str | int] = {"product": definition.code, "productVersion": definition.version}
    return {**about, "risk": definition.risk_name, "productState": product.state, "quotaLeftFen": left}


def _check_qualified(session: Session, context: Context, product: Product, *, declared: bool) -> None:
    """Sell what is private to those alone who declared that they are qualified, and showed it."""
    if not product.definition.private:
        return
    if not declared or not investors.is_qualified(
        session, context.caller.customer_id or "", business_date(context.now)
    ):
        raise QualificationRequiredError(declared=declared)


def _known(session: Session, order_id: str) -> Row[Any]:
    row = repository.to_settle(session, order_id)
    if row is None:
        raise NotFoundError(detail="there is no such order")
    return row


def _memo(product: Product, person: Person, level: str, version: str) -> dict[str, str]:
    return {
        "product": product.definition.code,
        "name": product.definition.name,
        "payer_name": person.name,
        "risk": product.definition.risk_name,
        "level": level,
        "rules": version,
    }


def _intent(product: Product, payer: Payer, amount: int, memo: Mapping[str, str]) -> Intent:
    return Intent(
        type=TYPE,
        template_id=TEMPLATE,
        amount_fen=amount,
        payer=payer.number,
        payee=product.definition.raising_account,
        payee_name=product.definition.raising_name,
        memo=memo,
        payload={
            "product": product.definition.code,
            "version": product.definition.version,
            "accountId": payer.account_id,
        },
    )
