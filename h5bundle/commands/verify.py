"""``h5bundle verify``: believe nothing; walk every signature, every target and every object of a repository."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from h5bundle import rollout
from h5bundle.errors import ExpiredError, ManifestError, TrustError
from h5bundle.manifest import Manifest, decode
from h5bundle.pack import unpack
from h5bundle.repository import trusted_root as first_root
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, load, manifest_target, metadata_path, read_object, read_target

Progress: TypeAlias = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was verified."""

    roles: int
    releases: int
    objects: int


def run(
    store: Store, *, now: datetime, trusted_root: bytes | None = None, progress: Progress = lambda *_: None
) -> Verified:
    """Verify a repository.

    Args:
        store: the repository.
        now: against which expiry is checked.
        trusted_root: root metadata from elsewhere; the store's own first root when not given.
        progress: told how many objects are done.

    Raises:
        TrustError: naming the first object that is not what was signed.
    """
    state = load(store.read, trusted_root=first_root(store) if trusted_root is None else trusted_root, now=now)
    _check_expiry(state, now)
    paths = [path for role in state.roles.values() for path in role.metadata.signed.targets]
    contents = {path: read_target(store.read, state, path) for path in paths}
    manifests = {path: _manifest(path, data) for path, data in contents.items() if path.endswith(".manifest.json")}
    _check_policies(contents, state)
    wanted = {entry.sha256: entry.length for manifest in manifests.values() for entry in manifest.files.values()}
    for done, (digest, length) in enumerate(sorted(wanted.items()), start=1):
        read_object(store.read, digest, length)
        progress("objects", done, len(wanted))
    for path, manifest in manifests.items():
        _check_release(path, manifest, contents, state)
    return Verified(len(state.roles) + 4, len(manifests), len(wanted))


def _check_expiry(state: TrustedState, now: datetime) -> None:
    """Refuse a role that is past its day."""
    for role, held in state.roles.items():
        if now >= held.metadata.signed.expires:
            raise ExpiredError(
                subject=metadata_path(role, held.metadata.signed.version),
                detail=f"it expired on {held.metadata.signed.expires:%Y-%m-%d %H:%M} UTC",
                remedy="publish again with the role's key, or: h5bundle sign-timestamp for rollout",
            )


def _manifest(path: str, data: bytes) -> Manifest:
    """Read a manifest that a role offers."""
    try:
        manifest = decode(data)
    except ManifestError as error:
        raise TrustError(subject=path, detail=error.detail) from error
    if manifest_target(manifest.bundle, manifest.version) != path:
        raise TrustError(subject=path, detail=f"it is the manifest of {manifest.name}")
    return manifest


def _check_release(path: str, manifest: Manifest, contents: dict[str, bytes], state: TrustedState) -> None:
    """Hold that the zip is the release, and that what it requires is on offer."""
    archive = path.replace(".manifest.json", ".zip")
    try:
        packed = unpack(contents[archive])[0] if archive in contents else manifest
    except ManifestError as error:
        raise TrustError(subject=archive, detail=error.detail) from error
    if packed != manifest:
        raise TrustError(subject=archive, detail=f"it is not the zip of {manifest.name}")
    for bundle, requirement in manifest.requires.items():
        target = state.target(manifest_target(bundle, requirement.version))
        if target is None or target.hashes["sha256"] != requirement.digest:
            raise TrustError(subject=path, detail=f"the required {bundle} {requirement.version} is not on offer")


def _check_policies(contents: dict[str, bytes], state: TrustedState) -> None:
    """Hold that every policy chooses among signed releases at or above the floor."""
    for path, data in contents.items():
        if not path.startswith("rollout/"):
            continue
        for release in rollout.decode(data).releases:
            target = state.target(release.manifest)
            if target is None or target.hashes["sha256"] != release.digest:
                raise TrustError(subject=path, detail=f"it names {release.manifest}, which is not signed like that")
