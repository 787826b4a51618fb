"""The operations on approvals; only the native shell calls them, and a page may take back what it asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from bff.approvals.decisions import Decisions
from bff.approvals.offline import Offline
from bff.approvals.repository import Frozen, Outcome
from bff.approvals.schemas import (
    ApproveRequest,
    CarryRequest,
    ChallengeRequest,
    DecisionAnswer,
    FrozenAnswer,
    RejectionAnswer,
    RejectRequest,
    ShownAnswer,
    ShownsAnswer,
    WaitingAnswer,
    WaitingsAnswer,
)
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.kinds import Context, instant
from security.evidence.chain import Signer

POLL_SECONDS: Final = 5
"""How long a shell in front of its user waits before it asks again."""
FRESH: Final = timedelta(minutes=5)
"""How long ago a person may have been verified who lifts a hold."""


@dataclass(frozen=True, slots=True)
class _Handlers:
    decisions: Decisions
    offline: Offline

    def get(self, session: Session, context: Context, request: ChallengeRequest) -> FrozenAnswer:
        frozen = self.decisions.get(session, context, request.challenge_id)
        return FrozenAnswer(
            challenge_id=frozen.challenge_id,
            operation_id=frozen.operation_id,
            fields=dict(frozen.fields),
            template=dict(frozen.template),
            expires_at=instant(frozen.expires_at),
            status=frozen.status(context.now),
            last_seq=self.decisions.last_seq(session, frozen),
        )

    def approve(self, session: Session, context: Context, request: ApproveRequest) -> DecisionAnswer:
        challenge, signed = request.challenge_id, (request.message, request.signature)
        return _decision(self.decisions.approve(session, context, challenge, *signed))

    def settle(
        self, session: Session, context: Context, request: ApproveRequest, first: DecisionAnswer
    ) -> DecisionAnswer:
        del first
        return _decision(self.decisions.outcome(session, context, request.challenge_id))

    def reject(self, session: Session, context: Context, request: RejectRequest) -> RejectionAnswer:
        frozen = self.decisions.reject(session, context, request.challenge_id, request.reason)
        return RejectionAnswer(operation_id=frozen.operation_id, status=frozen.status(context.now))

    def cancel(self, session: Session, context: Context, request: ChallengeRequest) -> RejectionAnswer:
        frozen = self.decisions.cancel(session, context, request.challenge_id)
        return RejectionAnswer(operation_id=frozen.operation_id, status=frozen.status(context.now))

    def waiting(self, session: Session, context: Context, request: Empty) -> WaitingsAnswer:
        del request
        found = self.decisions.waiting(session, context)
        operations = [WaitingAnswer(**_facts(frozen)) for frozen in found]
        return WaitingsAnswer(operations=operations, poll_seconds=POLL_SECONDS)

    def shown(self, session: Session, context: Context, request: Empty) -> ShownsAnswer:
        del request
        found = self.offline.waiting(session, context)
        return ShownsAnswer(
            operations=[ShownAnswer(**_facts(frozen), device_id=frozen.device_id, code=code) for frozen, code in found]
        )

    def carry(self, session: Session, context: Context, request: CarryRequest) -> DecisionAnswer:
        return _decision(self.offline.answer(session, context, request.challenge_id, request.code))

    def settle_carried(
        self, session: Session, context: Context, request: CarryRequest, first: DecisionAnswer
    ) -> DecisionAnswer:
        del first
        return _decision(self.offline.get(session, context, request.challenge_id))

    def lift(self, session: Session, context: Context, request: Empty) -> Empty:
        self.decisions.lift(session, context)
        return request


def _decision(found: Frozen | Outcome) -> DecisionAnswer:
    return DecisionAnswer(operation_id=found.operation_id, status=found.state, result=dict(found.result))


def _facts(frozen: Frozen) -> dict[str, Any]:
    """Give the members of ``WaitingAnswer``."""
    return {
        "challenge_id": frozen.challenge_id,
        "type": frozen.type,
        "title": dict(frozen.template["title"]),
        "amount_fen": frozen.amount_fen,
        "expires_at": instant(frozen.expires_at),
    }


def operations(decisions: Decisions, signer: Callable[[], Signer]) -> tuple[Operation, ...]:
    """Give the operations of this room; ``signer`` gives the key that signs requests to devices without network."""
    handlers = _Handlers(decisions, Offline(decisions, signer))
    return (*_deciding(handlers), *_waiting(handlers))


def _deciding(handlers: _Handlers) -> tuple[Operation, ...]:
    """Give what a device does with one challenge."""
    return (
        Operation(
            code="approval.get",
            summary="Give a frozen operation for the shell to show and sign.",
            method="GET",
            path="/approvals/{challenge_id}",
            request=ChallengeRequest,
            response=FrozenAnswer,
            handler=handlers.get,
            idempotency=Idempotency.NONE,
            from_shell=True,
            errors=("NOT_FOUND",),
        ),
        Operation(
            code="approval.approve",
            summary="Spend a challenge with the device's signature and execute the operation once.",
            method="POST",
            path="/approvals/{challenge_id}/approve",
            request=ApproveRequest,
            response=DecisionAnswer,
            handler=handlers.approve,
            settle=handlers.settle,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="600/minute",
            errors=_APPROVE_ERRORS,
        ),
        Operation(
            code="approval.reject",
            summary="Close a challenge by the customer's no, and say why.",
            method="POST",
            path="/approvals/{challenge_id}/reject",
            request=RejectRequest,
            response=RejectionAnswer,
            handler=handlers.reject,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            errors=("NOT_FOUND", "CHALLENGE_USED"),
        ),
        Operation(
            code="approval.cancel",
            summary="Take back what a page asked for and nobody has decided yet.",
            method="POST",
            path="/approvals/{challenge_id}/cancel",
            request=ChallengeRequest,
            response=RejectionAnswer,
            handler=handlers.cancel,
            idempotency=Idempotency.NATURAL,
            errors=("NOT_FOUND", "CHALLENGE_USED"),
        ),
    )


def _waiting(handlers: _Handlers) -> tuple[Operation, ...]:
    """Give what shows what waits, what another device carries, and what ends a hold."""
    return (
        Operation(
            code="approval.list",
            summary="List what waits for this device's decision, without a push provider.",
            method="GET",
            path="/approvals",
            request=Empty,
            response=WaitingsAnswer,
            handler=handlers.waiting,
            idempotency=Idempotency.NONE,
            from_shell=True,
        ),
        Operation(
            code="approval.offline.list",
            summary="List what waits for any device of the customer, as QR codes for a device without network.",
            method="GET",
            path="/approvals-offline",
            request=Empty,
            response=ShownsAnswer,
            handler=handlers.shown,
            idempotency=Idempotency.NONE,
            from_shell=True,
            limit="30/minute",
        ),
        Operation(
            code="approval.offline.answer",
            summary="Spend a challenge with the QR code that a device without network answered by.",
            method="POST",
            path="/approvals/{challenge_id}/offline-answer",
            request=CarryRequest,
            response=DecisionAnswer,
            handler=handlers.carry,
            settle=handlers.settle_carried,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            errors=_APPROVE_ERRORS,
        ),
        Operation(
            code="approval.hold.lift",
            summary='Lift the hold that a customer\'s "was not me" placed, after he was verified again.',
            method="POST",
            path="/approvals-hold/lift",
            request=Empty,
            response=Empty,
            handler=handlers.lift,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            fresh=FRESH,
            errors=("STEP_UP_REQUIRED",),
        ),
    )


_APPROVE_ERRORS = (
    "NOT_FOUND",
    "CHALLENGE_USED",
    "APPROVAL_EXPIRED",
    "APPROVAL_MISMATCH",
    "APPROVAL_INVALID",
    "SEQ_REUSED",
    "FACTOR_REFUSED",
    "SIG_INVALID",
    "SIG_NONCANONICAL",
    "ENCODING_INVALID",
    "DEVICE_STATE",
    "DEVICE_LEVEL",
    "DEVICE_LIMIT",
    "APPROVALS_HELD",
    "BUNDLE_REVOKED",
    "QUOTA_GONE",
    "PRODUCT_CHANGED",
)
