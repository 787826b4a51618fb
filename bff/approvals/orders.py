"""What an approved order leaves in the evidence: that it was placed, what the core did for it, and how it ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from bff import audit
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.rules import DONE, FAILED
from bff.approvals.service import Approvals

_EXECUTED: Final = ("sequence", "verb", "reference", "postings", "executedAt")


def placed(
    session: Session,
    approved: ApprovedOperation,
    *,
    order_id: str,
    product: str,
    rule_version: str,
    state: str,
    now: datetime,
    **more: Any,
) -> Mapping[str, Any]:
    """Write that an approved operation became an order; give what the approval is answered with.

    Args:
        session: of the approval's transaction.
        approved: the operation.
        order_id: id of the order.
        product: what the signed memo calls ``product``: a product's code, or the name of what was agreed to.
        rule_version: rules under which it was taken.
        state: of the order.
        now: present instant.
        more: further members of the entry, such as ``shares``.
    """
    body = {
        "orderId": order_id,
        "operationId": approved.operation_id,
        "product": product,
        "amountFen": approved.amount_fen,
        "ruleVersion": rule_version,
        "state": state,
        **more,
    }
    audit.append(session, kind="order.placed", subject=order_id, body=body, now=now)
    return {"orderId": order_id, "state": state}


def executed(session: Session, order_id: str, result: Mapping[str, Any], now: datetime) -> None:
    """Write what the core executed for an order; ``result`` as ``execution.transfer`` and ``debit`` give it."""
    body = {"orderId": order_id, **{name: result[name] for name in _EXECUTED}}
    audit.append(session, kind="core.executed", subject=order_id, body=body, now=now)


def used(
    session: Session,
    *,
    order_id: str,
    agreement_id: str,
    amount_fen: int,
    state: str,
    now: datetime,
    result: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    """Write how an order ended that an agreement placed: the device signed the agreement, not this order.

    Args:
        session: of the settling transaction.
        order_id: id of the order.
        agreement_id: the order by which the agreement was signed.
        amount_fen: of the order.
        state: its last state.
        now: present instant.
        result: what the core executed, when it did.
        more: further members of the entry.
    """
    body = {"orderId": order_id, "agreementId": agreement_id, "amountFen": amount_fen, "state": state, **more}
    audit.append(session, kind="agreement.used", subject=order_id, body=body, now=now)
    if result is not None:
        executed(session, order_id, result, now)


def settled(
    session: Session,
    approvals: Approvals,
    *,
    operation_id: str,
    order_id: str,
    state: str,
    now: datetime,
    result: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write how an order ended, and conclude its operation; the customer is told.

    Args:
        session: of the settling transaction.
        approvals: where the operation is concluded.
        operation_id: the operation.
        order_id: id of the order.
        state: its last state.
        now: present instant.
        result: what the core executed, when it did.
        reason: why the order failed; None when it did not.
    """
    told = {"orderId": order_id, "state": state} | ({} if reason is None else {"reason": reason})
    approvals.conclude(session, operation_id, DONE if reason is None else FAILED, told, now)
    if result is not None:
        executed(session, order_id, result, now)
    audit.append(session, kind="order.settled", subject=order_id, body=told, now=now)
