"""A packed release as others receive it: read from a zip, held to its declaration, and checked without its sources.

Invariant: a declaration that comes along must make exactly the manifest that the zip holds, from the zip's own files;
so what it allows with a reason, and whose code it names, belongs to these very bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import msgspec

from h5bundle.commands.check import know
from h5bundle.errors import ManifestError, ObjectMissingError
from h5bundle.lint import Finding, Knowledge, Subject, check
from h5bundle.manifest import Manifest, decode, digest_of, encode
from h5bundle.pack import Package, bill_of_materials, pack, unpack
from h5bundle.paths import is_text
from h5bundle.project import Declaration, Project, parse_declaration
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import manifest_target, read_object, read_target

_SCRIPTS: Final = (".js", ".mjs")


@dataclass(frozen=True, slots=True)
class Received:
    """A package with what its team declared.

    Attributes:
        package: the release.
        project: the declaration and its lines; made of the manifest when none came along.
    """

    package: Package
    project: Project


def receive(archive: bytes, declaration: str = "") -> Received:
    """Read a packed release.

    Args:
        archive: the zip.
        declaration: text of ``bundle.yaml``; empty when it is not at hand, then nothing is allowed by it.

    Raises:
        ManifestError: the zip is not ours, or the declaration makes another manifest of its files.
        ProjectError: the declaration cannot be read.
    """
    manifest, files = unpack(archive)
    data = encode(manifest)
    ordered = {name: files[name] for name in manifest.files}
    declared = parse_declaration(declaration) if declaration else _declaration_of(manifest)
    if declaration:
        made = pack(declared, ordered, requires=manifest.requires, commit=manifest.source.commit)
        if made.manifest_bytes != data:
            member = _difference(made.manifest, manifest)
            raise ManifestError(
                detail=f"bundle.yaml does not make the manifest of {manifest.name}: {member} differs",
                remedy="pack again, and send the bundle.yaml that it was packed with",
            )
        return Received(made, Project(Path(), declared, declaration))
    package = _package(manifest, data, ordered, archive)
    return Received(package, Project(Path(), declared, ""))


def check_received(received: Received, store: Store | None, knowledge: Knowledge | None = None) -> tuple[Finding, ...]:
    """Run every rule over the packed files.

    Args:
        received: the release.
        store: repository with the required shared bundles, or None.
        knowledge: what the rules know; the present contract when None.
    """
    files = received.package.files
    texts = {name: data.decode(errors="replace") for name, data in files.items() if is_text(name)}
    project = Project(received.project.folder, _as_packed(received.project.declaration, files), received.project.text)
    shared = _shared(received.package.manifest, store)
    return check(Subject(project=project, texts=texts, files=files, knowledge=knowledge or know(), shared=shared))


def _package(manifest: Manifest, data: bytes, files: Mapping[str, bytes], archive: bytes) -> Package:
    """Make a package of a zip that came alone; its bill of materials names the required bundles only."""
    digest = digest_of(data)
    return Package(manifest, data, digest, files, archive, bill_of_materials(manifest, digest, ()))


def _difference(made: Manifest, given: Manifest) -> str:
    """Name the first member that differs."""
    names = (name for name in Manifest.__struct_fields__ if getattr(made, name) != getattr(given, name))
    return next(names, "its bytes")


def _declaration_of(manifest: Manifest) -> Declaration:
    """Say in a declaration what a manifest says."""
    return Declaration(
        id=manifest.bundle,
        version=manifest.version,
        title=manifest.title,
        kind=manifest.kind,
        entry=manifest.entry,
        contract=manifest.contract,
        permissions=manifest.permissions,
        purposes=manifest.purposes,
        events=manifest.events,
        ops=manifest.ops,
        csp=manifest.csp,
        shell=manifest.shell,
        floor=manifest.floor,
        requires={name: requirement.version for name, requirement in manifest.requires.items()},
        dist=".",
    )


def _as_packed(declaration: Declaration, files: Mapping[str, bytes]) -> Declaration:
    """Let a declaration with sources name packed files only: the sources of its third-party code are not here."""
    if declaration.build is None:
        return declaration
    parts = tuple(
        msgspec.structs.replace(
            part, files=tuple(pattern for pattern in part.files if any(fnmatchcase(name, pattern) for name in files))
        )
        for part in declaration.third_party
    )
    return msgspec.structs.replace(declaration, third_party=parts)


def _shared(manifest: Manifest, store: Store | None) -> tuple[str, ...] | None:
    """Give the scripts of the required releases, or None when one is not on offer."""
    if not manifest.requires:
        return ()
    try:
        state = None if store is None else load_for_reading(store)
    except ObjectMissingError:
        return None
    if store is None or state is None:
        return None
    found: list[str] = []
    for bundle, requirement in manifest.requires.items():
        path = manifest_target(bundle, requirement.version)
        target = state.target(path)
        if target is None or target.hashes["sha256"] != requirement.digest:
            return None
        entries = decode(read_target(store.read, state, path)).files
        scripts = [entry for name, entry in entries.items() if name.endswith(_SCRIPTS)]
        found += [read_object(store.read, entry.sha256, entry.length).decode(errors="replace") for entry in scripts]
    return tuple(found)
