"""Redemptions: what is asked for with the device's signature, until it is confirmed or cancelled.

Invariant: a redemption on its way has its shares held in its positions; a cancelled one gave every share back. How it
is paid stands in ``payouts``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled
from bff.approvals.payers import AccountsView
from bff.approvals.rules import DONE
from bff.approvals.service import Approvals, Asked, Intent
from bff.customers.service import Customers
from bff.errors import NotFoundError
from bff.kinds import Context, business_date
from bff.products.calendar import TradingCalendar, cut_off_instant
from bff.products.decisions import Decision
from bff.products.rulepacks import RulePack, RulePacks
from bff.products.warehouse import Warehouse
from bff.wealth import positions, repository
from bff.wealth.errors import NotCancellableError, NotRedeemableError, SharesGoneError, SharesInvalidError
from bff.wealth.models import WealthRedemption
from bff.wealth.pricing import read_shares, shares_text
from bff.wealth.products import FAMILY, REDEEMABLE, Product
from bff.wealth.repository import CANCELLED, SHARES_HELD

TYPE: Final = "wealth.redeem"
TEMPLATE: Final = "wealth.redeem/1"
REDEMPTION: Final = "REDEMPTION"


@dataclass(frozen=True, slots=True)
class Redemptions:
    """Prepares, places, cancels and settles redemptions."""

    warehouse: Warehouse
    calendar: TradingCalendar
    packs: RulePacks
    customers: Customers
    accounts: AccountsView
    approvals: Approvals

    def prepare(self, session: Session, context: Context, code: str, account_id: str, text: str) -> Asked:
        """Check a redemption and freeze it for the device to sign; ``text`` is shares with two decimals.

        Raises:
            NotFoundError: no such product, or not the caller's account.
            NotRedeemableError, SharesInvalidError, SharesGoneError, CalendarExhaustedError: a rule's no.
            DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        product = self.warehouse.get(session, FAMILY, code, business_date(context.now))
        account = self.accounts.payer(session, context, account_id)
        decision = Decision.begin(context, self.packs, "wealth.redeem.prepare")
        decision.note(product=code, accountId=account_id, state=product.state, shares=text[:32])
        shares = _shares(text)
        self._check(session, context, product, account_id, shares, decision)
        person = self.customers.person(session, context.caller.customer_id or "")
        memo = {"product": code, "name": product.definition.name, "shares": shares_text(shares)}
        memo["rules"] = decision.rules.version
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=0,
            payer=product.definition.raising_account,
            payee=account.number,
            payee_name=person.name,
            memo=memo,
            payload={"product": code, "accountId": account_id, "shares": memo["shares"]},
        )
        asked = self.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=asked.operation_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Place an approved redemption: its shares are held until it is paid.

        Raises:
            NotRedeemableError, SharesGoneError, SharesInvalidError, CalendarExhaustedError: no longer possible.
        """
        product = self.warehouse.get(session, FAMILY, approved.payload["product"], business_date(context.now))
        text = approved.payload["shares"]
        decision = Decision.begin(context, self.packs, "wealth.redeem.place")
        decision.note(operationId=approved.operation_id, state=product.state, shares=text)
        rows = self._check(session, context, product, approved.payload["accountId"], read_shares(text), decision)
        order_id = context.new_id("ord")
        decision.allow(session, context, order_id, about=approved.operation_id)
        values = self._values(context, product, order_id, read_shares(text))
        money = {"payer": approved.fields["payer"], "payee": approved.fields["payee"]}
        account = {"account_id": approved.payload["accountId"], "kind": REDEMPTION, "state": SHARES_HELD}
        session.execute(insert(WealthRedemption).values(**values, **approved.whose, **money, **account))
        positions.hold(session, order_id, rows, read_shares(text))
        told = {"orderId": order_id, "state": SHARES_HELD}
        self.approvals.conclude(session, approved.operation_id, DONE, told, context.now)
        named = {"order_id": order_id, "product": values["product"], "rule_version": values["rule_version"]}
        return placed(session, approved, **named, state=SHARES_HELD, now=context.now, shares=text)

    def get(self, session: Session, context: Context, order_id: str) -> Row[Any]:
        """Give a redemption of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        row = repository.redemption(session, order_id)
        if row is None or row.customer_id != context.caller.customer_id:
            raise NotFoundError(detail="there is no such redemption")
        return row

    def cancel(self, session: Session, context: Context, order_id: str) -> Row[Any]:
        """Cancel a redemption of the calling customer, who was just verified: its shares are free again.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
            NotCancellableError: the cut-off of its trade date is over, or it was confirmed or cancelled.
        """
        row = self.get(session, context, order_id)
        values = {"state": CANCELLED, "settled_at": context.now}
        late = context.now >= row.cancellable_until or row.operation_id is None
        if late or not repository.move_redemption(session, order_id, (SHARES_HELD,), **values):
            raise NotCancellableError(detail=f"the redemption is {row.state}")
        named = {"operation_id": row.operation_id, "order_id": order_id, "state": CANCELLED}
        settled(session, self.approvals, **named, now=context.now)
        positions.restore(session, order_id)
        return self.get(session, context, order_id)

    def dates(self, pack: RulePack, now: datetime) -> tuple[date, date, date]:
        """Give trade date, day of confirmation and day of payment of a redemption asked for now.

        Raises:
            CalendarExhaustedError: one lies beyond the calendar.
        """
        trade = self.calendar.trade_date(now, pack.clock("cut_off"))
        confirm = self.calendar.after(trade, pack.integer("confirm_trading_days"))
        return trade, confirm, self.calendar.after(confirm, pack.integer("redeem_pay_trading_days"))

    def _check(
        self, session: Session, context: Context, product: Product, account_id: str, shares: int, decision: Decision
    ) -> list[Row[Any]]:
        """Hold a redemption to the rules, which the decision notes; give the positions that it may take shares of."""
        if product.state not in REDEEMABLE:
            raise NotRedeemableError(detail=f"{product.definition.code} is {product.state}")
        pack = decision.rules
        trade, _, _ = self.dates(pack, context.now)
        mine = positions.of_customer(session, context.caller.customer_id or "", product.definition.code)
        rows = [row for row in mine if row.account_id == account_id and positions.free(row, trade)]
        free = sum(positions.free(row, trade) for row in rows)
        decision.note(redeemable=shares_text(free))
        if shares > free:
            raise SharesGoneError(detail="fewer can be redeemed", redeemable=shares_text(free))
        least = pack.integer("redeem_minimum_shares")
        if shares != free and (shares < least or shares % pack.integer("share_step")):
            raise SharesInvalidError(minimum=shares_text(least))
        return rows

    def _values(self, context: Context, product: Product, order_id: str, shares: int) -> dict[str, Any]:
        pack = self.packs.at(business_date(context.now))
        trade, confirm, pay = self.dates(pack, context.now)
        return {
            "order_id": order_id,
            "product": product.definition.code,
            "product_name": product.definition.name,
            "product_version": product.definition.version,
            "rule_version": pack.version,
            "shares": shares,
            "trade_date": trade,
            "confirm_date": confirm,
            "pay_date": pay,
            "cancellable_until": cut_off_instant(trade, pack.clock("cut_off")),
            "placed_at": context.now,
        }


def _shares(text: str) -> int:
    try:
        shares = read_shares(text)
    except ValueError as error:
        raise SharesInvalidError(detail=str(error)) from error
    if shares == 0:
        raise SharesInvalidError(detail="no shares")
    return shares
