"""``h5bundle publish``: put a packed release on offer, and say who gets it.

Publishing the same bytes again changes nothing but a signature that is half-way to its expiry (and finishes what an
interrupted publication left); the same version with other bytes is refused, and so is a version below the floor. A
publication is a proposal: with enough keys at hand it is promoted at once, and otherwise it waits for the others.
Deltas are no part of it: whoever publishes lets ``deltas.follow`` make them when the release stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from h5bundle import rollout
from h5bundle.changes import delegate, next_version, with_targets
from h5bundle.commands import propose
from h5bundle.commands.offers import Live, Offered, hold_trains
from h5bundle.commands.promote import ask, promote
from h5bundle.errors import PublishError
from h5bundle.formats import Metadata, TargetFile
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, RoleKeys, app_role
from h5bundle.pack import Package
from h5bundle.policy import Policy, policy_of
from h5bundle.proposals import Offer, Proposal
from h5bundle.quorum import demands
from h5bundle.repository import Edit, init_repository, is_repository, load_for_reading, load_for_renewal
from h5bundle.retention import listed
from h5bundle.standing import standing_of
from h5bundle.stores.batch import put_blobs
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, manifest_target, object_path, rollout_target
from h5bundle.versions import parse_version

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, and how much of how much is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishOptions:
    """How to publish.

    Attributes:
        permyriad: how many of 10,000 installations get the release; None keeps what the policy says, or everybody.
        init: make the repository, or the bundle's role in it, where there is none.
        policy: thresholds and lifetimes for a repository or a role that is made; None takes what the repository says.
        proposer: whose name a proposal bears when keys are missing.
        live: what hosts and bank offer, for the release trains.
    """

    permyriad: int | None = None
    init: bool = False
    policy: Policy | None = None
    proposer: str = "publish"
    live: Live | None = None


@dataclass(frozen=True, slots=True)
class PublishReceipt:
    """What the publication did.

    Attributes:
        changed: whether anything became different for readers.
        permyriad: how many of 10,000 installations get the release now, or will.
        policy: number of the rollout policy; 0 when there is none yet.
        proposal: name of the proposal that waits for signatures; None when nothing waits.
        waiting: how many signatures are missing, and whom to ask; nothing when only the online keys are missing.
        before: digests of the releases that the policy named until now.
    """

    bundle: str
    version: str
    digest: str
    changed: bool
    permyriad: int
    policy: int
    proposal: str | None = None
    waiting: tuple[str, ...] = ()
    before: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Tell whether the release is on offer."""
        return self.proposal is None


def missing_roles(store: Store, bundle: str) -> tuple[str, ...]:
    """Give the roles that publishing a bundle here would make: all of them, its own, or none."""
    if not is_repository(store):
        return (ROOT, TARGETS, ONLINE, ROLLOUT, app_role(bundle))
    return () if app_role(bundle) in load_for_reading(store).roles else (app_role(bundle),)


def silent(what: str, done: int, total: int) -> None:
    """Be a progress that nobody watches."""
    del what, done, total


def run(
    options: PublishOptions,
    package: Package,
    store: Store,
    keys: RoleKeys,
    *,
    now: datetime,
    progress: Progress = silent,
) -> PublishReceipt:
    """Publish a release.

    Args:
        options: how.
        package: what.
        store: where.
        keys: rollout and online, and of the bundle's role those that are at hand; with ``init`` of root and targets
            as well.
        now: the present instant.
        progress: told what is being done.

    Raises:
        PublishError: the release is refused, and nothing has changed.
        RoleKeyError: an online key is missing, or a key does not open.
        StoreError: a write failed, or another publisher is at work; run it again.
        TrustError: the repository is not whole.
    """
    if options.permyriad is not None and not 0 <= options.permyriad <= rollout.EVERYBODY:
        raise PublishError(detail=f"{options.permyriad} is no permyriad", remedy="give a number from 0 to 10000")
    if not is_repository(store):
        if not options.init:
            raise PublishError(detail="there is no repository here", remedy="make one with --init")
        init_repository(store, keys, now=now, policy=options.policy)
    with store.lock():
        return _Publication(options, package, store, keys, now, progress).run()


@dataclass(frozen=True, slots=True)
class _Publication:
    """One publication under the lock."""

    options: PublishOptions
    package: Package
    store: Store
    keys: RoleKeys
    now: datetime
    progress: Progress

    def run(self) -> PublishReceipt:
        """Check, write blobs, write metadata."""
        state = load_for_renewal(self.store, self.now)
        old = self._old_policy(state)
        receipt = self._published(state, old)
        return replace(receipt, before=() if old is None else tuple(release.digest for release in old.releases))

    def _published(self, state: TrustedState, old: rollout.RolloutPolicy | None) -> PublishReceipt:
        """Do what is missing."""
        manifest, digest = self.package.manifest, self.package.digest
        self._check_version(state, old)
        self._check_requirements(state)
        offered = next((release for release in old.releases if release.digest == digest), None) if old else None
        permyriad = self.options.permyriad
        if permyriad is None:
            permyriad = offered.permyriad if offered else rollout.EVERYBODY
        self._hold_trains(state, old, permyriad)
        edit = Edit(self.store, self.keys, self._policy(state), self.now, state=state)
        targets = self._write_blobs(edit)
        signed = self._known(state) == targets and not self._due(state)
        if old is None or not signed:
            return self._write_metadata(state, old, targets, permyriad)
        if offered != old.releases[0] or offered.permyriad != permyriad:
            return self._write_policy(edit, state, rollout.offer(old, manifest, digest, permyriad))
        return self._receipt(old, changed=False)

    def _policy(self, state: TrustedState) -> Policy:
        """Give thresholds and lifetimes."""
        return self.options.policy or policy_of(state.root.signed)

    def _due(self, state: TrustedState) -> bool:
        """Tell whether half of the bundle role's life is over: then publishing the same release signs it anew."""
        role = state.roles.get(self._role)
        return role is not None and self._policy(state).due(self._role, role.metadata.signed.expires, self.now)

    def _receipt(self, policy: rollout.RolloutPolicy, *, changed: bool) -> PublishReceipt:
        """Say what stands now; the release is the first of its policy."""
        manifest, permyriad = self.package.manifest, policy.releases[0].permyriad
        return PublishReceipt(manifest.bundle, manifest.version, self.package.digest, changed, permyriad, policy.policy)

    @property
    def _role(self) -> str:
        """Give the role that signs the bundle."""
        return app_role(self.package.manifest.bundle)

    def _old_policy(self, state: TrustedState) -> rollout.RolloutPolicy | None:
        """Give the rollout policy so far; it is read even when its role has just expired."""
        return Offered(self.store, state.unexpired()).policy(self.package.manifest.bundle)

    def _check_version(self, state: TrustedState, old: rollout.RolloutPolicy | None) -> None:
        """Refuse other bytes under a published version, and what lies below the floor."""
        manifest = self.package.manifest
        if self._role not in state.roles and not self.options.init:
            raise PublishError(
                detail=f"the bundle {manifest.bundle} has no role in this repository",
                remedy=f"propose it: h5bundle propose keys {self._role} --add KEY …, or --init in development",
            )
        if old is not None and parse_version(manifest.version) < parse_version(old.floor):
            raise PublishError(
                detail=f"{manifest.name} lies below the floor {old.floor}", remedy="publish a higher version"
            )
        published = self._role_targets(state).get(manifest_target(manifest.bundle, manifest.version))
        if published is not None and published.hashes["sha256"] != self.package.digest:
            raise PublishError(
                detail=f"{manifest.name} was published already with other bytes",
                remedy="raise version in bundle.yaml",
            )

    def _check_requirements(self, state: TrustedState) -> None:
        """Hold that every required release is on offer and shared."""
        for bundle, requirement in self.package.manifest.requires.items():
            target = state.unexpired().target(manifest_target(bundle, requirement.version))
            if target is None or target.hashes["sha256"] != requirement.digest:
                raise PublishError(
                    detail=f"the required {bundle} {requirement.version} with that digest is not on offer here",
                    remedy=f"publish {bundle} first, then pack again",
                )

    def _hold_trains(self, state: TrustedState, old: rollout.RolloutPolicy | None, permyriad: int) -> None:
        """Refuse a release that the offer as it will stand would leave without what it needs."""
        manifest, digest = self.package.manifest, self.package.digest
        path = manifest_target(manifest.bundle, manifest.version)
        world = Offered(self.store, state.unexpired(), {path: manifest})
        policy = rollout.offer(old, manifest, digest, permyriad)
        hold_trains(world, self.options.live or Live(), {manifest.bundle: policy}, what=f"the release {manifest.name}")

    def _role_targets(self, state: TrustedState) -> Mapping[str, TargetFile]:
        """Give what the bundle's role offers so far."""
        role = state.roles.get(self._role)
        return {} if role is None else role.metadata.signed.targets

    def _known(self, state: TrustedState) -> dict[str, TargetFile]:
        """Give what the role says already of this release's targets."""
        prefix = f"apps/{self.package.manifest.bundle}/{self.package.manifest.version}."
        return {path: target for path, target in self._role_targets(state).items() if path.startswith(prefix)}

    def _write_blobs(self, edit: Edit) -> dict[str, TargetFile]:
        """Write every file by its hash, then manifest, zip and SBOM."""
        manifest = self.package.manifest
        objects = {object_path(manifest.files[name].sha256): data for name, data in self.package.files.items()}
        put_blobs(self.store, objects, lambda done: self.progress("files", done, len(objects)))
        stem = f"apps/{manifest.bundle}/{manifest.version}"
        documents = {
            manifest_target(manifest.bundle, manifest.version): self.package.manifest_bytes,
            f"{stem}.zip": self.package.archive,
            f"{stem}.sbom.json": self.package.sbom,
        }
        return {path: edit.blob(path, data) for path, data in documents.items()}

    def _write_metadata(
        self,
        state: TrustedState,
        old: rollout.RolloutPolicy | None,
        targets: Mapping[str, TargetFile],
        permyriad: int,
    ) -> PublishReceipt:
        """Propose the role's new metadata, sign with the keys at hand, and promote it when they are enough."""
        stands = standing_of(state)
        proposal = self._pending(self._proposal(state, targets, permyriad))
        proposal = propose.sign_with(proposal, stands, self.keys, self.now)
        waiting = tuple(ask(demand) for demand in demands(proposal, stands) if demand.missing)
        manifest, digest = self.package.manifest, self.package.digest
        complete = not waiting and self.keys.has(ONLINE) and self.keys.has(ROLLOUT)
        number = 0 if old is None else old.policy
        receipt = PublishReceipt(
            manifest.bundle, manifest.version, digest, complete, permyriad, number + 1 if complete else number
        )
        if not complete:
            return replace(receipt, proposal=propose.save(self.store, proposal).name, waiting=waiting)
        promote(proposal, self.store, self.keys, now=self.now, written=targets, live=self.options.live)
        self.progress("published", 1, 1)
        return receipt

    def _proposal(self, state: TrustedState, targets: Mapping[str, TargetFile], permyriad: int) -> Proposal:
        """Propose the bundle's role with the release, and the role itself when it is new."""
        bundle, policy = self.package.manifest.bundle, self._policy(state)
        changed: dict[str, Metadata[Any]] = {}
        held = state.roles.get(self._role)
        if held is None:
            delegating = next_version(state.targets.signed, policy.expires(TARGETS, self.now))
            keys = self.keys.public_keys(self._role)
            delegate(delegating, self._role, keys, threshold=policy.threshold(self._role))
            changed[TARGETS] = Metadata(delegating)
        own = None if held is None else held.metadata.signed
        role = with_targets(own, targets, policy.expires(self._role, self.now))
        role.targets = listed(role.targets, needed=self._needed(state))
        changed[self._role] = Metadata(role)
        author = propose.Author(
            name=self.options.proposer, reason=f"release {self.package.manifest.name}", now=self.now
        )
        offer = Offer(manifest_target(bundle, self.package.manifest.version), permyriad)
        manifest = self.package.manifest_bytes
        return propose.release(self.store, state, changed, author, bundle=bundle, manifest=manifest, offer=offer)

    def _needed(self, state: TrustedState) -> frozenset[str]:
        """Give the versions of this bundle that its policy offers or that an offered release of another bundle pins."""
        bundle, world = self.package.manifest.bundle, Offered(self.store, state.unexpired())
        policy = world.policy(bundle)
        offered = {release.version for release in policy.releases} if policy is not None else set()
        pinned = {one.requires[bundle].version for one in world.manifests() if bundle in one.requires}
        return frozenset({self.package.manifest.version, *offered, *pinned})

    def _pending(self, proposal: Proposal) -> Proposal:
        """Give the proposal of the same release that waits already, if there is one."""
        asked = proposal.roles[self._role]["signed"]["targets"]
        for other in propose.every(self.store):
            same = (other.base, other.roots, other.offer) == (proposal.base, proposal.roots, proposal.offer)
            if same and other.roles.keys() == proposal.roles.keys():
                signed = other.roles[self._role]["signed"]
                if signed["targets"] == asked and f"{self.now:%Y-%m-%dT%H:%M:%SZ}" < signed["expires"]:
                    return other
        return proposal

    def _write_policy(self, edit: Edit, state: TrustedState, policy: rollout.RolloutPolicy) -> PublishReceipt:
        """Write who gets a release that is signed already; that needs online keys only."""
        path = rollout_target(self.package.manifest.bundle)
        old = state.roles[ROLLOUT].metadata.signed
        edit.update_role(ROLLOUT, old, {path: edit.blob(path, rollout.encode(policy))})
        snapshot, timestamp = state.snapshot.signed, state.timestamp.signed
        edit.commit(snapshot_version=snapshot.version + 1, timestamp_version=timestamp.version + 1, files=snapshot.meta)
        self.progress("published", 1, 1)
        return self._receipt(policy, changed=True)
