"""The verified list of releases on offer, read from a store beside the process by the rules of ``h5bundle.trust``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from h5bundle.digests import sha256
from h5bundle.errors import ExpiredError, TrustError
from h5bundle.keys import app_role
from h5bundle.manifest import Manifest, decode
from h5bundle.repository import trusted_root as first_root
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, load, manifest_target, read_target

MANIFEST_SUFFIX: Final = ".manifest.json"


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """A release on offer, with the bytes that prove who signed it.

    Attributes:
        manifest: the manifest's bytes; manifest_model: read.
        role: signed metadata of ``app-<bundle>``; targets, root: those that delegate to it.
    """

    bundle: str
    version: str
    digest: str
    manifest: bytes
    manifest_model: Manifest
    role: bytes
    targets: bytes
    root: bytes


def releases(store: Store, *, now: datetime, trusted_root: bytes | None = None) -> tuple[PublishedRelease, ...]:
    """Give every release on offer, verified; bundles whose role has expired offer none.

    Args:
        store: the repository.
        now: against which expiry is checked.
        trusted_root: root metadata that came by a trusted way; the store's own first root when the store itself is
            the trusted way, as for a server that serves its own folder.

    Raises:
        TrustError: the repository is not whole.
    """
    anchor = first_root(store) if trusted_root is None else trusted_root
    state = load(store.read, trusted_root=anchor, now=now)
    return tuple(release for bundle in state.bundles for release in _of_bundle(store, state, bundle))


def _of_bundle(store: Store, state: TrustedState, bundle: str) -> Iterator[PublishedRelease]:
    """Go through the releases of one bundle."""
    role = state.roles[app_role(bundle)]
    for path in sorted(role.metadata.signed.targets):
        if not path.endswith(MANIFEST_SUFFIX):
            continue
        try:
            data = read_target(store.read, state, path)
        except ExpiredError:
            return
        manifest = decode(data)
        if manifest_target(manifest.bundle, manifest.version) != path or manifest.bundle != bundle:
            raise TrustError(subject=path, detail=f"it is the manifest of {manifest.name}")
        yield PublishedRelease(
            bundle, manifest.version, sha256(data), data, manifest, role.data, state.targets_bytes, state.root_bytes
        )
