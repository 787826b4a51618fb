"""Closing an account: an agreement that the device signs, for an account that holds nothing, here and at the core.

States of the agreement: CREATED → DONE or FAILED; of the account: OPEN → CLOSING → CLOSED, or OPEN again when the core
says that something is left. Invariant: nothing begins to move on an account that is closing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import agreements, repository, transfer_book
from bff.accounts.agreements import CLOSE
from bff.accounts.errors import AccountStateError, NotEmptyError
from bff.accounts.repository import CLOSED, CLOSING, CREATED, DONE, FAILED, OPEN
from bff.accounts.service import Accounts
from bff.accounts.sheets import class_name
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled
from bff.approvals.service import Approvals, Asked, Intent
from bff.customers.service import Customers
from bff.kinds import Context, business_date
from bff.products.rulepacks import RulePacks

TYPE: Final = "accounts.close"
TEMPLATE: Final = "accounts.close/1"
TOPIC: Final = "accounts.close"


class Holdings(Protocol):
    """Port to a room that may hold something for an account: products, orders under way, agreements to pay from it."""

    def holds(self, session: Session, account_id: str) -> bool:
        """Tell whether it holds something."""
        ...


@dataclass(frozen=True, slots=True)
class Closings:
    """Prepares, places and settles closings; ``holdings`` by the name of what is held."""

    accounts: Accounts
    customers: Customers
    packs: RulePacks
    approvals: Approvals
    holdings: Mapping[str, Holdings]

    def prepare(self, session: Session, context: Context, account_id: str) -> Asked:
        """Check that an account is empty, and freeze its closing for the device to sign.

        Raises:
            NotFoundError: the account is not the caller's.
            AccountStateError: it is not open.
            NotEmptyError: money or products are left, or something is under way.
            DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        account = self.accounts.opened(session, context, account_id)
        if account.balance_fen or account.available_fen or account.moving:
            raise _not_empty(account)
        self._require_nothing_held(session, account_id)
        person = self.customers.person(session, account.customer_id)
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=0,
            payer=account.number,
            payee=account.number,
            payee_name=person.name,
            memo={"product": TYPE, "payer_name": f"{person.name} {class_name(account.account_class)}"},
            payload={"accountId": account_id},
        )
        return self.approvals.ask(session, context, intent)

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Place an approved closing: nothing moves any more, and the core is asked to close after the commit.

        Raises:
            NotEmptyError: something is left, or is under way; AccountStateError: the account is not open any more.
        """
        account_id = approved.payload["accountId"]
        if not repository.close_empty(session, account_id):
            account = repository.lock_account(session, account_id)
            if account is None or account.state != OPEN:
                raise AccountStateError(detail="the account is not open")
            raise _not_empty(account)
        self._require_nothing_held(session, account_id)
        version = self.packs.at(business_date(context.now)).version
        order_id = agreements.write(session, context, approved, kind=CLOSE, state=CREATED, rule_version=version)
        payload = {"orderId": order_id, "accountId": account_id, "number": approved.fields["payer"]}
        outbox.put(session, topic=TOPIC, key=f"{order_id}.close", payload=payload, now=context.now)
        named = {"order_id": order_id, "product": TYPE, "rule_version": version}
        return placed(session, approved, **named, state=CREATED, now=context.now)

    def closed(self, session: Session, payload: Mapping[str, Any], now: datetime) -> None:
        """Write that the core closed the account: the person may open another one of its class."""
        row = agreements.end(session, payload["orderId"], DONE, now)
        if row is not None:
            settled(session, self.approvals, **_named(row), state=DONE, now=now)
            repository.turn(session, row.account_id, (CLOSING,), state=CLOSED, live_class=None)

    def failed(self, session: Session, payload: Mapping[str, Any], reason: str, now: datetime) -> None:
        """Write that the core did not close it: the account is open again."""
        row = agreements.end(session, payload["orderId"], FAILED, now, reason)
        if row is not None:
            settled(session, self.approvals, **_named(row), state=FAILED, now=now, reason=reason)
            repository.turn(session, row.account_id, (CLOSING,), state=OPEN)

    def _require_nothing_held(self, session: Session, account_id: str) -> None:
        if transfer_book.returning(session, account_id):  # its money comes back, or goes back, to what must be open
            raise NotEmptyError(holds="movement")
        for name, room in self.holdings.items():
            if room.holds(session, account_id):
                raise NotEmptyError(holds=name)


def _not_empty(account: Row[Any]) -> NotEmptyError:
    return NotEmptyError(holds="money" if account.balance_fen or account.available_fen else "movement")


def _named(row: Any) -> dict[str, Any]:
    return {"operation_id": row.operation_id, "order_id": row.agreement_id}
