"""``h5bundle pack``: from a project's folder to a release ready to be signed, kept as three files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from h5bundle.assets import collect
from h5bundle.commands.requirements import resolve
from h5bundle.errors import StoreError
from h5bundle.manifest import Requirement
from h5bundle.pack import Package, pack
from h5bundle.project import Project, read_project
from h5bundle.stores.files import write_atomically
from h5bundle.stores.port import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class PackOptions:
    """What to pack.

    Attributes:
        project: folder with ``bundle.yaml``.
        manifests: files with the manifests of required shared bundles, where they are not in the store.
        commit: source commit for the manifest, or empty.
        out: folder for the three files, or None to write none.
    """

    project: Path
    manifests: tuple[Path, ...] = ()
    commit: str = ""
    out: Path | None = None


def run(options: PackOptions, store: Store | None) -> Package:
    """Pack a project.

    Args:
        options: what to pack.
        store: repository in which required shared bundles are looked up, or None.

    Raises:
        H5BundleError: the project does not make a bundle, or a required bundle is not to be found.
    """
    project = read_project(options.project)
    requires = resolve(project.declaration.requires, options.manifests, store)
    package = make(project, requires=requires, commit=options.commit)
    if options.out is not None:
        write_package(package, options.out)
    return package


def make(project: Project, *, requires: Mapping[str, Requirement], commit: str = "") -> Package:
    """Build and pack a project whose requirements are known."""
    return pack(project.declaration, collect(project), requires=requires, commit=commit)


def write_package(package: Package, out: Path) -> None:
    """Write ``<bundle>-<version>.manifest.json``, ``.zip`` and ``.sbom.json``.

    Raises:
        StoreError: the folder cannot be written.
    """
    stem = f"{package.manifest.bundle}-{package.manifest.version}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / f"{stem}.manifest.json", package.manifest_bytes)
        write_atomically(out / f"{stem}.zip", package.archive)
        write_atomically(out / f"{stem}.sbom.json", package.sbom)
    except OSError as error:
        raise StoreError(detail=f"{out} cannot be written: {error.strerror}") from error
