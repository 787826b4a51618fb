"""An approval without network: the frozen transaction as one QR code, the device's answer as another.

Invariants: what a device reads was signed by the server and is for that very device; the bytes that it signs are M, the
same as online. Each text has one form: a word that names version and kind, and base64url of length-prefixed texts and
64 bytes of signature.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from security.approvals import FROZEN, OWN, SKEW_SECONDS, check_field, encode
from security.encoding import b64url_decode, b64url_encode, lp, lp_read
from security.errors import ApprovalError, EncodingError
from security.evidence.chain import Signer
from security.jwk import PublicJwk

DOMAIN: Final = "BANK-DEVBIND/v1/TX-OFFLINE"
REQUEST: Final = "TGA1."
ANSWER: Final = "TGR1."
MOST: Final = 2331
"""Characters of the longest text: bytes that the largest QR code holds when it corrects errors of level M."""
_SIGNATURE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What a device knows of itself: its server and environment, its customer, its id, the kid of its key K_tx."""

    aud: str
    env: str
    cust: str
    dev: str
    kid: str


@dataclass(frozen=True, slots=True)
class OfflineAnswer:
    """What a device answered: M rebuilt from the frozen fields and its own, and its signature of M."""

    message: bytes
    signature: bytes


def write_request(*, frozen: Mapping[str, str], key: Signer) -> str:
    """Give the text of the QR code that shows a device what it is asked to approve.

    Args:
        frozen: exactly ``FROZEN``, each in its form.
        key: the server's key of purpose ``platform-reply``.

    Raises:
        ApprovalError: APPROVAL_INVALID, a QR code cannot hold it.
    """
    signed = lp(DOMAIN, key.kid, *(frozen[name] for name in FROZEN))
    return _write(REQUEST, signed, key.sign(signed))


def read_request(
    text: str, *, keys: Mapping[str, PublicJwk], holder: Holder, templates: Collection[str], now: datetime
) -> dict[str, str]:
    """Accept what a QR code asks of this device; give the frozen fields.

    Args:
        text: as ``write_request`` gave it.
        keys: the server's public keys by kid, fetched while there was network.
        holder: this device.
        templates: names with hash, as ``tmpl`` carries them, of the templates that this device holds.
        now: the device's time.

    Raises:
        ApprovalError: APPROVAL_INVALID, it has not the form; APPROVAL_MISMATCH, it is signed by no known key, for
            another device, server or environment, or drawn by a template that is not here; APPROVAL_EXPIRED.
        SignatureError: the server did not sign this.
    """
    signed, (domain, kid, *values), signature = _read(REQUEST, text, 2 + len(FROZEN))
    if domain != DOMAIN:
        raise ApprovalError(detail="not of the domain of offline requests")
    key = keys.get(kid)
    if key is None:
        raise ApprovalError(detail="signed by no known key of the server", code="APPROVAL_MISMATCH")
    key.verify(signed, signature)
    fields = dict(zip(FROZEN, values, strict=True))
    for name, value in fields.items():
        check_field(name, value)
    for name in ("aud", "env", "cust", "dev", "kid"):
        if fields[name] != getattr(holder, name):
            raise ApprovalError(detail=f"{name} is not this device's", code="APPROVAL_MISMATCH")
    if fields["tmpl"] not in templates:
        raise ApprovalError(detail="this device does not hold the template", code="APPROVAL_MISMATCH")
    if not int(fields["iat"]) - SKEW_SECONDS <= now.timestamp() < int(fields["exp"]):
        raise ApprovalError(detail="the request is not of this time", code="APPROVAL_EXPIRED")
    return fields


def write_answer(*, fields: Mapping[str, str], signature: bytes) -> str:
    """Give the text of the QR code by which a device answers.

    Args:
        fields: all fields of M, as it was signed.
        signature: 64 raw bytes over M by K_tx.

    Raises:
        ApprovalError: APPROVAL_INVALID, the signature has another length.
    """
    if len(signature) != _SIGNATURE:
        raise ApprovalError(detail="a signature has 64 bytes")
    return _write(ANSWER, lp(fields["txid"], *(fields[name] for name in OWN)), signature)


def read_answer(text: str, *, frozen: Mapping[str, str]) -> OfflineAnswer:
    """Rebuild M from the frozen transaction and what the device added; verifying it is ``verify_approval``'s.

    Raises:
        ApprovalError: APPROVAL_INVALID, it has not the form; APPROVAL_MISMATCH, it answers another operation.
    """
    _, (txid, *own), signature = _read(ANSWER, text, 1 + len(OWN))
    if txid != frozen["txid"]:
        raise ApprovalError(detail="it answers another operation", code="APPROVAL_MISMATCH")
    return OfflineAnswer(encode({**frozen, **dict(zip(OWN, own, strict=True))}), signature)


def _write(kind: str, signed: bytes, signature: bytes) -> str:
    text = kind + b64url_encode(signed + signature)
    if len(text) > MOST:
        raise ApprovalError(detail="it is too long for a QR code")
    return text


def _read(kind: str, text: str, count: int) -> tuple[bytes, tuple[str, ...], bytes]:
    """Take a text apart: the length-prefixed bytes, their texts, the signature."""
    if len(text) > MOST or not text.startswith(kind):
        raise ApprovalError(detail=f"not a text that begins with {kind}, or too long")
    try:
        raw = b64url_decode(text.removeprefix(kind))
        signed, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        parts = lp_read(signed)
    except EncodingError as error:
        raise ApprovalError(detail=f"not in its form: {error.detail}") from error
    if len(parts) != count:
        raise ApprovalError(detail="parts are missing or left over")
    return signed, parts, signature
