"""``h5bundle deltas``: make the deltas to a release, from every release still in use or from a base nobody foresaw.

A delta is an immutable blob under the digests of both manifests. It is not signed and stands outside TUF: what it
makes is believed only with the hashes of the new manifest, so an altered one costs a download and nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Final

from h5bundle import delta
from h5bundle.commands.offers import Offered
from h5bundle.digests import sha256
from h5bundle.errors import H5BundleError, LockedError, PublishError, TrustError
from h5bundle.keys import app_role
from h5bundle.manifest import Manifest, decode
from h5bundle.pack import Package
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, manifest_target, read_object, read_target
from h5bundle.versions import parse_version

RECENT: Final = 3
"""So many of the newest other releases count as in use, besides those that the policy offers."""
SIZE_LIMIT: Final = 64 << 20
"""A release with more bytes gets no delta."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """One delta that is offered; ``length`` is None when none would be smaller than the files."""

    base: str
    base_digest: str
    length: int | None


def delta_path(digest: str, base: str) -> str:
    """Give the path of the delta from one manifest to another."""
    return f"deltas/{digest}/{base}.zst"


def make_deltas(store: Store, state: TrustedState, package: Package, progress: Progress) -> tuple[Made, ...]:
    """Make the deltas to a release that is about to be published.

    An old release whose files are not whole gets none, and does not stop the publication: ``h5bundle verify`` names it.

    Args:
        store: the repository; the files of older releases are in it.
        state: what is on offer before the publication.
        package: the new release.
        progress: told how many bases are done.
    """
    bases = _in_use(store, state, package.manifest, package.digest)
    made = []
    for done, digest in enumerate(bases, start=1):
        with suppress(TrustError):
            made.append(_offer(store, bases[digest], digest, package.manifest, package.digest, package.files))
        progress("deltas", done, len(bases))
    return tuple(made)


def run(store: Store, bundle: str, *, bases: Iterable[str] = (), progress: Progress) -> tuple[Made, ...]:
    """Make deltas to the newest release of a bundle.

    Args:
        store: the repository.
        bundle: bundle id.
        bases: versions to start from; every release still in use when there are none.
        progress: told how many bases are done.

    Raises:
        PublishError: the bundle or a version is not on offer.
    """
    state = load_for_reading(store)
    offered = _offered(store, state, bundle)
    if not offered:
        raise PublishError(detail=f"{bundle} has no release here", remedy="look at: h5bundle status")
    digest = max(offered, key=lambda one: parse_version(offered[one].version))
    manifest = offered[digest]
    chosen = _in_use(store, state, manifest, digest)
    versions = {one.version: key for key, one in offered.items()}
    wanted = tuple(bases)
    for version in wanted:
        if version not in versions or versions[version] == digest:
            raise PublishError(
                detail=f"{bundle} {version} is no older release on offer", remedy="look at: h5bundle status"
            )
    if wanted:
        chosen = {versions[version]: offered[versions[version]] for version in wanted}
    files = files_of(store, manifest)
    made = []
    for done, (key, base) in enumerate(chosen.items(), start=1):
        made.append(_offer(store, base, key, manifest, digest, files))
        progress("deltas", done, len(chosen))
    return tuple(made)


class OnDemand:
    """Makes the delta between two releases on offer when somebody asks for it: one at a time, and each pair once."""

    def __init__(self, store: Store) -> None:
        """Make deltas of a repository, and keep them in it."""
        self._store = store
        self._working = Lock()
        self._useless: set[tuple[str, str]] = set()

    def __call__(self, digest: str, base: str) -> bytes | None:
        """Give a delta.

        Args:
            digest: of the new release's manifest.
            base: of the manifest of the release that the phone has.

        Returns:
            The delta; None when one of them is not on offer, they are not of one bundle, nothing would be gained,
            another delta is being made just now, or the repository is not whole or full: the phone fetches the files.
            While a publisher holds a repository in a database, a delta is given and not kept.
        """
        if digest == base or (digest, base) in self._useless or not self._working.acquire(blocking=False):
            return None
        try:
            state = load_for_reading(self._store)
            for bundle in state.bundles:
                offered = _offered(self._store, state, bundle)
                if digest in offered and base in offered:
                    return self._made(offered, digest, base)
        except H5BundleError:
            return None
        else:
            return None
        finally:
            self._working.release()

    def _made(self, offered: Mapping[str, Manifest], digest: str, base: str) -> bytes | None:
        """Make a delta that is not there, or remember that there is none."""
        path = delta_path(digest, base)
        files = files_of(self._store, offered[digest])
        made = _stored(self._store, path, offered[base], offered[digest], files, delta.ON_DEMAND)
        if made is None:
            self._useless.add((digest, base))
        return made


def files_of(store: Store, manifest: Manifest) -> dict[str, bytes]:
    """Read and verify the files of a release."""
    return {path: read_object(store.read, entry.sha256, entry.length) for path, entry in manifest.files.items()}


def _offered(store: Store, state: TrustedState, bundle: str) -> dict[str, Manifest]:
    """Give the releases of a bundle's role by their digest."""
    role = state.roles.get(app_role(bundle))
    paths = () if role is None else role.metadata.signed.targets
    data = [
        read_target(store.read, state.unexpired(), path) for path in sorted(paths) if path.endswith(".manifest.json")
    ]
    found = {sha256(one): decode(one) for one in data}
    for manifest in found.values():
        if manifest_target(manifest.bundle, manifest.version) not in paths:
            raise TrustError(subject=app_role(bundle), detail=f"it signs {manifest.name} under another name")
    return found


def _in_use(store: Store, state: TrustedState, manifest: Manifest, digest: str) -> dict[str, Manifest]:
    """Give the releases from which phones may come: those of the policy, and the newest others."""
    offered = {key: one for key, one in _offered(store, state, manifest.bundle).items() if key != digest}
    newest = sorted(offered, key=lambda key: parse_version(offered[key].version), reverse=True)
    named = _named(store, state, manifest.bundle)
    return {key: offered[key] for place, key in enumerate(newest) if place < RECENT or key in named}


def _named(store: Store, state: TrustedState, bundle: str) -> frozenset[str]:
    """Give the digests that the rollout policy names."""
    policy = Offered(store, state.unexpired()).policy(bundle)
    return frozenset() if policy is None else frozenset(release.digest for release in policy.releases)


def _offer(
    store: Store, base: Manifest, base_digest: str, manifest: Manifest, digest: str, files: Mapping[str, bytes]
) -> Made:
    """Make one delta with full effort, unless it is there."""
    path = delta_path(digest, base_digest)
    found = store.read(path) if store.exists(path) else _stored(store, path, base, manifest, files, delta.FULL)
    return Made(base.version, base_digest, None if found is None else len(found))


def _stored(
    store: Store, path: str, base: Manifest, manifest: Manifest, files: Mapping[str, bytes], effort: delta.Effort
) -> bytes | None:
    """Make a delta and keep it."""
    if max(_size(base), _size(manifest)) > SIZE_LIMIT:
        return None
    made = delta.make(files_of(store, base), manifest, files, effort=effort)
    if made is not None:
        with suppress(LockedError) if effort is delta.ON_DEMAND else nullcontext():  # kept when somebody asks again
            store.put_blob(path, made)
    return made


def _size(manifest: Manifest) -> int:
    """Give the bytes of a release."""
    return sum(entry.length for entry in manifest.files.values())
