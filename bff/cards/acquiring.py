"""What comes from acquirers: authorisations hold credit, postings use it, reversals and refunds give it back.

Invariants: what is owed and what is held never pass the line by an authorisation, whatever comes at once: the sum is in
the condition of one UPDATE. A message of one reference counts once; the same again gives the same answer, another
content under it is refused. Why a card paid, or did not, is kept: a refusal's reason outlives the transaction undone.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Engine, Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bff.cards import repository, rules
from bff.cards.errors import CardStateError, CardTransactionError, CreditGoneError
from bff.cards.models import CardAuthorisation, CardEntry, CreditCard
from bff.cards.products import CardProducts
from bff.cards.repository import ACTIVATED, CASH, FEE, OWED, PURCHASE, REFUND, account_columns
from bff.cards.rules import Owed
from bff.db.base import table_of
from bff.db.engine import retried
from bff.db.errors import DatabaseBusyError
from bff.errors import NotFoundError
from bff.kinds import business_date
from bff.products.decisions import ALLOWED, Decision
from bff.products.rulepacks import RulePack, RulePacks

HELD: Final = "HELD"
POSTED: Final = "POSTED"
REVERSED: Final = "REVERSED"
LAPSED: Final = "LAPSED"
_authorisation: Final = table_of(CardAuthorisation)
_PERCENT: Final = 100
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Purchase:
    """An acquirer's message: its own reference, what it is for, and how much in fen."""

    reference: str
    kind: str
    amount_fen: int
    merchant: str


@dataclass(frozen=True, slots=True)
class Acquiring:
    """Takes the messages of acquirers."""

    products: CardProducts
    packs: RulePacks

    def authorise(self, engine: Engine, card_id: str, asked: Purchase, now: datetime) -> None:
        """Hold credit for a purchase or a cash advance, in a transaction of its own; why not, in another.

        Raises:
            NotFoundError: there is no such card.
            CardStateError: the card is not in use.
            CreditGoneError: less credit is available, or more cash was drawn today than may be.
            CardTransactionError: the reference stands for something else.
        """
        begin = partial(Decision.on, business_date(now), self.packs, "cards.authorise", card_id)
        decision = begin()

        def work(session: Session) -> None:
            nonlocal decision
            decision = begin()  # nothing of an attempt that the database had us make again
            self._authorise(session, card_id, asked, decision, now)

        try:
            retried(engine, work)
        except (CardStateError, CreditGoneError, CardTransactionError) as refusal:
            self._refused(engine, card_id, asked, (decision, refusal.code), now)
            raise

    @staticmethod
    def _refused(engine: Engine, card_id: str, asked: Purchase, why: tuple[Decision, str], now: datetime) -> None:
        """Write why an acquirer was refused; never let that hide the refusal itself."""
        decision, code = why
        try:
            retried(engine, lambda session: _keep(session, decision, _card(session, card_id), asked, code, now))
        except (SQLAlchemyError, DatabaseBusyError):
            _log.exception("why %s was refused could not be recorded", asked.reference)

    def _authorise(self, session: Session, card_id: str, asked: Purchase, decision: Decision, now: datetime) -> None:
        card = _card(session, card_id)
        account = repository.lock_account(session, card.account_id)
        decision.note(**_weighed(account, asked))
        known = repository.find(session, CardAuthorisation, asked.reference)
        if known is not None:
            _require_same(known, card, asked)
            return
        card = _card(session, card_id)  # its state as it is now that the account is locked
        decision.note(cardState=card.state, accountState=account.state)
        if card.state != ACTIVATED or account.state != ACTIVATED or asked.kind not in {PURCHASE, CASH}:
            raise CardStateError(detail=f"the card is {card.state}, the account {account.state}")
        if asked.kind == CASH:
            self._check_cash(session, account, asked, decision, now)
        columns = account_columns()
        held = columns["held_fen"] + asked.amount_fen
        if not repository.change_account(session, card.account_id, OWED + held <= columns["line_fen"], held_fen=held):
            raise CreditGoneError(detail="less credit is available")
        self._hold(session, card, asked, decision.rules, now)
        _keep(session, decision, card, asked, ALLOWED, now)

    def post(self, session: Session, reference: str, amount_fen: int | None, now: datetime) -> None:
        """Post an authorised transaction, or less than was authorised; the hold is given back with it.

        Raises:
            NotFoundError: nothing was authorised under that reference.
            CardTransactionError: more is posted than was authorised, or it is over.
        """
        held = _held(session, reference)
        account = repository.lock_account(session, held.account_id)
        held = _held(session, reference)
        amount = held.amount_fen if amount_fen is None else amount_fen
        if held.state == POSTED and _posted(session, reference) == amount:
            return
        if held.state != HELD or not 0 < amount <= held.amount_fen:
            raise CardTransactionError(detail=f"{reference} is {held.state}, of {held.amount_fen} fen")
        _release(session, held, POSTED)
        common = {"day": business_date(now), "memo": held.merchant, "card_tail": _card(session, held.card_id).tail}
        moved = Owed(cash=amount) if held.kind == CASH else Owed(principal=amount)
        repository.write_entry(session, account, moved, reference=reference, kind=held.kind, at=now, **common)
        if held.kind == CASH:
            self._charge_cash(session, account, held, amount, common | {"at": now})

    def reverse(self, session: Session, reference: str) -> None:
        """Give a hold back that will not be posted.

        Raises:
            NotFoundError: nothing was authorised under that reference.
            CardTransactionError: it was posted: a refund takes it back.
        """
        held = _held(session, reference)
        repository.lock_account(session, held.account_id)
        held = _held(session, reference)
        if held.state == POSTED:
            raise CardTransactionError(detail=f"{reference} was posted: refund it")
        if held.state == HELD:
            _release(session, held, REVERSED)

    def refund(self, session: Session, reference: str, of: str, amount_fen: int, now: datetime) -> None:
        """Take a posted purchase back, in whole or in part, under a reference of its own.

        Raises:
            NotFoundError: nothing was authorised under ``of``.
            CardTransactionError: it was not posted, or more would be refunded than was.
        """
        held = _held(session, of)
        account = repository.lock_account(session, held.account_id)
        known = _posted(session, reference)
        if known is not None:
            if known != -amount_fen:
                raise CardTransactionError(detail=f"{reference} stands for something else")
            return
        left = (_posted(session, of) or 0) - _refunded(session, of)
        if held.kind != PURCHASE or not 0 < amount_fen <= left:
            raise CardTransactionError(detail=f"of {of} {left} fen can be refunded")
        values = {
            "reference": reference,
            "refunds": of,
            "kind": REFUND,
            "day": business_date(now),
            "memo": held.merchant,
            "card_tail": _card(session, held.card_id).tail,
        }
        repository.write_entry(session, account, Owed(principal=-amount_fen), at=now, **values)

    def lapse(self, session: Session, now: datetime, limit: int) -> int:
        """Give holds back that nobody posted in time; tell how many."""
        due = select(_authorisation.c.reference).where(
            _authorisation.c.state == HELD, _authorisation.c.expires_at <= now
        )
        references = session.scalars(due.order_by(_authorisation.c.account_id).limit(limit)).all()
        for reference in references:
            held = _held(session, reference)
            repository.lock_account(session, held.account_id)
            if _held(session, reference).state == HELD:
                _release(session, held, LAPSED)
        return len(references)

    def _check_cash(
        self, session: Session, account: Row[Any], asked: Purchase, decision: Decision, now: datetime
    ) -> None:
        """Hold a cash advance, its fee left out, to the caps on cash; the account is locked.

        Raises:
            CreditGoneError: it passes the day's or the line's share for cash.
        """
        product = self.products.of(session, account)
        decision.cite(product.terms, "cash_share_percent")
        day = business_date(now)
        drawn = select(func.sum(_authorisation.c.amount_fen)).where(
            _authorisation.c.account_id == account.account_id,
            _authorisation.c.day == day,
            _authorisation.c.kind == CASH,
            _authorisation.c.state.in_((HELD, POSTED)),
        )
        held = select(func.sum(_authorisation.c.amount_fen)).where(
            _authorisation.c.account_id == account.account_id,
            _authorisation.c.kind == CASH,
            _authorisation.c.state == HELD,
        )
        today = int(session.scalar(drawn) or 0) + asked.amount_fen
        whole = account.cash_fen + int(session.scalar(held) or 0) + asked.amount_fen
        share = account.line_fen * product.figures.cash_share_percent // _PERCENT
        decision.note(cashTodayWithFen=today, cashOwedWithFen=whole, cashShareFen=share)
        most = decision.rules.integer("cash_day_fen")
        if today > most or whole > share:
            raise CreditGoneError(detail="less cash may be drawn")

    def _charge_cash(
        self, session: Session, account: Row[Any], held: Row[Any], amount: int, common: Mapping[str, Any]
    ) -> None:
        """Charge the fee of a cash advance that is posted, and write why it is so much."""
        product = self.products.of(session, account)
        fee, charged = rules.cash_fee(amount, product.figures), f"{held.reference}.fee"
        repository.write_entry(session, account, Owed(fee=fee), reference=charged, kind=FEE, **common)
        decision = Decision.on(common["day"], self.packs, "cards.cash_fee", about=held.reference)
        decision.note(product=product.code, productVersion=product.version, amountFen=amount, feeFen=fee)
        decision.cite(product.terms, "cash_fee_percent", "cash_fee_least_fen")
        named = {"subject": charged, "customer_id": account.customer_id}
        decision.keep(session, common["at"], ALLOWED, **named)

    @staticmethod
    def _hold(session: Session, card: Row[Any], asked: Purchase, pack: RulePack, now: datetime) -> None:
        session.execute(
            _authorisation.insert().values(
                reference=asked.reference,
                account_id=card.account_id,
                card_id=card.card_id,
                kind=asked.kind,
                amount_fen=asked.amount_fen,
                merchant=asked.merchant,
                state=HELD,
                day=business_date(now),
                at=now,
                expires_at=now + timedelta(days=pack.integer("hold_days")),
            )
        )


def _keep(session: Session, decision: Decision, card: Row[Any], asked: Purchase, outcome: str, now: datetime) -> None:
    """Write how an acquirer's question was answered, and why."""
    named = {"subject": asked.reference, "customer_id": card.customer_id}
    decision.keep(session, now, outcome, **named)


def _weighed(account: Row[Any], asked: Purchase) -> dict[str, str | int]:
    """Give what a decision on an authorisation notes; where it is spent is nobody's business here."""
    owed = repository.owed(account).total
    under = {"product": account.product, "productVersion": account.product_version, "lineFen": account.line_fen}
    told = {"kind": asked.kind, "amountFen": asked.amount_fen, "accountId": account.account_id, **under}
    return {**told, "owedFen": owed, "heldFen": account.held_fen}


def _card(session: Session, card_id: str) -> Row[Any]:
    row = repository.find(session, CreditCard, card_id)
    if row is None:
        raise NotFoundError(detail="there is no such card")
    return row


def _held(session: Session, reference: str) -> Row[Any]:
    row = repository.find(session, CardAuthorisation, reference)
    if row is None:
        raise NotFoundError(detail="nothing was authorised under that reference")
    return row


def _require_same(known: Row[Any], card: Row[Any], asked: Purchase) -> None:
    told = (known.card_id, known.kind, known.amount_fen, known.merchant)
    if told != (card.card_id, asked.kind, asked.amount_fen, asked.merchant):
        raise CardTransactionError(detail=f"{asked.reference} stands for something else")


def _release(session: Session, held: Row[Any], state: str) -> None:
    """End a hold whose account is locked."""
    columns = account_columns()
    if not repository.move(session, CardAuthorisation, held.reference, (HELD,), state=state):
        raise CardTransactionError(detail=f"{held.reference} is over")
    repository.change_account(session, held.account_id, held_fen=columns["held_fen"] - held.amount_fen)


def _posted(session: Session, reference: str) -> int | None:
    wanted = select(CardEntry.principal_fen + CardEntry.cash_fen).where(CardEntry.reference == reference)
    return session.scalar(wanted)


def _refunded(session: Session, of: str) -> int:
    return -int(session.scalar(select(func.sum(CardEntry.principal_fen)).where(CardEntry.refunds == of)) or 0)
