"""The operations that move money out of accounts or turn them: transfers, payees, the bound card, closing, waking."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.accounts import card_changes, closing, freezes, rules, transfers
from bff.accounts.card_changes import CardChanges
from bff.accounts.closing import Closings
from bff.accounts.movement_schemas import (
    BoundTransferRequest,
    CardChangeAnswer,
    CardChangeRequest,
    CardCheckRequest,
    LimitAnswer,
    LimitsAnswer,
    PayeeAnswer,
    PayeeIdRequest,
    PayeeRequest,
    PayeesAnswer,
    StateAnswer,
    TransferAnswer,
    TransferIdRequest,
    TransferRequest,
    TransfersAnswer,
)
from bff.accounts.payees import Payees
from bff.accounts.rules import Movement
from bff.accounts.schemas import AccountRequest
from bff.accounts.service import Accounts
from bff.accounts.transfers import Transfers
from bff.approvals.prepared import PreparedAnswer, prepared
from bff.approvals.reasons import reason
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.kinds import Context, business_date, instant
from bff.sessions.verification import FRESH

_DEVICE = ("DEVICE_STATE", "DEVICE_LIMIT", "PURPOSE_NOT_IN_MANIFEST")


@dataclass(frozen=True, slots=True)
class _Moving:
    accounts: Accounts
    transfers: Transfers
    payees: Payees

    def limits(self, session: Session, context: Context, request: AccountRequest) -> LimitsAnswer:
        account = self.accounts.get(session, context, request.account_id)
        counters = self.transfers.counters
        pack = counters.packs.at(business_date(context.now))
        rooms = {room.cap: room for way in Movement for room in counters.rooms(session, account, way, context.now)}
        return LimitsAnswer(
            limits=[
                LimitAnswer(
                    counter=cap.counter,
                    period="year" if cap.yearly else "day",
                    used_fen=room.used_fen,
                    most_fen=cap.most_fen,
                )
                for cap, room in rooms.items()
            ],
            most_balance_fen=rules.most_balance(account.account_class, pack),
            rule_version=pack.version,
        )

    def prepare_bound(self, session: Session, context: Context, request: BoundTransferRequest) -> PreparedAnswer:
        return prepared(self.transfers.prepare_bound(session, context, request.account_id, request.amount_fen))

    def prepare_out(self, session: Session, context: Context, request: TransferRequest) -> PreparedAnswer:
        what = (request.account_id, request.payee_id, request.amount_fen)
        return prepared(self.transfers.prepare_out(session, context, *what))

    def transfer(self, session: Session, context: Context, request: TransferIdRequest) -> TransferAnswer:
        return self._transfer(self.transfers.get(session, context, request.transfer_id))

    def mine(self, session: Session, context: Context, request: AccountRequest) -> TransfersAnswer:
        rows = self.transfers.mine(session, context, request.account_id)
        return TransfersAnswer(transfers=[self._transfer(row) for row in rows])

    def add_payee(self, session: Session, context: Context, request: PayeeRequest) -> PayeeAnswer:
        return self._payee(session, context, self.payees.add(session, context, request.name, request.number))

    def settle_payee(
        self, session: Session, context: Context, request: PayeeRequest, first: PayeeAnswer
    ) -> PayeeAnswer:
        del request
        return self._payee(session, context, first.payee_id)

    def payee_list(self, session: Session, context: Context, request: Empty) -> PayeesAnswer:
        del request
        return PayeesAnswer(payees=[self._shown(row) for row in self.payees.mine(session, context)])

    def remove_payee(self, session: Session, context: Context, request: PayeeIdRequest) -> Empty:
        self.payees.remove(session, context, request.payee_id)
        return Empty()

    def _payee(self, session: Session, context: Context, payee_id: str) -> PayeeAnswer:
        return self._shown(self.payees.get(session, context, payee_id))

    def _shown(self, row: Row[Any]) -> PayeeAnswer:
        return PayeeAnswer(payee_id=row.payee_id, state=row.state, name=self.payees.masked(row), tail=row.tail)

    def _transfer(self, row: Row[Any]) -> TransferAnswer:
        return TransferAnswer(
            transfer_id=row.transfer_id,
            operation_id=row.operation_id,
            account_id=row.account_id,
            state=row.state,
            to="bound" if row.movement == Movement.BOUND_OUT else "payee",
            amount_fen=row.amount_fen,
            payee_name=self.transfers.name(row),
            payee_tail=row.payee_tail,
            placed_at=instant(row.placed_at),
            settled_at=instant(row.settled_at) if row.settled_at else None,
            reason=reason(row.reason),
        )


@dataclass(frozen=True, slots=True)
class _Turning:
    accounts: Accounts
    changes: CardChanges
    closings: Closings

    def check_card(self, session: Session, context: Context, request: CardCheckRequest) -> CardChangeAnswer:
        change_id = self.changes.check(session, context, request.account_id, request.card_number)
        return _change(self.changes.get(session, context, request.account_id, change_id))

    def settle_card(
        self, session: Session, context: Context, request: CardCheckRequest, first: CardChangeAnswer
    ) -> CardChangeAnswer:
        return _change(self.changes.ready(session, context, request.account_id, first.change_id))

    def prepare_card(self, session: Session, context: Context, request: CardChangeRequest) -> PreparedAnswer:
        return prepared(self.changes.prepare(session, context, request.account_id, request.change_id))

    def prepare_close(self, session: Session, context: Context, request: AccountRequest) -> PreparedAnswer:
        return prepared(self.closings.prepare(session, context, request.account_id))

    def wake(self, session: Session, context: Context, request: AccountRequest) -> StateAnswer:
        row = freezes.wake(session, context, self.accounts, request.account_id)
        return StateAnswer(account_id=row.account_id, state=row.state)


def _change(row: Row[Any]) -> CardChangeAnswer:
    return CardChangeAnswer(
        change_id=row.change_id,
        state=row.state,
        tail=row.card_tail,
        bank_zh=row.bank_zh or "",
        bank_en=row.bank_en or "",
        expires_at=instant(row.expires_at),
    )


_read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
_write = partial(Operation, method="POST", idempotency=Idempotency.KEY, limit="30/minute")


def moving_operations(accounts: Accounts, moved: Transfers, payees: Payees) -> tuple[Operation, ...]:
    """Give the operations on transfers and payees."""
    moving = _Moving(accounts, moved, payees)
    return (*_prepared(moving), *_moved(moving), *_payees(moving))


def _prepared(moving: _Moving) -> tuple[Operation, ...]:
    refused = ("NOT_FOUND", "ACCOUNT_FROZEN", "INSUFFICIENT_FUNDS", "LIMIT_DAY", "LIMIT_YEAR", *_DEVICE)
    return (
        _write(
            code="accounts.transfer.bound",
            summary="Check a transfer to the bound card and freeze it for the device to sign.",
            path="/accounts/{account_id}/transfers/bound",
            request=BoundTransferRequest,
            response=PreparedAnswer,
            handler=moving.prepare_bound,
            template=transfers.TEMPLATES[transfers.BOUND],
            errors=(*refused, "BOUND_PENDING"),
        ),
        _write(
            code="accounts.transfer.out",
            summary="Check a transfer to a payee and freeze it for the device to sign.",
            path="/accounts/{account_id}/transfers/out",
            request=TransferRequest,
            response=PreparedAnswer,
            handler=moving.prepare_out,
            template=transfers.TEMPLATES[transfers.OUT],
            errors=(*refused, "PAYEE_PENDING", "PAYEE_UNKNOWN"),
        ),
    )


def _moved(moving: _Moving) -> tuple[Operation, ...]:
    return (
        _read(
            code="accounts.limits",
            summary="Give what an account's counters have come to, and their caps.",
            path="/accounts/{account_id}/limits",
            request=AccountRequest,
            response=LimitsAnswer,
            handler=moving.limits,
            errors=("NOT_FOUND",),
        ),
        _read(
            code="accounts.transfer.get",
            summary="Give one transfer.",
            path="/transfers/{transfer_id}",
            request=TransferIdRequest,
            response=TransferAnswer,
            handler=moving.transfer,
            errors=("NOT_FOUND",),
        ),
        _read(
            code="accounts.transfer.list",
            summary="Give an account's newest transfers.",
            path="/accounts/{account_id}/transfers",
            request=AccountRequest,
            response=TransfersAnswer,
            handler=moving.mine,
            errors=("NOT_FOUND",),
        ),
    )


def _payees(moving: _Moving) -> tuple[Operation, ...]:
    return (
        _write(
            code="accounts.payee.add",
            summary="Keep a payee, and have the core look his account up.",
            path="/payees",
            request=PayeeRequest,
            response=PayeeAnswer,
            handler=moving.add_payee,
            settle=moving.settle_payee,
            errors=("NAME_INVALID", "PAYEE_UNKNOWN", "PAYEES_FULL"),
        ),
        _read(
            code="accounts.payee.list",
            summary="Give the customer's payees, masked.",
            path="/payees",
            request=Empty,
            response=PayeesAnswer,
            handler=moving.payee_list,
        ),
        _write(
            code="accounts.payee.remove",
            summary="Forget a payee.",
            path="/payees/{payee_id}/remove",
            request=PayeeIdRequest,
            response=Empty,
            handler=moving.remove_payee,
            errors=("NOT_FOUND",),
        ),
    )


def turning_operations(accounts: Accounts, changes: CardChanges, closings: Closings) -> tuple[Operation, ...]:
    """Give the operations on the bound card, closing and waking."""
    turning = _Turning(accounts, changes, closings)
    return (*_card(turning), *_states(turning))


def _card(turning: _Turning) -> tuple[Operation, ...]:
    card = ("CARD_CHECK_PENDING", "BIND_MISMATCH", "BIND_NOT_CLASS_I")
    return (
        _write(
            code="accounts.card.check",
            summary="Have the card network compare the five elements of another card.",
            path="/accounts/{account_id}/card/check",
            request=CardCheckRequest,
            response=CardChangeAnswer,
            handler=turning.check_card,
            settle=turning.settle_card,
            fresh=FRESH,
            errors=("NOT_FOUND", "ACCOUNT_FROZEN", "CARD_LUHN", *card),
        ),
        _write(
            code="accounts.card.change",
            summary="Freeze the change of the bound card for the device to sign.",
            path="/accounts/{account_id}/card/change",
            request=CardChangeRequest,
            response=PreparedAnswer,
            handler=turning.prepare_card,
            template=card_changes.TEMPLATE,
            errors=("NOT_FOUND", "ACCOUNT_FROZEN", "STATE_CONFLICT", "CARD_CHANGE_EXPIRED", *card, *_DEVICE),
        ),
    )


def _states(turning: _Turning) -> tuple[Operation, ...]:
    return (
        _write(
            code="accounts.close",
            summary="Check that an account is empty, and freeze its closing for the device to sign.",
            path="/accounts/{account_id}/close",
            request=AccountRequest,
            response=PreparedAnswer,
            handler=turning.prepare_close,
            template=closing.TEMPLATE,
            errors=("NOT_FOUND", "ACCOUNT_FROZEN", "ACCOUNT_NOT_EMPTY", *_DEVICE),
        ),
        _write(
            code="accounts.wake",
            summary="Wake a sleeping account for the customer, who was just verified.",
            path="/accounts/{account_id}/wake",
            request=AccountRequest,
            response=StateAnswer,
            handler=turning.wake,
            fresh=FRESH,
            errors=("NOT_FOUND", "ACCOUNT_FROZEN"),
        ),
    )
