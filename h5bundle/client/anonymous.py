"""What a visitor without an installation gets: the release that everybody gets, and its files, verified on every read.

Such a visitor keeps nothing: no install id that could fall into a share, no slot to go back to when a release does not
start. So a release on trial is not for him, and a halted bundle has nothing for him at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from h5bundle.digests import sha256
from h5bundle.errors import TrustError
from h5bundle.keys import ROLLOUT, app_role
from h5bundle.manifest import FileEntry, Manifest, decode
from h5bundle.paths import SHARED
from h5bundle.rollout import EVERYBODY, Here, RolloutRelease, decide
from h5bundle.rollout import decode as decode_policy
from h5bundle.trust import Read, TrustedState, manifest_target, read_object, read_target, rollout_target

_NOBODY: Final = ""
"""The install id of a visitor who has none; it is no installation's hash in a list of testers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnonymousRelease:
    """A release that everybody gets, with its shared bundles, verified.

    Attributes:
        digest: of the manifest; data: its bytes.
        shared: manifests of the shared bundles by their id, each the one that the manifest pins.
        digests: of all of them, this release's first.
        until: when the first of the roles that say so expires.
    """

    manifest: Manifest
    digest: str
    data: bytes
    shared: Mapping[str, Manifest]
    digests: tuple[str, ...]
    until: datetime
    _files: Mapping[str, FileEntry] = field(repr=False)

    def entry(self, path: str) -> FileEntry | None:
        """Give what the manifests say of a path, ``_shared/<id>/…`` for a shared bundle; None when it is no file."""
        return self._files.get(path)


def anonymous_release(
    read: Read, state: TrustedState, bundle: str, *, app_version: str, platform: str, now: datetime
) -> AnonymousRelease | None:
    """Give the release of a bundle that everybody on a platform gets, or None when there is none.

    Args:
        read: gives the repository's objects.
        state: the verified repository.
        bundle: bundle id.
        app_version: of the host.
        platform: which host it is.
        now: against which the expiry of the bundle's and the rollout's role is checked.

    Raises:
        TrustError: what the roles offer is missing, forged or expired.
    """
    current = replace(state, now=now)
    chosen = _for_everybody(read, current, bundle, app_version=app_version, platform=platform)
    if chosen is None:
        return None
    manifest, data = _manifest(read, current, bundle, chosen.version, chosen.digest)
    if manifest.entry is None:
        return None
    shared = {
        name: _manifest(read, current, name, pinned.version, pinned.digest)[0]
        for name, pinned in sorted(manifest.requires.items())
    }
    return AnonymousRelease(
        manifest=manifest,
        digest=chosen.digest,
        data=data,
        shared=shared,
        digests=(chosen.digest, *(pinned.digest for _, pinned in sorted(manifest.requires.items()))),
        until=min(_expiry(current, role) for role in (ROLLOUT, *map(app_role, (bundle, *shared)))),
        _files=dict(_all_files(manifest, shared)),
    )


def read_file(read: Read, entry: FileEntry) -> bytes:
    """Give a file's bytes, verified by the hash in its manifest.

    Raises:
        TrustError: it is missing or other bytes lie there.
    """
    return read_object(read, entry.sha256, entry.length)


def _for_everybody(
    read: Read, state: TrustedState, bundle: str, *, app_version: str, platform: str
) -> RolloutRelease | None:
    """Give the first release whose conditions hold and of which no share is held back."""
    path = rollout_target(bundle)
    if state.target(path) is None:
        return None
    policy = decode_policy(read_target(read, state, path))
    if policy.bundle != bundle:
        raise TrustError(subject=path, detail=f"it is the policy of {policy.bundle}")
    if policy.halt:
        return None
    here = Here(install_id=_NOBODY, app_version=app_version, platform=platform)
    verdicts = decide(policy, here).verdicts
    return next((one.release for one in verdicts if one.gets and one.release.permyriad >= EVERYBODY), None)


def _manifest(read: Read, state: TrustedState, bundle: str, version: str, digest: str) -> tuple[Manifest, bytes]:
    """Read a manifest: signed by the bundle's role, and the one whose digest was named."""
    path = manifest_target(bundle, version)
    data = read_target(read, state, path)
    manifest = decode(data)
    if sha256(data) != digest or (manifest.bundle, manifest.version) != (bundle, version):
        raise TrustError(subject=path, detail=f"it is not the release {digest[:12]} of {bundle}")
    return manifest, data


def _expiry(state: TrustedState, role: str) -> datetime:
    """Give when a delegated role expires."""
    return state.roles[role].metadata.signed.expires


def _all_files(manifest: Manifest, shared: Mapping[str, Manifest]) -> Iterator[tuple[str, FileEntry]]:
    """Go through the files of a release and of its shared bundles, by the paths that its pages use."""
    yield from manifest.files.items()
    for name, other in shared.items():
        for path, entry in other.files.items():
            yield f"{SHARED}/{name}/{path}", entry
