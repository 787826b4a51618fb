"""The canonical transaction that a device signs: its fields, its bytes M, and the check of an approval.

M = lp(domain) ‖ lp(key) ‖ lp(value) … in one fixed order. All values are texts of one form each, so that no two
transactions have the same bytes and no transaction has two. Everything but ``ui``, ``seq`` and ``factor`` is frozen by
the server before the device sees it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from security.encoding import b64url_decode, clean_text, lp, lp_read
from security.errors import ApprovalError, EncodingError
from security.jwk import PublicJwk
from security.suites import SUITES

DOMAIN: Final = "BANK-DEVBIND/v1/TX-APPROVE"
FIELDS: Final = (
    "v",
    "alg",
    "aud",
    "env",
    "cust",
    "dev",
    "kid",
    "txid",
    "type",
    "tmpl",
    "cur",
    "amt",
    "payer",
    "payee",
    "payee_name",
    "memo",
    "chal",
    "iat",
    "exp",
    "bundle",
    "ui",
    "seq",
    "factor",
)
OWN: Final = FIELDS[-3:]
"""What the device adds: how it showed the transaction, its counter, how it asked."""
FROZEN: Final = FIELDS[:-3]
"""What the server fixed when the operation was prepared; in M it stands before all that the device adds."""
SKEW_SECONDS: Final = 60
"""How far in the future ``iat`` may lie."""
MAX_MESSAGE: Final = 16384

_ID = r"[A-Za-z0-9_-]{1,64}"
_KEY = r"[A-Za-z0-9_-]{43}"
_WHOLE = r"0|[1-9][0-9]{0,15}"
_SEMVER = r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:[-+][0-9A-Za-z.+-]{1,40})?"
_BUNDLE = rf"(?P<bundle>[a-z][a-z0-9-]{{0,40}})@(?P<version>{_SEMVER})#(?P<digest>[0-9a-f]{{64}})"
_PATTERNS: Final = {
    "v": "1",
    "alg": "|".join(SUITES),
    "aud": r"[a-z0-9][a-z0-9.-]{0,63}",
    "env": "sandbox|production",
    "cust": _ID,
    "dev": _ID,
    "kid": _KEY,
    "txid": _ID,
    "type": r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+",
    "tmpl": r"[a-z][a-z0-9_.]*/[0-9]+#[0-9a-f]{64}",
    "cur": "[A-Z]{3}",
    "amt": r"(?:0|[1-9][0-9]{0,11})\.[0-9]{2}",
    "payer": r"[A-Za-z0-9_-]{1,64}",
    "payee": r"[A-Za-z0-9_-]{1,64}",
    "chal": _KEY,
    "iat": _WHOLE,
    "exp": _WHOLE,
    "bundle": _BUNDLE,
    "ui": rf"tidegate-shell/{_SEMVER};(?P<locale>zh-CN|en);sha256:(?P<hash>[0-9a-f]{{64}})",
    "seq": _WHOLE,
    "factor": "face|pin",
}
_FORMS: Final = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_MEMO_KEY = re.compile(r"[a-z_]+")
_MAX_TEXT: Final = {"payee_name": 128, "memo": 1024}
_DOMAIN_PIECE: Final = lp(DOMAIN)
_NAME_PIECES: Final = tuple((name, lp(name)) for name in FROZEN)


@dataclass(frozen=True, slots=True)
class Ui:
    """What the device says about how it showed the transaction."""

    locale: str
    display_hash: str


@dataclass(frozen=True, slots=True)
class BundleName:
    """The H5 code that asked: bundle, version and manifest digest."""

    bundle: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class VerifiedApproval:
    """A transaction that the bound device approved.

    Attributes:
        fields: all fields of M; seq: the device's counter; factor: face or pin; ui: how it was shown.
        message_hash: hex SHA-256 of M.
    """

    fields: Mapping[str, str]
    seq: int
    factor: str
    ui: str
    message_hash: str


def encode(fields: Mapping[str, str]) -> bytes:
    """Give M, the bytes to sign.

    Args:
        fields: exactly ``FIELDS``, each in its one form.

    Raises:
        ApprovalError: APPROVAL_INVALID, a field is unknown, missing or not in its form.
    """
    if set(fields) != set(FIELDS):
        odd = sorted(set(fields) ^ set(FIELDS))
        raise ApprovalError(detail=f"fields are unknown or missing: {', '.join(odd)}")
    for name in FIELDS:
        check_field(name, fields[name])
    if int(fields["exp"]) <= int(fields["iat"]):
        raise ApprovalError(detail="exp must lie after iat")
    return lp(DOMAIN, *(part for name in FIELDS for part in (name, fields[name])))


def decode(message: bytes) -> dict[str, str]:
    """Read M strictly.

    Raises:
        ApprovalError: APPROVAL_INVALID, another domain, fields out of order, unknown, missing, malformed or left over.
    """
    if len(message) > MAX_MESSAGE:
        raise ApprovalError(detail="the message is too long")
    try:
        domain, *parts = lp_read(message) or ("",)
    except EncodingError as error:
        raise ApprovalError(detail=f"not a length-prefixed message: {error.detail}") from error
    if domain != DOMAIN:
        raise ApprovalError(detail="the message is not of the transaction domain")
    if parts[::2] != list(FIELDS) or len(parts) != 2 * len(FIELDS):
        raise ApprovalError(detail="fields are unknown, missing or out of order")
    fields = dict(zip(parts[::2], parts[1::2], strict=True))
    if encode(fields) != message:
        raise ApprovalError(detail="the message is not canonical")
    return fields


def check_field(name: str, value: str) -> None:
    """Hold one field to its form.

    Raises:
        ApprovalError: APPROVAL_INVALID.
    """
    if not isinstance(value, str):
        raise ApprovalError(detail=f"{name} is not a text")
    form = _FORMS.get(name)
    if form is not None:
        if not form.fullmatch(value):
            raise ApprovalError(detail=f"{name} is not in its form")
        if name in {"kid", "chal"}:
            _checked(name, b64url_decode, value)
        return
    if not 0 < len(value) <= _MAX_TEXT[name]:
        raise ApprovalError(detail=f"{name} is empty or too long")
    _checked(name, clean_text, value)
    if name == "memo":
        memo_decode(value)


def memo_encode(items: Mapping[str, str]) -> str:
    """Write a memo: ``product=JMG-WY90; risk=R2``.

    Raises:
        ApprovalError: a key is not ``[a-z_]+``, or a value is empty, unclean, padded, or holds ``;`` or ``=``.
    """
    for key, value in items.items():
        if not _MEMO_KEY.fullmatch(key) or not value or value != value.strip() or ";" in value or "=" in value:
            raise ApprovalError(detail=f"memo item {key!r} cannot be written")
        _checked("memo", clean_text, value)
    return "; ".join(f"{key}={value}" for key, value in items.items())


def memo_decode(memo: str) -> dict[str, str]:
    """Read a memo.

    Raises:
        ApprovalError: it is not what ``memo_encode`` writes, or a key comes twice.
    """
    pairs = [item.partition("=") for item in memo.split("; ")]
    items = {key: value for key, _, value in pairs}
    if len(items) != len(pairs) or memo_encode(items) != memo:
        raise ApprovalError(detail="memo is not in its form")
    return items


def read_ui(ui: str) -> Ui:
    """Read the ``ui`` field.

    Raises:
        ApprovalError: it is not in its form.
    """
    match = _FORMS["ui"].fullmatch(ui)
    if match is None:
        raise ApprovalError(detail="ui is not in its form")
    return Ui(match["locale"], match["hash"])


def read_bundle(name: str) -> BundleName:
    """Read ``wealth@1.0.0#<digest>``.

    Raises:
        ApprovalError: it is not in its form.
    """
    match = _FORMS["bundle"].fullmatch(name)
    if match is None:
        raise ApprovalError(detail="bundle is not in its form")
    return BundleName(match["bundle"], match["version"], match["digest"])


def verify_approval(
    *,
    message: bytes,
    signature: bytes,
    frozen: Mapping[str, str],
    public_key: PublicJwk,
    last_seq: int,
    now: datetime,
    factors: frozenset[str],
) -> VerifiedApproval:
    """Accept a device's approval of a frozen transaction.

    Args:
        message: M as the device sent it.
        signature: 64 raw bytes over M, in the suite of the key, which ``alg`` names.
        frozen: what the server fixed, exactly ``FROZEN``, each held to its form by ``check_field`` when it was fixed;
            who takes them from a stranger decodes M first.
        public_key: the ``tx`` key of the device that is bound to the customer.
        last_seq: the greatest counter that this device has used.
        now: the instant of the approval.
        factors: factors that are good enough for this transaction.

    Raises:
        ApprovalError: APPROVAL_INVALID, APPROVAL_MISMATCH, APPROVAL_EXPIRED, SEQ_REUSED or FACTOR_REFUSED.
        SignatureError: SIG_INVALID or SIG_NONCANONICAL.
    """
    fields = _read(message, frozen)
    if fields["kid"] != public_key.thumbprint:
        raise ApprovalError(detail="kid is not the device's key", code="APPROVAL_MISMATCH")
    if fields["alg"] != public_key.alg:
        raise ApprovalError(detail="alg is not the suite of the device's key", code="APPROVAL_MISMATCH")
    public_key.verify(message, signature)
    begins, ends = int(fields["iat"]), int(fields["exp"])
    if ends <= begins:
        raise ApprovalError(detail="exp must lie after iat")
    if not begins - SKEW_SECONDS <= now.timestamp() < ends:
        raise ApprovalError(detail="the approval came outside its time", code="APPROVAL_EXPIRED")
    seq = int(fields["seq"])
    if seq <= last_seq:
        raise ApprovalError(detail="the device's counter did not grow", code="SEQ_REUSED")
    if fields["factor"] not in factors:
        raise ApprovalError(detail="the factor is not good enough", code="FACTOR_REFUSED")
    message_hash = hashlib.sha256(message).hexdigest()
    return VerifiedApproval(fields, seq, fields["factor"], fields["ui"], message_hash)


def _read(message: bytes, frozen: Mapping[str, str]) -> dict[str, str]:
    """Give the fields of M, which must begin with exactly the bytes of the frozen ones.

    Length-prefixed texts can be split in one way only: behind an equal beginning there is room for nothing but the
    device's own three fields, and only these are left to be held to their form.
    """
    if set(frozen) != set(FROZEN):
        raise ApprovalError(detail="the frozen transaction has other fields")
    beginning = _beginning(frozen)
    if len(message) > MAX_MESSAGE or not message.startswith(beginning):
        raise _difference(message, frozen)
    try:
        parts = lp_read(message[len(beginning) :])
    except EncodingError as error:
        raise ApprovalError(detail=f"not a length-prefixed message: {error.detail}") from error
    if parts[::2] != OWN or len(parts) != 2 * len(OWN):
        raise ApprovalError(detail="fields are unknown, missing or out of order")
    own = dict(zip(OWN, parts[1::2], strict=True))
    for name, value in own.items():
        check_field(name, value)
    return {**frozen, **own}


def _beginning(frozen: Mapping[str, str]) -> bytes:
    """Give the first bytes of M: the domain and all frozen fields."""
    pieces = [_DOMAIN_PIECE]
    try:
        for name, piece in _NAME_PIECES:
            raw = frozen[name].encode()
            pieces += (piece, len(raw).to_bytes(4), raw)
    except UnicodeEncodeError as error:
        raise ApprovalError(detail="a frozen field is not well-formed Unicode", code="APPROVAL_MISMATCH") from error
    return b"".join(pieces)


def _difference(message: bytes, frozen: Mapping[str, str]) -> ApprovalError:
    """Say why M does not begin with the frozen fields.

    Raises:
        ApprovalError: APPROVAL_INVALID, M itself is malformed.
    """
    fields = decode(message)
    different = [name for name in FROZEN if fields[name] != frozen[name]]
    return ApprovalError(
        detail=f"differs from the frozen transaction: {', '.join(different)}", code="APPROVAL_MISMATCH"
    )


def _checked(name: str, check: Callable[[str], object], value: str) -> None:
    try:
        check(value)
    except EncodingError as error:
        raise ApprovalError(detail=f"{name}: {error.detail}") from error
