"""The operations on accounts and their funding; pages call them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.accounts import repository, rules
from bff.accounts.application_operations import bound_card
from bff.accounts.funding import Fundings
from bff.accounts.schemas import (
    AccountAnswer,
    AccountRequest,
    AccountsAnswer,
    FundingAnswer,
    FundRequest,
)
from bff.accounts.service import Accounts
from bff.approvals.reasons import reason
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.core_bank.port import CoreAccount
from bff.kinds import Context, instant


@dataclass(frozen=True, slots=True)
class _Holding:
    accounts: Accounts
    fundings: Fundings

    def mine(self, session: Session, context: Context, request: Empty) -> AccountsAnswer:
        del request
        return AccountsAnswer(accounts=[_account(*pair) for pair in self.accounts.mine(session, context)])

    def get(self, session: Session, context: Context, request: AccountRequest) -> AccountAnswer:
        row = self.accounts.get(session, context, request.account_id)
        return _account(row, self.accounts.seen(row))

    def fund(self, session: Session, context: Context, request: FundRequest) -> FundingAnswer:
        funding_id = self.fundings.fund(session, context, request.account_id, request.amount_fen)
        return self._funding(session, context, request.account_id, funding_id)

    def settle(self, session: Session, context: Context, request: FundRequest, first: FundingAnswer) -> FundingAnswer:
        return self._funding(session, context, request.account_id, first.funding_id)

    def _funding(self, session: Session, context: Context, account_id: str, funding_id: str) -> FundingAnswer:
        row, account = self.fundings.get(session, context, account_id, funding_id)
        return FundingAnswer(
            funding_id=row.funding_id,
            state=repository.UNKNOWN if row.state == repository.PENDING else row.state,
            amount_fen=row.amount_fen,
            balance_fen=account.balance_fen,
            reason=reason(row.reason),
        )


def _account(row: Row[Any], seen: CoreAccount) -> AccountAnswer:
    return AccountAnswer(
        account_id=row.account_id,
        account_class=row.account_class,
        number=rules.tail(row.number),
        currency=row.currency,
        balance_fen=seen.balance,
        available_fen=seen.available,
        state=row.state,
        bound_card=bound_card(row),
        opened_at=instant(row.opened_at) if row.opened_at else None,
    )


def holding_operations(accounts: Accounts, fundings: Fundings) -> tuple[Operation, ...]:
    """Give the operations on accounts and their funding."""
    holding = _Holding(accounts, fundings)
    read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
    return (
        read(
            code="accounts.list",
            summary="Give the customer's accounts with their balances.",
            path="/accounts",
            request=Empty,
            response=AccountsAnswer,
            handler=holding.mine,
            errors=("CORE_UNREACHABLE",),
        ),
        read(
            code="accounts.get",
            summary="Give one account with its balance.",
            path="/accounts/{account_id}",
            request=AccountRequest,
            response=AccountAnswer,
            handler=holding.get,
            errors=("NOT_FOUND", "CORE_UNREACHABLE"),
        ),
        Operation(
            code="accounts.fund",
            summary="Bring money in from the bound card.",
            method="POST",
            path="/accounts/{account_id}/fundings",
            request=FundRequest,
            response=FundingAnswer,
            handler=holding.fund,
            settle=holding.settle,
            idempotency=Idempotency.KEY,
            limit="30/minute",
            errors=("NOT_FOUND", "ACCOUNT_FROZEN", "LIMIT_DAY", "LIMIT_YEAR", "LIMIT_BALANCE"),
        ),
    )
