"""Masking of what must not stand in a log: a second net below code that logs no such thing in the first place.

Invariant: masking never fails and never makes a line longer than it was by more than the names of what it hid.
Names of people have no form and cannot be found here; nothing logs them.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from stdnum import luhn

_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
_JWS: Final = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_SAID: Final = re.compile(
    r"(?i)(?<![a-z])(pass(?:word|phrase)|pin|secret|refresh_?token|access_?token|authorization|sandbox_?code)"
    r"(['\"]?\s*[:=]\s*)(?:(?:dpop|bearer)\s+)?['\"]?[^\s'\",;}&]+['\"]?"
)
_CODE: Final = re.compile(r"(?i)((?:\bcode|\botp|验证码|动态码)['\"]?\s*[:=：]?\s*['\"]?)\d{4,8}\b")
_COOKIE: Final = re.compile(r"(?i)\b((?:set-)?cookie['\"]?\s*[:=]\s*)[^\r\n]+")
_IN_ADDRESS: Final = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
_PRIVATE_PART: Final = re.compile(r"(['\"]d['\"]\s*:\s*['\"])[A-Za-z0-9_-]{40,}")
_ID_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?![0-9A-Za-z])")
_MOBILE: Final = re.compile(r"(?<![0-9A-Za-z.])(?:\+?86[ -]?)?1[3-9]\d{9}(?![0-9A-Za-z])")
_CARD: Final = re.compile(r"(?<![0-9A-Za-z.])\d{15,20}(?![0-9A-Za-z])")
_RULES: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (_PEM, "<private key>"),
    (_JWS, "<token>"),
    (_COOKIE, r"\1<hidden>"),
    (_IN_ADDRESS, "<hidden>"),
    (_PRIVATE_PART, r"\1<hidden>"),
    (_SAID, r"\1\2<hidden>"),
    (_CODE, r"\1<hidden>"),
    (_ID_NUMBER, "<id number>"),
    (_CARD, lambda match: "<card>" if luhn.is_valid(match[0]) else match[0]),
    (_MOBILE, "<mobile>"),
)


def masked(text: str) -> str:
    """Give a text without ID numbers, card and mobile numbers, tokens, codes, passwords and private keys."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def masked_facts(value: Any) -> Any:
    """Give the same for every text within lists and mappings; numbers and the like stay."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: masked_facts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_facts(item) for item in value]
    return value
