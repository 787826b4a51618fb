"""A bundle's project: the folder with ``bundle.yaml`` that a front-end team keeps.

``bundle.yaml`` says what the manifest will say, and either how the files are built (``build:``) or which folder of
finished files is taken as it is (``dist:``). Keys that are not known are refused, because a misspelt permission that
is silently dropped is found in production.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from h5bundle.errors import BuildError, ProjectError
from h5bundle.manifest import BUNDLE_ID, DEFAULT_CSP, ContractRange, ShellRange, Title
from h5bundle.paths import check_path
from h5bundle.sources import read_plain
from h5bundle.versions import parse_contract, parse_version
from h5bundle.yaml_strict import load_yaml

FILE_NAME: Final = "bundle.yaml"
FILTERS: Final = frozenset({"esmin", "rcssmin", "rjsmin"})
NAMES: Final = frozenset({"hashed", "stable"})
DEFAULT_BUDGET: Final = 2_000_000
MAX_DECLARATION: Final = 256 * 1024
MIN_REASON: Final = 3
"""Words of a reason: a sentence, not a shrug."""


class AssetBundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One output made from a list of sources by webassets.

    Attributes:
        sources: files below ``build.source``, in the order in which they are joined; ``*`` stands for names.
        filters: ``esmin`` (JavaScript, modules and templates kept intact), ``rcssmin``, ``rjsmin`` (old scripts).
    """

    sources: tuple[str, ...]
    filters: tuple[str, ...] = ()


class Build(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the files are made when there is no Node build.

    Attributes:
        source: folder of the sources.
        bundles: output name → how it is made.
        copy: files taken over; HTML, CSS and JavaScript among them get their references rewritten.
        fingerprint: whether outputs of ``bundles`` carry their hash in the name.
    """

    source: str = "src"
    bundles: dict[str, AssetBundle] = {}
    copy: tuple[str, ...] = ()
    fingerprint: bool = True


class Allowance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding of the check that the team has looked at and accepts, with its reason for the reviewer.

    Attributes:
        code: the finding's code, ``EXTERNAL_ORIGIN``.
        path: file it may stand in; ``*`` stands for any run of characters.
        reason: why it does no harm.
    """

    code: str
    path: str
    reason: str


class ThirdParty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Code of others inside the bundle: goes to the SBOM, and its licence must be in the bundle.

    Attributes:
        name, version: as the registry knows them.
        licence: SPDX expression.
        files: which files it is in; ``*`` stands for any run of characters.
        licence_file: the file of the bundle that holds the licence's text.
        purl: package URL, or empty.
    """

    name: str
    version: str
    licence: str
    files: tuple[str, ...]
    licence_file: str
    purl: str = ""


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of ``bundle.yaml``."""

    id: str
    version: str
    title: Title
    kind: str = "app"
    entry: str | None = None
    contract: ContractRange = ContractRange(min="1.0", max="1.0")
    permissions: dict[str, int] = {}
    purposes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    ops: tuple[str, ...] = ()
    csp: str = DEFAULT_CSP
    size_budget: int = DEFAULT_BUDGET
    shell: ShellRange = ShellRange(min="1.0.0")
    floor: str | None = None
    requires: dict[str, str] = {}
    build: Build | None = None
    dist: str | None = None
    names: str = "hashed"
    third_party: tuple[ThirdParty, ...] = ()
    allow: tuple[Allowance, ...] = ()

    @property
    def page(self) -> str | None:
        """Give the entry page: ``index.html`` unless said otherwise, none for a shared bundle."""
        return None if self.kind == "shared" else self.entry or "index.html"


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with its declaration.

    Attributes:
        folder: where ``bundle.yaml`` stands.
        text: ``bundle.yaml`` as written, so that findings can name a line of it.
    """

    folder: Path
    declaration: Declaration
    text: str

    def line_of(self, key: str) -> int:
        """Give the line of ``bundle.yaml`` on which a top-level key or an entry stands; 1 when nowhere."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if key in line:
                return number
        return 1


def read_project(folder: Path) -> Project:
    """Read a project's declaration.

    Raises:
        ProjectError: there is none, or it is not as it should be.
    """
    path = folder / FILE_NAME
    try:
        text = read_plain(path, name=FILE_NAME, most=MAX_DECLARATION).decode()
    except BuildError as error:
        raise ProjectError(detail=error.detail, remedy=f"{FILE_NAME} is a short text") from error
    except (OSError, ValueError) as error:
        raise ProjectError(
            detail=f"{path} cannot be read", remedy="run in a bundle's folder, or: h5bundle new ID"
        ) from error
    return Project(folder, parse_declaration(text), text)


def parse_declaration(text: str) -> Declaration:
    """Read the content of ``bundle.yaml``.

    Raises:
        ProjectError: a key is unknown, missing, of the wrong type, or the values contradict each other.
    """
    raw: Any = load_yaml(text, name=FILE_NAME)
    try:
        declaration = msgspec.convert(raw, type=Declaration)
    except msgspec.ValidationError as error:
        raise ProjectError(detail=f"{FILE_NAME}: {error}", remedy="docs/bundles.md lists every key") from error
    _check(declaration)
    return declaration


def _check(declaration: Declaration) -> None:
    """Hold the rules between the values."""
    if BUNDLE_ID.fullmatch(declaration.id) is None:
        raise ProjectError(
            detail=f"{declaration.id!r} is no bundle id", remedy="use 2 to 24 lower-case letters and digits"
        )
    if declaration.kind not in {"app", "shared"}:
        raise ProjectError(detail=f"kind {declaration.kind!r} is neither app nor shared")
    if declaration.kind == "shared" and (declaration.entry or declaration.permissions or declaration.ops):
        raise ProjectError(detail="a shared bundle has no entry page, permissions or ops", remedy="remove them")
    for version in (declaration.version, declaration.shell.min, declaration.floor or declaration.version):
        parse_version(version)
    if parse_contract(declaration.contract.min) > parse_contract(declaration.contract.max):
        raise ProjectError(detail="contract.min lies above contract.max")
    if (declaration.build is None) == (declaration.dist is None):
        raise ProjectError(detail="bundle.yaml needs either build: or dist:", remedy="keep exactly one of them")
    if declaration.names not in NAMES:
        raise ProjectError(
            detail=f"names: {declaration.names[:80]!r} is neither hashed nor stable",
            remedy="write names: stable, or leave it out",
        )
    _check_build(declaration.build)
    for allowance in declaration.allow:
        if len(allowance.reason.split()) < MIN_REASON:
            raise ProjectError(
                detail=f"allow: {allowance.code} has no reason", remedy="say in a sentence why it does no harm"
            )


def _check_build(build: Build | None) -> None:
    """Hold the rules of a ``build:`` section."""
    if build is None:
        return
    for name, output in build.bundles.items():
        check_path(name)
        unknown = set(output.filters) - FILTERS
        if unknown or not output.sources:
            raise ProjectError(
                detail=f"build.bundles.{name} has no sources or an unknown filter {', '.join(sorted(unknown))}".strip(),
                remedy=f"filters are {', '.join(sorted(FILTERS))}",
            )
