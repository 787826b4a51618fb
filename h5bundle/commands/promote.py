"""``h5bundle promote``: make a proposal that enough people have signed what stands, with the online keys.

What people signed is checked again, against the repository and not against the file. Then it is written in an order
that leaves a valid repository after a crash at any point; promoting again finishes what was interrupted. A new root is
seen at once, without a timestamp, so the timestamp goes first whenever it is valid under both roots.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from h5bundle import rollout
from h5bundle.commands.offers import Live, Offered, hold_trains, versions_in
from h5bundle.digests import sha256
from h5bundle.errors import (
    ObjectMissingError,
    ProposalError,
    RoleKeyError,
    SignaturesMissingError,
    StaleProposalError,
    TrustError,
)
from h5bundle.formats import Metadata, Root, TargetFile, Targets
from h5bundle.keys import ROLLOUT, ROOT, TARGETS, RoleKeys, app_role
from h5bundle.manifest import decode as decode_manifest
from h5bundle.policy import policy_of
from h5bundle.proposals import Proposal, proposed
from h5bundle.quorum import MANIFEST_SUFFIX, Demand, check
from h5bundle.repository import Edit, is_repository, read_without_time, trusted_root
from h5bundle.standing import Standing, applied, before, check_base, standing_of
from h5bundle.stores.port import Store
from h5bundle.trust import (
    TIMESTAMP,
    TrustedState,
    manifest_target,
    metadata_path,
    object_path,
    read_target,
    rollout_target,
    target_file_path,
    verify_signatures,
)
from h5bundle.versions import parse_version


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a promotion did.

    Attributes:
        proposal: its name.
        roles: role → the version that stands now.
        changed: False when all of it stood already.
        release: bundle and digest of the release that the proposal offers; None when it offers none.
        before: digests of the releases that the bundle's policy named until now.
    """

    proposal: str
    roles: Mapping[str, int]
    changed: bool
    release: tuple[str, str] | None = None
    before: tuple[str, ...] = ()


def run(proposal: Proposal, store: Store, keys: RoleKeys, *, now: datetime, live: Live | None = None) -> Promotion:
    """Promote a proposal.

    Args:
        proposal: with its signatures.
        store: the repository.
        keys: the online keys, and that of rollout when the proposal needs it.
        now: the present instant.
        live: what hosts and bank offer, for the release trains.

    Raises:
        SignaturesMissingError: and whose.
        StaleProposalError: something else has been promoted since it was made.
        ProposalError: it is not as it should be.
        TrainError: a release on offer would lack what it needs.
        RoleKeyError: an online key is missing; nothing has changed.
    """
    with store.lock():
        return promote(proposal, store, keys, now=now, live=live)


def promote(
    proposal: Proposal,
    store: Store,
    keys: RoleKeys,
    *,
    now: datetime,
    written: Collection[str] = (),
    live: Live | None = None,
) -> Promotion:
    """Do the same under a lock that the caller holds, who has perhaps just written targets with all that they need."""
    state = _state(proposal, store)
    stands = standing_of(state)
    done = applied(proposal, state)
    if done == proposal.roles.keys() and _root_stands(proposal, store):
        return Promotion(proposal.name, _versions(proposal), changed=False, release=_release(proposal))
    check_base(proposal, state, done)
    require(check(proposal, before(proposal, stands, done), now))
    _check_blobs(proposal, stands, store, written)
    promotion = _Promotion(proposal, state, store, keys, now)
    promotion.hold_trains(live or Live())
    replaced = promotion.named_before()
    promotion.run()
    return Promotion(proposal.name, _versions(proposal), changed=True, release=_release(proposal), before=replaced)


def require(found: tuple[Demand, ...]) -> None:
    """Hold that every threshold is reached.

    Raises:
        SignaturesMissingError: naming whom to ask.
    """
    missing = [demand for demand in found if demand.missing]
    if missing:
        raise SignaturesMissingError(
            detail="; ".join(ask(demand) for demand in missing),
            remedy="send them the file: h5bundle sign PROPOSAL --key URI",
        )


def ask(demand: Demand) -> str:
    """Say how many signatures are missing, and whom to ask."""
    those = ", ".join(demand.open_keys) or "nobody: the role has no such key"
    return f"{demand.role} ({demand.why}) needs {demand.missing} more of {those}"


def current(store: Store) -> TrustedState | None:
    """Give what stands, without regard to time; None when there is no repository."""
    return read_without_time(store.read, trusted_root(store)) if is_repository(store) else None


@dataclass(frozen=True, slots=True)
class _Promotion:
    """One promotion under the lock, of a proposal that was checked."""

    proposal: Proposal
    state: TrustedState | None
    store: Store
    keys: RoleKeys
    now: datetime

    def hold_trains(self, live: Live) -> None:
        """Refuse a proposal that would leave a release on offer without what it needs."""
        bundles = [role.removeprefix(app_role("")) for role in self.proposal.roles if role.startswith(app_role(""))]
        if self.state is None or not bundles:
            return
        offer, documents = self.proposal.offer, self.proposal.documents
        fresh = {} if offer is None else {offer.manifest: decode_manifest(documents[offer.manifest].encode())}
        signed = {name: versions_in(name, proposed(self.proposal, app_role(name)).signed.targets) for name in bundles}
        policies = {policy.bundle: policy for policy in self._policies().values()}
        world = Offered(self.store, self.state.unexpired(), fresh)
        hold_trains(world, live, policies, signed, what=f"the proposal {self.proposal.name}")

    def named_before(self) -> tuple[str, ...]:
        """Give the digests of the releases that the policy of the offered release's bundle names so far."""
        release = _release(self.proposal)
        if self.state is None or release is None:
            return ()
        policy = self._old_policy(release[0])
        return () if policy is None else tuple(one.digest for one in policy.releases)

    def run(self) -> None:
        """Write what people signed, then what the online keys sign, then what is seen."""
        root, targets = self._new(ROOT), self._new(TARGETS)
        signed_root: Root = root.signed if root is not None else self._state.root.signed
        edit = Edit(
            self.store,
            self.keys,
            policy_of(signed_root),
            self.now,
            state=self.state,
            root=None if root is None else root.signed,
            targets=None if targets is None else targets.signed,
        )
        for role in self.proposal.roles:
            if role != ROOT:
                edit.put(role, proposed(self.proposal, role))
        self._write_rollout(edit, targets)
        if self.state is None:
            edit.put(ROOT, proposed(self.proposal, ROOT))
            edit.commit(snapshot_version=1, timestamp_version=1, files={})
            return
        snapshot, number = self.state.snapshot.signed, self.state.timestamp.signed.version + 1
        timestamp = edit.timestamp(edit.snapshot(snapshot.version + 1, snapshot.meta), number)
        if root is None:
            edit.verify({TIMESTAMP: timestamp})
            edit.swap(timestamp)
            return
        self._write_root(edit, root, timestamp)

    @property
    def _state(self) -> TrustedState:
        """Give what stands; there is something."""
        if self.state is None:
            raise ProposalError(detail="the proposal makes no root, and there is no repository")
        return self.state

    def _new(self, role: str) -> Metadata[Any] | None:
        """Give a role's proposed metadata, if the proposal has it."""
        return proposed(self.proposal, role) if role in self.proposal.roles else None

    def _write_root(self, edit: Edit, root: Metadata[Root], timestamp: bytes) -> None:
        """Write root and timestamp, the one first that is valid without the other."""
        path = metadata_path(ROOT, root.signed.version)
        data = root.to_bytes()
        edit.verify({path: data, TIMESTAMP: timestamp})
        if self._valid_before(path, timestamp):
            edit.swap(timestamp)
            edit.put(ROOT, root)
        else:
            edit.put(ROOT, root)
            edit.swap(timestamp)

    def _valid_before(self, path: str, timestamp: bytes) -> bool:
        """Tell whether the new timestamp is believed by those who do not see the new root yet."""

        def read(wanted: str) -> bytes:
            if wanted == path:
                raise ObjectMissingError(detail=f"{path} is not written yet")
            return timestamp if wanted == TIMESTAMP else self.store.read(wanted)

        try:
            read_without_time(read, trusted_root(self.store))
        except TrustError:
            return False
        return not self.store.exists(path)

    def _write_rollout(self, edit: Edit, targets: Metadata[Targets] | None) -> None:
        """Write the rollout role when policies follow the proposal, or its keys were changed, or it is new."""
        policies = {path: edit.blob(path, rollout.encode(policy)) for path, policy in self._policies().items()}
        old: Metadata[Targets] | None = None
        if self.state is not None:
            old = self.state.roles[ROLLOUT].metadata
        if policies or old is None or (targets is not None and not _signed_under(targets.signed, old)):
            edit.update_role(ROLLOUT, None if old is None else old.signed, policies)

    def _policies(self) -> Mapping[str, rollout.RolloutPolicy]:
        """Give the policies that follow: the release that is offered, without those that are withdrawn."""
        found: dict[str, rollout.RolloutPolicy] = {}
        for role in self.proposal.roles:
            bundle = role.removeprefix(app_role(""))
            if self.state is None or role == bundle:
                continue
            old, signed = self._old_policy(bundle), proposed(self.proposal, role).signed.targets
            offer = self.proposal.offer
            policy = old
            if offer is not None and offer.manifest in signed:
                manifest = decode_manifest(self.proposal.documents[offer.manifest].encode())
                if old is not None and parse_version(manifest.version) < parse_version(old.floor):
                    raise StaleProposalError(detail=f"{manifest.name} lies below the floor {old.floor} by now")
                policy = rollout.offer(old, manifest, signed[offer.manifest].hashes["sha256"], offer.permyriad)
            elif old is not None:
                policy = _without_withdrawn(old, signed)
            if policy is not None and policy != old:
                found[rollout_target(bundle)] = policy
        return found

    def _old_policy(self, bundle: str) -> rollout.RolloutPolicy | None:
        """Give a bundle's policy so far; it is read even when its role has just expired."""
        state = self._state.unexpired()
        path = rollout_target(bundle)
        if path not in state.roles[ROLLOUT].metadata.signed.targets:
            return None
        return rollout.decode(read_target(self.store.read, state, path))


def _without_withdrawn(old: rollout.RolloutPolicy, signed: Mapping[str, TargetFile]) -> rollout.RolloutPolicy:
    """Give a policy that names only what is still signed; one that names nothing any more is halted."""
    kept = tuple(release for release in old.releases if release.manifest in signed)
    if kept == old.releases:
        return old
    return msgspec.structs.replace(old, releases=kept, policy=old.policy + 1, halt=old.halt or not kept)


def _signed_under(targets: Targets, metadata: Metadata[Targets]) -> bool:
    """Tell whether the rollout's metadata stands under new keys."""
    try:
        verify_signatures(ROLLOUT, targets, ROLLOUT, metadata)
    except TrustError:
        return False
    return True


def _state(proposal: Proposal, store: Store) -> TrustedState | None:
    """Give what stands, as if a root that this very proposal wrote before a crash were not there yet."""
    try:
        return current(store)
    except TrustError:
        if ROOT not in proposal.roles or not _root_stands(proposal, store):
            raise
    hidden = metadata_path(ROOT, proposed(proposal, ROOT).signed.version)

    def read(path: str) -> bytes:
        if path == hidden:
            raise ObjectMissingError(detail=f"{path} is being written")
        return store.read(path)

    return read_without_time(read, trusted_root(store))


def _root_stands(proposal: Proposal, store: Store) -> bool:
    """Tell whether the proposed root, if any, has been written."""
    if ROOT not in proposal.roles:
        return True
    root = proposed(proposal, ROOT)
    path = metadata_path(ROOT, root.signed.version)
    if not store.exists(path):
        return False
    try:
        return bool(Metadata.from_bytes(store.read(path)).signed == root.signed)
    except ValueError as error:
        raise RoleKeyError(detail=f"{path} cannot be read") from error


def _release(proposal: Proposal) -> tuple[str, str] | None:
    """Give bundle and digest of the release that a proposal offers."""
    offer = proposal.offer
    if offer is None:
        return None
    manifest = proposal.documents[offer.manifest].encode()
    return decode_manifest(manifest).bundle, sha256(manifest)


def _versions(proposal: Proposal) -> dict[str, int]:
    """Give the versions that a proposal brings."""
    return {role: proposed(proposal, role).signed.version for role in proposal.roles}


def _check_blobs(proposal: Proposal, stands: Standing, store: Store, written: Collection[str]) -> None:
    """Hold that everything that is offered anew is in the store."""
    for role in proposal.roles:
        if not role.startswith(app_role("")):
            continue
        old = stands.roles[role].signed.targets if role in stands.roles else {}
        for path, target in proposed(proposal, role).signed.targets.items():
            if path not in written and (path not in old or old[path].hashes != target.hashes):
                _check_blob(store, path, target)


def _check_blob(store: Store, path: str, target: TargetFile) -> None:
    """Hold that a target lies in the store, and with a manifest the files of its release."""
    stored = target_file_path(path, target.hashes["sha256"])
    try:
        data = store.read(stored)
        target.verify_length_and_hashes(data)
    except (ObjectMissingError, ValueError) as error:
        raise ProposalError(detail=f"{stored} is not in the repository as signed", remedy="propose again") from error
    if path.endswith(MANIFEST_SUFFIX):
        manifest = decode_manifest(data)
        if manifest_target(manifest.bundle, manifest.version) != path:
            raise ProposalError(detail=f"{path} is the manifest of {manifest.name}")
        for name, entry in manifest.files.items():
            if not store.exists(object_path(entry.sha256)):
                raise ProposalError(
                    detail=f"{name} of {manifest.name} is not in the repository", remedy="propose again"
                )
