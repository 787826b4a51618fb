"""``h5bundle check``: what must be mended before a bundle can be published."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import native_bridge
from h5bundle.assets import collect, texts
from h5bundle.errors import ObjectMissingError, ProjectError
from h5bundle.lint import Finding, Knowledge, Subject, check
from h5bundle.manifest import decode
from h5bundle.project import Project, read_project
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import manifest_target, read_object, read_target

CONTRACT: Final = Path(native_bridge.__file__).parent / "contract" / "contract.json"
"""The compiled bridge contract."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOptions:
    """What to check.

    Attributes:
        project: folder with ``bundle.yaml``.
        catalogue: file with the bank's operations, as ``GET /app/v1/catalogue`` gives them, or None.
        shared: project folders of required shared bundles, where they are not in the store.
    """

    project: Path
    catalogue: Path | None = None
    shared: tuple[Path, ...] = ()


def run(options: CheckOptions, store: Store | None = None, knowledge: Knowledge | None = None) -> tuple[Finding, ...]:
    """Check a project.

    Args:
        options: what to check.
        store: repository with the required shared bundles, or None.
        knowledge: what the rules know; the present contract and the given catalogue when None.

    Raises:
        H5BundleError: the project cannot be read or built.
    """
    project = read_project(options.project)
    subject = Subject(
        project=project,
        texts=texts(project),
        files=collect(project),
        knowledge=knowledge or know(options.catalogue),
        shared=_shared(project, options.shared, store),
    )
    return check(subject)


def know(catalogue: Path | None = None) -> Knowledge:
    """Read the present contract and, if given, the catalogue.

    Raises:
        ProjectError: the catalogue cannot be read.
    """
    contract = json.loads(CONTRACT.read_bytes())
    return Knowledge(
        contract=contract["contract"],
        methods={name: max(int(version) for version in versions) for name, versions in contract["methods"].items()},
        events=frozenset(contract["events"]),
        ops=None if catalogue is None else _operations(catalogue),
    )


def _operations(catalogue: Path) -> frozenset[str]:
    """Read the codes of a catalogue."""
    try:
        return frozenset(operation["code"] for operation in json.loads(catalogue.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            detail=f"{catalogue} is no catalogue", remedy="fetch it: curl -o catalogue.json …/app/v1/catalogue"
        ) from error


def _shared(project: Project, folders: tuple[Path, ...], store: Store | None) -> tuple[str, ...] | None:
    """Give the scripts of required shared bundles, or None when one is not at hand."""
    required = project.declaration.requires
    found: dict[str, tuple[str, ...]] = {}
    for folder in folders:
        other = read_project(folder)
        found[other.declaration.id] = tuple(texts(other).values())
    missing = {bundle: version for bundle, version in required.items() if bundle not in found}
    published = _published(missing, store)
    if published is None:
        return None
    return tuple(text for group in (*found.values(), *published) for text in group)


def _published(required: Mapping[str, str], store: Store | None) -> list[tuple[str, ...]] | None:
    """Read the scripts of published shared bundles."""
    if not required:
        return []
    if store is None:
        return None
    try:
        state = load_for_reading(store)
    except ObjectMissingError:
        return None
    groups = []
    for bundle, version in required.items():
        path = manifest_target(bundle, version)
        if state.target(path) is None:
            return None
        manifest = decode(read_target(store.read, state, path))
        scripts = {name: entry for name, entry in manifest.files.items() if name.endswith((".js", ".mjs"))}
        objects = [read_object(store.read, entry.sha256, entry.length) for entry in scripts.values()]
        groups.append(tuple(data.decode(errors="replace") for data in objects))
    return groups
