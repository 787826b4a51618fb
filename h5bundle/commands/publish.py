"""``h5bundle publish``: put a packed release on offer, and say who gets it.

Publishing the same bytes again changes nothing but a signature that is half-way to its expiry (and finishes what an
interrupted publication left); the same version with other bytes is refused, and so is a version below the floor.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from h5bundle import rollout
from h5bundle.commands.deltas import make_deltas
from h5bundle.errors import PublishError
from h5bundle.formats import TargetFile, Targets
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, RoleKeys, app_role
from h5bundle.pack import Package
from h5bundle.repository import Edit, Policy, init_repository, is_repository, load_for_reading, load_for_renewal
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, manifest_target, object_path, read_target, rollout_target
from h5bundle.versions import parse_version

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, and how much of how much is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishOptions:
    """How to publish.

    Attributes:
        permyriad: how many of 10,000 installations get the release; None keeps what the policy says, or everybody.
        init: make the repository, or the bundle's role in it, where there is none.
        policy: thresholds and lifetimes for what is signed.
    """

    permyriad: int | None = None
    init: bool = False
    policy: Policy = Policy()  # noqa: RUF009 - frozen, shared safely


@dataclass(frozen=True, slots=True)
class PublishReceipt:
    """What the publication did.

    Attributes:
        changed: whether anything became different for readers.
        permyriad: how many of 10,000 installations get the release now.
    """

    bundle: str
    version: str
    digest: str
    changed: bool
    permyriad: int
    policy: int


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
        keys: of the bundle's role, rollout and online; with ``init`` of root and targets as well.
        now: the present instant.
        progress: told what is being done.

    Raises:
        PublishError: the release is refused, and nothing has changed.
        RoleKeyError: a key is missing.
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
        manifest, digest = self.package.manifest, self.package.digest
        old = self._old_policy(state)
        self._check_version(state, old)
        self._check_requirements(state)
        offered = next((release for release in old.releases if release.digest == digest), None) if old else None
        permyriad = self.options.permyriad
        if permyriad is None:
            permyriad = offered.permyriad if offered else rollout.EVERYBODY
        edit = Edit(self.store, self.keys, self.options.policy, self.now)
        targets = self._write_blobs(edit)
        known = self._known(state)
        same = old is not None and offered == old.releases[0] and offered.permyriad == permyriad and known == targets
        if old is not None and same and not self._due(state):
            return self._receipt(old, changed=False)
        make_deltas(self.store, state, self.package, self.progress)
        policy = rollout.offer(old, manifest, digest, permyriad)
        self._write_metadata(edit, state, targets, policy)
        return self._receipt(policy, changed=True)

    def _due(self, state: TrustedState) -> bool:
        """Tell whether half of the bundle role's life is over: then publishing the same release signs it anew."""
        role = state.roles.get(self._role)
        return role is not None and self.options.policy.due(self._role, role.metadata.signed.expires, self.now)

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
        path = rollout_target(self.package.manifest.bundle)
        if path not in state.roles[ROLLOUT].metadata.signed.targets:
            return None
        return rollout.decode(read_target(self.store.read, state.unexpired(), path))

    def _check_version(self, state: TrustedState, old: rollout.RolloutPolicy | None) -> None:
        """Refuse other bytes under a published version, and what lies below the floor."""
        manifest = self.package.manifest
        if self._role not in state.roles and not self.options.init:
            raise PublishError(
                detail=f"the bundle {manifest.bundle} has no role in this repository",
                remedy="add it with --init (needs the targets key)",
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
        total = len(self.package.files)
        for done, (name, data) in enumerate(self.package.files.items(), start=1):
            self.store.put_blob(object_path(manifest.files[name].sha256), data)
            self.progress("files", done, total)
        stem = f"apps/{manifest.bundle}/{manifest.version}"
        documents = {
            manifest_target(manifest.bundle, manifest.version): self.package.manifest_bytes,
            f"{stem}.zip": self.package.archive,
            f"{stem}.sbom.json": self.package.sbom,
        }
        return {path: edit.blob(path, data) for path, data in documents.items()}

    def _write_metadata(
        self, edit: Edit, state: TrustedState, targets: Mapping[str, TargetFile], policy: rollout.RolloutPolicy
    ) -> None:
        """Write the roles that changed, the snapshot, and the timestamp last."""
        bundle = self.package.manifest.bundle
        own: Targets | None = None
        if self._role in state.roles:
            own = state.roles[self._role].metadata.signed
        else:
            edit.delegate(state, bundle)
        edit.update_role(self._role, own, targets)
        path = rollout_target(bundle)
        old = state.roles[ROLLOUT].metadata.signed
        edit.update_role(ROLLOUT, old, {path: edit.blob(path, rollout.encode(policy))})
        snapshot, timestamp = state.snapshot.signed, state.timestamp.signed
        edit.commit(snapshot_version=snapshot.version + 1, timestamp_version=timestamp.version + 1, files=snapshot.meta)
        self.progress("metadata", 1, 1)
