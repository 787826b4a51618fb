"""Releases that ship inside the app: a small repository with one release of each bundle, for a start without network.

It is believed for the same reason as the repository itself, from the embedded root down to every file's hash; only
expiry is not looked at, because an app may lie in a shop for a year.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from h5bundle.client.slots import Release
from h5bundle.digests import sha256
from h5bundle.errors import ObjectMissingError, PresetError
from h5bundle.manifest import decode
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, load, manifest_target, read_object, read_target

INDEX: Final = "preset.json"
FORMAT: Final = "tidegate-preset/1"
ANY_DAY: Final = datetime.min.replace(tzinfo=UTC)


class PresetRelease(msgspec.Struct, frozen=True):
    """Which release of a bundle is inside."""

    bundle: str
    version: str
    digest: str


class PresetIndex(msgspec.Struct, frozen=True):
    """What is inside; it only points, the repository's signatures decide."""

    format: str
    releases: tuple[PresetRelease, ...]


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset, verified down to the manifests.

    Attributes:
        releases: by bundle.
    """

    store: Store
    releases: dict[str, Release]

    def files(self, release: Release) -> dict[str, bytes]:
        """Give the files of a release by hash.

        Raises:
            TrustError: one is missing or altered.
        """
        return {digest: read_object(self.store.read, digest, length) for digest, length in release.files.values()}


def open_preset(store: Store, *, trusted_root: bytes) -> Preset:
    """Verify a preset from the embedded root; expiry is tolerated.

    Raises:
        PresetError: there is no index, or it names what the signatures do not.
        TrustError: the metadata does not verify.
    """
    index = _index(store)
    state = load(store.read, trusted_root=trusted_root, now=ANY_DAY)
    return Preset(store, {one.bundle: _release(store, state, one) for one in index.releases})


def _index(store: Store) -> PresetIndex:
    try:
        index = msgspec.json.decode(store.read(INDEX), type=PresetIndex)
    except ObjectMissingError as error:
        raise PresetError(
            detail=f"there is no {INDEX}", remedy="make one: h5bundle preset BUNDLE --out FOLDER"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PresetError(detail=f"{INDEX} cannot be read: {error}") from error
    if index.format != FORMAT:
        raise PresetError(detail=f"{INDEX} is not {FORMAT}")
    return index


def _release(store: Store, state: TrustedState, named: PresetRelease) -> Release:
    """Read the manifests of one release."""
    data = read_target(store.read, state, manifest_target(named.bundle, named.version))
    if sha256(data) != named.digest:
        raise PresetError(detail=f"{INDEX} names another digest of {named.bundle} {named.version} than was signed")
    manifest = decode(data)
    shared = {}
    for bundle, requirement in manifest.requires.items():
        shared[bundle] = read_target(store.read, state, manifest_target(bundle, requirement.version))
        if sha256(shared[bundle]) != requirement.digest:
            raise PresetError(detail=f"{bundle} {requirement.version} is not the release that {manifest.name} pins")
    return Release(manifest, data, shared)
