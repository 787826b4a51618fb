"""What leaves the sweep by the outbox: debits, payments, the bank's own journals, the look at an account's money."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from bff.approvals.execution import debit, money, transfer
from bff.core_bank.port import CoreBank
from bff.outbox import Delivered, Outcome, Settlement, Topic, not_known, settling
from bff.sweep import journals
from bff.sweep.journals import JOURNAL
from bff.sweep.purchases import DEBIT, LOOK, Purchases
from bff.sweep.redemptions import PAY, Redemptions


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends to the core and settles."""

    core: CoreBank
    purchases: Purchases
    redemptions: Redemptions

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topics."""
        coming, going = self.purchases, self.redemptions
        debited = settling("orderId", coming.accepted, coming.rejected)
        paid = settling("orderId", going.paid, going.refused)
        made = settling("journalId", journals.made, journals.refused)
        return (
            Topic(DEBIT, self._debit, debited, not_known("orderId", coming.unknown)),
            Topic(PAY, self._transfer, paid, not_known("orderId", going.unknown)),
            Topic(JOURNAL, self._transfer, made),
            Topic(LOOK, self._look, self._seen),
        )

    def _debit(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # each verb has its own number
        return debit(self.core, payload["orderId"], **money(payload))

    def _transfer(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        return transfer(self.core, key, **money(payload), told=payload["payee"])

    def _look(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a look changes nothing and may be taken again
        return {"availableFen": self.core.enquire(payload["number"]).available}

    def _seen(self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
        if isinstance(outcome, Delivered):  # an account that the core refuses to tell of has nothing to sweep
            day = date.fromisoformat(payload["day"])
            self.purchases.collect(session, settlement, payload["agreementId"], day, outcome.result["availableFen"])
