"""The operations on cards in their owner's hands; pages call them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.approvals.prepared import PreparedAnswer, prepared
from bff.cards import repository
from bff.cards.holding import TEMPLATE, Holding
from bff.cards.repository import EMBOSSING, EXPIRED, MAILED, ORDERED, UNMADE
from bff.cards.schemas import (
    AccountRequest,
    ActivateRequest,
    CardAnswer,
    CardRequest,
    CardsAnswer,
    ReplacedAnswer,
)
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.kinds import Context, instant
from bff.sessions.verification import FRESH

_UNSEEN = frozenset({ORDERED, UNMADE, EMBOSSING, MAILED, EXPIRED})
"""States in which the last digits are a secret of whoever holds the card."""


@dataclass(frozen=True, slots=True)
class _Cards:
    holding: Holding

    def mine(self, session: Session, context: Context, request: Empty) -> CardsAnswer:
        del request
        return CardsAnswer(cards=[self._card(session, row) for row in self.holding.mine(session, context)])

    def get(self, session: Session, context: Context, request: CardRequest) -> CardAnswer:
        return self._card(session, self.holding.get(session, context, request.card_id))

    def prepare(self, session: Session, context: Context, request: ActivateRequest) -> PreparedAnswer:
        return prepared(self.holding.prepare(session, context, request.card_id, request.last_four))

    def freeze(self, session: Session, context: Context, request: CardRequest) -> CardAnswer:
        self.holding.freeze(session, context, request.card_id)
        return self.get(session, context, request)

    def unfreeze(self, session: Session, context: Context, request: CardRequest) -> CardAnswer:
        self.holding.unfreeze(session, context, request.card_id)
        return self.get(session, context, request)

    def report_lost(self, session: Session, context: Context, request: CardRequest) -> CardAnswer:
        self.holding.report_lost(session, context, request.card_id)
        return self.get(session, context, request)

    def replace(self, session: Session, context: Context, request: CardRequest) -> ReplacedAnswer:
        return ReplacedAnswer(card_id=self.holding.replace(session, context, request.card_id))

    def close(self, session: Session, context: Context, request: AccountRequest) -> Empty:
        self.holding.close(session, context, request.account_id)
        return Empty()

    def _card(self, session: Session, row: Row[Any]) -> CardAnswer:
        product = self.holding.products.of(session, repository.account(session, row.account_id))
        return CardAnswer(
            card_id=row.card_id,
            account_id=row.account_id,
            product=product.code,
            product_name=product.shown,
            level=product.level,
            state=row.state,
            tail=None if row.state in _UNSEEN or row.activated_at is None else row.tail,
            sandbox_letter=row.letter if row.state == MAILED else None,
            replaces=row.replaces,
            ordered_at=instant(row.ordered_at),
            mailed_at=None if row.mailed_at is None else instant(row.mailed_at),
            activated_at=None if row.activated_at is None else instant(row.activated_at),
            contract_id=row.contract_id,
        )


_read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
_change = partial(
    Operation,
    method="POST",
    idempotency=Idempotency.KEY,
    limit="30/minute",
    fresh=FRESH,
    request=CardRequest,
    errors=("NOT_FOUND", "CARD_STATE"),
)


def card_operations(holding: Holding) -> tuple[Operation, ...]:
    """Give the operations on cards."""
    cards = _Cards(holding)
    return (*_looking(cards), *_changing(cards))


def _looking(cards: _Cards) -> tuple[Operation, ...]:
    return (
        _read(
            code="cards.list",
            summary="Give the caller's cards.",
            path="/cards",
            request=Empty,
            response=CardsAnswer,
            handler=cards.mine,
        ),
        _read(
            code="cards.get",
            summary="Give one card.",
            path="/cards/{card_id}",
            request=CardRequest,
            response=CardAnswer,
            handler=cards.get,
            errors=("NOT_FOUND",),
        ),
        Operation(
            code="cards.contract.prepare",
            summary="Check the last digits of a mailed card and freeze its contract for the device to sign.",
            method="POST",
            path="/cards/{card_id}/contract/prepare",
            request=ActivateRequest,
            response=PreparedAnswer,
            handler=cards.prepare,
            idempotency=Idempotency.KEY,
            limit="10/minute",
            template=TEMPLATE,
            fresh=FRESH,
            errors=(
                "NOT_FOUND",
                "CARD_STATE",
                "CARD_TAIL_WRONG",
                "CARD_LOCKED",
                "DEVICE_STATE",
                "PURPOSE_NOT_IN_MANIFEST",
            ),
        ),
    )


def _changing(cards: _Cards) -> tuple[Operation, ...]:
    return (
        _change(
            code="cards.freeze",
            summary="Let nothing be spent with a card until it is unfrozen.",
            path="/cards/{card_id}/freeze",
            response=CardAnswer,
            handler=cards.freeze,
        ),
        _change(
            code="cards.unfreeze",
            summary="Let a frozen card be used again.",
            path="/cards/{card_id}/unfreeze",
            response=CardAnswer,
            handler=cards.unfreeze,
        ),
        _change(
            code="cards.report_lost",
            summary="Stop a lost card for good.",
            path="/cards/{card_id}/loss",
            response=CardAnswer,
            handler=cards.report_lost,
        ),
        _change(
            code="cards.replace",
            summary="Order another card in the place of one.",
            path="/cards/{card_id}/replacement",
            response=ReplacedAnswer,
            handler=cards.replace,
        ),
        Operation(
            code="cards.account.close",
            summary="End a card account on which nothing is open.",
            method="POST",
            path="/cards/accounts/{account_id}/close",
            request=AccountRequest,
            response=Empty,
            handler=cards.close,
            idempotency=Idempotency.KEY,
            limit="10/minute",
            fresh=FRESH,
            errors=("NOT_FOUND", "CARD_STATE", "CARD_BALANCE"),
        ),
    )
