"""Money into the sweep: purchases that a device signs, and idle cash that an agreement sweeps at the end of a day.

Invariants: an order that was paid stands in the register, as waiting until its confirmation; an agreement sweeps an
account once a day, and never below the floor that was signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled, used
from bff.approvals.payers import AccountsView
from bff.approvals.rules import UNKNOWN as OPERATION_UNKNOWN
from bff.approvals.service import Approvals, Asked, Intent
from bff.customers.service import Customers
from bff.db.statements import insert_new
from bff.kinds import Context, business_date
from bff.outbox import Settlement
from bff.products.decisions import ALLOWED, Decision
from bff.products.rulepacks import RulePack
from bff.sweep import register, repository, rules
from bff.sweep.errors import AgreementRequiredError, SweepFundsError
from bff.sweep.models import SweepOrder
from bff.sweep.repository import (
    ACCEPTED,
    ACTIVE,
    COLLECT,
    CONFIRMED,
    CREATED,
    ON_ITS_WAY,
    PURCHASE,
    REJECTED,
    UNKNOWN,
)
from bff.sweep.terms import Taken, Terms, whose

TYPE: Final = "sweep.purchase"
TEMPLATE: Final = "sweep.purchase/1"
DEBIT: Final = "sweep.debit"
LOOK: Final = "sweep.look"


@dataclass(frozen=True, slots=True)
class Purchases:
    """Prepares, places and settles what goes in."""

    terms: Terms
    accounts: AccountsView
    customers: Customers
    approvals: Approvals

    def prepare(self, session: Session, context: Context, code: str, account_id: str, amount_fen: int) -> Asked:
        """Check a purchase and freeze it for the device to sign.

        Raises:
            NotFoundError: no such product, or not the caller's account.
            ProductClosedError, AgreementRequiredError, SweepAmountError, SweepFundsError, CalendarExhaustedError: a
                rule's no.
            DeviceLimitError, DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        decision = Decision.begin(context, self.terms.packs, "sweep.purchase.prepare")
        decision.note(product=code, accountId=account_id, amountFen=amount_fen)
        product = self.terms.selling(session, code, context.now)
        decision.note(productVersion=product.version, minimumFen=product.minimum_fen, stepFen=product.step_fen)
        payer = self.accounts.payer(session, context, account_id)
        decision.note(availableFen=payer.available_fen)
        agreement = repository.live_agreement(session, account_id, code)
        decision.note(agreementId=None if agreement is None else agreement.agreement_id)
        if agreement is None:
            raise AgreementRequiredError(product=code)
        rules.check_amount(product.minimum_fen, product.step_fen, amount_fen)
        if amount_fen > payer.available_fen:
            raise SweepFundsError(availableFen=payer.available_fen)
        pack = decision.rules
        dates = rules.purchase_dates(self.terms.calendar, pack, context.now)
        person = self.customers.person(session, context.caller.customer_id or "")
        memo = {"product": code, "name": product.name, "payer_name": person.name, "rules": pack.version}
        payload = {"product": code, "accountId": account_id, "number": payer.number, "fund": agreement.fund}
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=amount_fen,
            payer=payer.number,
            payee=product.accounts.fund,
            payee_name=product.accounts.fund_name,
            memo={**memo, "income": dates.income.isoformat()},
            payload=payload,
        )
        asked = self.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=asked.operation_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Place an approved purchase, and have the core debited after the commit.

        Raises:
            AccountStateError: the account is not open any more.
            ProductClosedError, AgreementRequiredError: product or agreement are no longer open.
        """
        decision = Decision.begin(context, self.terms.packs, "sweep.purchase.place")
        code, account_id = approved.payload["product"], approved.payload["accountId"]
        amount = approved.amount_fen
        decision.note(operationId=approved.operation_id, product=code, accountId=account_id, amountFen=amount)
        self.accounts.lock_payer(session, context, account_id)
        agreement = repository.live_agreement(session, account_id, code)
        decision.note(agreementId=None if agreement is None else agreement.agreement_id)
        if agreement is None:
            raise AgreementRequiredError(product=code)
        taken = self._taken(session, decision.rules, code, approved.payload["fund"], PURCHASE, context.now)
        row = {**whose(approved), **taken.row(context.new_id("ord"), context.now)}
        session.execute(insert(SweepOrder).values(**row))
        decision.allow(session, context, row["order_id"], about=approved.operation_id)
        _debit(session, row, taken, context.now)
        about = {"product": taken.product.code, "rule_version": taken.rules.version, "fund": taken.fund}
        return placed(session, approved, order_id=row["order_id"], **about, state=CREATED, now=context.now)

    def collect(self, session: Session, settlement: Settlement, agreement_id: str, day: date, available: int) -> None:
        """Write the order that sweeps an account's idle cash, as the core told it; nothing when there is none."""
        agreement = repository.agreement(session, agreement_id)
        if agreement is None or agreement.state != ACTIVE or not self.accounts.pays(session, agreement.account_id):
            return
        product = self.terms.product(session, agreement.product, settlement.now)
        terms = product.definition
        amount = rules.idle(available, agreement.floor_fen, terms.minimum_fen, terms.step_fen)
        if not (product.takes_orders and amount):
            return
        decision = Decision.on(business_date(settlement.now), self.terms.packs, "sweep.collect", agreement.operation_id)
        decision.note(agreementId=agreement_id, accountId=agreement.account_id, availableFen=available)
        decision.note(floorFen=agreement.floor_fen, minimumFen=terms.minimum_fen, stepFen=terms.step_fen)
        decision.note(product=agreement.product, productVersion=terms.version, amountFen=amount)
        taken = self._taken(session, decision.rules, agreement.product, agreement.fund, COLLECT, settlement.now)
        kept = ("operation_id", "customer_id", "account_id", "number")
        row = {
            **{name: getattr(agreement, name) for name in kept},
            **taken.row(settlement.new_id("ord"), settlement.now),
            "device_id": "",
            "bundle": "",
            "amount_fen": amount,
            "once": f"{agreement_id}:{day}",
        }
        if insert_new(session, SweepOrder, **row):
            whose_it_is = {"subject": row["order_id"], "customer_id": agreement.customer_id}
            decision.keep(session, settlement.now, ALLOWED, **whose_it_is)
            _debit(session, row, taken, settlement.now)

    def accepted(self, session: Session, order_id: str, executed: Mapping[str, Any], now: datetime) -> None:
        """Write that the core debited the account; what comes after its day of confirmation is confirmed at once."""
        row = repository.known(session, order_id)
        late = row.confirm_date <= business_date(now)
        values = {"state": CONFIRMED if late else ACCEPTED, "reference": executed["reference"], "settled_at": now}
        if not repository.move_order(session, order_id, ON_ITS_WAY, **values):
            return
        self._told(session, row, ACCEPTED, now, result=executed)
        register.paid_in(session, row)
        if late:
            register.confirm(session, row, now)
        self.accounts.observe(session, row.account_id, executed)

    def rejected(self, session: Session, order_id: str, reason: str, now: datetime) -> None:
        """Write that the core said no: no money moved."""
        row = repository.known(session, order_id)
        values = {"state": REJECTED, "reason": reason, "settled_at": now}
        if repository.move_order(session, order_id, ON_ITS_WAY, **values):
            self._told(session, row, REJECTED, now, reason=reason)

    def unknown(self, session: Session, order_id: str, now: datetime) -> None:
        """Write that nobody knows yet; the core is asked again."""
        if repository.move_order(session, order_id, (CREATED,), state=UNKNOWN):
            row = repository.known(session, order_id)
            told = {"orderId": order_id, "state": UNKNOWN}
            if row.kind == PURCHASE:
                self.approvals.conclude(session, row.operation_id, OPERATION_UNKNOWN, told, now)

    def _told(
        self,
        session: Session,
        row: Row[Any],
        state: str,
        now: datetime,
        result: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Write into the evidence how an order ended; an automatic one names the agreement that was signed."""
        named = {"order_id": row.order_id, "state": state, "now": now, "result": result}
        if row.kind == PURCHASE:
            settled(session, self.approvals, operation_id=row.operation_id, **named, reason=reason)
            return
        agreement = repository.signing(session, row.operation_id)
        used(session, agreement_id=agreement, amount_fen=row.amount_fen, **named)

    def _taken(self, session: Session, pack: RulePack, code: str, fund: str, kind: str, now: datetime) -> Taken:
        product = self.terms.selling(session, code, now)
        dates = rules.purchase_dates(self.terms.calendar, pack, now)
        return Taken(product, fund, pack, kind, dates.trade, dates.confirm)


def _debit(session: Session, row: Mapping[str, Any], taken: Taken, now: datetime) -> None:
    payload = {
        "orderId": row["order_id"],
        "payer": row["number"],
        "payee": taken.product.accounts.fund,
        "amountFen": row["amount_fen"],
        "memo": f"转入 {taken.product.name}",
    }
    outbox.put(session, topic=DEBIT, key=f"{row['order_id']}.debit", payload=payload, now=now)
