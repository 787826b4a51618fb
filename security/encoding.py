"""Bytes and texts in their one canonical form: base64url, length-prefixed strings, clean text, canonical JSON.

Every decoder accepts the canonical form only: decoding and encoding again gives the same text.
"""

import base64
import binascii
import hashlib
import json
import re
import struct
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import rfc8785

from security.errors import EncodingError

MAX_DEPTH: Final = 32
"""Deepest nesting of JSON that is read."""

_B64URL = re.compile(r"[A-Za-z0-9_-]*")
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNCLEAN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""Control, soft hyphen, bidi, zero-width, line separators, lone surrogates: what a person cannot see."""


def b64url_encode(data: bytes) -> str:
    """Write bytes as base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Read base64url without padding.

    Raises:
        EncodingError: padding, foreign characters, impossible length, or unused bits that are not zero.
    """
    if not isinstance(text, str) or not _B64URL.fullmatch(text):
        raise EncodingError(detail="not base64url without padding")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise EncodingError(detail="not base64url: impossible length") from error
    if b64url_encode(data) != text:
        raise EncodingError(detail="base64url is not canonical: unused bits are not zero")
    return data


def digest(data: bytes) -> str:
    """Give the SHA-256 as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def is_digest(text: object) -> bool:
    """Tell whether a value has the form of ``digest``."""
    return isinstance(text, str) and _HEX_DIGEST.fullmatch(text) is not None


def lp(*texts: str) -> bytes:
    """Write each text as its length in bytes (u32, big-endian) and its UTF-8.

    Raises:
        EncodingError: a text holds a lone surrogate.
    """
    try:
        raws = [text.encode() for text in texts]
    except UnicodeEncodeError as error:
        raise EncodingError(detail="text is not well-formed Unicode") from error
    return b"".join(struct.pack(">I", len(raw)) + raw for raw in raws)


def lp_read(data: bytes) -> tuple[str, ...]:
    """Read back what ``lp`` wrote.

    Raises:
        EncodingError: a length runs over the end, bytes are left over, or a text is not UTF-8.
    """
    texts, offset = [], 0
    while offset < len(data):
        start = offset + 4
        if start > len(data):
            raise EncodingError(detail="a length is cut short")
        offset = start + int.from_bytes(data[offset:start])
        if offset > len(data):
            raise EncodingError(detail="a text is shorter than its length says")
        try:
            texts.append(data[start:offset].decode())
        except UnicodeDecodeError as error:
            raise EncodingError(detail="a text is not UTF-8") from error
    return tuple(texts)


def clean_text(text: str) -> str:
    """Give the text back when a person can see all of it.

    Raises:
        EncodingError: it holds a control, bidi or zero-width character, or is not in Unicode form NFC.
    """
    if not isinstance(text, str) or _UNCLEAN.search(text):
        raise EncodingError(detail="text holds a control, bidi or zero-width character")
    if unicodedata.normalize("NFC", text) != text:
        raise EncodingError(detail="text is not in Unicode form NFC")
    return text


def canonical_json(value: Any) -> bytes:
    """Write JSON as RFC 8785 says.

    Raises:
        EncodingError: the value has no canonical form (an integer beyond 2^53, NaN, a lone surrogate).
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise EncodingError(detail=f"no canonical JSON: {type(error).__name__}") from error


def parse_json(data: bytes) -> Any:
    """Read JSON strictly.

    Raises:
        EncodingError: not UTF-8, not JSON, a key given twice, NaN or infinity, or nesting beyond ``MAX_DEPTH``.
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_members, parse_constant=_no_constant)
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise EncodingError(detail=f"not strict JSON: {type(error).__name__}") from error
    _check_depth(value, 1)
    return value


def parse_object(data: bytes) -> Mapping[str, Any]:
    """Read strict JSON that must be an object.

    Raises:
        EncodingError: as ``parse_json``, or it is no object.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise EncodingError(detail="not a JSON object")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise EncodingError(detail="JSON holds a key twice")
    return members


def _no_constant(name: str) -> Any:
    raise EncodingError(detail=f"{name} is not JSON")


def _check_depth(value: Any, depth: int) -> None:
    if not isinstance(value, dict | list):
        return
    if depth > MAX_DEPTH:
        raise EncodingError(detail=f"JSON is deeper than {MAX_DEPTH}")
    for item in value.values() if isinstance(value, dict) else value:
        _check_depth(item, depth + 1)
