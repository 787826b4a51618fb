"""The rollout policy of a bundle, and the rule by which an installation chooses among releases.

The first release of the policy whose conditions hold for the installation is the one that it gets. The cohort is a
number from 0 to 9999 made of the installation's id and the release's salt: it never changes, so raising ``permyriad``
only ever adds installations, and lowering it only removes some. A policy chooses among signed releases at or above the
floor, which never sinks. Every function gives a new policy with the next number; none reads or writes anything.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
import rfc8785

from h5bundle.digests import DIGEST
from h5bundle.errors import ManifestError, PublishError
from h5bundle.manifest import BUNDLE_ID, Manifest
from h5bundle.trust import manifest_target
from h5bundle.versions import parse_version

FORMAT: Final = "tidegate-rollout/1"
EVERYBODY: Final = 10_000
STABLE: Final = "stable"
MAX_RELEASES: Final = 16
MAX_TESTERS: Final = 1_000
_SALT_DIGITS: Final = 16


class AppRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The apps that may take the release, both ends included; ``max`` None means every newer one."""

    min: str
    max: str | None = None


class RolloutRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One release on offer, and to whom.

    Attributes:
        permyriad: how many of 10,000 installations get it; salt: makes their cohorts.
        allow: hashed ids of named testers, who get it whatever their cohort.
        platforms, channels: where it is on offer; everywhere when empty.
        forced: an installation that gets it takes it before it opens the bundle again.
    """

    version: str
    manifest: str
    digest: str
    permyriad: int
    salt: str
    allow: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    app: AppRange
    forced: bool = False

    @property
    def for_everybody(self) -> bool:
        """Tell whether no installation is left for a release behind this one."""
        narrowed = self.platforms or self.channels or self.app.max is not None
        return self.permyriad >= EVERYBODY and not narrowed


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who made this policy of the one before, and why; everybody who reads the policy can read it."""

    by: str = ""
    reason: str = ""


class RolloutPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who gets which release of one bundle.

    Attributes:
        policy: number of the policy, one more than the one before.
        halt: nobody gets anything new; whoever runs a release keeps it.
        floor: no release below it is ever on offer again.
        stale_hours: after so long without a fresh timestamp a device opens the bundle no more; None: it always may.
    """

    format: str
    bundle: str
    policy: int
    releases: tuple[RolloutRelease, ...]
    halt: bool
    floor: str
    stale_hours: int | None = None
    change: Change = Change()


class Reason(StrEnum):
    """Why an installation gets a release, or does not."""

    NAMED = "named"
    COHORT = "cohort"
    OUTSIDE = "outside"
    PLATFORM = "platform"
    CHANNEL = "channel"
    APP_TOO_OLD = "app-too-old"
    APP_TOO_NEW = "app-too-new"
    BELOW_FLOOR = "below-floor"
    HALTED = "halted"
    NONE = "none"


class PreviewReason(StrEnum):
    """Why an installation may open a release that a link names, or may not; all but the first refuse."""

    NAMED = "named"
    FOREIGN = "foreign"
    BELOW_FLOOR = "below-floor"
    HALTED = "halted"
    NOT_OFFERED = "not-offered"
    OTHER_DIGEST = "other-digest"
    PLATFORM = "platform"
    CHANNEL = "channel"
    APP_TOO_OLD = "app-too-old"
    APP_TOO_NEW = "app-too-new"
    NOT_NAMED = "not-named"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """The release that a preview link names; it grants nothing."""

    bundle: str
    version: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Here:
    """What the policy asks about an installation; ``install_id`` never leaves the device."""

    install_id: str
    app_version: str = "1.0.0"
    platform: str = "browser"
    channel: str = STABLE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says of one release for one installation; ``bucket`` is its cohort, 0 to 9999."""

    release: RolloutRelease
    bucket: int
    reason: Reason

    @property
    def gets(self) -> bool:
        """Tell whether the installation may have the release."""
        return self.reason in {Reason.NAMED, Reason.COHORT}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says of one installation: the release that it gets, and a verdict on each that is on offer."""

    release: RolloutRelease | None
    reason: Reason
    verdicts: tuple[Verdict, ...]

    @property
    def forced(self) -> bool:
        """Tell whether the installation must take the release before it opens the bundle again."""
        return self.release is not None and self.release.forced


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
    _check(policy)
    if encode(policy) != data:
        raise ManifestError(detail=f"the rollout policy is not {FORMAT} in canonical form")
    return policy


def _check(policy: RolloutPolicy) -> None:
    """Hold the rules between a policy's values."""
    sound = policy.format == FORMAT and BUNDLE_ID.fullmatch(policy.bundle) is not None and policy.policy >= 1
    if not sound or len(policy.releases) > MAX_RELEASES or (policy.stale_hours is not None and policy.stale_hours < 1):
        raise ManifestError(detail=f"the rollout policy is not {FORMAT} of a bundle")
    parse_version(policy.floor)
    for release in policy.releases:
        whole = release.manifest == manifest_target(policy.bundle, release.version)
        whole = whole and DIGEST.fullmatch(release.digest) is not None and 0 <= release.permyriad <= EVERYBODY
        if not whole or len(release.allow) > MAX_TESTERS or any(DIGEST.fullmatch(one) is None for one in release.allow):
            raise ManifestError(detail=f"the rollout policy of {policy.bundle} holds a malformed release")
        for version in (release.version, release.app.min, release.app.max or release.app.min):
            parse_version(version)


def offer(
    old: RolloutPolicy | None, manifest: Manifest, digest: str, permyriad: int, *, change: Change | None = None
) -> RolloutPolicy:
    """Put a release in front of a policy.

    A release that is in the policy already keeps its testers and its targets, and a paused policy stays paused.
    Releases behind one that everybody gets are dropped, and so are those below the floor, which never sinks.

    Args:
        old: the policy so far, or None.
        manifest: the release.
        digest: its digest.
        permyriad: how many of 10,000 installations get it.
        change: who offers it, and why.
    """
    before = () if old is None else tuple(release for release in old.releases if release.version != manifest.version)
    known = None if old is None else next((release for release in old.releases if release.digest == digest), None)
    floor = max((manifest.floor, *(() if old is None else (old.floor,))), key=parse_version)
    front = fresh(manifest, digest, permyriad) if known is None else msgspec.structs.replace(known, permyriad=permyriad)
    return RolloutPolicy(
        format=FORMAT,
        bundle=manifest.bundle,
        policy=1 if old is None else old.policy + 1,
        releases=_in_force((front, *before), floor),
        halt=old is not None and old.halt,
        floor=floor,
        stale_hours=None if old is None else old.stale_hours,
        change=change or Change(),
    )


def fresh(manifest: Manifest, digest: str, permyriad: int) -> RolloutRelease:
    """Give a release as a policy first names it: everywhere, for a share of installations."""
    return RolloutRelease(
        version=manifest.version,
        manifest=manifest_target(manifest.bundle, manifest.version),
        digest=digest,
        permyriad=permyriad,
        salt=hashlib.sha256(f"tidegate-rollout:{digest}".encode()).hexdigest()[:_SALT_DIGITS],
        app=AppRange(min=manifest.shell.min),
    )


def _in_force(releases: Iterable[RolloutRelease], floor: str) -> tuple[RolloutRelease, ...]:
    """Drop what nobody can get: releases below the floor, and those behind one that everybody gets."""
    kept: list[RolloutRelease] = []
    for release in releases:
        if parse_version(release.version) < parse_version(floor):
            continue
        kept.append(release)
        if release.for_everybody:
            break
    return tuple(kept[:MAX_RELEASES])


def in_front(policy: RolloutPolicy, release: RolloutRelease, change: Change) -> RolloutPolicy:
    """Give the next policy, in which a release stands before all others; or the same one when it does so already."""
    if policy.releases[:1] == (release,):
        return policy
    behind = (held for held in policy.releases if held.version != release.version)
    return _next(policy, change, releases=_in_force((release, *behind), policy.floor))


def altered(policy: RolloutPolicy, release: RolloutRelease, change: Change) -> RolloutPolicy:
    """Give the policy with one of its releases altered."""
    releases = [release if held.digest == release.digest else held for held in policy.releases]
    return _next(policy, change, releases=_in_force(releases, policy.floor))


def with_testers(policy: RolloutPolicy, version: str, testers: Iterable[str], change: Change) -> RolloutPolicy:
    """Give the policy with other named testers of a release.

    Raises:
        PublishError: there are too many, or the release is not in the policy.
    """
    named = tuple(sorted(set(testers)))
    if len(named) > MAX_TESTERS:
        raise PublishError(detail=f"{len(named)} testers are more than {MAX_TESTERS}", remedy="use a channel")
    return altered(policy, msgspec.structs.replace(in_policy(policy, version), allow=named), change)


def halted(policy: RolloutPolicy, change: Change, *, halt: bool) -> RolloutPolicy:
    """Give the policy paused, or going on."""
    return _next(policy, change, halt=halt)


def rolled_back(policy: RolloutPolicy, manifest: Manifest, digest: str, change: Change) -> RolloutPolicy:
    """Give the policy with an older release for everybody and nothing else on offer.

    Raises:
        PublishError: the release lies below the floor.
    """
    if parse_version(manifest.version) < parse_version(policy.floor):
        raise PublishError(
            detail=f"{manifest.name} lies below the floor {policy.floor}, which was signed and never sinks",
            remedy="roll back to a release at or above it, or publish a mended one",
        )
    return offer(msgspec.structs.replace(policy, releases=(), halt=False), manifest, digest, EVERYBODY, change=change)


def with_stale_hours(policy: RolloutPolicy, hours: int | None, change: Change) -> RolloutPolicy:
    """Give the policy with another limit of age; None takes the limit away."""
    return _next(policy, change, stale_hours=hours)


def in_policy(policy: RolloutPolicy, version: str | None) -> RolloutRelease:
    """Give a release of the policy; the front one when no version is said.

    Raises:
        PublishError: it is not in the policy.
    """
    found = next((release for release in policy.releases if version in {None, release.version}), None)
    if found is None:
        offered = ", ".join(release.version for release in policy.releases) or "nothing"
        raise PublishError(
            detail=f"{policy.bundle} {version or '(any)'} is not on offer: {offered} is",
            remedy="offer it: h5bundle offer",
        )
    return found


def _next(policy: RolloutPolicy, change: Change, **values: object) -> RolloutPolicy:
    """Give the policy that follows, or the same one when nothing would differ."""
    if all(getattr(policy, name) == value for name, value in values.items()):
        return policy
    return msgspec.structs.replace(policy, policy=policy.policy + 1, change=change, **values)


def hashed(install_id: str) -> str:
    """Give the name under which an installation stands in a list of testers."""
    return hashlib.sha256(install_id.encode()).hexdigest()


def cohort(install_id: str, salt: str) -> int:
    """Give an installation's number for a release, 0 to 9999."""
    return int.from_bytes(hashlib.sha256(f"{install_id}:{salt}".encode()).digest()[:4], "big") % EVERYBODY


def decide(policy: RolloutPolicy, here: Here) -> Decision:
    """Say which release an installation gets, and why.

    Releases behind the one that it gets are judged as well, so that a person can be told what would be without it. A
    halted policy gives nothing new; what runs goes on running.
    """
    verdicts = tuple(_verdict(policy, release, here) for release in policy.releases)
    if policy.halt:
        return Decision(None, Reason.HALTED, verdicts)
    first = next((verdict for verdict in verdicts if verdict.gets), None)
    return Decision(None, Reason.NONE, verdicts) if first is None else Decision(first.release, first.reason, verdicts)


def _verdict(policy: RolloutPolicy, release: RolloutRelease, here: Here) -> Verdict:
    """Judge one release; the first condition that fails is the reason."""
    bucket = cohort(here.install_id, release.salt)
    app = parse_version(here.app_version)
    failing = (
        (parse_version(release.version) < parse_version(policy.floor), Reason.BELOW_FLOOR),
        (bool(release.platforms) and here.platform not in release.platforms, Reason.PLATFORM),
        (bool(release.channels) and here.channel not in release.channels, Reason.CHANNEL),
        (app < parse_version(release.app.min), Reason.APP_TOO_OLD),
        (release.app.max is not None and app > parse_version(release.app.max), Reason.APP_TOO_NEW),
    )
    refused = next((reason for failed, reason in failing if failed), None)
    if refused is not None:
        return Verdict(release, bucket, refused)
    if hashed(here.install_id) in release.allow:
        return Verdict(release, bucket, Reason.NAMED)
    return Verdict(release, bucket, Reason.COHORT if bucket < release.permyriad else Reason.OUTSIDE)


def preview(policy: RolloutPolicy, wish: Wish, here: Here) -> tuple[RolloutRelease | None, PreviewReason]:
    """Say whether an installation may open exactly the release that a link names.

    Only the signed policy gives a release, and only to whom it names as a tester; the share does not count. A halted
    policy gives no preview either: whoever stops a bundle stops its testers too.
    """
    release = next((one for one in policy.releases if one.version == wish.version), None)
    failing = (
        (wish.bundle != policy.bundle, PreviewReason.FOREIGN),
        (parse_version(wish.version) < parse_version(policy.floor), PreviewReason.BELOW_FLOOR),
        (policy.halt, PreviewReason.HALTED),
    )
    refused = next((reason for failed, reason in failing if failed), None)
    if refused is not None:
        return None, refused
    if release is None:
        return None, PreviewReason.NOT_OFFERED
    if release.digest != wish.digest:
        return None, PreviewReason.OTHER_DIGEST
    reason = _verdict(policy, release, here).reason
    if reason is Reason.NAMED:
        return release, PreviewReason.NAMED
    return None, PreviewReason.NOT_NAMED if reason in {Reason.COHORT, Reason.OUTSIDE} else PreviewReason(reason)


def choose(
    policy: RolloutPolicy, *, install_id: str, app_version: str, platform: str, channel: str = STABLE
) -> RolloutRelease | None:
    """Give the release that an installation gets, or None when it gets nothing new."""
    here = Here(install_id=install_id, app_version=app_version, platform=platform, channel=channel)
    return decide(policy, here).release
