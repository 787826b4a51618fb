"""Automatic repayment: an agreement of no amount that the device signs, and the job that keeps it on the due date.

Invariants: of one card account one agreement is in force; of each bill it repays once, whatever is run again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from bff import audit
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled
from bff.approvals.service import Asked, Intent
from bff.cards import repository
from bff.cards.cycles import bill_id
from bff.cards.errors import AutopayExistsError
from bff.cards.models import CardAccount, CardAutopay, CardStatement
from bff.cards.repaying import Repaying
from bff.db.base import table_of
from bff.db.statements import insert_new
from bff.errors import NotFoundError
from bff.jobs import Batch, Turn
from bff.kinds import Context, NewId
from bff.outbox import Settlement
from bff.products.decisions import Decision

TYPE: Final = "cards.autopay.sign"
TEMPLATE: Final = "cards.autopay.sign/1"
SIGNED: Final = "SIGNED"
FULL: Final = "FULL"
MINIMUM: Final = "MINIMUM"
BATCH: Final = 200
_WORDS: Final = {FULL: "全额", MINIMUM: "最低还款额"}
_statement: Final = table_of(CardStatement)
_agreement: Final = table_of(CardAutopay)


@dataclass(frozen=True, slots=True)
class Autopay:
    """Agreements on automatic repayment."""

    repaying: Repaying

    def prepare(self, session: Session, context: Context, account_id: str, payer_id: str, share: str) -> Asked:
        """Freeze an agreement for the device to sign.

        Raises:
            NotFoundError: card account or payer are not the caller's.
            CardStateError, AutopayExistsError: the account is not in use, or has an agreement.
        """
        noted = {"share": share, "payerAccountId": payer_id}
        account, decision = self.repaying.begin(session, context, account_id, "cards.autopay.prepare", **noted)
        if repository.autopay(session, account_id) is not None:
            raise AutopayExistsError(detail="an agreement is in force")
        payer = self.repaying.accounts.payer(session, context, payer_id)
        memo = self.repaying.memo(session, account, share=_WORDS[share], account=account_id)
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=0,
            payer=payer.number,
            payee=self.repaying.collecting,
            payee_name=self.repaying.collecting_name,
            memo=memo,
            payload={"accountId": account_id, "payerId": payer_id, "share": share},
        )
        asked = self.repaying.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=account_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Put a signed agreement in force.

        Raises:
            AutopayExistsError: another was faster.
            CardStateError: the account is not in use any more.
            AccountStateError: the payer is not open any more.
        """
        account_id = approved.payload["accountId"]
        noted = {"operationId": approved.operation_id, "share": approved.payload["share"]}
        account, decision = self.repaying.begin(session, context, account_id, "cards.autopay.sign", **noted)
        self.repaying.accounts.lock_payer(session, context, approved.payload["payerId"])
        agreement_id, now = context.new_id("agr"), context.now
        values = {
            "agreement_id": agreement_id,
            "account_id": account.account_id,
            "live_key": account.account_id,
            "payer_account_id": approved.payload["payerId"],
            "payer": approved.fields["payer"],
            "share": approved.payload["share"],
            "signed_at": now,
        }
        if not insert_new(session, CardAutopay, **values):
            raise AutopayExistsError(detail="an agreement is in force")
        decision.allow(session, context, agreement_id, about=approved.operation_id)
        named: dict[str, Any] = {"order_id": agreement_id, "state": SIGNED, "now": now}
        answer = placed(session, approved, product=account.product, rule_version=decision.rules.version, **named)
        settled(session, self.repaying.approvals, operation_id=approved.operation_id, **named)
        return {**answer, "accountId": account.account_id}

    def end(self, session: Session, context: Context, account_id: str) -> None:
        """End the agreement of an account.

        Raises:
            NotFoundError: the account is not the caller's, or has none.
        """
        repository.owned(session, CardAccount, account_id, context.caller.customer_id)
        if not repository.end_autopay(session, account_id, context.now):
            raise NotFoundError(detail="no agreement is in force")
        body = {"accountId": account_id}
        audit.append(session, kind="card.autopay_ended", subject=account_id, body=body, now=context.now)

    def step(self, new_id: NewId, session: Session, turn: Turn) -> Batch:
        """Repay the bills that are due on the slot's day, by the agreements in force; a bill in one turn only."""
        rows = _due(session, turn.business_date, turn.cursor)
        at = Settlement(turn.now, new_id)
        done = sum(self._repay(session, row, at) for row in rows)
        cursor = rows[-1].account_id if rows else turn.cursor
        return Batch(cursor, done, finished=len(rows) < BATCH, outcome=f"{turn.done + done} bills sent for repayment")

    def _repay(self, session: Session, row: Row[Any], at: Settlement) -> bool:
        decision = Decision.on(row.due_on, self.repaying.packs, "cards.autopay", about=row.agreement_id)
        kinds = repository.repaying_kinds(decision.rules)
        repaid = repository.repaid(session, row.account_id, row.cycle + 1, row.due_on, kinds)
        wanted = (row.total_fen if row.share == FULL else row.minimum_fen) - repaid
        account = repository.account(session, row.account_id)
        left = repository.owed(account).total - account.repaying_fen
        decision.note(bill=bill_id(row.account_id, row.cycle), share=row.share, repaidFen=repaid)
        decision.note(totalFen=row.total_fen, minimumFen=row.minimum_fen, dueOn=row.due_on.isoformat())
        return self.repaying.by_agreement(session, row, row.cycle, min(wanted, left), decision, at)


def _due(session: Session, day: date, after: str) -> list[Row[Any]]:
    columns = (_statement.c.cycle, _statement.c.due_on, _statement.c.total_fen, _statement.c.minimum_fen)
    wanted = (
        select(_agreement, *columns)
        .join(_agreement, _agreement.c.live_key == _statement.c.account_id)
        .where(_statement.c.due_on == day, _statement.c.account_id > after)
    )
    return list(session.execute(wanted.order_by(_statement.c.account_id).limit(BATCH)).all())
