"""Transfers out: prepared, signed by a device, counted, sent to the core exactly once, and given back when undone.

Invariants: a transfer that is on its way or done is in its counters, one that failed or was returned is not; to an
account that is not bound money goes only as the counters of the class allow. Placing and settling lock in one order,
the device's day, the account, its counters: else they would deadlock.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import repository, transfer_book
from bff.accounts.bound import BoundCards
from bff.accounts.counters import Counters
from bff.accounts.errors import NotBoundError
from bff.accounts.models import AccountTransfer
from bff.accounts.payees import Payees
from bff.accounts.repository import CREATED, DONE, FAILED, UNDER_WAY, UNKNOWN
from bff.accounts.rules import Movement, tail
from bff.accounts.service import Accounts
from bff.accounts.sheets import class_name
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.errors import InsufficientFundsError
from bff.approvals.orders import placed, settled
from bff.approvals.rules import UNKNOWN as OPERATION_UNKNOWN
from bff.approvals.service import Approvals, Asked, Intent
from bff.customers.service import Customers
from bff.customers.vault import Vault
from bff.errors import NotFoundError
from bff.kinds import Context
from bff.products.decisions import Decision

BOUND: Final = "accounts.transfer.bound"
OUT: Final = "accounts.transfer.out"
TEMPLATES: Final = {BOUND: f"{BOUND}/1", OUT: f"{OUT}/1"}
TOPIC: Final = "accounts.transfer"
MEMOS: Final = {BOUND: "转出到绑定卡", OUT: "转账"}
_MOVEMENTS: Final = {BOUND: Movement.BOUND_OUT, OUT: Movement.UNBOUND_OUT}


@dataclass(frozen=True, slots=True)
class To:
    """Where a transfer goes: how the core books it, and how a person reads it."""

    type: str
    number: str
    name: str
    tail: str


@dataclass(frozen=True, slots=True)
class Transfers:
    """Prepares, places and settles transfers out."""

    accounts: Accounts
    customers: Customers
    payees: Payees
    bound: BoundCards
    counters: Counters
    approvals: Approvals
    vault: Vault

    def prepare_bound(self, session: Session, context: Context, account_id: str, amount: int) -> Asked:
        """Check a transfer to the bound card and freeze it for the device to sign.

        Raises:
            NotFoundError: the account is not the caller's.
            AccountStateError, InsufficientFundsError, LimitDayError, LimitYearError: a rule's no.
            BoundPendingError: the core has not said how it books the card; it is being asked.
            DeviceLimitError, DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        account = self.accounts.opened(session, context, account_id)
        number = self.bound.number(session, context, account)
        to = To(BOUND, number, self._holder(session, account), account.card_tail)
        return self._ask(session, context, account, to, amount)

    def prepare_out(self, session: Session, context: Context, account_id: str, payee_id: str, amount: int) -> Asked:
        """Check a transfer to a payee and freeze it for the device to sign.

        Raises:
            NotFoundError: account or payee are not the caller's.
            PayeePendingError, PayeeUnknownError: the core has not said, or knows no such account.
            AccountStateError, InsufficientFundsError, LimitDayError, LimitYearError: a rule's no.
            DeviceLimitError, DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        account = self.accounts.opened(session, context, account_id)
        payee = self.payees.known(session, context, payee_id)
        kind = BOUND if self.bound.is_bound(account, payee.number) else OUT
        return self._ask(session, context, account, To(kind, payee.number, payee.name, payee.tail), amount)

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Place an approved transfer: count it, write it, and have the core make it after the commit.

        Raises:
            AccountStateError, LimitDayError, LimitYearError: no longer possible.
            NotBoundError: the card is not the bound one any more.
        """
        account_id, kind = approved.payload["accountId"], approved.payload["kind"]
        account = repository.account(session, account_id)
        if account is None:
            raise NotFoundError(detail="there is no such account")
        movement, amount = _MOVEMENTS[kind], approved.amount_fen
        decision = Decision.begin(context, self.counters.packs, f"{kind}.place")
        decision.note(operationId=approved.operation_id, accountId=account_id, amountFen=amount)
        counted = self.counters.begin(session, account, movement, amount, context.now, decision)
        bound = self.bound.is_bound(repository.locked(session, account_id), approved.fields["payee"])
        if kind == BOUND and not bound:
            raise NotBoundError(detail="another card was bound meanwhile")
        transfer_id = context.new_id("mov")
        decision.allow(session, context, transfer_id, about=approved.operation_id)
        sealed = self.vault.seal(transfer_id, "payee", approved.fields["payee"])
        row = {"transfer_id": transfer_id, "account_id": account_id, "movement": movement, "state": CREATED}
        to = {
            "payee": sealed,
            "payee_name": self.vault.seal(transfer_id, "payee_name", approved.fields["payee_name"]),
            "payee_tail": approved.payload["tail"],
        }
        under = {"day": counted.day.isoformat(), "rule_version": counted.rule_version, "placed_at": context.now}
        session.execute(insert(AccountTransfer).values(**approved.whose, **row, **to, **under, amount_fen=amount))
        payload = {"transferId": transfer_id, "payer": approved.fields["payer"], "amountFen": amount}
        payload |= {"sealed": b64encode(sealed).decode(), "memo": MEMOS[kind]}
        outbox.put(session, topic=TOPIC, key=f"{transfer_id}.out", payload=payload, now=context.now)
        named = {"order_id": transfer_id, "product": kind, "rule_version": counted.rule_version}
        return placed(session, approved, **named, state=CREATED, now=context.now)

    def payee(self, payload: Mapping[str, Any]) -> str:
        """Give the number to which a message's money goes."""
        return self.vault.open(payload["transferId"], "payee", b64decode(payload["sealed"]))

    def name(self, row: Row[Any]) -> str:
        """Give the payee's name in clear, for the customer who paid him."""
        return self.vault.open(row.transfer_id, "payee_name", row.payee_name)

    def get(self, session: Session, context: Context, transfer_id: str) -> Row[Any]:
        """Give a transfer of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        row = transfer_book.transfer(session, transfer_id)
        if row is None or row.customer_id != context.caller.customer_id:
            raise NotFoundError(detail="there is no such transfer")
        return row

    def mine(self, session: Session, context: Context, account_id: str) -> list[Row[Any]]:
        """Give the newest transfers of an account of the calling customer.

        Raises:
            NotFoundError: the account is not his.
        """
        return transfer_book.transfers_of(session, self.accounts.get(session, context, account_id).account_id)

    def done(self, session: Session, transfer_id: str, executed: Mapping[str, Any], now: datetime) -> bool:
        """Write that the core made a transfer; tell whether that was news."""
        values = {"state": DONE, "reference": executed["reference"], "settled_at": now, "reason": None}
        row = _known(session, transfer_id)
        if not transfer_book.move_transfer(session, transfer_id, UNDER_WAY, **values):
            return False
        named = {"operation_id": row.operation_id, "order_id": transfer_id}
        settled(session, self.approvals, **named, state=DONE, now=now, result=executed)
        self.accounts.observe(session, row.account_id, executed)
        self.counters.end(session, row.account_id, Movement(row.movement), row.amount_fen)
        return True

    def failed(self, session: Session, transfer_id: str, reason: str, now: datetime) -> None:
        """Write that the core said no: counters given back, no money moved."""
        row = _known(session, transfer_id)
        values = {"state": FAILED, "reason": reason, "settled_at": now}
        if not transfer_book.move_transfer(session, transfer_id, UNDER_WAY, **values):
            return
        named = {"operation_id": row.operation_id, "order_id": transfer_id}
        settled(session, self.approvals, **named, state=FAILED, now=now, reason=reason)
        movement = Movement(row.movement)
        self.counters.end(session, row.account_id, movement, row.amount_fen)
        self.counters.give_back(session, row.account_id, movement, row.amount_fen, row.day)
        self.accounts.ask_balance(session, row.account_id, transfer_id, now)

    def unknown(self, session: Session, transfer_id: str, now: datetime) -> None:
        """Write that nobody knows yet: it stays counted, and the core is asked again."""
        if transfer_book.move_transfer(session, transfer_id, (CREATED,), state=UNKNOWN):
            told = {"orderId": transfer_id, "state": UNKNOWN}
            operation_id = _known(session, transfer_id).operation_id
            self.approvals.conclude(session, operation_id, OPERATION_UNKNOWN, told, now)

    def _holder(self, session: Session, account: Row[Any]) -> str:
        return self.customers.person(session, account.customer_id).name

    def _ask(self, session: Session, context: Context, account: Row[Any], to: To, amount: int) -> Asked:
        decision = Decision.begin(context, self.counters.packs, f"{to.type}.prepare")
        decision.note(accountId=account.account_id, amountFen=amount, availableFen=account.available_fen)
        if amount > account.available_fen:
            raise InsufficientFundsError(detail="less is available", availableFen=account.available_fen)
        self.counters.check(session, account, _MOVEMENTS[to.type], amount, context.now, decision)
        bank = {"bank": account.bank_zh} if to.type == BOUND else {}
        payer = f"{self._holder(session, account)} {class_name(account.account_class)}"
        intent = Intent(
            type=to.type,
            template_id=TEMPLATES[to.type],
            amount_fen=amount,
            payer=account.number,
            payee=to.number,
            payee_name=to.name,
            memo={"product": to.type, "payer_name": payer, "card": f"{'*' * 4} {to.tail}", **bank},
            payload={"accountId": account.account_id, "kind": to.type, "tail": tail(to.tail)},
        )
        asked = self.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=asked.operation_id)
        return asked


def _known(session: Session, transfer_id: str) -> Row[Any]:
    row = transfer_book.transfer(session, transfer_id)
    if row is None:
        raise NotFoundError(detail="there is no such transfer")
    return row
