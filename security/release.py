"""What release signers sign besides their requests: the statement of an upload, and a decision on one.

A statement is length-prefixed texts after a name of its own, so no statement can be read as another kind, nor as a
proof or an approval. Each names the server it is meant for. Signatures are raw r‖s, low-S, in base64url.
"""

from dataclasses import dataclass
from typing import Final

from security.encoding import b64url_decode, b64url_encode, digest, lp
from security.errors import EncodingError, SignatureError
from security.suites import ES256, PrivateKey, PublicKey

APPROVE: Final = "approve"
REJECT: Final = "reject"
_UPLOAD: Final = "TIDEGATE-RELEASE/v1/UPLOAD"
_DECISION: Final = "TIDEGATE-RELEASE/v1/DECISION"


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadStatement:
    """What a developer stands for when he uploads.

    Attributes:
        server: public address of the server, ``https://app.bank.example``.
        bundle, version: the release.
        manifest: hex SHA-256 of the manifest's bytes: the bundle's digest.
        archive: hex SHA-256 of the zip.
        declaration: hex SHA-256 of ``bundle.yaml``, or of nothing when none is sent.
    """

    server: str
    bundle: str
    version: str
    manifest: str
    archive: str
    declaration: str

    def message(self) -> bytes:
        """Give the bytes to sign."""
        return lp(_UPLOAD, self.server, self.bundle, self.version, self.manifest, self.archive, self.declaration)


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionStatement:
    """What a member of the security team decides.

    Attributes:
        server: as in ``UploadStatement``.
        upload: the upload's id.
        manifest: hex SHA-256 of the manifest's bytes.
        widening: ``widening_digest`` of the list that was shown.
        decision: ``approve`` or ``reject``.
        reason: why.
    """

    server: str
    upload: str
    manifest: str
    widening: str
    decision: str
    reason: str

    def message(self) -> bytes:
        """Give the bytes to sign."""
        return lp(_DECISION, self.server, self.upload, self.manifest, self.widening, self.decision, self.reason)


def widening_digest(widening: tuple[str, ...]) -> str:
    """Give the hex SHA-256 of a list of widenings, in its order."""
    return digest(lp(*widening))


def sign(key: PrivateKey, statement: UploadStatement | DecisionStatement) -> str:
    """Sign a statement."""
    return b64url_encode(ES256.sign(key, statement.message()))


def verify(public_key: PublicKey, statement: UploadStatement | DecisionStatement, signature: str) -> None:
    """Accept the signature of a statement.

    Raises:
        SignatureError: SIG_INVALID, or SIG_NONCANONICAL for a high-S twin.
    """
    try:
        raw = b64url_decode(signature)
        message = statement.message()
    except EncodingError as error:
        raise SignatureError(detail=error.detail) from error
    ES256.verify(public_key, message, raw)
