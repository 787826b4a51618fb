"""What leaves the wealth room by the outbox: the debit of an order, as a hold and its posting at the core."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bff.approvals.execution import debit
from bff.core_bank.port import CoreBank
from bff.outbox import Delivered, Outcome, Settlement, Topic
from bff.wealth.orders import TOPIC, Orders


@dataclass(frozen=True, slots=True)
class Debits:
    """Sends debits and settles their orders."""

    core: CoreBank
    orders: Orders

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topic."""
        return (Topic(TOPIC, self._send, self._settle, self._unknown),)

    def _send(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # each verb has its own number
        money = {"payer": payload["payer"], "payee": payload["payee"], "amount": payload["amountFen"]}
        return debit(self.core, payload["orderId"], **money, memo=payload["memo"])

    def _settle(self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
        if isinstance(outcome, Delivered):
            self.orders.accepted(session, payload["orderId"], outcome.result, settlement.now)
        else:
            self.orders.rejected(session, payload["orderId"], outcome.reason, settlement.now)

    def _unknown(self, session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
        self.orders.unknown(session, payload["orderId"], settlement.now)
