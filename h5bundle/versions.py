"""Versions of bundles (three numbers) and of contracts (two), and their order."""

import re
from typing import Final

from h5bundle.errors import ManifestError

_VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_CONTRACT: Final = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")


def parse_version(text: str) -> tuple[int, int, int]:
    """Read ``1.12.0`` so that it can be compared.

    Raises:
        ManifestError: not three plain numbers.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ManifestError(detail=f"{text!r} is no version", remedy="use three numbers: 1.0.0")
    return int(match[1]), int(match[2]), int(match[3])


def parse_contract(text: str) -> tuple[int, int]:
    """Read a contract's version ``1.0`` so that it can be compared.

    Raises:
        ManifestError: not two plain numbers.
    """
    match = _CONTRACT.fullmatch(text)
    if match is None:
        raise ManifestError(detail=f"{text!r} is no contract version", remedy='use two numbers in quotes: "1.0"')
    return int(match[1]), int(match[2])
