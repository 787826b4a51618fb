"""What leaves the sweep by the outbox: debits, payments, the bank's own journals, the look at an account's money."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bff.approvals.execution import debit, transfer
from bff.core_bank.port import CoreBank
from bff.outbox import Delivered, Outcome, Settlement, Topic
from bff.sweep import journals
from bff.sweep.journals import JOURNAL
from bff.sweep.purchases import DEBIT, LOOK, Purchases
from bff.sweep.redemptions import PAY, Redemptions

_Ended = Callable[[Session, str, Mapping[str, Any], datetime], None]
_Refused = Callable[[Session, str, str, datetime], None]


class _Settled(Protocol):
    def __call__(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends to the core and settles."""

    core: CoreBank
    purchases: Purchases
    redemptions: Redemptions

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topics."""
        coming, going = self.purchases, self.redemptions
        debited = _settled("orderId", coming.accepted, coming.rejected)
        paid = _settled("orderId", going.paid, going.refused)
        made = _settled("journalId", journals.made, journals.refused)
        return (
            Topic(DEBIT, self._debit, debited, _unknown(coming.unknown)),
            Topic(PAY, self._transfer, paid, _unknown(going.unknown)),
            Topic(JOURNAL, self._transfer, made),
            Topic(LOOK, self._look, self._seen),
        )

    def _debit(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # each verb has its own number
        money = {"payer": payload["payer"], "payee": payload["payee"], "amount": payload["amountFen"]}
        return debit(self.core, payload["orderId"], **money, memo=payload["memo"])

    def _transfer(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        money = {"payer": payload["payer"], "payee": payload["payee"], "amount": payload["amountFen"]}
        return transfer(self.core, key, **money, memo=payload["memo"], told=payload["payee"])

    def _look(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a look changes nothing and may be taken again
        return {"availableFen": self.core.enquire(payload["number"]).available}

    def _seen(self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
        if isinstance(outcome, Delivered):  # an account that the core refuses to tell of has nothing to sweep
            day = date.fromisoformat(payload["day"])
            self.purchases.collect(session, settlement, payload["agreementId"], day, outcome.result["availableFen"])


def _settled(name: str, ended: _Ended, refused: _Refused) -> _Settled:
    def settle(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
        if isinstance(outcome, Delivered):
            ended(session, payload[name], outcome.result, settlement.now)
        else:
            refused(session, payload[name], outcome.reason, settlement.now)

    return settle


def _unknown(
    unknown: Callable[[Session, str, datetime], None],
) -> Callable[[Session, Settlement, Mapping[str, Any]], None]:
    def settle(session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
        unknown(session, payload["orderId"], settlement.now)

    return settle
