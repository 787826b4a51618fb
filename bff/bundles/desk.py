"""The desk of remote publishing: who asks, what he may see, and what becomes of an upload that he leaves or fetches.

Invariant: a developer sees and changes his own uploads only. Taking in stands in ``intake``, deciding in ``deciding``.
"""

from dataclasses import dataclass
from datetime import datetime

from bff.bundles import signers, uploads
from bff.bundles.clearing import Clearing
from bff.bundles.deciding import Decisions
from bff.bundles.intake import Intake
from bff.bundles.rights import own, see
from bff.bundles.signers import Role, Signer
from bff.bundles.upload_errors import SignerNotAllowedError, UploadStateError
from bff.bundles.upload_models import ReleaseUpload
from bff.bundles.uploads import State
from bff.db.engine import retried


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseDesk:
    """The desk.

    Attributes:
        clearing: examines and publishes, and knows the database and the bytes of open uploads.
        intake: where uploads come in; decisions: where the security team decides.
    """

    clearing: Clearing
    intake: Intake
    decisions: Decisions

    def signer(self, jkt: str) -> Signer | None:
        """Give a key's registration."""
        return retried(self.clearing.engine, lambda session: signers.find(session, jkt), writing=False)

    def see(self, signer: Signer, upload_id: str) -> ReleaseUpload:
        """Give an upload that the signer may see.

        Raises:
            UploadUnknownError: there is none, or it is another developer's.
        """
        return see(self.clearing, signer, upload_id)

    def listed(self, signer: Signer, state: str | None) -> tuple[ReleaseUpload, ...]:
        """Give the newest uploads that the signer may see."""
        jkt = signer.jkt if signer.role is Role.DEVELOPER else None
        return retried(
            self.clearing.engine, lambda session: uploads.listed(session, jkt=jkt, state=state), writing=False
        )

    def withdraw(self, signer: Signer, upload_id: str, reason: str, now: datetime) -> ReleaseUpload:
        """Take an upload back that is not published yet; doing so again changes nothing.

        Raises:
            UploadStateError: it is published, or was decided otherwise.
        """
        row = own(self.clearing, signer, upload_id)
        if row.state in uploads.OPEN:
            said = {"by": signer.jkt, "person": signer.person, "reason": reason}
            self.clearing.move(row, State.WITHDRAWN, now, said, reason=reason)
            row = see(self.clearing, signer, upload_id)
        if row.state != State.WITHDRAWN:
            raise UploadStateError(detail=f"the upload is {row.state} and cannot be withdrawn", state=row.state)
        self.clearing.partials.remove(upload_id)
        return row

    def package(self, signer: Signer, upload_id: str) -> tuple[ReleaseUpload, bytes]:
        """Give the zip of a checked upload to those who decide on it or sign it.

        Raises:
            SignerNotAllowedError: a developer's key.
            UploadStateError: it was not checked, or its bytes are gone.
        """
        if signer.role is Role.DEVELOPER:
            raise SignerNotAllowedError(detail="only release and security keys fetch packages")
        row = see(self.clearing, signer, upload_id)
        if row.state not in {State.WAITING_SECURITY, State.ACCEPTED}:
            raise UploadStateError(detail=f"the upload is {row.state}: there is no package to sign", state=row.state)
        return row, self.clearing.archive(row)

    def sweep(self, now: datetime) -> None:
        """End uploads past their time, and remove bytes that nobody needs any more."""
        there = self.clearing.partials.uploads()
        retried(self.clearing.engine, lambda session: uploads.expire(session, now))
        for name in retried(self.clearing.engine, lambda session: uploads.ended(session, there), writing=False):
            self.clearing.partials.remove(name)
