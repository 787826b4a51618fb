"""What changes who gets a release: share, targets, testers, pause, rollback; each is one new, signed policy.

Only the rollout key and the online keys are needed: a policy chooses among releases that the bundle's own role has
signed. A change that would leave any offered release without what it needs is refused before anything is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec

from h5bundle import rollout, trains
from h5bundle.commands.offers import Live, Offered, hold_trains
from h5bundle.errors import PublishError
from h5bundle.keys import ROLLOUT, RoleKeys
from h5bundle.policy import policy_of
from h5bundle.repository import Edit, load_for_reading, load_for_renewal
from h5bundle.rollout import Change, RolloutPolicy, RolloutRelease
from h5bundle.stores.port import Store
from h5bundle.trust import rollout_target
from h5bundle.versions import parse_version


@dataclass(frozen=True, slots=True)
class PolicyReceipt:
    """What stands now.

    Attributes:
        changed: whether a new policy was signed.
        releases: what is on offer, in order.
        stale_hours: after so long without a check no page of the bundle opens; None: it always may.
    """

    bundle: str
    policy: int
    changed: bool
    halt: bool
    floor: str
    releases: tuple[RolloutRelease, ...]
    stale_hours: int | None = None


Alter: TypeAlias = Callable[[RolloutPolicy, Offered], RolloutPolicy]
"""Makes the next policy of the one that stands; the same one when nothing changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Targeting:
    """Where a release shall be on offer; None leaves what stands.

    Attributes:
        stale_hours: of the whole policy; 0 takes the limit away.
    """

    permyriad: int | None = None
    platforms: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    app_min: str | None = None
    app_max: str | None = None
    forced: bool | None = None
    stale_hours: int | None = None

    def limiting(self, policy: RolloutPolicy, altered: RolloutPolicy, change: Change) -> RolloutPolicy:
        """Give the altered policy with the limit of age; it stays one step after the policy that stands."""
        if self.stale_hours is None:
            return altered
        limited = rollout.with_stale_hours(altered, self.stale_hours or None, change)
        return msgspec.structs.replace(limited, policy=policy.policy + 1) if limited != policy else policy

    def applied(self, release: RolloutRelease) -> RolloutRelease:
        """Give the release with these targets."""
        given = {name: getattr(self, name) for name in ("permyriad", "platforms", "channels", "forced")}
        app = rollout.AppRange(self.app_min or release.app.min, self.app_max or release.app.max)
        kept = {name: getattr(release, name) for name in RolloutRelease.__struct_fields__}
        return RolloutRelease(
            **{**kept, **{name: value for name, value in given.items() if value is not None}, "app": app}
        )


def targeted(version: str | None, targeting: Targeting, change: Change) -> Alter:
    """Change the share and the targets of a release; of the front one when no version is said."""

    def alter(policy: RolloutPolicy, _: Offered) -> RolloutPolicy:
        release = rollout.in_policy(policy, version)
        return targeting.limiting(policy, rollout.altered(policy, targeting.applied(release), change), change)

    return alter


def offered(version: str, targeting: Targeting, change: Change) -> Alter:
    """Put a signed release in front, to those whom the targets name."""

    def alter(policy: RolloutPolicy, world: Offered) -> RolloutPolicy:
        manifest, digest = world.release(policy.bundle, version)
        if parse_version(version) < parse_version(policy.floor):
            raise PublishError(
                detail=f"{manifest.name} lies below the floor {policy.floor}", remedy="offer one at or above it"
            )
        known = next((held for held in policy.releases if held.digest == digest), None)
        release = known or rollout.fresh(manifest, digest, rollout.EVERYBODY)
        return targeting.limiting(policy, rollout.in_front(policy, targeting.applied(release), change), change)

    return alter


def named(version: str, *, add: tuple[str, ...], remove: tuple[str, ...], change: Change) -> Alter:
    """Change the named testers of a release; they come as hashed install ids."""

    def alter(policy: RolloutPolicy, _: Offered) -> RolloutPolicy:
        present = set(rollout.in_policy(policy, version).allow)
        return rollout.with_testers(policy, version, (present | set(add)) - set(remove), change)

    return alter


def paused(change: Change, *, halt: bool) -> Alter:
    """Pause a rollout, or let it go on."""
    return lambda policy, _: rollout.halted(policy, change, halt=halt)


def back_to(version: str, change: Change) -> Alter:
    """Offer an older signed release to everybody, and nothing else."""

    def alter(policy: RolloutPolicy, world: Offered) -> RolloutPolicy:
        manifest, digest = world.release(policy.bundle, version)
        standing = policy.releases[0] if policy.releases else None
        if standing is not None and standing.digest == digest and standing.for_everybody and not policy.halt:
            return policy
        return rollout.rolled_back(policy, manifest, digest, change)

    return alter


def run(
    bundle: str, alter: Alter, store: Store, keys: RoleKeys, *, now: datetime, live: Live | None = None
) -> PolicyReceipt:
    """Change a bundle's policy.

    Args:
        bundle: bundle id.
        alter: the change.
        store: the repository.
        keys: of rollout and online.
        now: the present instant.
        live: what hosts and bank offer, for the release trains.

    Raises:
        PublishError: there is no policy, or the change is refused; nothing has changed.
        RoleKeyError: a key is missing.
        StoreError: another publisher is at work, or a write failed.
        TrustError: the repository is not whole.
    """
    with store.lock():
        state = load_for_renewal(store, now)
        world = Offered(store, state.unexpired())
        old = world.policy(bundle)
        if old is None:
            raise PublishError(detail=f"{bundle} has no rollout policy here", remedy="publish it first")
        new = alter(old, world)
        if new == old:
            return _receipt(old, changed=False)
        if new != msgspec.structs.replace(
            old, halt=True, policy=new.policy, change=new.change
        ):  # a halt is never refused
            hold_trains(world, live or Live(), {bundle: new}, what=f"policy {new.policy} of {bundle}")
        edit = Edit(store, keys, policy_of(state.root.signed), now, state=state)
        path = rollout_target(bundle)
        edit.update_role(ROLLOUT, state.roles[ROLLOUT].metadata.signed, {path: edit.blob(path, rollout.encode(new))})
        snapshot, timestamp = state.snapshot.signed, state.timestamp.signed
        edit.commit(snapshot_version=snapshot.version + 1, timestamp_version=timestamp.version + 1, files=snapshot.meta)
        return _receipt(new, changed=True)


def _receipt(policy: RolloutPolicy, *, changed: bool) -> PolicyReceipt:
    """Say what stands."""
    return PolicyReceipt(
        policy.bundle, policy.policy, changed, policy.halt, policy.floor, policy.releases, policy.stale_hours
    )


@dataclass(frozen=True, slots=True)
class Train:
    """What is on offer, what each release requires, and what blocks."""

    requires: dict[str, tuple[str, ...]]
    blockers: tuple[str, ...]


def train(store: Store, live: Live) -> Train:
    """Show the release trains of a repository.

    Raises:
        TrustError: it is not whole.
    """
    world = Offered(store, load_for_reading(store))
    manifests = world.manifests()
    found = trains.blockers(manifests, trains.World(world.signed(), live.ops, live.contract))
    requires = {
        manifest.name: tuple(f"{bundle}@{pinned.version}" for bundle, pinned in manifest.requires.items())
        for manifest in manifests
    }
    return Train(requires, tuple(map(str, sorted(found))))


@dataclass(frozen=True, slots=True)
class Explained:
    """One release's verdict for an installation."""

    version: str
    permyriad: int
    bucket: int
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Why:
    """Which release an installation gets, and why, in words."""

    bundle: str
    policy: int
    version: str | None
    reason: str
    words: str
    verdicts: tuple[Explained, ...]
    forced: bool
    stale_hours: int | None


def why(store: Store, bundle: str, here: rollout.Here, words: Mapping[rollout.Reason, str]) -> Why:
    """Explain what an installation gets.

    Args:
        store: the repository.
        bundle: bundle id.
        here: the installation.
        words: reason → sentence with ``{version}``, ``{share}``, ``{bucket}``, ``{platform}`` and the like.

    Raises:
        PublishError: the bundle has no policy.
    """
    policy = Offered(store, load_for_reading(store)).policy(bundle)
    if policy is None:
        raise PublishError(detail=f"{bundle} has no rollout policy here", remedy="look at: h5bundle status")
    decision = rollout.decide(policy, here)

    def said(reason: rollout.Reason, release: RolloutRelease | None, bucket: int) -> str:
        return words[reason].format(
            bundle=bundle,
            version="" if release is None else release.version,
            share="" if release is None else f"{release.permyriad / 100:g}",
            bucket=f"{bucket / 100:.2f}",
            platform=here.platform,
            platforms="" if release is None else ", ".join(release.platforms),
            channel=here.channel,
            channels="" if release is None else ", ".join(release.channels),
            app=here.app_version,
            min="" if release is None else release.app.min,
            max="" if release is None else release.app.max or "",
            floor=policy.floor,
        )

    verdicts = tuple(
        Explained(
            verdict.release.version,
            verdict.release.permyriad,
            verdict.bucket,
            verdict.reason,
            said(verdict.reason, verdict.release, verdict.bucket),
        )
        for verdict in decision.verdicts
    )
    chosen = next((verdict for verdict in decision.verdicts if verdict.release == decision.release), None)
    overall = said(decision.reason, decision.release, 0 if chosen is None else chosen.bucket)
    version = None if decision.release is None else decision.release.version
    return Why(bundle, policy.policy, version, decision.reason, overall, verdicts, decision.forced, policy.stale_hours)
