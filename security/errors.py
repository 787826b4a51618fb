"""The one error root of the security package: an error carries a stable code and a sentence for developers."""

from typing import ClassVar


class SecurityError(Exception):
    """Something that must be proved was not.

    Attributes:
        code: stable name of the refusal.
        detail: what was wrong, in English, free of personal data and of key material.
    """

    default: ClassVar[str] = "SECURITY_REFUSED"

    def __init__(self, *, detail: str = "", code: str | None = None) -> None:
        """Carry the refusal's code (the class's own when none is given) and its sentence."""
        self.code = code or self.default
        self.detail = detail or self.code
        super().__init__(f"{self.code}: {self.detail}")


class EncodingError(SecurityError):
    """Bytes or text are not in their one canonical form."""

    default = "ENCODING_INVALID"


class SignatureError(SecurityError):
    """A signature does not hold.

    Codes: SIG_INVALID (it does not verify), SIG_NONCANONICAL (the high-S twin of one that does), ALG_UNSUPPORTED (no
    suite of that name), ALG_MISMATCH (the key is of another suite).
    """

    default = "SIG_INVALID"


class SuiteUnavailableError(SecurityError):
    """A suite is known, but the library that calculates it is not installed."""

    default = "SUITE_UNAVAILABLE"


class JwkError(SecurityError):
    """A public key is not exactly one point of a suite's curve in JWK form."""

    default = "KEY_INVALID"


class KeyStoreError(SecurityError):
    """The store has no such key, or the key's state does not allow what was asked."""

    default = "KEY_UNAVAILABLE"


class KeyRequestError(SecurityError):
    """A request for a change of a key, or a decision on it, does not hold."""

    default = "KEY_REQUEST_INVALID"


class HsmError(KeyStoreError):
    """A key in a token does not open or does not sign.

    Attributes:
        remedy: what to do about it; may be empty.
    """

    default = "HSM_REFUSED"

    def __init__(self, *, detail: str, remedy: str = "") -> None:
        """Carry what the token refused, and what helps."""
        super().__init__(detail=detail)
        self.remedy = remedy


class PinError(SecurityError):
    """A PIN is another than the one kept (PIN_WRONG), or has not a PIN's form."""

    default = "PIN_INVALID"


class DeviceError(SecurityError):
    """A registration, binding or log-in does not hold."""

    default = "DEVICE_INVALID"


class AttestationRefusedError(DeviceError):
    """The device's attestation is not good enough for this environment."""

    default = "ATTESTATION_REFUSED"


class AttestationError(AttestationRefusedError):
    """One rule of attestation does not hold; the code is a ``security.attestation.Rule``."""


class AttestationPolicyError(SecurityError):
    """The policy file of attestation is malformed."""

    default = "POLICY_INVALID"


class ApprovalError(SecurityError):
    """A transaction approval does not hold.

    Codes: APPROVAL_INVALID (not the canonical message), APPROVAL_MISMATCH (not the frozen transaction),
    APPROVAL_EXPIRED, SEQ_REUSED (an old device counter), FACTOR_REFUSED.
    """

    default = "APPROVAL_INVALID"


class DisplayError(SecurityError):
    """A template cannot be drawn; then nothing is drawn."""

    default = "DISPLAY_INVALID"


class ProofError(SecurityError):
    """A DPoP proof does not hold: PROOF_INVALID, PROOF_REPLAYED or NONCE_REQUIRED."""

    default = "PROOF_INVALID"


class TokenError(SecurityError):
    """A token does not hold: TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_REUSED."""

    default = "TOKEN_INVALID"


class SealingError(SecurityError):
    """A sealed value cannot be opened: wrong record, wrong field, unknown key or changed bytes."""

    default = "SEAL_BROKEN"


class EvidenceError(SecurityError):
    """One link of an evidence export is broken.

    Attributes:
        link: name of the link: file, seal, chain, checkpoint, bundle, device, request, approval, display, money,
            outcome.
    """

    default = "EVIDENCE_BROKEN"

    def __init__(self, *, link: str, detail: str) -> None:
        """Carry the link's name and what is wrong with it."""
        super().__init__(detail=f"{link}: {detail}")
        self.link = link
        self.reason = detail
