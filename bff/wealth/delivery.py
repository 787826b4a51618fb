"""What leaves the wealth room by the outbox: the debit of an order, as a hold and its posting at the core."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bff.approvals.execution import execute, told_balance
from bff.core_bank.port import CoreBank, CoreReceipt, CoreRefusedError, CoreUnknownError
from bff.kinds import CURRENCY, instant
from bff.outbox import Delivered, Outcome, Settlement, Topic
from bff.wealth.orders import TOPIC, Orders


@dataclass(frozen=True, slots=True)
class Debits:
    """Sends debits and settles their orders; every sequence number derives from the order's id."""

    core: CoreBank
    orders: Orders

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topic."""
        return (Topic(TOPIC, self._send, self._settle, self._unknown),)

    def _send(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # each verb has its own number
        order_id, account, amount = payload["orderId"], payload["payer"], payload["amountFen"]
        sequence = f"{order_id}.hold"
        held = execute(
            self.core,
            sequence,
            lambda: self.core.hold(sequence=sequence, account=account, amount=amount, currency=CURRENCY),
        )
        receipt = self._post(order_id, held.reference, payload)
        if sum(posting.amount for posting in receipt.postings if posting.amount > 0) != amount:
            raise CoreUnknownError(receipt.sequence)  # a posting names a hold, so only here is its amount known
        return {
            "sequence": receipt.sequence,
            "verb": receipt.verb,
            "reference": receipt.reference,
            "postings": [
                {"account": posting.account, "amountFen": posting.amount, "currency": posting.currency}
                for posting in receipt.postings
            ],
            "executedAt": instant(receipt.executed_at),
            **told_balance(self.core, account),
        }

    def _post(self, order_id: str, hold: str, payload: Mapping[str, Any]) -> CoreReceipt:
        """Post the hold; when the core refuses, give the hold back before the refusal counts."""
        sequence, void = f"{order_id}.post", f"{order_id}.void"
        payee, memo = payload["payee"], payload["memo"]
        try:
            return execute(
                self.core, sequence, lambda: self.core.post(sequence=sequence, hold=hold, payee=payee, memo=memo)
            )
        except CoreRefusedError:
            execute(self.core, void, lambda: self.core.void(sequence=void, hold=hold))
            raise

    def _settle(self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
        if isinstance(outcome, Delivered):
            self.orders.accepted(session, payload["orderId"], outcome.result, settlement.now)
        else:
            self.orders.rejected(session, payload["orderId"], outcome.reason, settlement.now)

    def _unknown(self, session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
        self.orders.unknown(session, payload["orderId"], settlement.now)
