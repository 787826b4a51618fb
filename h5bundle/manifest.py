"""The manifest of one release: what the bundle is, what it may do, and the hash of every file.

Its bytes are RFC 8785 JSON and nothing else: they decode to exactly one manifest, and encode back to themselves. The
bundle's digest is the SHA-256 of those bytes.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import rfc8785

from h5bundle.digests import DIGEST, sha256
from h5bundle.errors import ManifestError, PathError
from h5bundle.paths import check_paths
from h5bundle.versions import parse_version

FORMAT: Final = "tidegate-bundle/1"
DEFAULT_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'none'"
)
BUNDLE_ID: Final = re.compile(r"[a-z][a-z0-9]{1,23}")
"""One host label together with ``-h5``: lower-case letters and digits."""


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bundle's name for customers."""

    zh: str
    en: str


class ContractRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bridge contracts with which the bundle works, both ends included."""

    min: str
    max: str


class ShellRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The oldest shell that may open the bundle."""

    min: str


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One exact release of a shared bundle."""

    version: str
    digest: str


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the release was made from."""

    commit: str


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: bytes, hash, media type."""

    length: int
    sha256: str
    type: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One release. ``entry`` is None exactly when the bundle is shared."""

    format: str
    bundle: str
    version: str
    title: Title
    kind: str
    entry: str | None
    contract: ContractRange
    permissions: dict[str, int]
    purposes: tuple[str, ...]
    events: tuple[str, ...]
    ops: tuple[str, ...]
    csp: str
    shell: ShellRange
    floor: str
    requires: dict[str, Requirement]
    source: Source
    files: dict[str, FileEntry]

    @property
    def name(self) -> str:
        """Give ``wealth@1.0.0``."""
        return f"{self.bundle}@{self.version}"


def encode(manifest: Manifest) -> bytes:
    """Give the manifest's only bytes (RFC 8785).

    Raises:
        ManifestError: the manifest contradicts itself.
    """
    _check(manifest)
    try:
        return rfc8785.dumps(msgspec.to_builtins(manifest))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ManifestError(
            detail=f"the manifest cannot be written: {error}", remedy="use plain texts and numbers"
        ) from error


def decode(data: bytes) -> Manifest:
    """Read a manifest's bytes.

    Raises:
        ManifestError: they are not the canonical bytes of a manifest: unknown or missing member, wrong type, other
            order, white space, a path that could leave the bundle, an entry that is not there.
    """
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ManifestError(detail=f"the manifest cannot be read: {error}") from error
    if encode(manifest) != data:
        raise ManifestError(detail="the manifest is not in canonical form (RFC 8785)")
    return manifest


def digest_of(data: bytes) -> str:
    """Give the digest of a bundle: the hash of its manifest's bytes."""
    return sha256(data)


def _check(manifest: Manifest) -> None:
    """Hold the manifest's own rules."""
    if manifest.format != FORMAT or BUNDLE_ID.fullmatch(manifest.bundle) is None:
        raise ManifestError(detail=f"{manifest.format!r} of {manifest.bundle!r} is not {FORMAT} of a bundle id")
    if manifest.kind not in {"app", "shared"} or (manifest.kind == "shared") != (manifest.entry is None):
        raise ManifestError(detail="kind is app with an entry page, or shared without one")
    for version in (manifest.version, manifest.shell.min, manifest.floor):
        parse_version(version)
    if parse_version(manifest.floor) > parse_version(manifest.version):
        raise ManifestError(detail=f"the floor {manifest.floor} lies above the version {manifest.version}")
    _check_files(manifest.files)
    if manifest.entry is not None and manifest.entry not in manifest.files:
        raise ManifestError(detail=f"the entry page {manifest.entry} is not among the files")
    for shared, requirement in manifest.requires.items():
        if BUNDLE_ID.fullmatch(shared) is None or DIGEST.fullmatch(requirement.digest) is None:
            raise ManifestError(detail=f"the requirement {shared} is no bundle with a digest")
        parse_version(requirement.version)
    if any(character in manifest.csp for character in "\r\n,") or not manifest.csp.isascii():
        raise ManifestError(detail="the CSP is not one ASCII header value with one policy")


def _check_files(files: Mapping[str, FileEntry]) -> None:
    """Hold the rules of the file list."""
    try:
        check_paths(files)
    except PathError as error:
        raise ManifestError(detail=error.detail, remedy=error.remedy) from error
    for path, entry in files.items():
        if entry.length < 0 or DIGEST.fullmatch(entry.sha256) is None or not _is_media_type(entry.type):
            raise ManifestError(detail=f"the entry of {path} has no length, hash and media type")


def _is_media_type(value: Any) -> bool:
    """Tell whether it can stand in a Content-Type header."""
    return re.fullmatch(r"[a-z]+/[a-z0-9.+-]+(; charset=utf-8)?", value) is not None
