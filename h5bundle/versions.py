"""Versions of bundles (three numbers) and of contracts (two), and their order."""

import re
from typing import Final

from h5bundle.errors import ManifestError

_VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
MOST: Final = 999_999
DEVELOPMENT: Final = 900_000
"""Patch numbers from here on belong to ``h5bundle dev``: they are seen in sandboxes and published nowhere."""
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


def is_development(version: str) -> bool:
    """Tell whether a version is one that ``h5bundle dev`` makes.

    Raises:
        ManifestError: not three plain numbers.
    """
    return parse_version(version)[2] >= DEVELOPMENT


def development_version(version: str, number: int) -> str:
    """Give the version of a development release: the project's own, with a patch number that nobody else publishes.

    Args:
        version: what ``bundle.yaml`` says.
        number: of the rollout policy that will offer it; no bundle has the same twice.

    Raises:
        ManifestError: the version is none, or the numbers are used up.
    """
    major, minor, patch = parse_version(version)
    if patch >= DEVELOPMENT or DEVELOPMENT + number > MOST:
        raise ManifestError(
            detail=f"{version} leaves no room for development releases",
            remedy=f"use a patch number below {DEVELOPMENT}",
        )
    return f"{major}.{minor}.{DEVELOPMENT + number}"


def is_spoken(contract: str, *, least: str, tested: str) -> bool:
    """Tell whether a host that speaks a bridge contract serves a bundle: within a major version a contract only grows.

    Args:
        contract: what the host speaks.
        least: lowest contract that has all that the bundle calls.
        tested: newest contract with which the bundle was tried; newer ones of its major version serve it too.
    """
    spoken = parse_contract(contract)
    return parse_contract(least) <= spoken and spoken[0] <= parse_contract(tested)[0]
