"""Giving money back: the core reverses a journal once, and whatever that journal was counted in is given back.

A journal may be a transfer out that the other bank returned, an incoming transfer that breaks a rule, or a funding that
the bank takes back. Invariant: counters are given back exactly when a reversal stands at the core.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.accounts import repository, transfer_book
from bff.accounts.counters import Counters
from bff.accounts.funding import Fundings
from bff.accounts.repository import DONE, KEPT, RETURNED, RETURNING, STUCK
from bff.accounts.rules import Movement
from bff.accounts.service import Accounts
from bff.approvals.rules import amount_text
from bff.errors import NotFoundError
from bff.kinds import CURRENCY
from bff.push import inbox
from security.display import money_text

TOPIC: Final = "accounts.return"
REVERSED: Final = "JOURNAL_REVERSED"
"""How a core refuses to reverse what it has reversed by itself: then it stands reversed."""
_UNDONE: Final = (DONE, KEPT, RETURNING, STUCK)
_log: Final = logging.getLogger("tidegate.alarms")


@dataclass(frozen=True, slots=True)
class Returns:
    """Has journals reversed, and writes down that they were."""

    accounts: Accounts
    fundings: Fundings
    counters: Counters

    def order(self, session: Session, journal: str, order_id: str, *, by: str, reason: str, now: datetime) -> str:
        """Have a journal that this room knows reversed after the commit; give what kind of movement it is.

        Args:
            session: of a writing transaction.
            journal: the core's id.
            order_id: id of this order, under which the core is asked: what it refused may be ordered again.
            by: who orders it.
            reason: a code, or a person's words.
            now: present instant.

        Raises:
            NotFoundError: no movement that could be given back has this journal.
        """
        account_id, kind = self._begin(session, journal)
        body = {"journal": journal, "accountId": account_id, "by": by, "reason": reason}
        audit.append(session, kind="account.return", subject=journal, body=body, now=now)
        self.send(session, journal, account_id, order_id, now)
        return kind

    @staticmethod
    def send(session: Session, journal: str, account_id: str, key: str, now: datetime) -> None:
        """Put the reversal of a journal into the outbox, under a number that is its own."""
        account = repository.account(session, account_id)
        payload = {"journal": journal, "accountId": account_id, "number": "" if account is None else account.number}
        outbox.put(session, topic=TOPIC, key=f"{key}.return", payload=payload, now=now)

    def returned(self, session: Session, payload: Mapping[str, Any], result: Mapping[str, Any], now: datetime) -> None:
        """Write that a journal was reversed: counters given back, evidence, and whoever had moved it is told."""
        journal = payload["journal"]
        for account_id, amount in self._undo(session, journal, now):
            body = {"journal": journal, "reversal": result["reference"], "accountId": account_id, "amountFen": amount}
            audit.append(session, kind="account.returned", subject=journal, body=body, now=now)
            account = repository.account(session, account_id)
            if account is not None:
                facts = {"amount": money_text(CURRENCY, amount_text(amount))}
                told = {"customer_id": account.customer_id, "kind": "account.returned", "subject": journal}
                inbox.tell(session, **told, body=facts, now=now)
                if account_id != payload["accountId"] or "balanceFen" not in result:
                    self.accounts.ask_balance(session, account_id, f"{journal}.return", now)
        self.accounts.observe(session, payload["accountId"], result)

    @staticmethod
    def stuck(session: Session, journal: str, reason: str, now: datetime) -> None:
        """Write that the core cannot reverse a journal: nothing moved back, and a person has to look."""
        row = transfer_book.transfer_of(session, journal)
        if row is not None:
            transfer_book.move_transfer(session, row.transfer_id, (RETURNING,), state=DONE)
        transfer_book.move_incoming(session, journal, (RETURNING,), state=STUCK, settled_at=now)
        body = {"journal": journal, "reason": reason}
        audit.append(session, kind="account.return_failed", subject=journal, body=body, now=now)
        _log.warning("ALARM: the core does not reverse journal %s (%s): a person has to look", journal, reason)

    def _begin(self, session: Session, journal: str) -> tuple[str, str]:
        transfer = transfer_book.transfer_of(session, journal)
        if transfer is not None and transfer_book.move_transfer(
            session, transfer.transfer_id, (DONE,), state=RETURNING
        ):
            return transfer.account_id, "transfer"
        incoming = transfer_book.incoming(session, journal)
        if incoming is not None and transfer_book.move_incoming(session, journal, (KEPT, STUCK), state=RETURNING):
            return incoming.account_id, "incoming"
        funding = repository.funding_of(session, journal)
        if funding is not None and funding.state == DONE:
            return funding.account_id, "funding"
        raise NotFoundError(detail="no movement of an account that could be given back has this journal")

    def _undo(self, session: Session, journal: str, now: datetime) -> list[tuple[str, int]]:
        """Give back what a journal was counted in, on both sides when both are ours; give accounts and amounts.

        What was done is undone whether its return was ordered here or by the core itself.
        """
        found: list[tuple[str, int]] = []
        undone = {"state": RETURNED, "settled_at": now}
        incoming = transfer_book.incoming(session, journal)
        if incoming is not None and transfer_book.move_incoming(session, journal, _UNDONE, **undone):
            found.append((incoming.account_id, incoming.amount_fen))
            if incoming.counted:
                self._give_back(session, incoming)
        transfer = transfer_book.transfer_of(session, journal)
        if transfer is not None and transfer_book.move_transfer(session, transfer.transfer_id, _UNDONE, **undone):
            found.append((transfer.account_id, transfer.amount_fen))
            self._give_back(session, transfer)
        funding = repository.funding_of(session, journal)
        if funding is not None and self.fundings.returned(session, funding):
            found.append((funding.account_id, funding.amount_fen))
        return found

    def _give_back(self, session: Session, row: Row[Any]) -> None:
        self.counters.give_back(session, row.account_id, Movement(row.movement), row.amount_fen, row.day)
