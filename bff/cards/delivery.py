"""What leaves the cards room by the outbox: questions to the bureau, orders to the producer, repayments to the core."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from bff.approvals.execution import transfer
from bff.cards.applications import BUREAU, BUREAU_TOPIC
from bff.cards.issuing import PRODUCE_TOPIC, Producing, taken, unmade
from bff.cards.ports import CreditBureau
from bff.cards.repaying import TOPIC as REPAY_TOPIC
from bff.cards.repaying import Repaying
from bff.cards.reviewing import Reviewing
from bff.cards.rules import Bureau
from bff.core_bank.port import CoreBank
from bff.customers.elements import open_texts
from bff.customers.vault import Vault
from bff.outbox import Delivered, Outcome, Settlement, Topic


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends to bureau, producer and core, and settles."""

    vault: Vault
    core: CoreBank
    bureau: CreditBureau
    reviewing: Reviewing
    producing: Producing
    repaying: Repaying

    def topics(self) -> tuple[Topic, ...]:
        """Give the room's topics."""
        return (
            Topic(BUREAU_TOPIC, self._ask, self._settle_report),
            Topic(PRODUCE_TOPIC, self.producing.send, _settle_order),
            Topic(REPAY_TOPIC, self._repay, self._settle_repayment, self._unknown_repayment),
        )

    def _ask(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a question changes nothing at the bureau: it may be asked again
        whom = open_texts(self.vault, payload["applicationId"], BUREAU, payload["sealed"])
        return asdict(self.bureau.report(**whom))

    def _settle_report(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        report = Bureau(**outcome.result) if isinstance(outcome, Delivered) else None
        self.reviewing.reported(session, payload["applicationId"], report, settlement)

    def _repay(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        money = {"payer": payload["payer"], "payee": payload["payee"], "amount": payload["amountFen"]}
        return transfer(self.core, key, **money, memo="信用卡还款", told=payload["payer"])

    def _settle_repayment(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.repaying.done(session, payload["repaymentId"], outcome.result, settlement.now)
        else:
            self.repaying.rejected(session, payload["repaymentId"], outcome.reason, settlement.now)

    def _unknown_repayment(self, session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
        self.repaying.unknown(session, payload["repaymentId"], settlement.now)


def _settle_order(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
    if isinstance(outcome, Delivered):
        taken(session, payload["cardId"], settlement.now)
    else:
        unmade(session, payload["cardId"])
