"""``h5bundle deltas``: make the deltas to a release, from every release still in use or from a base nobody foresaw.

A delta is an immutable blob under the digests of both manifests. It is not signed and stands outside TUF: what it
makes is believed only with the hashes of the new manifest, so an altered one costs a download and nothing else. For
the same reason no publication waits for deltas: they are made when it stands, and until then phones fetch the files.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from h5bundle import delta
from h5bundle.commands.offers import Offered
from h5bundle.digests import sha256
from h5bundle.errors import PublishError, StoreError, TrustError
from h5bundle.keys import app_role
from h5bundle.manifest import Manifest, decode
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


@dataclass(frozen=True, slots=True)
class Following:
    """What became of the deltas to a release that was published.

    Attributes:
        due: from how many releases phones come.
        ready: how many of these have their delta, or need none because the files are as small.
        trouble: why the others have none; empty when they are only left for later.
    """

    due: int
    ready: int
    trouble: str = ""


def follow(
    store: Store, bundle: str, digest: str, *, before: Collection[str] = (), later: bool = False, progress: Progress
) -> Following:
    """Make the deltas that are missing to a release that stands; whatever goes wrong, it goes on standing.

    An old release whose files are not whole gets none: ``h5bundle verify`` names it.

    Args:
        store: the repository.
        bundle: bundle id.
        digest: of the release's manifest.
        before: digests of the releases that the rollout policy named until now.
        later: make none, and only tell how many are there.
        progress: told how many bases are done.
    """
    due, ready, trouble = 0, 0, ""
    try:
        state = load_for_reading(store)
        manifest = offered_by(store, state, bundle).get(digest)
        if manifest is None:  # withdrawn by now
            return Following(due, ready)
        bases = in_use(store, state, manifest, digest, before)
        due = len(bases)
        files = {} if later else files_of(store, manifest)
        for done, (base_digest, base) in enumerate(bases.items(), start=1):
            if later:
                ready += store.exists(delta_path(digest, base_digest))
                continue
            try:
                offer_delta(store, base, base_digest, manifest, digest, files)
                ready += 1
            except TrustError as error:
                trouble = error.detail
            progress("deltas", done, due)
    except (StoreError, TrustError) as error:
        trouble = error.detail
    return Following(due, ready, trouble)


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
    offered = offered_by(store, state, bundle)
    if not offered:
        raise PublishError(detail=f"{bundle} has no release here", remedy="look at: h5bundle status")
    digest = max(offered, key=lambda one: parse_version(offered[one].version))
    manifest = offered[digest]
    chosen = in_use(store, state, manifest, digest)
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
        made.append(offer_delta(store, base, key, manifest, digest, files))
        progress("deltas", done, len(chosen))
    return tuple(made)


def files_of(store: Store, manifest: Manifest) -> dict[str, bytes]:
    """Read and verify the files of a release."""
    return {path: read_object(store.read, entry.sha256, entry.length) for path, entry in manifest.files.items()}


def offered_by(store: Store, state: TrustedState, bundle: str) -> dict[str, Manifest]:
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


def in_use(
    store: Store, state: TrustedState, manifest: Manifest, digest: str, before: Collection[str] = ()
) -> dict[str, Manifest]:
    """Give the releases from which phones come: those that the policy names or named, and the newest others."""
    offered = {key: one for key, one in offered_by(store, state, manifest.bundle).items() if key != digest}
    newest = sorted(offered, key=lambda key: parse_version(offered[key].version), reverse=True)
    named = {*_named(store, state, manifest.bundle), *before}
    return {key: offered[key] for place, key in enumerate(newest) if place < RECENT or key in named}


def _named(store: Store, state: TrustedState, bundle: str) -> frozenset[str]:
    """Give the digests that the rollout policy names."""
    policy = Offered(store, state.unexpired()).policy(bundle)
    return frozenset() if policy is None else frozenset(release.digest for release in policy.releases)


def offer_delta(
    store: Store, base: Manifest, base_digest: str, manifest: Manifest, digest: str, files: Mapping[str, bytes]
) -> Made:
    """Make one delta with full effort and keep it, unless it is there.

    Raises:
        TrustError: the files of the base are not whole.
        StoreError: it cannot be kept.
    """
    path = delta_path(digest, base_digest)
    if store.exists(path):
        return Made(base.version, base_digest, len(store.read(path)))
    made = made_delta(store, base, manifest, files, delta.FULL)
    if made is not None:
        store.put_blob(path, made)
    return Made(base.version, base_digest, None if made is None else len(made))


def made_delta(
    store: Store, base: Manifest, manifest: Manifest, files: Mapping[str, bytes], effort: delta.Effort
) -> bytes | None:
    """Make a delta; None when it would not be worth its bytes, or a release is too large."""
    if max(_size(base), _size(manifest)) > SIZE_LIMIT:
        return None
    return delta.make(files_of(store, base), manifest, files, effort=effort)


def _size(manifest: Manifest) -> int:
    """Give the bytes of a release."""
    return sum(entry.length for entry in manifest.files.values())
