"""The rollout policy of a bundle, and the rule by which an installation chooses among releases.

The first release of the policy whose conditions hold for the installation is the one that it gets. The cohort is a
number from 0 to 9999 made of the installation's id and the release's salt: it never changes, so raising ``permyriad``
only ever adds installations.
"""

import hashlib
from typing import Final

import msgspec
import rfc8785

from h5bundle.errors import ManifestError
from h5bundle.manifest import Manifest
from h5bundle.trust import manifest_target
from h5bundle.versions import parse_version

FORMAT: Final = "tidegate-rollout/1"
EVERYBODY: Final = 10_000
_SALT_DIGITS: Final = 16


class AppRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The oldest app that may take the release."""

    min: str


class RolloutRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release on offer, and to whom."""

    version: str
    manifest: str
    digest: str
    permyriad: int
    salt: str
    allow: tuple[str, ...]
    platforms: tuple[str, ...]
    app: AppRange


class RolloutPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets which release of one bundle."""

    format: str
    bundle: str
    policy: int
    releases: tuple[RolloutRelease, ...]
    halt: bool
    floor: str


def encode(policy: RolloutPolicy) -> bytes:
    """Give the policy's bytes (RFC 8785)."""
    return rfc8785.dumps(msgspec.to_builtins(policy))


def decode(data: bytes) -> RolloutPolicy:
    """Read a policy's bytes.

    Raises:
        ManifestError: they are no policy in canonical form.
    """
    try:
        policy = msgspec.json.decode(data, type=RolloutPolicy)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ManifestError(detail=f"the rollout policy cannot be read: {error}") from error
    if policy.format != FORMAT or encode(policy) != data:
        raise ManifestError(detail=f"the rollout policy is not {FORMAT} in canonical form")
    return policy


def offer(old: RolloutPolicy | None, manifest: Manifest, digest: str, permyriad: int) -> RolloutPolicy:
    """Put a release in front of a policy.

    Releases behind one that everybody gets are dropped, and so are those below the floor, which never sinks.

    Args:
        old: the policy so far, or None.
        manifest: the release.
        digest: its digest.
        permyriad: how many of 10,000 installations get it.
    """
    before = () if old is None else tuple(release for release in old.releases if release.version != manifest.version)
    floor = max((manifest.floor, *(() if old is None else (old.floor,))), key=parse_version)
    front = RolloutRelease(
        version=manifest.version,
        manifest=manifest_target(manifest.bundle, manifest.version),
        digest=digest,
        permyriad=permyriad,
        salt=hashlib.sha256(f"tidegate-rollout:{digest}".encode()).hexdigest()[:_SALT_DIGITS],
        allow=(),
        platforms=(),
        app=AppRange(min=manifest.shell.min),
    )
    behind = () if permyriad >= EVERYBODY else before
    kept = (front, *(release for release in behind if parse_version(release.version) >= parse_version(floor)))
    number = 1 if old is None else old.policy + 1
    return RolloutPolicy(FORMAT, manifest.bundle, number, kept, halt=False, floor=floor)


def cohort(install_id: str, salt: str) -> int:
    """Give an installation's number for a release, 0 to 9999."""
    return int.from_bytes(hashlib.sha256(f"{install_id}:{salt}".encode()).digest()[:4], "big") % EVERYBODY


def choose(policy: RolloutPolicy, *, install_id: str, app_version: str, platform: str) -> RolloutRelease | None:
    """Give the release that an installation gets, or None when it gets none."""
    if policy.halt:
        return None
    hashed = hashlib.sha256(install_id.encode()).hexdigest()
    for release in policy.releases:
        fits = not release.platforms or platform in release.platforms
        named = hashed in release.allow or cohort(install_id, release.salt) < release.permyriad
        if fits and named and parse_version(app_version) >= parse_version(release.app.min):
            return release
    return None
