"""Decisions: a device's signed yes, spent once; its no, and why; and what it may see before it decides.

Invariants: the signature is verified before anything is locked; the challenge, the device's counter and the day's limit
each change by one conditional UPDATE; the very message that won is answered again with the same answer. Who says that
an operation was not his ends his sessions, closes whatever else waits and holds his approvals, in one transaction.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy.orm import Session

from bff import audit
from bff.approvals import repository
from bff.approvals.errors import BY_CODE, ApprovalExpiredError, ChallengeUsedError, SequenceReusedError
from bff.approvals.policies import Policy, policy_of
from bff.approvals.repository import Frozen, Outcome
from bff.approvals.rules import CANCELLED, CHALLENGED, EXECUTING, EXPIRED, REJECTED
from bff.approvals.service import Approvals, facts_of, require_free
from bff.bus.errors import StepUpRequiredError
from bff.devices.errors import verifying
from bff.devices.repository import KnownDevice
from bff.errors import BffError, NotFoundError
from bff.kinds import Context
from bff.push import inbox
from bff.sessions import repository as sessions
from bff.sessions.verification import calling
from security.approvals import VerifiedApproval, verify_approval
from security.encoding import b64url_decode, b64url_encode

Known = TypeVar("Known", Frozen, Outcome)
_log: Final = logging.getLogger("tidegate.alarms")
MOST_WAITING: Final = 20
"""Operations that a device is shown at once."""


class RejectionReason(StrEnum):
    """Why a person said no."""

    CHANGED_MIND = "CHANGED_MIND"
    WRONG_DETAILS = "WRONG_DETAILS"
    NOT_ME = "NOT_ME"


@dataclass(frozen=True, slots=True)
class ApprovedOperation:
    """What a domain gets to place: who, by which device and page, and the payload that it froze."""

    operation_id: str
    customer_id: str
    device_id: str
    bundle: str
    amount_fen: int
    fields: Mapping[str, str]
    payload: Mapping[str, Any]

    @property
    def whose(self) -> dict[str, Any]:
        """Give the columns of an order's row that say whose it is and where it was signed."""
        names = ("operation_id", "customer_id", "device_id", "bundle")
        return {name: getattr(self, name) for name in names}


class Spender(Protocol):
    """Port to the domain that executes one type of operation."""

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Write the order and its outbox row in this transaction; give what the approval is answered with."""
        ...


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decides frozen operations; ``spenders`` by type."""

    approvals: Approvals
    spenders: Mapping[str, Spender]

    def get(self, session: Session, context: Context, challenge_id: str) -> Frozen:
        """Give an operation of the calling customer and device.

        Raises:
            NotFoundError: it does not exist, or belongs to another customer or device.
        """
        return _own(context, repository.find(session, challenge_id))

    def outcome(self, session: Session, context: Context, challenge_id: str) -> Outcome:
        """Give what became of an operation of the calling customer and device; raises as ``get``."""
        return _own(context, repository.outcome(session, challenge_id))

    def last_seq(self, session: Session, frozen: Frozen) -> int:
        """Give the greatest counter that the operation's device has used."""
        return self.approvals.devices.get(session, frozen.device_id).last_seq

    def approve(self, session: Session, context: Context, challenge_id: str, message: str, signature: str) -> Frozen:
        """Spend a challenge with the device's signed message (both base64url) and have the operation placed.

        Raises:
            NotFoundError: another customer's or device's challenge.
            ChallengeUsedError: it was spent by another message, or rejected.
            ApprovalExpiredError, ApprovalMismatchError, ApprovalInvalidError, SequenceReusedError, FactorRefusedError,
            SignatureInvalidError, SignatureNoncanonicalError: the approval does not hold.
            DeviceStateError, DeviceLevelError, DeviceLimitError, BundleRevokedError, ApprovalsHeldError: something has
                changed since it was asked for.
        """
        frozen = self.get(session, context, challenge_id)
        with verifying(BY_CODE):
            signed = b64url_decode(message), b64url_decode(signature)
        return self.spend(session, context, frozen, signed)

    def spend(
        self,
        session: Session,
        context: Context,
        frozen: Frozen,
        signed: tuple[bytes, bytes],
        *,
        carrier: str | None = None,
    ) -> Frozen:
        """Spend the challenge of an operation that the caller may decide; ``approve`` says what can be raised.

        ``signed`` is M and its signature; ``carrier`` the device that carried them for one without network.
        """
        raw, proof = signed
        if frozen.state != CHALLENGED:
            return _answered(frozen, raw)
        try:
            device = self._recheck(session, context, frozen)
            verified = _verify(frozen, device, raw, proof, context.now)
        except BffError:
            after = _again(session, frozen)
            if after.state == CHALLENGED:
                raise
            return _answered(after, raw)  # the same message won at this moment: its counter and its limit are used
        if not repository.spend(session, frozen.operation_id, verified.message_hash, context.now):
            return _answered(_again(session, frozen), raw)
        if not self.approvals.devices.advance(session, device.device_id, verified.seq):
            self.approvals.devices.require_active(session, device.device_id, frozen.customer_id)  # blocked meanwhile?
            raise SequenceReusedError(detail="the counter was used at this moment")
        if _policy(frozen).counts:
            self.approvals.devices.take_limit(session, device, frozen.amount_fen, context.now)
        _record(session, frozen, signed, carrier, context.now)
        result = self.spenders[frozen.type].place(session, context, _approved(frozen))
        repository.keep_result(session, frozen.operation_id, result)
        known = verified.message_hash
        return replace(frozen, state=EXECUTING, message_hash=known, decided_at=context.now, result=result)

    def waiting(self, session: Session, context: Context) -> Sequence[Frozen]:
        """Give what waits for the calling device's decision, the newest first."""
        device, customer = calling(context)
        return repository.waiting(session, customer, device, context.now, MOST_WAITING)

    def reject(self, session: Session, context: Context, challenge_id: str, reason: RejectionReason) -> Frozen:
        """Close a challenge by the customer's no; saying it again changes nothing.

        ``NOT_ME`` also ends all his sessions, closes whatever else waits, and holds his approvals.

        Raises:
            NotFoundError: another customer's or device's challenge.
            ChallengeUsedError: it was approved already.
        """
        frozen = self.get(session, context, challenge_id)
        if repository.reject(session, frozen.operation_id, reason, context.now):
            body = {"operationId": frozen.operation_id, "reason": reason.value}
            audit.append(session, kind="operation.rejected", subject=frozen.operation_id, body=body, now=context.now)
            if reason is RejectionReason.NOT_ME:
                _hold(session, frozen, context.now)
        return self._closed(session, context, challenge_id, {REJECTED, EXPIRED})

    def cancel(self, session: Session, context: Context, challenge_id: str) -> Frozen:
        """Close a challenge because its page wants it no more; saying it again changes nothing.

        Raises:
            NotFoundError: another customer's or device's challenge.
            ChallengeUsedError: it was approved or rejected already.
        """
        frozen = self.get(session, context, challenge_id)
        if repository.cancel(session, frozen.operation_id, context.now):
            body = {"operationId": frozen.operation_id}
            audit.append(session, kind="operation.cancelled", subject=frozen.operation_id, body=body, now=context.now)
        return self._closed(session, context, challenge_id, {CANCELLED, EXPIRED})

    def lift(self, session: Session, context: Context) -> None:
        """Lift the hold of a customer who verified himself after it was placed; without a hold nothing changes.

        Raises:
            StepUpRequiredError: he was last verified before.
        """
        _, customer = calling(context)
        since = repository.held_since(session, customer)
        if since is None:
            return
        verified = context.caller.verified_at
        if verified is None or verified <= since:
            raise StepUpRequiredError(detail="the person was verified before the hold was placed")
        lift(session, customer, "the customer", context.now)

    def _closed(self, session: Session, context: Context, challenge_id: str, states: Collection[str]) -> Frozen:
        after = self.get(session, context, challenge_id)
        if after.state not in states:
            raise ChallengeUsedError(detail=f"the operation is {after.state}")
        return after

    def _recheck(self, session: Session, context: Context, frozen: Frozen) -> KnownDevice:
        """Ask again, at the last moment, what was true when the operation was frozen."""
        if context.now >= frozen.expires_at:
            raise ApprovalExpiredError(detail="the challenge has expired")
        devices = self.approvals.devices
        device = devices.require_active(session, frozen.device_id, frozen.customer_id)
        require_free(session, frozen.customer_id)
        policy = _policy(frozen)
        policy.require_level(device.level)
        self.approvals.releases.release(session, frozen.bundle_digest)
        return device


def lift(session: Session, customer_id: str, by: str, now: datetime) -> bool:
    """Lift a customer's hold and write who did; tell whether there was one."""
    if not repository.lift(session, customer_id):
        return False
    audit.append(session, kind="approvals.freed", subject=customer_id, body={"by": by}, now=now)
    return True


def _hold(session: Session, frozen: Frozen, now: datetime) -> None:
    customer, operation = frozen.customer_id, frozen.operation_id
    repository.hold(session, customer, operation, now)
    closed = repository.cancel_all(session, customer, RejectionReason.NOT_ME, now)
    ended = sessions.end_all(session, customer, (), "the customer said that a transaction was not his", now)
    body = {"operationId": operation, "cancelled": closed, "sessionsEnded": ended}
    audit.append(session, kind="approvals.held", subject=customer, body=body, now=now)
    facts = facts_of(frozen.template, frozen.amount_fen)
    inbox.tell(session, customer_id=customer, kind="security.not_me", subject=operation, body=facts, now=now)
    _log.warning("ALARM: customer %s said that operation %s was not his; approvals are held", customer, operation)


def _own(context: Context, found: Known | None) -> Known:
    caller = context.caller
    if found is None or (found.customer_id, found.device_id) != (caller.customer_id, caller.device_id):
        raise NotFoundError(detail="there is no such challenge")
    return found


def _again(session: Session, frozen: Frozen) -> Frozen:
    """Give an operation as it stands now; none is ever removed."""
    after = repository.find(session, frozen.challenge_id)
    return frozen if after is None else after


def _record(session: Session, frozen: Frozen, signed: tuple[bytes, bytes], carrier: str | None, now: datetime) -> None:
    """Write the approval, and before it, for a device without network, which other one carried it."""
    operation = frozen.operation_id
    if carrier is not None:
        carried = {"operationId": operation, "carrier": carrier}
        audit.append(session, kind="operation.carried", subject=operation, body=carried, now=now)
    message, signature = (b64url_encode(part) for part in signed)
    body = {"operationId": operation, "message": message, "signature": signature}
    audit.append(session, kind="operation.approved", subject=operation, body=body, now=now)


def _policy(frozen: Frozen) -> Policy:
    return policy_of(frozen.template)


def _verify(frozen: Frozen, device: KnownDevice, message: bytes, signature: bytes, now: datetime) -> VerifiedApproval:
    with verifying(BY_CODE):
        return verify_approval(
            message=message,
            signature=signature,
            frozen=frozen.fields,
            public_key=device.tx_key,
            last_seq=device.last_seq,
            now=now,
            factors=_policy(frozen).factors_for(frozen.amount_fen),
        )


def _answered(frozen: Frozen, message: bytes) -> Frozen:
    """Give the answer again to the message that won; refuse every other."""
    if frozen.state in {EXPIRED, CHALLENGED}:
        raise ApprovalExpiredError(detail="the challenge has expired")
    if frozen.message_hash != hashlib.sha256(message).hexdigest():
        raise ChallengeUsedError(detail=f"the operation is {frozen.state}")
    return frozen


def _approved(frozen: Frozen) -> ApprovedOperation:
    return ApprovedOperation(
        operation_id=frozen.operation_id,
        customer_id=frozen.customer_id,
        device_id=frozen.device_id,
        bundle=frozen.fields["bundle"],
        amount_fen=frozen.amount_fen,
        fields=frozen.fields,
        payload=frozen.payload,
    )
