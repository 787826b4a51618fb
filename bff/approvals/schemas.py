"""What the operations on approvals take and answer."""

from typing import Annotated, Any

import msgspec

from bff.approvals.decisions import RejectionReason
from security.offline import MOST


class ChallengeRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Which challenge."""

    challenge_id: Annotated[str, msgspec.Meta(max_length=64)]


class ApproveRequest(ChallengeRequest, kw_only=True):
    """The device's signed message, both base64url."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=22000)]
    signature: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class CarryRequest(ChallengeRequest, kw_only=True):
    """The text of the QR code by which a device without network answered."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST)]


class RejectRequest(ChallengeRequest, kw_only=True):
    """Which challenge, and why not; ``NOT_ME`` ends the customer's sessions and holds his approvals."""

    reason: RejectionReason = RejectionReason.CHANGED_MIND


class WaitingAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """One operation that waits for this device."""

    challenge_id: str
    type: str
    title: dict[str, str]
    amount_fen: int
    expires_at: str


class WaitingsAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """What waits for this device's decision, the newest first; ask again after ``pollSeconds``."""

    operations: list[WaitingAnswer]
    poll_seconds: int


class ShownAnswer(WaitingAnswer, kw_only=True):
    """One operation that waits for a device of the customer; ``code`` is the text of its QR code, if it has room."""

    device_id: str
    code: str | None


class ShownsAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """What waits for any device of the customer, the newest first."""

    operations: list[ShownAnswer]


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
