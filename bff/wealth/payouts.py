"""Payouts: confirmed redemptions and matured positions, paid by the core exactly once.

Invariants: a paid one took its shares for good, and the core knows it by its sequence number; a failed one moved no
money and gave every share back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.approvals.orders import executed as write_executed
from bff.approvals.orders import settled
from bff.approvals.payers import AccountsView
from bff.approvals.rules import money_words
from bff.approvals.service import Approvals
from bff.push import inbox
from bff.wealth import investors, positions, repository
from bff.wealth.models import WealthRedemption
from bff.wealth.pricing import worth
from bff.wealth.repository import CONFIRMED, FAILED, PAID, PAYING

TOPIC: Final = "wealth.payout"
MATURITY: Final = "MATURITY"
WORTHLESS: Final = "AMOUNT_ZERO"
"""Why shares that are worth less than a fen are not paid."""


@dataclass(frozen=True, slots=True)
class Maturity:
    """The terms on which a product's positions are paid out: its name and versions, the net value, and the day."""

    product_name: str
    product_version: str
    rule_version: str
    payer: str
    nav: int
    nav_date: date
    day: date


@dataclass(frozen=True, slots=True)
class Payouts:
    """Has redemptions paid and settles them."""

    accounts: AccountsView
    approvals: Approvals

    @staticmethod
    def mature(session: Session, position: Row[Any], terms: Maturity, order_id: str, now: datetime) -> None:
        """Write the payment of a position at its product's maturity; it holds the shares, so nothing pays them twice.

        Raises:
            SharesGoneError: somebody was faster.
        """
        shares = position.shares - position.held
        same = ("product_name", "product_version", "rule_version", "payer", "nav", "nav_date")
        values = {
            **{name: getattr(terms, name) for name in same},
            **{name: getattr(position, name) for name in ("customer_id", "account_id", "product")},
            "order_id": order_id,
            "kind": MATURITY,
            "state": CONFIRMED,
            "shares": shares,
            "payee": position.payer,
            "trade_date": terms.nav_date,
            "confirm_date": terms.day,
            "pay_date": terms.day,
            "cancellable_until": now,
            "amount_fen": worth(shares, terms.nav),
            "placed_at": now,
            "confirmed_at": now,
        }
        session.execute(insert(WealthRedemption).values(**values))
        positions.hold(session, order_id, [position], shares)

    def pay(self, session: Session, row: Row[Any], now: datetime) -> bool:
        """Have the core pay a confirmed redemption after the commit; tell whether it was still to be paid."""
        if row.amount_fen == 0:
            self.failed(session, row.order_id, WORTHLESS, now)
            return False
        if not repository.move_redemption(session, row.order_id, (CONFIRMED,), state=PAYING):
            return False
        payload = {
            "orderId": row.order_id,
            "payer": row.payer,
            "payee": row.payee,
            "amountFen": row.amount_fen,
            "memo": f"{'到期兑付' if row.kind == MATURITY else '赎回'} {row.product_name}",
        }
        outbox.put(session, topic=TOPIC, key=f"{row.order_id}.pay", payload=payload, now=now)
        return True

    def paid(self, session: Session, order_id: str, executed: Mapping[str, Any], now: datetime) -> None:
        """Write that the core paid: shares gone, evidence of the journal, the customer told."""
        row = repository.redemption(session, order_id)
        if row is None or not repository.move_redemption(session, order_id, (PAYING,), state=PAID, settled_at=now):
            return
        self._settled(session, row, PAID, now, result=executed)
        positions.consume(session, order_id)
        for _ in range(positions.ended(session, order_id)):
            investors.leave(session, row.product, row.customer_id)
        facts = {"product": row.product_name, "amount": money_words(row.amount_fen)}
        inbox.tell(session, customer_id=row.customer_id, kind="wealth.paid", subject=order_id, body=facts, now=now)
        self.accounts.observe(session, row.account_id, executed)

    def failed(self, session: Session, order_id: str, reason: str, now: datetime) -> None:
        """Write that a redemption came to nothing: no money moved, and its shares are back."""
        row = repository.redemption(session, order_id)
        values = {"state": FAILED, "reason": reason, "settled_at": now}
        if row is None or not repository.move_redemption(session, order_id, (PAYING, CONFIRMED), **values):
            return
        self._settled(session, row, FAILED, now, reason=reason)
        positions.restore(session, order_id)
        told = {"customer_id": row.customer_id, "subject": order_id, "body": {"product": row.product_name}}
        inbox.tell(session, kind="wealth.redemption_failed", **told, now=now)

    def _settled(
        self,
        session: Session,
        row: Row[Any],
        state: str,
        now: datetime,
        *,
        result: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Write the evidence of an end; nobody signed for a maturity, so it concludes no operation."""
        if row.operation_id is not None:
            named = {"operation_id": row.operation_id, "order_id": row.order_id, "state": state}
            settled(session, self.approvals, **named, now=now, result=result, reason=reason)
            return
        if result is not None:
            write_executed(session, row.order_id, result, now)
        body = {"orderId": row.order_id, "product": row.product, "state": state, "amountFen": row.amount_fen}
        audit.append(session, kind="product.paid_out", subject=row.order_id, body=body, now=now)
