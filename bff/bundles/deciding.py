"""What the security team decides on uploads that wait for it.

Invariants: nobody decides on what he uploaded himself, with whatever key; a decision counts for the very list of
widenings and the very manifest that were signed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bff.bundles import signers
from bff.bundles.clearing import Clearing
from bff.bundles.rights import held_by_no_train, see, verify
from bff.bundles.signers import Role, Signer
from bff.bundles.upload_errors import (
    FourEyesError,
    SignerNotAllowedError,
    SignerRevokedError,
    StatementInvalidError,
    UploadStateError,
)
from bff.bundles.upload_models import ReleaseUpload
from bff.bundles.uploads import State
from bff.db.engine import retried
from security.release import APPROVE, DecisionStatement


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a member of the security team decides, with the signature over ``DecisionStatement``."""

    decision: str
    manifest: str
    widening: str
    reason: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """Where the security team decides.

    Attributes:
        clearing: takes what was approved further.
        server: public address, which statements name.
    """

    clearing: Clearing
    server: str

    def decide(self, signer: Signer, upload_id: str, asked: Decision, clock: Callable[[], datetime]) -> ReleaseUpload:
        """Approve or reject an upload that waits; an approved one is published if this server can.

        Raises:
            SignerNotAllowedError: the key is not of the security team.
            FourEyesError: it is the uploader's, or of the same person.
            SignerRevokedError: the uploader's key was revoked.
            StatementInvalidError: what was signed is not this upload as it stands.
            UploadStateError: nothing is to be decided.
            TrainBrokenError: it was approved, and is refused all the same: a release on offer would lack what it needs.
        """
        if signer.role is not Role.SECURITY:
            raise SignerNotAllowedError(detail="only keys of the security team decide")
        row = see(self.clearing, signer, upload_id)
        self._check_four_eyes(signer, row)
        if row.state != State.WAITING_SECURITY:
            raise UploadStateError(detail=f"the upload is {row.state}: nothing is to be decided", state=row.state)
        if (asked.manifest, asked.widening) != (row.manifest, row.widening_digest):
            raise StatementInvalidError(detail="the decision names another manifest or another list of widenings")
        statement = DecisionStatement(
            server=self.server,
            upload=upload_id,
            manifest=asked.manifest,
            widening=asked.widening,
            decision=asked.decision,
            reason=asked.reason,
        )
        verify(signer, statement, asked.signature)
        approved = asked.decision == APPROVE
        said = {
            "decision": asked.decision,
            "by": signer.jkt,
            "person": signer.person,
            "reason": asked.reason,
            "widening": json.loads(row.widening),
            "wideningDigest": row.widening_digest,
            "signature": asked.signature,
        }
        values = {"decided_by": signer.jkt, "reason": asked.reason}
        if approved:
            values["approved"] = row.widening_digest
        to = State.ACCEPTED if approved else State.REFUSED
        if not self.clearing.move(row, to, clock(), said, **values):
            raise UploadStateError(detail="the upload was changed meanwhile: look at it again")
        return held_by_no_train(self.clearing.settle(upload_id, clock))

    def _check_four_eyes(self, signer: Signer, row: ReleaseUpload) -> None:
        engine = self.clearing.engine
        uploader = retried(engine, lambda session: signers.find(session, row.jkt), writing=False)
        if uploader is None or not uploader.is_active:
            raise SignerRevokedError(detail="the uploader's key was revoked")
        if signer.jkt == uploader.jkt or signer.person == uploader.person:
            raise FourEyesError(detail=f"{signer.person} uploaded this release: another person must decide")
