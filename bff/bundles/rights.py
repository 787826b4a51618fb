"""What a registered key may see and do at the desk of remote publishing, whatever it asks for."""

from bff.bundles import uploads
from bff.bundles.clearing import Clearing
from bff.bundles.signers import Role, Signer
from bff.bundles.upload_errors import (
    SignerNotAllowedError,
    SignerRevokedError,
    StatementInvalidError,
    TrainBrokenError,
    UploadUnknownError,
)
from bff.bundles.upload_models import ReleaseUpload
from bff.bundles.uploads import State
from security import release
from security.errors import SignatureError
from security.release import DecisionStatement, UploadStatement


def see(clearing: Clearing, signer: Signer, upload_id: str) -> ReleaseUpload:
    """Give an upload that the signer may see.

    Raises:
        UploadUnknownError: there is none, or it is another developer's.
    """
    row = clearing.present(upload_id)
    if signer.role is Role.DEVELOPER and row.jkt != signer.jkt:
        raise UploadUnknownError(detail="no upload of yours has that id")
    return row


def own(clearing: Clearing, signer: Signer, upload_id: str) -> ReleaseUpload:
    """Give an upload of the signer's own.

    Raises:
        SignerNotAllowedError: it is another's.
    """
    row = see(clearing, signer, upload_id)
    if row.jkt != signer.jkt:
        raise SignerNotAllowedError(detail="only the uploader's key does that")
    return row


def require_active(signer: Signer | None) -> None:
    """Refuse a key that was revoked.

    Raises:
        SignerRevokedError: it was.
    """
    if signer is None or not signer.is_active:
        raise SignerRevokedError(detail="this key was revoked")


def verify(signer: Signer, statement: UploadStatement | DecisionStatement, signature: str) -> None:
    """Hold that a statement carries the signer's signature.

    Raises:
        StatementInvalidError: it does not.
    """
    try:
        release.verify(signer.public.public_key, statement, signature)
    except SignatureError as error:
        raise StatementInvalidError(detail=f"{error.code}: {error.detail}") from error


def held_by_no_train(row: ReleaseUpload) -> ReleaseUpload:
    """Give an upload unless the release trains have refused it.

    Raises:
        TrainBrokenError: they have.
    """
    blockers = [item["what"] for item in uploads.findings_of(row) if item["code"] == TrainBrokenError.code]
    if row.state == State.REFUSED and blockers:
        raise TrainBrokenError(detail="; ".join(blockers), blockers=blockers, state=row.state)
    return row
