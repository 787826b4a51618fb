"""The operations on approvals; only the native shell calls them."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from sqlalchemy.orm import Session

from bff.approvals.decisions import Decisions
from bff.approvals.repository import Frozen
from bff.catalogue.operation import Idempotency, Operation
from bff.kinds import Context, instant


class ChallengeRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Which challenge."""

    challenge_id: Annotated[str, msgspec.Meta(max_length=64)]


class ApproveRequest(ChallengeRequest, kw_only=True):
    """The device's signed message, both base64url."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=22000)]
    signature: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class FrozenAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """What the shell shows and signs."""

    challenge_id: str
    operation_id: str
    fields: dict[str, str]
    template: dict[str, Any]
    expires_at: str
    status: str
    last_seq: int


class DecisionAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """How it stands after the decision: EXECUTING, DONE, FAILED, UNKNOWN; ``result`` is the domain's."""

    operation_id: str
    status: str
    result: dict[str, Any]


class RejectionAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """A closed challenge."""

    operation_id: str
    status: str


@dataclass(frozen=True, slots=True)
class _Handlers:
    decisions: Decisions

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
        return _decision(self.decisions.get(session, context, request.challenge_id))

    def reject(self, session: Session, context: Context, request: ChallengeRequest) -> RejectionAnswer:
        frozen = self.decisions.reject(session, context, request.challenge_id)
        return RejectionAnswer(operation_id=frozen.operation_id, status=frozen.status(context.now))


def _decision(frozen: Frozen) -> DecisionAnswer:
    return DecisionAnswer(operation_id=frozen.operation_id, status=frozen.state, result=dict(frozen.result))


def operations(decisions: Decisions) -> tuple[Operation, ...]:
    """Give the operations of this room."""
    handlers = _Handlers(decisions)
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
            summary="Close a challenge by the customer's no.",
            method="POST",
            path="/approvals/{challenge_id}/reject",
            request=ChallengeRequest,
            response=RejectionAnswer,
            handler=handlers.reject,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            errors=("NOT_FOUND", "CHALLENGE_USED"),
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
    "DEVICE_LIMIT",
    "BUNDLE_REVOKED",
    "QUOTA_GONE",
)
