"""Turning a payload into an operation's request, and telling which field was wrong without repeating its value."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bff.catalogue import Operation
from bff.errors import RequestInvalidError

_AT: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`")
_NAMED: Final = re.compile(r"field `(?P<name>[^`]*)`")
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")


def parse(operation: Operation, payload: Mapping[str, Any]) -> msgspec.Struct:
    """Convert a payload strictly; only the strings of a GET's path and query may become numbers.

    Raises:
        RequestInvalidError: it has not the operation's shape; ``field`` names the culprit.
    """
    try:
        return msgspec.convert(payload, operation.request, strict=operation.method != "GET")
    except msgspec.ValidationError as error:
        field, reason = _culprit(str(error))
        raise RequestInvalidError(detail=f"{field}: {reason}" if field else reason, field=field) from None


def _culprit(message: str) -> tuple[str, str]:
    """Split msgspec's sentence into the field's path and the reason, with values taken out."""
    at = _AT.search(message)
    named = _NAMED.search(message)
    path = at["path"] if at else ""
    field = ".".join(part for part in (path, named["name"] if named else "") if part)
    return field, _QUOTED.sub("…", _AT.sub("", message))
