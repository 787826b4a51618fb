"""What leaves the wealth room by the outbox: debits of purchases, their refunds, and payouts of redemptions.

Invariant: an order whose debit began as a hold ends as its posting; its topic tells, so that neither a version before
this one nor this one can begin the debit of an order in the other's way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from bff.approvals.execution import debit, money, transfer
from bff.core_bank.port import CoreBank
from bff.outbox import Delivered, Outcome, Settlement, Topic, not_known, settling
from bff.wealth import orders, payouts, refunds
from bff.wealth.orders import Orders
from bff.wealth.payouts import Payouts
from bff.wealth.refunds import Refunds

IN_TWO_PHASES: Final = "wealth.debit"
"""Topic of the orders that versions before this one placed: a hold, then its posting."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Sends what the room has to send and settles it."""

    core: CoreBank
    orders: Orders
    refunds: Refunds
    payouts: Payouts

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topics."""
        debited = settling("orderId", self.orders.accepted, self.orders.rejected)
        unknown = not_known("orderId", self.orders.unknown)
        paid = settling("orderId", self.payouts.paid, self.payouts.failed)
        return (
            Topic(orders.TOPIC, self._debit, debited, unknown, first=partial(self._debit, first=True)),
            Topic(IN_TWO_PHASES, self._debit_in_two_phases, debited, unknown),
            Topic(refunds.TOPIC, self._pay, self._settle_refund, first=partial(self._pay, first=True)),
            Topic(payouts.TOPIC, self._pay, paid, first=partial(self._pay, first=True)),
        )

    def _debit(self, payload: Mapping[str, Any], key: str, *, first: bool = False) -> Mapping[str, Any]:
        return transfer(self.core, key, **money(payload), told=payload["payer"], first=first)

    def _debit_in_two_phases(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # each verb has its own number
        return debit(self.core, payload["orderId"], **money(payload))

    def _pay(self, payload: Mapping[str, Any], key: str, *, first: bool = False) -> Mapping[str, Any]:
        return transfer(self.core, key, **money(payload), told=payload["payee"], first=first)

    def _settle_refund(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.refunds.refunded(session, payload["orderId"], outcome.result, settlement.now)
        else:
            self.refunds.refused(session, payload["orderId"])
