"""Cards in their owner's hands: activated by a signed contract, frozen, reported lost, replaced, closed.

Invariants: nothing is charged and nothing can be spent before the contract is signed; the contract is asked for only
after a fresh verification of the person and the last digits of a card that came by mail, with tries that are counted;
states change by conditional UPDATEs alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from bff import audit
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled
from bff.approvals.rules import amount_text
from bff.approvals.service import Approvals, Asked, Intent
from bff.cards import repository
from bff.cards.errors import CardBalanceError, CardLockedError, CardStateError, CardTailWrongError
from bff.cards.forms import Text
from bff.cards.issuing import Issuing
from bff.cards.models import CardAccount, CardApplication, CreditCard
from bff.cards.products import CardProducts
from bff.cards.repository import (
    ACTIVATED,
    APPROVED,
    CLOSED,
    EXPIRED,
    FROZEN,
    LOST,
    MAILED,
    OWED,
    PENDING,
    UNMADE,
    account_columns,
)
from bff.cards.rules import closing_after
from bff.db.base import table_of
from bff.db.statements import changed
from bff.kinds import Context, business_date
from bff.outbox import Settlement
from bff.products.decisions import Decision
from bff.products.rulepacks import RulePacks

TYPE: Final = "cards.contract.sign"
TEMPLATE: Final = "cards.contract.sign/1"
TERMS: Final = "terms"
SIGNED: Final = "SIGNED"
_card: Final = table_of(CreditCard)


@dataclass(frozen=True, slots=True)
class Holding:
    """The cards of customers; ``collecting`` names the bank's own account for cards."""

    approvals: Approvals
    issuing: Issuing
    products: CardProducts
    packs: RulePacks
    texts: tuple[Text, ...]
    collecting: str
    collecting_name: str

    def mine(self, session: Session, context: Context) -> list[Row[Any]]:
        """Give the calling customer's cards, the newest first."""
        return repository.owned_by(session, CreditCard, context.caller.customer_id, "ordered_at")

    def get(self, session: Session, context: Context, card_id: str) -> Row[Any]:
        """Give a card of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        return repository.owned(session, CreditCard, card_id, context.caller.customer_id)

    def prepare(self, session: Session, context: Context, card_id: str, tail: str) -> Asked:
        """Freeze the contract for the device to sign, when the digits are those of the card that was mailed.

        Raises:
            CardStateError: the card is not in the mail.
            CardTailWrongError, CardLockedError: the digits are another card's.
            DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        card = self.get(session, context, card_id)
        account = repository.account(session, card.account_id)
        product = self.products.of(session, account)
        text = self._terms()
        decision = Decision.begin(context, self.packs, "cards.activate.prepare", about=card_id)
        decision.note(cardId=card_id, state=card.state, product=product.code, productVersion=product.version)
        decision.note(lineFen=account.line_fen, contract=text.version)
        self._check_tail(session, card, tail, decision)
        memo = {
            "product": product.code,
            "name": product.name,
            "level": product.level.zh,
            "line": amount_text(account.line_fen),
            "tail": card.tail,
            "contract": text.version,
            "digest": text.digest,
        }
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=0,
            payer=card.account_id,
            payee=self.collecting,
            payee_name=self.collecting_name,
            memo=memo,
            payload={"cardId": card_id, "contract": text.version},
        )
        asked = self.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=card_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Activate the card whose contract was signed, and its account.

        Raises:
            CardStateError: the card was lost, closed or activated meanwhile.
        """
        card = self.get(session, context, approved.payload["cardId"])
        decision = Decision.begin(context, self.packs, "cards.activate")
        decision.note(operationId=approved.operation_id, cardId=card.card_id, state=card.state)
        contract_id, now = context.new_id("cct"), context.now
        values = {"state": ACTIVATED, "activated_at": now, "contract_id": contract_id}
        if not repository.move(session, CreditCard, card.card_id, (MAILED,), **values):
            raise CardStateError(detail=f"the card is {card.state}")
        self._activate_account(session, card.account_id, context)
        if card.replaces is not None:
            repository.move(
                session, CreditCard, card.replaces, (UNMADE, ACTIVATED, FROZEN, LOST, EXPIRED), state=CLOSED
            )
        account = repository.account(session, card.account_id)
        named: dict[str, Any] = {"order_id": contract_id, "state": SIGNED, "now": now}
        decision.note(accountId=account.account_id, product=account.product, productVersion=account.product_version)
        decision.allow(session, context, contract_id, about=approved.operation_id)
        answer = placed(session, approved, product=account.product, rule_version=decision.rules.version, **named)
        settled(session, self.approvals, operation_id=approved.operation_id, **named)
        return {**answer, "cardId": card.card_id}

    def freeze(self, session: Session, context: Context, card_id: str) -> None:
        """Let nothing be spent with a card until it is unfrozen."""
        self._change(session, context, card_id, (ACTIVATED,), FROZEN)

    def unfreeze(self, session: Session, context: Context, card_id: str) -> None:
        """Let a frozen card be used again."""
        self._change(session, context, card_id, (FROZEN,), ACTIVATED)

    def report_lost(self, session: Session, context: Context, card_id: str) -> None:
        """Stop a card for good."""
        self._change(session, context, card_id, (MAILED, ACTIVATED, FROZEN), LOST)

    def replace(self, session: Session, context: Context, card_id: str) -> str:
        """Order another card of the same account in the place of one; once. Give the new card's id.

        Raises:
            CardStateError: it was replaced already, or is neither lost, in use nor locked by wrong digits.
        """
        card = self.get(session, context, card_id)
        at = Settlement(context.now, context.new_id)
        if card.state not in {UNMADE, LOST, ACTIVATED, FROZEN, MAILED, EXPIRED} or self._is_replaced(session, card):
            raise CardStateError(detail=f"the card is {card.state}, or replaced")
        if card.state == MAILED:
            self._change(session, context, card_id, (MAILED,), LOST)  # whoever asks does not have it in his hands
        return self.issuing.reissue(session, card, at)

    def close(self, session: Session, context: Context, account_id: str) -> None:
        """End an account on which nothing is open, with its cards.

        Raises:
            NotFoundError: it is not the caller's.
            CardBalanceError: something is owed, held, overpaid or being repaid.
            CardStateError: it is closed already.
        """
        account = repository.owned(session, CardAccount, account_id, context.caller.customer_id)
        if account.state == CLOSED:
            raise CardStateError(detail="the account is closed")
        columns = account_columns()
        bare = (OWED == 0, columns["held_fen"] == 0, columns["repaying_fen"] == 0)
        open_now = columns["state"].in_((PENDING, ACTIVATED))
        if not repository.change_account(session, account_id, *bare, open_now, state=CLOSED, next_close=None):
            raise CardBalanceError(detail="the account is not settled")
        row = update(_card).where(_card.c.account_id == account_id, _card.c.state != LOST)
        session.execute(row.values(state=CLOSED))
        repository.move(session, CardApplication, account.application_id, (APPROVED,), live_key=None)
        repository.end_autopay(session, account_id, context.now)
        body = {"accountId": account_id}
        audit.append(session, kind="card.account_closed", subject=account_id, body=body, now=context.now)

    @staticmethod
    def _check_tail(session: Session, card: Row[Any], tail: str, decision: Decision) -> None:
        if card.state != MAILED:
            raise CardStateError(detail=f"the card is {card.state}")
        most = decision.rules.integer("activation_tries")
        decision.note(triesBefore=card.tries)
        row = update(_card).where(_card.c.card_id == card.card_id, _card.c.tries < most)
        if not changed(session, row.values(tries=_card.c.tries + 1)):
            raise CardLockedError(detail="no tries are left")
        if tail != card.tail:
            raise CardTailWrongError(detail="another card's digits", left=max(most - card.tries - 1, 0))
        session.execute(update(_card).where(_card.c.card_id == card.card_id).values(tries=0))

    def _activate_account(self, session: Session, account_id: str, context: Context) -> None:
        today = business_date(context.now)
        account = repository.account(session, account_id)
        values = {"state": ACTIVATED, "activated_at": context.now}
        closing = closing_after(today, account.billing_day)
        pending = account_columns()["state"] == PENDING
        repository.change_account(session, account_id, pending, **values, next_close=closing)

    def _change(self, session: Session, context: Context, card_id: str, before: tuple[str, ...], after: str) -> None:
        card = self.get(session, context, card_id)
        if not repository.move(session, CreditCard, card_id, before, state=after):
            raise CardStateError(detail=f"the card is {card.state}")
        body = {"cardId": card_id, "state": after, "deviceId": context.caller.device_id}
        audit.append(session, kind="card.state", subject=card_id, body=body, now=context.now)

    def _is_replaced(self, session: Session, card: Row[Any]) -> bool:
        return any(one.replaces == card.card_id for one in repository.cards_of(session, card.account_id))

    def _terms(self) -> Text:
        return next(text for text in self.texts if text.kind == TERMS)


def expire(session: Session, packs: RulePacks, at: Settlement) -> int:
    """End applications that were left alone and mailed cards that nobody activated; tell how many."""
    today = business_date(at.now)
    lapsed = table_of(CardApplication)
    open_states = (repository.DRAFT, repository.SUPPLEMENT)
    row = update(lapsed).where(lapsed.c.state.in_(open_states), lapsed.c.expires_at <= at.now)
    applications = changed(session, row.values(state=EXPIRED, live_key=None, updated_at=at.now))
    since = at.now - timedelta(days=packs.at(today).integer("activation_days"))
    stale = update(_card).where(_card.c.state == MAILED, _card.c.mailed_at <= since)
    return applications + changed(session, stale.values(state=EXPIRED))
