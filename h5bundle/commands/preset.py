"""``h5bundle preset``: copy out of a repository what an app carries inside for its first start without network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from h5bundle import rollout
from h5bundle.client.presets import FORMAT, INDEX, PresetIndex, PresetRelease, open_preset
from h5bundle.client.slots import Release
from h5bundle.digests import sha256
from h5bundle.errors import ObjectMissingError, PresetError
from h5bundle.manifest import decode
from h5bundle.stores.port import Store
from h5bundle.trust import (
    TIMESTAMP,
    TrustedState,
    load,
    manifest_target,
    metadata_path,
    object_path,
    read_object,
    read_target,
    rollout_target,
    target_file_path,
)

FIRST_ROOT: Final = 1


@dataclass(frozen=True, slots=True)
class PresetReceipt:
    """What stands in the preset now."""

    releases: tuple[PresetRelease, ...]
    files: int
    bytes: int


def run(bundles: Sequence[str], store: Store, out: Store, *, trusted_root: bytes, now: datetime) -> PresetReceipt:
    """Copy the metadata, and of each bundle the release that most installations get, with all its files.

    Args:
        bundles: whose releases.
        store: the repository.
        out: where to; the index is written last.
        trusted_root: root metadata that came by a trusted way.
        now: the present instant; what has expired is not put into an app.

    Raises:
        PresetError: a bundle has no release that everybody may get.
        TrustError: the repository is not whole.
    """
    state = load(store.read, trusted_root=trusted_root, now=now)
    chosen = [_chosen(store, state, bundle) for bundle in bundles]
    _copy_metadata(store, state, out)
    copied: dict[str, int] = {}
    for bundle, release in chosen:
        _copy_target(store, state, out, rollout_target(bundle))
        for name, version in [(bundle, release.manifest.version), *_pinned(release)]:
            _copy_target(store, state, out, manifest_target(name, version))
        for digest, length in release.files.values():
            out.put_blob(object_path(digest), read_object(store.read, digest, length))
            copied[digest] = length
    named = tuple(PresetRelease(bundle, release.manifest.version, release.slot.digest) for bundle, release in chosen)
    out.put_metadata(INDEX, msgspec.json.encode(PresetIndex(FORMAT, named)))
    open_preset(out, trusted_root=trusted_root)
    return PresetReceipt(named, len(copied), sum(copied.values()))


def _chosen(store: Store, state: TrustedState, bundle: str) -> tuple[str, Release]:
    """Give the first release that everybody gets, or else the one that most get."""
    if state.target(rollout_target(bundle)) is None:
        raise PresetError(detail=f"the repository does not offer {bundle}", remedy="look at: h5bundle status")
    policy = rollout.decode(read_target(store.read, state, rollout_target(bundle)))
    if policy.halt or not policy.releases:
        raise PresetError(detail=f"{bundle} is halted or has no release", remedy="an app must not carry it inside")
    first = max(policy.releases, key=lambda release: release.permyriad)
    data = read_target(store.read, state, first.manifest)
    manifest = decode(data)
    shared = {
        name: read_target(store.read, state, manifest_target(name, requirement.version))
        for name, requirement in manifest.requires.items()
    }
    wrong = [name for name, requirement in manifest.requires.items() if sha256(shared[name]) != requirement.digest]
    if sha256(data) != first.digest or wrong:
        raise PresetError(detail=f"{manifest.name} or what it pins is not what the policy names")
    return bundle, Release(manifest, data, shared)


def _pinned(release: Release) -> list[tuple[str, str]]:
    """Give the shared bundles of a release."""
    return [(name, requirement.version) for name, requirement in release.manifest.requires.items()]


def _copy_metadata(store: Store, state: TrustedState, out: Store) -> None:
    """Copy every role as it is now, and every root."""
    for version in range(FIRST_ROOT, state.root.signed.version + 1):
        _copy(store.read, out, metadata_path("root", version))
    snapshot = state.snapshot.signed
    _copy(store.read, out, metadata_path("snapshot", snapshot.version))
    for name, meta in snapshot.meta.items():
        _copy(store.read, out, metadata_path(name.removesuffix(".json"), meta.version))
    _copy(store.read, out, TIMESTAMP)


def _copy(read: Callable[[str], bytes], out: Store, path: str) -> None:
    """Copy one object of metadata; a first root that the repository does not keep any more is in the app anyway."""
    try:
        out.put_metadata(path, read(path))
    except ObjectMissingError:
        if not path.endswith(".root.json"):
            raise


def _copy_target(store: Store, state: TrustedState, out: Store, path: str) -> None:
    """Copy one verified target."""
    data = read_target(store.read, state, path)
    out.put_blob(target_file_path(path, sha256(data)), data)
