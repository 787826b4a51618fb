"""What leaves the wealth room by the outbox: debits of purchases, their refunds, and payouts of redemptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bff.approvals.execution import debit, transfer
from bff.core_bank.port import CoreBank
from bff.outbox import Delivered, Outcome, Settlement, Topic
from bff.wealth import orders, payouts, refunds
from bff.wealth.orders import Orders
from bff.wealth.payouts import Payouts
from bff.wealth.refunds import Refunds


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Sends what the room has to send and settles it."""

    core: CoreBank
    orders: Orders
    refunds: Refunds
    payouts: Payouts

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topics."""
        return (
            Topic(orders.TOPIC, self._debit, self._settle_debit, self._unknown),
            Topic(refunds.TOPIC, self._pay, self._settle_refund),
            Topic(payouts.TOPIC, self._pay, self._settle_payout),
        )

    def _debit(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # each verb has its own number
        return debit(self.core, payload["orderId"], **_money(payload), memo=payload["memo"])

    def _pay(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        return transfer(self.core, key, **_money(payload), memo=payload["memo"], told=payload["payee"])

    def _settle_debit(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.orders.accepted(session, payload["orderId"], outcome.result, settlement.now)
        else:
            self.orders.rejected(session, payload["orderId"], outcome.reason, settlement.now)

    def _unknown(self, session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
        self.orders.unknown(session, payload["orderId"], settlement.now)

    def _settle_refund(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.refunds.refunded(session, payload["orderId"], outcome.result, settlement.now)
        else:
            self.refunds.refused(session, payload["orderId"])

    def _settle_payout(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.payouts.paid(session, payload["orderId"], outcome.result, settlement.now)
        else:
            self.payouts.failed(session, payload["orderId"], outcome.reason, settlement.now)


def _money(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"payer": payload["payer"], "payee": payload["payee"], "amount": payload["amountFen"]}
