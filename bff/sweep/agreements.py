"""Agreements: signed once by the device, changed by signing again, paused, resumed and ended.

Invariants: an account has one agreement on a product at a time; what is swept follows the floor that was signed last;
an agreement ends only when nothing is left in the product and no order is on its way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import audit
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled
from bff.approvals.payers import AccountsView
from bff.approvals.rules import amount_text
from bff.approvals.service import Approvals, Asked, Intent
from bff.customers.service import Customers
from bff.db.statements import insert_new
from bff.errors import NotFoundError
from bff.kinds import CURRENCY, Context, business_date
from bff.products.decisions import Decision
from bff.sweep import register, repository
from bff.sweep.errors import AgreementHoldsError, AgreementStateError, FloorInvalidError
from bff.sweep.models import SweepAgreement, SweepOrder
from bff.sweep.repository import ACTIVE, OVER, PAUSED, SIGNED, SIGNING
from bff.sweep.terms import Taken, Terms, whose
from security.display import money_text

TYPE: Final = "sweep.agreement.sign"
TEMPLATE: Final = "sweep.agreement.sign/1"


@dataclass(frozen=True, slots=True)
class Agreements:
    """Prepares, signs and changes agreements."""

    terms: Terms
    accounts: AccountsView
    customers: Customers
    approvals: Approvals

    def prepare(
        self, session: Session, context: Context, code: str, account_id: str, floor_fen: int, fund: str | None
    ) -> Asked:
        """Freeze an agreement, or a new floor for the one there is, for the device to sign.

        Raises:
            NotFoundError: no such product or class, or not the caller's account.
            ProductClosedError, FloorInvalidError: a rule's no.
            DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        decision = Decision.begin(context, self.terms.packs, "sweep.agreement.prepare")
        decision.note(product=code, accountId=account_id, floorFen=floor_fen)
        product = self.terms.selling(session, code, context.now)
        payer = self.accounts.payer(session, context, account_id)
        most = decision.rules.integer("floor_most_fen")
        if not 0 <= floor_fen <= most:
            raise FloorInvalidError(mostFen=most)
        person = self.customers.person(session, context.caller.customer_id or "")
        memo = {
            "product": product.code,
            "name": product.name,
            "payer_name": person.name,
            "floor": money_text(CURRENCY, amount_text(floor_fen)),
            "terms": product.terms,
        }
        payload = {"product": code, "accountId": account_id, "number": payer.number, "floorFen": floor_fen}
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=0,
            payer=payer.number,
            payee=product.accounts.fund,
            payee_name=product.accounts.fund_name,
            memo=memo,
            payload={**payload, "fund": self.terms.fund(product, fund)},
        )
        asked = self.approvals.ask(session, context, intent)
        decision.allow(session, context, asked.operation_id, about=asked.operation_id)
        return asked

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Write what was signed: a new agreement, or a new floor for the one there is.

        Raises:
            ProductClosedError: the product was closed meanwhile.
            AccountStateError: the account is not open any more.
            AgreementStateError: another device signed for the same account at this moment.
        """
        decision = Decision.begin(context, self.terms.packs, "sweep.agreement.place")
        code, account_id = approved.payload["product"], approved.payload["accountId"]
        floor = approved.payload["floorFen"]
        decision.note(operationId=approved.operation_id, product=code, accountId=account_id, floorFen=floor)
        self.accounts.lock_payer(session, context, account_id)
        product = self.terms.selling(session, code, context.now)
        pack, today = decision.rules, business_date(context.now)
        taken = Taken(product, approved.payload["fund"], pack, SIGNING, today, today)
        order_id = context.new_id("ord")
        row = {**whose(approved), **taken.row(order_id, context.now), "state": SIGNED, "settled_at": context.now}
        insert_new(session, SweepOrder, **row)
        agreement_id = self._write(session, context, approved, taken)
        decision.note(agreementId=agreement_id)
        decision.allow(session, context, order_id, about=approved.operation_id)
        answer = placed(
            session,
            approved,
            order_id=order_id,
            product=product.code,
            rule_version=pack.version,
            state=SIGNED,
            now=context.now,
            agreementId=agreement_id,
            floorFen=floor,
        )
        settled(
            session,
            self.approvals,
            operation_id=approved.operation_id,
            order_id=order_id,
            state=SIGNED,
            now=context.now,
        )
        return answer

    def of_caller(self, session: Session, context: Context, agreement_id: str) -> Row[Any]:
        """Give an agreement of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        row = repository.agreement(session, agreement_id)
        if row is None or row.customer_id != context.caller.customer_id:
            raise NotFoundError(detail="there is no such agreement")
        return row

    def mine(self, session: Session, context: Context, code: str) -> list[Row[Any]]:
        """Give the caller's agreements on a product that have not ended."""
        self.terms.product(session, code, context.now)
        return repository.agreements_of(session, context.caller.customer_id or "", code)

    def pause(self, session: Session, context: Context, agreement_id: str) -> Row[Any]:
        """Stop sweeping until the agreement is resumed; shares stay and go on earning.

        Raises:
            NotFoundError: it is not the caller's.
            AgreementStateError: it is not active.
        """
        return self._move(session, context, agreement_id, (ACTIVE,), PAUSED)

    def resume(self, session: Session, context: Context, agreement_id: str) -> Row[Any]:
        """Sweep again by what was signed.

        Raises:
            NotFoundError: it is not the caller's.
            AgreementStateError: it is not paused.
        """
        return self._move(session, context, agreement_id, (PAUSED,), ACTIVE)

    def end(self, session: Session, context: Context, agreement_id: str) -> Row[Any]:
        """End an agreement of which nothing is left.

        Raises:
            NotFoundError: it is not the caller's.
            AgreementHoldsError: shares are left, or an order is on its way.
            AgreementStateError: it has ended.
        """
        row = self.of_caller(session, context, agreement_id)
        decision = Decision.begin(context, self.terms.packs, "sweep.agreement.end")
        moved = self._move(session, context, agreement_id, (ACTIVE, PAUSED), OVER, live=None)
        funds = self.terms.product(session, row.product, context.now).definition.funds
        held = [register.position(session, fund, row.account_id) for fund in funds]
        left = sum(one.shares_fen + one.pending_fen for one in held if one is not None)
        going = repository.on_its_way(session, row.account_id, row.product)
        decision.note(agreementId=agreement_id, state=row.state, leftFen=left, ordersOnTheirWay=going)
        if left or going:
            raise AgreementHoldsError(detail="something is left")
        decision.allow(session, context, agreement_id, about=row.operation_id)
        return moved

    def _write(self, session: Session, context: Context, approved: ApprovedOperation, taken: Taken) -> str:
        account_id, floor = approved.payload["accountId"], approved.payload["floorFen"]
        signed = {"operation_id": approved.operation_id, "terms": taken.product.terms, "floor_fen": floor}
        signed |= {"fund": taken.fund, "rule_version": taken.rules.version, "updated_at": context.now}
        known = repository.live_agreement(session, account_id, taken.product.code)
        if known is not None and repository.move_agreement(session, known.agreement_id, (ACTIVE, PAUSED), **signed):
            return str(known.agreement_id)
        agreement_id = context.new_id("agr")
        whose_it_is = {"customer_id": approved.customer_id, "account_id": account_id, "state": ACTIVE}
        key = repository.live_key(account_id, taken.product.code)
        ids = {"agreement_id": agreement_id, "number": approved.payload["number"], "product": taken.product.code}
        if not insert_new(session, SweepAgreement, **ids, **whose_it_is, **signed, live=key, signed_at=context.now):
            raise AgreementStateError(detail="the account was signed for at this moment")
        return agreement_id

    def _move(
        self, session: Session, context: Context, agreement_id: str, states: tuple[str, ...], to: str, **more: Any
    ) -> Row[Any]:
        row = self.of_caller(session, context, agreement_id)
        if not repository.move_agreement(session, agreement_id, states, state=to, updated_at=context.now, **more):
            raise AgreementStateError(detail=f"the agreement is {row.state}")
        body = {"agreementId": agreement_id, "state": to}
        audit.append(session, kind="sweep.agreement", subject=agreement_id, body=body, now=context.now)
        return self.of_caller(session, context, agreement_id)
