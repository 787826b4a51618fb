"""Issuing: account and card of an approved application, their number, and the order to the producer.

Invariant: the producer is ordered through the outbox, under one sequence number, asked about before it is sent again.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.cards import repository
from bff.cards.answers import open_sections
from bff.cards.models import CardAccount, CreditCard
from bff.cards.numbers import Numbers
from bff.cards.ports import CardProducer, ProducerState, Production
from bff.cards.products import CardProducts
from bff.cards.repository import EMBOSSING, MAILED, ORDERED, PENDING, UNMADE
from bff.customers.elements import open_texts, seal_texts
from bff.customers.service import Customers
from bff.customers.vault import Vault
from bff.db.base import table_of
from bff.outbox import Settlement
from bff.push import inbox

_log: Final = logging.getLogger(__name__)
PRODUCE_TOPIC: Final = "cards.produce"
_ORDER: Final = "order"
_card: Final = table_of(CreditCard)


@dataclass(frozen=True, slots=True)
class Issuing:
    """Makes accounts and cards."""

    vault: Vault
    customers: Customers
    products: CardProducts
    numbers: Numbers

    def open(
        self, session: Session, row: Row[Any], answers: Mapping[str, Mapping[str, str]], line_fen: int, at: Settlement
    ) -> str:
        """Open the account of an approved application and order its first card; give the card's id."""
        product = self.products.of(session, row)
        account_id = at.new_id("cac")
        values = {
            "account_id": account_id,
            "customer_id": row.customer_id,
            "application_id": row.application_id,
            "product": row.product,
            "product_version": row.product_version,
            "state": PENDING,
            "line_fen": line_fen,
            "billing_day": product.figures.billing_day,
            "opened_at": at.now,
        }
        session.execute(insert(CardAccount).values(**values))
        address = _address(answers)
        return self.order(session, account_id, row.customer_id, product.bin, address, at)

    def order(
        self,
        session: Session,
        account_id: str,
        customer_id: str,
        issuer: str,
        address: str,
        at: Settlement,
        replaces: str | None = None,
    ) -> str:
        """Draw a card number and have the card made; give the card's id."""
        card_id = at.new_id("crd")
        values = {"card_id": card_id, "account_id": account_id, "customer_id": customer_id, "replaces": replaces}
        pan = self.numbers.write_card(session, issuer, **values, state=ORDERED, ordered_at=at.now)
        name = self.customers.person(session, customer_id).name
        wanted = {"pan": pan, "name": name, "address": address, "product": issuer}
        sealed = seal_texts(self.vault, card_id, _ORDER, wanted)
        payload = {"cardId": card_id, "sealed": sealed}
        outbox.put(session, topic=PRODUCE_TOPIC, key=f"{card_id}.produce", payload=payload, now=at.now)
        body = {"cardId": card_id, "accountId": account_id, "replaces": replaces}
        audit.append(session, kind="card.ordered", subject=card_id, body=body, now=at.now)
        return card_id

    def reissue(self, session: Session, card: Row[Any], at: Settlement) -> str:
        """Order a card in the place of another, to the address of the application."""
        account = repository.account(session, card.account_id)
        product = self.products.of(session, account)
        address = _address(open_sections(session, self.vault, account.application_id))
        return self.order(session, card.account_id, card.customer_id, product.bin, address, at, replaces=card.card_id)


@dataclass(frozen=True, slots=True)
class Producing:
    """Orders cards from the producer and writes down how far they are."""

    vault: Vault
    products: CardProducts
    producer: CardProducer

    def send(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Order a card that the producer has never heard of; give how far it is."""
        known = self.producer.status(key)
        if known.state is ProducerState.ABSENT:
            wanted = open_texts(self.vault, payload["cardId"], _ORDER, payload["sealed"])
            known = self.producer.order(sequence=key, **wanted)
        return {"state": known.state.value}

    def ask(self, card_id: str) -> Production:
        """Ask the producer how far a card is."""
        return self.producer.status(f"{card_id}.produce")

    def mailed(self, session: Session, card_id: str, letter: str | None, now: datetime) -> bool:
        """Write that a card is in the mail and tell the customer; tell whether it is news."""
        values = {"state": MAILED, "mailed_at": now, "letter": letter}
        if not repository.move(session, CreditCard, card_id, (EMBOSSING,), **values):
            return False
        card = session.execute(select(_card).where(_card.c.card_id == card_id)).one()
        account = repository.account(session, card.account_id)
        facts = self.products.of(session, account).facts
        inbox.tell(session, customer_id=card.customer_id, kind="card.mailed", subject=card_id, body=facts, now=now)
        return True


def taken(session: Session, card_id: str, now: datetime) -> None:
    """Write that the producer took the order."""
    repository.move(session, CreditCard, card_id, (ORDERED,), state=EMBOSSING, embossing_at=now)


def unmade(session: Session, card_id: str) -> None:
    """Write that the producer refused the order: the customer may ask for another card in this one's place."""
    repository.move(session, CreditCard, card_id, (ORDERED,), state=UNMADE)
    _log.error("the producer refused to make card %s", card_id)


def embossing(session: Session, after: str, limit: int) -> list[str]:
    """Give cards that the producer is making, by id."""
    wanted = select(_card.c.card_id).where(_card.c.state == EMBOSSING, _card.c.card_id > after)
    return list(session.scalars(wanted.order_by(_card.c.card_id).limit(limit)))


def _address(answers: Mapping[str, Mapping[str, str]]) -> str:
    to = answers["mailing" if answers["mailing"]["to"] == "other" else "address"]
    return f"{to['region']} {to['line']} {to['postcode']}"
