"""What leaves the accounts room by the outbox, to the card network and to the core, and how outcomes are kept."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from bff.accounts import bound, repository, rules
from bff.accounts.applications import CARD_TOPIC, OPEN_TOPIC
from bff.accounts.bound import BoundCards
from bff.accounts.funding import TOPIC as FUND_TOPIC
from bff.accounts.funding import Fundings
from bff.accounts.repository import CORE_UNKNOWN, CRS, ON_ITS_WAY, OPEN, REJECTED, SUBMITTED, UNKNOWN
from bff.approvals.execution import execute, transfer
from bff.core_bank.port import CardCheck, CardNetwork, CoreBank
from bff.customers.elements import open_elements
from bff.customers.vault import Vault
from bff.kinds import CURRENCY
from bff.outbox import Delivered, Outcome, Settlement, Topic

_BEFORE: Final = rules.KINDS[rules.CLASS_II]
"""What a message of an older version opens, which names no kind."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends applications and fundings, and settles them."""

    vault: Vault
    core: CoreBank
    cards: CardNetwork
    fundings: Fundings
    bound: BoundCards

    def topics(self) -> tuple[Topic, ...]:
        """Give the topics of applications and fundings."""
        return (
            Topic(CARD_TOPIC, self._check_card, _settle_card),
            Topic(OPEN_TOPIC, self._open, self._settle_open, _unknown_open),
            Topic(FUND_TOPIC, self._fund, self._settle_fund, _unknown_fund, first=partial(self._fund, first=True)),
            Topic(bound.TOPIC, self._ask_bound, self._settle_bound),
        )

    def _check_card(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a comparison changes nothing at the card's bank: it may be asked again
        elements = open_elements(self.vault, payload["checkId"], payload["sealed"])
        return asdict(self.cards.check(**elements))

    def _open(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        what = {"kind": payload.get("kind", _BEFORE), "holder": payload["customerId"], "currency": CURRENCY}
        most = payload.get("maxBalanceFen")
        receipt = execute(self.core, key, lambda: self.core.open_account(sequence=key, **what, max_balance=most))
        return {"number": receipt.reference, "bound": self._booked(payload)}

    def _booked(self, payload: Mapping[str, Any]) -> str | None:
        """Ask how the core books the card of an opening, where the message names it."""
        if "sealed" not in payload:
            return None
        card = self.vault.open(payload["accountId"], "card", b64decode(payload["sealed"]))
        return bound.booked(self.core, card)

    def _settle_open(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        application_id, account_id = payload["applicationId"], payload["accountId"]
        if isinstance(outcome, Delivered):
            repository.open_account(session, account_id, outcome.result["number"], settlement.now)
            repository.advance(session, application_id, ON_ITS_WAY, state=OPEN, updated_at=settlement.now)
            account = repository.account(session, account_id)
            if account is not None:
                self.bound.told(session, account_id, account.card_tail, outcome.result["bound"])
            return
        repository.drop_account(session, account_id)
        values = {"state": REJECTED, "reason": outcome.reason, "account_id": None, "updated_at": settlement.now}
        repository.advance(session, application_id, ON_ITS_WAY, **values)

    def _ask_bound(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        del key  # a question
        return {"number": self.core.enquire(self.bound.card(payload)).number}

    def _settle_bound(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        del settlement
        number = outcome.result["number"] if isinstance(outcome, Delivered) else None
        self.bound.told(session, payload["accountId"], payload["tail"], number)

    def _fund(self, payload: Mapping[str, Any], key: str, *, first: bool = False) -> Mapping[str, Any]:
        card = self.vault.open(payload["fundingId"], "card", b64decode(payload["sealed"]))
        number, amount = payload["number"], payload["amountFen"]
        money = {"payer": card, "payee": number, "amount": amount, "memo": "绑定卡转入"}
        return transfer(self.core, key, **money, told=number, first=first)

    def _settle_fund(
        self, session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome
    ) -> None:
        if isinstance(outcome, Delivered):
            self.fundings.done(session, payload["fundingId"], outcome.result, settlement.now)
        else:
            self.fundings.failed(session, payload["fundingId"], outcome.reason, settlement.now)


def _settle_card(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
    values: dict[str, Any] = {"card_objection": "card", "updated_at": settlement.now}  # refused: nobody knows the card
    if isinstance(outcome, Delivered):
        check = CardCheck(**outcome.result)
        values["card_objection"] = objection = rules.objection(check)
        if not objection:
            values |= {"state": CRS, "bank_zh": check.bank_zh, "bank_en": check.bank_en}
    repository.answer_check(session, payload["applicationId"], payload["checkId"], **values)


def _unknown_open(session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
    values = {"state": CORE_UNKNOWN, "updated_at": settlement.now}
    repository.advance(session, payload["applicationId"], {SUBMITTED}, **values)


def _unknown_fund(session: Session, settlement: Settlement, payload: Mapping[str, Any]) -> None:
    del settlement
    repository.move_funding(session, payload["fundingId"], state=UNKNOWN)
