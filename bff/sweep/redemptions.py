"""Money out of the sweep: at once from what the bank advances, or on the next trading day from the fund itself.

Invariants: shares of a redemption on its way are locked and still earn; they leave the register when the core has paid,
and are free again when it refused. A fast one counts against both caps from its placing on, the investor's for that
day and the pool until the fund repaid; when the core refused, against neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled
from bff.approvals.payers import AccountsView
from bff.approvals.rules import UNKNOWN as OPERATION_UNKNOWN
from bff.approvals.service import Approvals, Asked, Intent
from bff.customers.service import Customers
from bff.kinds import Context
from bff.products.decisions import Decision
from bff.sweep import fast, register, repository, rules
from bff.sweep.errors import FastCapError, FastPoolError, SharesShortError, SweepAmountError
from bff.sweep.models import SweepOrder
from bff.sweep.products import SweepDefinition
from bff.sweep.repository import CREATED, FAST, NORMAL, ON_ITS_WAY, PAID, PAYING, REJECTED, UNKNOWN
from bff.sweep.terms import Taken, Terms, whose

TYPE: Final = "sweep.redeem"
TEMPLATE: Final = "sweep.redeem/1"
PAY: Final = "sweep.pay"
_MODES: Final = {FAST: "快速转出 · At once", NORMAL: "普通转出 · Next trading day"}


@dataclass(frozen=True, slots=True)
class Redemptions:
    """Prepares, places and settles what goes out."""

    terms: Terms
    accounts: AccountsView
    customers: Customers
    approvals: Approvals

    def prepare(
        self, session: Session, context: Context, code: str, account_id: str, amount_fen: int, mode: str
    ) -> Asked:
        """Check a redemption and freeze it for the device to sign.

        Raises:
            NotFoundError: no such product, or not the caller's account.
            SweepAmountError, SharesShortError, FastCapError, FastPoolError, CalendarExhaustedError: a rule's no.
            DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        product = self.terms.product(session, code, context.now).definition
        payee = self.accounts.payer(session, context, account_id)
        if amount_fen <= 0:
            raise SweepAmountError(minimumFen=1, stepFen=1)
        decision = Decision.begin(context, self.terms.packs, "sweep.redeem.prepare")
        decision.note(product=code, accountId=account_id, amountFen=amount_fen, mode=mode)
        fund = self._fund(session, product, account_id, amount_fen)
        pack = decision.rules
        dates = rules.redemption_dates(self.terms.calendar, pack, context.now, fast=mode == FAST)
        if mode == FAST:
            _check_caps(session, context, code, amount_fen, decision)
        person = self.customers.person(session, context.caller.customer_id or "")
        payer, payer_name = _payer(product, mode)
        memo = {
            "product": code,
            "name": product.name,
            "mode": _MODES[mode],
            "arrives": dates.pay.isoformat(),
            "payer_name": payer_name,
            "rules": pack.version,
        }
        payload = {"product": code, "accountId": account_id, "number": payee.number, "fund": fund, "mode": mode}
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=amount_fen,
            payer=payer,
            payee=payee.number,
            payee_name=person.name,
            memo=memo,
            payload=payload,
        )
        asked = self.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=asked.operation_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Place an approved redemption: lock its shares, count a fast one, and have that one paid after the commit.

        Raises:
            SharesShortError, FastCapError, FastPoolError: no longer possible.
        """
        mode, code = approved.payload["mode"], approved.payload["product"]
        decision = Decision.begin(context, self.terms.packs, "sweep.redeem.place")
        decision.note(operationId=approved.operation_id, product=code, amountFen=approved.amount_fen, mode=mode)
        pack = decision.rules
        product = self.terms.product(session, code, context.now).definition
        dates = rules.redemption_dates(self.terms.calendar, pack, context.now, fast=mode == FAST)
        taken = Taken(product, approved.payload["fund"], pack, mode, dates.trade, dates.pay)
        row = {**whose(approved), **taken.row(context.new_id("ord"), context.now)}
        if mode == FAST:
            counted = {"customer_id": approved.customer_id, "product": code, "day": row["day"]}
            fast.take(session, pack, **counted, amount_fen=approved.amount_fen)
        register.lock(session, fund=taken.fund, account_id=row["account_id"], amount_fen=approved.amount_fen)
        session.execute(insert(SweepOrder).values(**row))
        decision.allow(session, context, row["order_id"], about=approved.operation_id)
        if mode == FAST:
            self.pay(session, row, context.now)
        about = {"product": code, "rule_version": pack.version, "fund": taken.fund, "mode": mode}
        return placed(session, approved, order_id=row["order_id"], **about, state=CREATED, now=context.now)

    def pay_due(self, session: Session, row: Row[Any], now: datetime) -> None:
        """Have the core pay a normal redemption whose day has come, once."""
        if repository.move_order(session, row.order_id, (CREATED,), state=PAYING):
            self.pay(session, row._asdict(), now)

    def pay(self, session: Session, row: Mapping[str, Any], now: datetime) -> None:
        """Put the payment of an order into the outbox."""
        product = self.terms.product(session, row["product"], now).definition
        payload = {
            "orderId": row["order_id"],
            "payer": _payer(product, row["kind"])[0],
            "payee": row["number"],
            "amountFen": row["amount_fen"],
            "memo": f"转出 {product.name}",
        }
        outbox.put(session, topic=PAY, key=f"{row['order_id']}.pay", payload=payload, now=now)

    def paid(self, session: Session, order_id: str, executed: Mapping[str, Any], now: datetime) -> None:
        """Write that the core paid: the shares are gone."""
        row = repository.known(session, order_id)
        values = {"state": PAID, "reference": executed["reference"], "settled_at": now}
        if not repository.move_order(session, order_id, ON_ITS_WAY, **values):
            return
        named = {"operation_id": row.operation_id, "order_id": order_id, "state": PAID}
        settled(session, self.approvals, **named, now=now, result=executed)
        register.take(session, row, now)
        self.accounts.observe(session, row.account_id, executed)

    def refused(self, session: Session, order_id: str, reason: str, now: datetime) -> None:
        """Write that the core refused to pay: shares and caps are as they were before."""
        row = repository.known(session, order_id)
        values = {"state": REJECTED, "reason": reason, "settled_at": now}
        if not repository.move_order(session, order_id, ON_ITS_WAY, **values):
            return
        named = {"operation_id": row.operation_id, "order_id": order_id, "state": REJECTED}
        settled(session, self.approvals, **named, now=now, reason=reason)
        if row.kind == FAST:
            fast.give_back(session, row)
        register.unlock(session, row)

    def unknown(self, session: Session, order_id: str, now: datetime) -> None:
        """Write that nobody knows yet; the core is asked again, and shares and caps stay held."""
        if repository.move_order(session, order_id, (CREATED, PAYING), state=UNKNOWN):
            row = repository.known(session, order_id)
            told = {"orderId": order_id, "state": UNKNOWN}
            self.approvals.conclude(session, row.operation_id, OPERATION_UNKNOWN, told, now)

    @staticmethod
    def _fund(session: Session, product: SweepDefinition, account_id: str, amount_fen: int) -> str:
        """Give the share class that a redemption takes: the first that has enough free shares."""
        free = {}
        for fund in product.funds:
            row = register.position(session, fund, account_id)
            free[fund] = 0 if row is None else row.shares_fen - row.locked_fen
            if free[fund] >= amount_fen:
                return fund
        raise SharesShortError(freeFen=max(free.values()))


def _check_caps(session: Session, context: Context, code: str, amount_fen: int, decision: Decision) -> None:
    own, pool = fast.left(session, context, decision.rules, code)
    decision.note(ownLeftFen=own, poolLeftFen=pool)
    if amount_fen > own:
        raise FastCapError(leftFen=own)
    if amount_fen > pool:
        raise FastPoolError


def _payer(product: SweepDefinition, mode: str) -> tuple[str, str]:
    accounts = product.accounts
    if mode == FAST:
        return accounts.advance, accounts.advance_name
    return accounts.fund, accounts.fund_name
