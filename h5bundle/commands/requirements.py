"""Finding the exact releases of the shared bundles that a bundle requires."""

from collections.abc import Mapping
from pathlib import Path

from h5bundle.digests import sha256
from h5bundle.errors import ManifestError, ObjectMissingError
from h5bundle.manifest import Manifest, Requirement, decode
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import manifest_target


def resolve(wanted: Mapping[str, str], manifests: tuple[Path, ...], store: Store | None) -> dict[str, Requirement]:
    """Pin each required bundle by the digest of its manifest.

    Args:
        wanted: bundle → version, as ``bundle.yaml`` says.
        manifests: manifest files given by hand; they win.
        store: the repository to look in, or None.

    Raises:
        ManifestError: a given file is no manifest of a shared bundle.
    """
    given = [_read(path) for path in manifests]
    found = {
        manifest.bundle: Requirement(manifest.version, digest)
        for manifest, digest in given
        if wanted.get(manifest.bundle) == manifest.version
    }
    return {**_published(wanted, store), **found}


def _read(path: Path) -> tuple[Manifest, str]:
    """Read a manifest that was given by hand."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ManifestError(detail=f"{path} cannot be read: {error.strerror}") from error
    manifest = decode(data)
    if manifest.kind != "shared":
        raise ManifestError(detail=f"{manifest.name} is no shared bundle and cannot be required")
    return manifest, sha256(data)


def _published(wanted: Mapping[str, str], store: Store | None) -> dict[str, Requirement]:
    """Look up what the repository offers."""
    if store is None or not wanted:
        return {}
    try:
        state = load_for_reading(store)
    except ObjectMissingError:
        return {}
    found = {}
    for bundle, version in wanted.items():
        target = state.target(manifest_target(bundle, version))
        if target is not None:
            found[bundle] = Requirement(version, target.hashes["sha256"])
    return found
