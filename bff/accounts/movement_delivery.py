"""What transfers, returns, freezes, closings and card changes send to the core by the outbox, and how they end."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bff.accounts import bound, card_changes, closing, freezes, payees, returns, service, transfers
from bff.accounts.card_changes import CardChanges
from bff.accounts.closing import Closings
from bff.accounts.incoming import Incoming, Notice
from bff.accounts.payees import Payees
from bff.accounts.returns import Returns
from bff.accounts.service import Accounts
from bff.accounts.transfers import Transfers
from bff.approvals.execution import execute, told_balance, transfer
from bff.core_bank.port import AccountState, CardCheck, CardNetwork, CoreBank
from bff.customers.elements import open_elements
from bff.kinds import instant
from bff.outbox import Delivered, Outcome, Settlement, Topic


@dataclass(frozen=True, slots=True)
class Movements:
    """Sends what moves or turns an account, and settles it."""

    core: CoreBank
    cards: CardNetwork
    accounts: Accounts
    payees: Payees
    transfers: Transfers
    incoming: Incoming
    returns: Returns
    closings: Closings
    changes: CardChanges

    def topics(self) -> tuple[Topic, ...]:
        """Give the topics."""
        return (
            Topic(payees.TOPIC, self._look_up, self._settle_payee),
            Topic(transfers.TOPIC, self._transfer, self._settle_transfer, self._unknown_transfer),
            Topic(returns.TOPIC, self._reverse, self._settle_return),
            Topic(service.BALANCE_TOPIC, self._ask_balance, self._settle_balance),
            Topic(freezes.FREEZE_TOPIC, self._freeze, _nothing),
            Topic(freezes.THAW_TOPIC, self._thaw, _nothing),
            Topic(closing.TOPIC, self._close, self._settle_close),
            Topic(card_changes.TOPIC, self._check_card, self._settle_card),
        )

    def _look_up(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a question
        return {"number": self.core.enquire(self.payees.number(payload)).number}

    def _settle_payee(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        del settlement
        number = outcome.result["number"] if isinstance(outcome, Delivered) else None
        self.payees.looked_up(session, payload["payeeId"], number)

    def _transfer(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        payer, amount = payload["payer"], payload["amountFen"]
        to = self.transfers.payee(payload)
        return transfer(self.core, key, payer=payer, payee=to, amount=amount, memo=payload["memo"], told=payer)

    def _settle_transfer(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        transfer_id = payload["transferId"]
        if not isinstance(outcome, Delivered):
            self.transfers.failed(session, transfer_id, outcome.reason, settlement.now)
            return
        to, journal = self.transfers.payee(payload), outcome.result["reference"]
        news = self.transfers.done(session, transfer_id, outcome.result, settlement.now)
        if news and self.incoming.ours(session, to):
            booked_at = datetime.fromisoformat(outcome.result["executedAt"])
            about = {"journal": journal, "payee": to, "payer": payload["payer"], "amount_fen": payload["amountFen"]}
            notice = Notice(**about, booked_at=booked_at)
            self.incoming.told(session, notice, settlement.now)

    def _unknown_transfer(self, session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
        self.transfers.unknown(session, payload["transferId"], settlement.now)

    def _reverse(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        journal = payload["journal"]
        receipt = execute(self.core, key, lambda: self.core.reverse(sequence=key, journal=journal, memo="退回"))
        told = told_balance(self.core, payload["number"], receipt)
        return {"reference": receipt.reference, "executedAt": instant(receipt.executed_at), **told}

    def _settle_return(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.returns.returned(session, payload, outcome.result, settlement.now)
        elif outcome.reason == returns.REVERSED:
            self.returns.returned(session, payload, {"reference": returns.REVERSED}, settlement.now)
        else:
            self.returns.stuck(session, payload["journal"], outcome.reason, settlement.now)

    def _ask_balance(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Ask for the latest line of the statement too: it says as of when the balance is."""
        del key  # a question
        page = self.core.statement(payload["number"], limit=1)
        seen = self.core.enquire(payload["number"])
        if not page.lines or page.lines[0].balance != seen.balance:
            return {}
        told = {"balanceFen": seen.balance, "availableFen": seen.available}
        return {**told, "executedAt": instant(page.lines[0].at)}

    def _settle_balance(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        del settlement
        if isinstance(outcome, Delivered):
            self.accounts.observe(session, payload["accountId"], outcome.result)

    def _freeze(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Freeze at the core, under a number that its end asks about first: it cannot come after its end."""
        del key
        return {"reference": self._frozen(payload)}

    def _frozen(self, payload: Mapping[str, Any]) -> str:
        number, sequence = payload["number"], f"{payload['freezeId']}.freeze"
        level = AccountState.FROZEN.value
        return execute(
            self.core, sequence, lambda: self.core.freeze(sequence=sequence, account=number, level=level)
        ).reference

    def _thaw(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        self._frozen(payload)
        number = payload["number"]
        receipt = execute(self.core, key, lambda: self.core.unfreeze(sequence=key, account=number))
        return {"reference": receipt.reference}

    def _close(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        number = payload["number"]
        return {"reference": execute(self.core, key, lambda: self.core.close(sequence=key, account=number)).reference}

    def _settle_close(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.closings.closed(session, payload, settlement.now)
        else:
            self.closings.failed(session, payload, outcome.reason, settlement.now)

    def _check_card(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a comparison changes nothing at the card's bank: it may be asked again
        elements = open_elements(self.changes.vault, payload["checkId"], payload["sealed"])
        check = self.cards.check(**elements)
        return {"check": asdict(check), "number": bound.booked(self.core, elements["card"])}

    def _settle_card(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        del settlement
        if isinstance(outcome, Delivered):
            check = CardCheck(**outcome.result["check"])
            self.changes.answered(session, payload["checkId"], check, outcome.result["number"])
        else:
            self.changes.answered(session, payload["checkId"], None, None)


def _nothing(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
    """Keep nothing: the account's state here is the bank's decision, whatever the core answers."""
    del session, settlement, payload, outcome
