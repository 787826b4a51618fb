"""What remote publishing refuses, and to whom: developers' machines, the security team, release signers."""

from typing import ClassVar, Final

from bff.errors import BffError

_PROOF: Final = 'DPoP error="invalid_dpop_proof", algs="ES256"'


class ReleaseError(BffError):
    """Root of what remote publishing refuses."""

    code = "RELEASE_REFUSED"
    status = 409
    zh = "这次发布没有被接受，线上版本不变。"
    en = "This publication was not accepted. What is on offer has not changed."


class SignerUnknownError(ReleaseError):
    """The key that signed the request is not registered here."""

    code = "SIGNER_UNKNOWN"
    status = 401
    challenge: ClassVar[str] = _PROOF
    zh = "这把密钥没有登记，请安全团队登记后再试。"
    en = "This key is not registered. Ask the security team to register it."


class SignerRevokedError(ReleaseError):
    """The key that signed the request, or the upload that it is about, was revoked."""

    code = "SIGNER_REVOKED"
    status = 401
    challenge: ClassVar[str] = _PROOF
    zh = "这把密钥已停用，请换用新的密钥。"
    en = "This key has been revoked. Use another one."


class SignerNotAllowedError(ReleaseError):
    """The key's role, or its list of bundles, does not cover what was asked."""

    code = "SIGNER_NOT_ALLOWED"
    status = 403
    zh = "这把密钥没有这项权限。"
    en = "This key may not do that."


class FourEyesError(ReleaseError):
    """Who uploaded a release cannot decide on it, with whatever key."""

    code = "FOUR_EYES"
    status = 403
    zh = "上传的人不能审批自己的发布，请由另一位同事审批。"
    en = "Whoever uploaded a release cannot decide on it. Another person must."


class StatementInvalidError(ReleaseError):
    """The signed statement is not about this upload as it stands, or its signature does not hold."""

    code = "STATEMENT_INVALID"
    status = 403
    zh = "签名的内容和这次发布不一致。"
    en = "What was signed is not this publication."


class UploadUnknownError(ReleaseError):
    """There is no such upload, or it is another developer's: both look the same."""

    code = "UPLOAD_UNKNOWN"
    status = 404
    zh = "没有找到这次上传。"
    en = "There is no such upload."


class UploadOffsetError(ReleaseError):
    """The bytes do not continue where the upload stands; ``offset`` says where that is."""

    code = "UPLOAD_OFFSET"
    zh = "上传的位置不对，请从服务器给出的位置继续。"
    en = "The bytes do not continue where the upload stands. Go on from the given offset."


class UploadBusyError(ReleaseError):
    """Other bytes of the same upload are being written, or other uploads checked, at this moment."""

    code = "UPLOAD_BUSY"
    status = 503
    zh = "正在处理另一个请求，请稍后再试。"
    en = "Another request is being handled. Try again in a moment."


class UploadStateError(ReleaseError):
    """The upload is in a state in which this cannot be done; ``state`` names it."""

    code = "UPLOAD_STATE"
    zh = "这次上传的当前状态不能这样操作。"
    en = "This cannot be done in the upload's present state."


class TrainBrokenError(ReleaseError):
    """A release on offer would lack a pinned release, a live operation or a host; ``blockers`` says which."""

    code = "TRAIN_BROKEN"
    zh = "这次发布会让线上的版本缺少依赖或业务，没有发布，线上版本不变。"
    en = "With this, a release on offer would lack what it needs. It was not published; what is on offer is unchanged."


class UploadExpiredError(ReleaseError):
    """The upload was left alone for too long, and its bytes are gone."""

    code = "UPLOAD_EXPIRED"
    status = 410
    zh = "这次上传已过期，请重新上传。"
    en = "This upload has expired. Upload again."


class UploadTooLargeError(ReleaseError):
    """The release, or one piece of it, is larger than it may be or than it was said to be."""

    code = "UPLOAD_TOO_LARGE"
    status = 413
    zh = "上传的内容太大，没有保存。"
    en = "This is larger than it may be, and was not kept."


class UploadIncompleteError(ReleaseError):
    """Bytes are missing; ``offset`` says from where on."""

    code = "UPLOAD_INCOMPLETE"
    zh = "上传还没有完成，请继续上传。"
    en = "Bytes are still missing. Go on uploading."


class UploadsOpenError(ReleaseError):
    """The key has as many unfinished uploads as it may have."""

    code = "UPLOADS_OPEN"
    status = 429
    zh = "没有完成的上传太多，请先完成或撤回。"
    en = "Too many uploads are unfinished. Finish or withdraw one first."


class StorageFullError(ReleaseError):
    """There is no room for the bytes; what was acknowledged before is still there."""

    code = "STORAGE_FULL"
    status = 507
    zh = "服务器的存储空间不足，已收到的内容还在，请稍后继续。"
    en = "The server has no room for these bytes. What was received is still there; go on later."


class UploadElsewhereError(ReleaseError):
    """The upload's bytes are not here: another instance keeps them, or they were lost with its disk."""

    code = "UPLOAD_ELSEWHERE"
    status = 503
    zh = "这次上传的内容不在这台服务器上，请稍后再试。"
    en = "This upload's bytes are not on this server. Try again shortly."


class RepositoryUnavailableError(ReleaseError):
    """The release repository cannot be read now, so nothing can be decided about the release."""

    code = "REPOSITORY_UNAVAILABLE"
    status = 503
    zh = "发布仓库暂时无法读取，请稍后再试。"
    en = "The release repository cannot be read just now. Try again shortly."


class ProposalUnknownError(ReleaseError):
    """No proposal of that name waits here; it may have been cleared."""

    code = "PROPOSAL_UNKNOWN"
    status = 404
    zh = "没有找到这份待签文件。"
    en = "There is no such proposal."


class ProposalRefusedError(ReleaseError):
    """What was handed in is not this proposal with signatures that count: altered, or signed by a stranger."""

    code = "PROPOSAL_INVALID"
    status = 422
    zh = "交来的签名文件不对，没有保存。"
    en = "What was handed in is not this proposal with signatures that count. It was not kept."


class ProposalOvertakenError(ReleaseError):
    """Something newer was published since the proposal was made; ``present`` says what stands now."""

    code = "PROPOSAL_STALE"
    zh = "签名期间线上版本有了变化，这份待签文件已作废，请签新的一份。"
    en = "What is on offer has changed since this proposal was made. Sign the one that takes its place."


class RepositoryBusyError(ReleaseError):
    """Another publisher held the repository all the time."""

    code = "REPOSITORY_LOCKED"
    status = 503
    zh = "发布仓库正在被使用，请稍后再试。"
    en = "The release repository is in use. Try again in a moment."
