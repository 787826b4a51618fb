"""Giving an accepted purchase back: the customer's cancelling, or a product that came to nothing.

Invariants: an order is refunded once, for it leaves ACCEPTED by one conditional UPDATE and the core knows each refund
by its sequence number; its quota and its investor's place are free from that moment on. A refund that the core refuses
moved nothing: it is tried again under a number of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.approvals.orders import executed as write_executed
from bff.approvals.payers import AccountsView
from bff.approvals.rules import money_words
from bff.kinds import Context
from bff.products.warehouse import Warehouse
from bff.push import inbox
from bff.wealth import investors, repository
from bff.wealth.errors import NotCancellableError
from bff.wealth.repository import ACCEPTED, REFUND_FAILED, REFUNDED, REFUNDING

TOPIC: Final = "wealth.refund"
BY_CUSTOMER: Final = "CANCELLED_BY_CUSTOMER"
PRODUCT_FAILED: Final = "PRODUCT_FAILED"


@dataclass(frozen=True, slots=True)
class Refunds:
    """Cancels and refunds purchases."""

    warehouse: Warehouse
    accounts: AccountsView

    def cancel(self, session: Session, context: Context, order: Row[Any]) -> None:
        """Cancel an order of the calling customer, who was just verified.

        Raises:
            NotCancellableError: its time is over, or it is not (or no longer) accepted.
        """
        if context.now >= order.cancellable_until:
            raise NotCancellableError(detail="the time to cancel is over")
        proof = {"proof": context.proof, "url": context.url, "method": context.method, "requestHash": context.body_hash}
        if not self.begin(session, order, BY_CUSTOMER, context.now, **proof):
            raise NotCancellableError(detail=f"the order is {order.state}")

    def begin(self, session: Session, order: Row[Any], reason: str, now: datetime, **proof: str) -> bool:
        """Take an accepted order back and have the core refund it after the commit; tell whether it was accepted."""
        values = {"state": REFUNDING, "reason": reason, "closed_at": now}
        if not repository.move_order(session, order.order_id, (ACCEPTED,), **values):
            return False
        body = {"orderId": order.order_id, "reason": reason, **proof}
        audit.append(session, kind="order.cancelled", subject=order.order_id, body=body, now=now)
        self._send(session, order, f"{order.order_id}.refund", now)
        self.warehouse.give_back(session, order.product, order.amount_fen)
        investors.leave(session, order.product, order.customer_id)
        return True

    def again(self, session: Session, order: Row[Any], now: datetime) -> bool:
        """Try a refund again that the core had refused; tell whether it was waiting for that."""
        if not repository.move_order(session, order.order_id, (REFUND_FAILED,), state=REFUNDING):
            return False
        self._send(session, order, f"{order.order_id}.refund.{now:%Y%m%d%H%M%S}", now)
        return True

    def refunded(self, session: Session, order_id: str, executed: Mapping[str, Any], now: datetime) -> None:
        """Write that the core paid the money back; the customer is told."""
        row = repository.order(session, order_id)
        if row is None or not repository.move_order(session, order_id, (REFUNDING,), state=REFUNDED, refunded_at=now):
            return
        write_executed(session, order_id, executed, now)
        body = {"orderId": order_id, "state": REFUNDED, "reason": row.reason}
        audit.append(session, kind="order.refunded", subject=order_id, body=body, now=now)
        facts = {"product": row.product_name, "amount": money_words(row.amount_fen)}
        told = {"customer_id": row.customer_id, "kind": "wealth.refunded", "subject": order_id, "body": facts}
        inbox.tell(session, **told, now=now)
        self.accounts.observe(session, row.account_id, executed)

    @staticmethod
    def refused(session: Session, order_id: str) -> None:
        """Write that the core would not take the refund: nothing moved, and it is owed still."""
        repository.move_order(session, order_id, (REFUNDING,), state=REFUND_FAILED)

    @staticmethod
    def _send(session: Session, order: Row[Any], key: str, now: datetime) -> None:
        payload = {
            "orderId": order.order_id,
            "payer": order.payee,
            "payee": order.payer,
            "amountFen": order.amount_fen,
            "memo": f"退回 {order.product_name}",
        }
        outbox.put(session, topic=TOPIC, key=key, payload=payload, now=now)
