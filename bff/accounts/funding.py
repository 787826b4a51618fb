"""Funding: money from the bound card into the account, counted before it is sent and given back when it was refused."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import repository
from bff.accounts.counters import Counters
from bff.accounts.models import AccountFunding
from bff.accounts.repository import DONE, FAILED, PENDING
from bff.accounts.rules import Movement
from bff.accounts.service import Accounts, require_open
from bff.customers.vault import Vault
from bff.errors import NotFoundError
from bff.kinds import Context
from bff.products.decisions import Decision

TOPIC: Final = "accounts.fund"


@dataclass(frozen=True, slots=True)
class Fundings:
    """Takes fundings and writes down how they ended."""

    accounts: Accounts
    vault: Vault
    counters: Counters

    def fund(self, session: Session, context: Context, account_id: str, amount: int) -> str:
        """Count a transfer from the bound card and have the core make it after the commit.

        Raises:
            NotFoundError: the account is not the caller's.
            AccountStateError: it is not open.
            LimitDayError, LimitYearError, LimitBalanceError: the amount passes a cap.
        """
        decision = Decision.begin(context, self.counters.packs, "accounts.fund")
        account = self.accounts.get(session, context, account_id)
        decision.note(accountId=account_id, state=account.state, amountFen=amount)
        require_open(account)
        counted = self.counters.begin(session, account, Movement.BOUND_IN, amount, context.now, decision)
        funding_id = context.new_id("fnd")
        decision.allow(session, context, funding_id, about=account_id)
        row = {"funding_id": funding_id, "account_id": account_id, "state": PENDING, "amount_fen": amount}
        values = {
            **row,
            "day": counted.day.isoformat(),
            "rule_version": counted.rule_version,
            "created_at": context.now,
        }
        session.execute(insert(AccountFunding).values(**values))
        locked = repository.locked(session, account_id)  # another card may have been bound since it was read
        card = self.vault.move(account_id, funding_id, "card", locked.card)
        payload = {"fundingId": funding_id, "number": account.number, "amountFen": amount}
        payload |= {"sealed": b64encode(card).decode()}
        outbox.put(session, topic=TOPIC, key=f"{funding_id}.fund", payload=payload, now=context.now)
        return funding_id

    def get(self, session: Session, context: Context, account_id: str, funding_id: str) -> tuple[Row[Any], Row[Any]]:
        """Give a funding and its account.

        Raises:
            NotFoundError: it is not the caller's.
        """
        account = self.accounts.get(session, context, account_id)
        row = repository.funding(session, funding_id)
        if row.account_id != account_id:
            raise NotFoundError(detail="there is no such funding")
        return row, account

    def done(self, session: Session, funding_id: str, result: Mapping[str, Any], now: datetime) -> None:
        """Write that the money came, and the balance that the core told."""
        row = repository.funding(session, funding_id)
        if repository.move_funding(
            session, funding_id, state=DONE, reference=result["reference"], reason=None, settled_at=now
        ):
            self.accounts.observe(session, row.account_id, result)
            self.counters.end(session, row.account_id, Movement.BOUND_IN, row.amount_fen)

    def failed(self, session: Session, funding_id: str, reason: str, now: datetime) -> None:
        """Write that nothing moved, and give the counters back."""
        row = repository.funding(session, funding_id)
        if repository.move_funding(session, funding_id, state=FAILED, reason=reason, settled_at=now):
            self.counters.end(session, row.account_id, Movement.BOUND_IN, row.amount_fen)
            self.counters.give_back(session, row.account_id, Movement.BOUND_IN, row.amount_fen, row.day)
            self.accounts.ask_balance(session, row.account_id, funding_id, now)

    def returned(self, session: Session, row: Row[Any]) -> bool:
        """Write that the bank took a funding back, and give the counters back; tell whether that was news."""
        if not repository.return_funding(session, row.funding_id):
            return False
        self.counters.give_back(session, row.account_id, Movement.BOUND_IN, row.amount_fen, row.day)
        return True
