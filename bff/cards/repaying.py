"""Repayments: signed by the device, or by an agreement that it signed; sent to the core once, counted once.

Invariants: what is owed less what is being repaid never passes below what may be overpaid: the sum is in the condition
of one UPDATE; a repayment becomes an entry in the transaction that settles it, under a reference of its own; of one
account and cycle an agreement repays once. Placing and settling lock the evidence chain before the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.errors import InsufficientFundsError
from bff.approvals.orders import placed, settled, used
from bff.approvals.payers import AccountsView
from bff.approvals.rules import UNKNOWN as OPERATION_UNKNOWN
from bff.approvals.rules import amount_text
from bff.approvals.service import Approvals, Asked, Intent
from bff.cards import repository, rules
from bff.cards.errors import CardStateError, RepayTooMuchError
from bff.cards.models import CardAccount, CardRepayment
from bff.cards.products import CardProducts
from bff.cards.repository import ACTIVATED, CREATED, DONE, ON_ITS_WAY, OWED, REJECTED, REPAYMENT, UNKNOWN
from bff.cards.rules import Owed
from bff.customers.service import Customers
from bff.kinds import CURRENCY, Context, business_date
from bff.outbox import Settlement
from bff.products.decisions import ALLOWED, Decision
from bff.products.rulepacks import RulePack, RulePacks
from bff.push import inbox
from security.display import money_text

TYPE: Final = "cards.repay.place"
TEMPLATE: Final = "cards.repay/1"
TOPIC: Final = "cards.repay"
PAYER_NOT_OPEN: Final = "ACCOUNT_FROZEN"
"""Why the core would refuse a payer that is not open, and why it is not asked."""


@dataclass(frozen=True, slots=True)
class Repaying:
    """Prepares, places and settles repayments; ``collecting`` is the bank's own account that takes them."""

    approvals: Approvals
    accounts: AccountsView
    customers: Customers
    products: CardProducts
    packs: RulePacks
    collecting: str
    collecting_name: str

    def prepare(self, session: Session, context: Context, account_id: str, payer_id: str, amount: int) -> Asked:
        """Check a repayment and freeze it for the device to sign.

        Raises:
            NotFoundError: card account or payer are not the caller's.
            CardStateError: the card account is not in use.
            RepayTooMuchError: more than may be repaid.
            InsufficientFundsError: the payer has less.
            DeviceLimitError, DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        account, decision = self.begin(session, context, account_id, "cards.repay.prepare", amountFen=amount)
        most = self.most(account, decision.rules)
        if amount > most:
            raise RepayTooMuchError(detail=f"{most} fen may be repaid", mostFen=most)
        payer = self.accounts.payer(session, context, payer_id)
        decision.note(payerAccountId=payer_id, availableFen=payer.available_fen)
        if payer.available_fen < amount:
            raise InsufficientFundsError(detail="less is available", availableFen=payer.available_fen)
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=amount,
            payer=payer.number,
            payee=self.collecting,
            payee_name=self.collecting_name,
            memo=self.memo(session, account, tail=repository.tail(session, account_id)),
            payload={"accountId": account_id, "payerId": payer_id},
        )
        asked = self.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=account_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Write a repayment with its outbox row and evidence.

        Raises:
            RepayTooMuchError: another repayment was faster.
            CardStateError, AccountStateError: the card account is not in use, or the payer not open, any more.
        """
        noted: dict[str, Any] = {"operationId": approved.operation_id, "amountFen": approved.amount_fen}
        account, decision = self.begin(session, context, approved.payload["accountId"], "cards.repay", **noted)
        self.accounts.payer(session, context, approved.payload["payerId"])  # a freeze meanwhile is not overtaken
        repayment_id = context.new_id("rep")
        values = {
            "repayment_id": repayment_id,
            "operation_id": approved.operation_id,
            "payer_account_id": approved.payload["payerId"],
            "amount_fen": approved.amount_fen,
        }
        self._write(session, account, values, context.now, decision.rules)
        self._send(session, values, approved.fields["payer"], context.now)
        decision.allow(session, context, repayment_id, about=approved.operation_id)
        named = {"order_id": repayment_id, "product": account.product, "state": CREATED}
        return placed(session, approved, **named, rule_version=decision.rules.version, now=context.now)

    def by_agreement(
        self, session: Session, agreement: Row[Any], cycle: int, amount: int, decision: Decision, at: Settlement
    ) -> bool:
        """Write the repayment of a bill by an agreement; tell whether it is sent to the core.

        It is not when it was written before, when nothing may be repaid, or when the payer is not open: then it is
        written as refused, and the customer is told.
        """
        key = f"{agreement.account_id}.{cycle}"
        if repository.repaid_by_agreement(session, key):
            return False
        account = repository.lock_account(session, agreement.account_id)
        if account.state != ACTIVATED or amount <= 0 or repository.repaid_by_agreement(session, key):
            return False
        repayment_id = at.new_id("rep")
        values = {
            "repayment_id": repayment_id,
            "agreement_id": agreement.agreement_id,
            "autopay_key": key,
            "payer_account_id": agreement.payer_account_id,
            "amount_fen": amount,
        }
        self._write(session, account, values, at.now, decision.rules)
        pays = self.accounts.pays(session, agreement.payer_account_id)
        decision.note(amountFen=amount, **_weighed(account))
        named = {"subject": repayment_id, "customer_id": account.customer_id}
        decision.keep(session, at.now, ALLOWED if pays else PAYER_NOT_OPEN, **named)
        if pays:
            self._send(session, values, agreement.payer, at.now)
        else:
            self.rejected(session, repayment_id, PAYER_NOT_OPEN, at.now)
        return pays

    def get(self, session: Session, context: Context, repayment_id: str) -> Row[Any]:
        """Give a repayment of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        return repository.owned(session, CardRepayment, repayment_id, context.caller.customer_id)

    def memo(self, session: Session, account: Row[Any], /, **more: str) -> dict[str, str]:
        """Give what a sign sheet says of an account and its holder."""
        product = self.products.of(session, account)
        name = self.customers.person(session, account.customer_id).name
        return {"product": product.code, "name": product.name, "payer_name": name, **more}

    def begin(
        self, session: Session, context: Context, account_id: str, kind: str, **noted: str | int
    ) -> tuple[Row[Any], Decision]:
        """Give a card account of the calling customer that is in use, with a decision on it that has begun.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
            CardStateError: it is not in use.
        """
        account = repository.owned(session, CardAccount, account_id, context.caller.customer_id)
        decision = Decision.begin(context, self.packs, kind, about=account_id)
        decision.note(**noted, **_weighed(account))
        if account.state != ACTIVATED:
            raise CardStateError(detail=f"the account is {account.state}")
        return account, decision

    @staticmethod
    def most(account: Row[Any], pack: RulePack) -> int:
        """Give how much may be repaid now: what is owed and not being repaid, and what may be overpaid."""
        over = pack.integer("overpayment_fen")
        repaying: int = account.repaying_fen
        return max(repository.owed(account).total - repaying + over, 0)

    def done(self, session: Session, repayment_id: str, result: Mapping[str, Any], now: datetime) -> None:
        """Write that the core moved the money: the entry by the order of the rules, the evidence of the journal."""
        row = self._move(session, repayment_id, ON_ITS_WAY, state=DONE, settled_at=now, reason=None)
        if row is None:
            return
        if row.operation_id is not None:
            named = {"operation_id": row.operation_id, "order_id": repayment_id, "state": DONE}
            settled(session, self.approvals, **named, now=now, result=result)
        else:
            used(session, **_of_agreement(row), now=now, result=result)
        account = repository.lock_account(session, row.account_id)
        day = business_date(now)
        moved = self._allocated(session, row, account, now)
        values = {"reference": repayment_id, "kind": REPAYMENT, "day": day, "memo": "还款", "at": now}
        repository.write_entry(session, account, moved, **values, card_tail=repository.tail(session, row.account_id))
        self._free(session, row)
        self._relieve(session, account, day)
        self.accounts.observe(session, row.payer_account_id, result)

    def rejected(self, session: Session, repayment_id: str, reason: str, now: datetime) -> None:
        """Write that the core said no: nothing moved, nothing counts."""
        row = self._move(session, repayment_id, ON_ITS_WAY, state=REJECTED, settled_at=now, reason=reason)
        if row is None:
            return
        if row.operation_id is not None:
            named = {"operation_id": row.operation_id, "order_id": repayment_id, "state": REJECTED}
            settled(session, self.approvals, **named, now=now, reason=reason)
        else:
            used(session, **_of_agreement(row), now=now)
            facts = {"total": money_text(CURRENCY, amount_text(row.amount_fen))}
            told = {"customer_id": row.customer_id, "kind": "card.autopay_failed", "subject": repayment_id}
            inbox.tell(session, **told, body=facts, now=now)
        self._free(session, row)

    def unknown(self, session: Session, repayment_id: str, now: datetime) -> None:
        """Write that nobody knows yet; the core is asked again."""
        row = self._move(session, repayment_id, (CREATED,), state=UNKNOWN)
        if row is not None and row.operation_id is not None:
            told = {"orderId": repayment_id, "state": UNKNOWN}
            self.approvals.conclude(session, row.operation_id, OPERATION_UNKNOWN, told, now)

    def _allocated(self, session: Session, row: Row[Any], account: Row[Any], now: datetime) -> Owed:
        """Give what a repayment takes from each bucket, and write why."""
        day = business_date(now)
        decision = Decision.on(day, self.packs, "cards.allocate", about=row.operation_id or row.agreement_id or "")
        owed = repository.owed(account)
        order = rules.order_of(decision.rules, account.overdue_since, day)
        moved = rules.allocate(owed, row.amount_fen, order)
        overdue = None if account.overdue_since is None else account.overdue_since.isoformat()
        decision.note(accountId=row.account_id, amountFen=row.amount_fen, overdueSince=overdue)
        for name in order:
            decision.note(**{f"{name}.owedFen": getattr(owed, name), f"{name}.repaidFen": -getattr(moved, name)})
        named = {"subject": row.repayment_id, "customer_id": row.customer_id}
        decision.keep(session, now, ALLOWED, **named)
        return moved

    def _write(
        self, session: Session, account: Row[Any], values: Mapping[str, Any], now: datetime, pack: RulePack
    ) -> None:
        columns, amount = repository.account_columns(), values["amount_fen"]
        within = OWED - columns["repaying_fen"] - amount >= -pack.integer("overpayment_fen")
        taken = {"repaying_fen": columns["repaying_fen"] + amount}
        if not repository.change_account(session, account.account_id, within, **taken):
            raise RepayTooMuchError(detail="another repayment was faster", mostFen=self.most(account, pack))
        whose = {"account_id": account.account_id, "customer_id": account.customer_id}
        row = {**values, **whose, "state": CREATED, "rule_version": pack.version, "created_at": now}
        session.execute(insert(CardRepayment).values(**row))

    def _send(self, session: Session, values: Mapping[str, Any], payer: str, now: datetime) -> None:
        repayment_id = values["repayment_id"]
        payload = {"repaymentId": repayment_id, "payer": payer, "payee": self.collecting}
        payload |= {"amountFen": values["amount_fen"]}
        outbox.put(session, topic=TOPIC, key=f"{repayment_id}.pay", payload=payload, now=now)

    def _move(self, session: Session, repayment_id: str, states: tuple[str, ...], **values: Any) -> Row[Any] | None:
        moved = repository.move(session, CardRepayment, repayment_id, states, **values)
        return repository.find(session, CardRepayment, repayment_id) if moved else None

    def _free(self, session: Session, row: Row[Any]) -> None:
        columns = repository.account_columns()
        values = {"repaying_fen": columns["repaying_fen"] - row.amount_fen}
        repository.change_account(session, row.account_id, **values)

    def _relieve(self, session: Session, account: Row[Any], day: date) -> None:
        """End an account's being overdue once its last bill's minimum is repaid."""
        if account.overdue_since is None:
            return
        bill = repository.statement(session, account.account_id, account.cycle - 1)
        kinds = repository.repaying_kinds(self.packs.at(day))
        if (
            bill is None
            or repository.repaid(session, account.account_id, account.cycle, day, kinds) >= bill.minimum_fen
        ):
            repository.change_account(session, account.account_id, overdue_since=None)


def _weighed(account: Row[Any]) -> dict[str, str | int]:
    """Give what a decision on repaying notes of a card account."""
    figures = {"owedFen": repository.owed(account).total, "repayingFen": account.repaying_fen}
    under = {"product": account.product, "productVersion": account.product_version}
    return {"cardAccountId": account.account_id, "state": account.state, **under, **figures}


def _of_agreement(row: Row[Any]) -> dict[str, Any]:
    """Give what the evidence says of a repayment by an agreement; ``bill`` names what it repays."""
    named = {"order_id": row.repayment_id, "agreement_id": row.agreement_id, "bill": row.autopay_key}
    return {**named, "amount_fen": row.amount_fen, "state": row.state}
