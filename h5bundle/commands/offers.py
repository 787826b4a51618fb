"""What a verified repository signs and offers, and what the release trains say of a change to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from h5bundle import rollout, trains
from h5bundle.digests import sha256
from h5bundle.errors import PublishError
from h5bundle.formats import TargetFile
from h5bundle.keys import ROLLOUT, app_role
from h5bundle.manifest import Manifest, decode
from h5bundle.rollout import RolloutPolicy, RolloutRelease
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, manifest_target, read_target, rollout_target

_MANIFEST: Final = ".manifest.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """What hosts and bank offer now, for the release trains; None where it is not known.

    Attributes:
        ops: operations of the live catalogue.
        contract: version of the bridge contract.
    """

    ops: frozenset[str] | None = None
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a verified repository signs and offers.

    Attributes:
        store, state: the repository, expiry of delegated roles forgiven.
        known: target path → manifest, of those that need not be read; what is about to be signed is given here.
    """

    store: Store
    state: TrustedState
    known: dict[str, Manifest] = field(default_factory=dict)

    def policy(self, bundle: str) -> RolloutPolicy | None:
        """Give a bundle's policy, or None when it has none."""
        path = rollout_target(bundle)
        if path not in self.state.roles[ROLLOUT].metadata.signed.targets:
            return None
        return rollout.decode(read_target(self.store.read, self.state, path))

    def release(self, bundle: str, version: str) -> tuple[Manifest, str]:
        """Give a signed release's manifest and digest.

        Raises:
            PublishError: the bundle's role does not sign that version.
        """
        path = manifest_target(bundle, version)
        role = self.state.roles.get(app_role(bundle))
        if role is None or path not in role.metadata.signed.targets:
            signed = ", ".join(sorted(self.signed().get(bundle, {}))) or "nothing"
            raise PublishError(
                detail=f"{bundle} {version} is not signed here: {signed} is", remedy="publish it, or name another one"
            )
        data = read_target(self.store.read, self.state, path)
        return decode(data), sha256(data)

    def signed(self) -> dict[str, dict[str, str]]:
        """Give bundle → version → digest of every release that a role signs."""
        roles = {bundle: self.state.roles[app_role(bundle)] for bundle in self.state.bundles}
        return {bundle: versions_in(bundle, role.metadata.signed.targets) for bundle, role in roles.items()}

    def policies(self) -> dict[str, RolloutPolicy]:
        """Give the policy of every bundle that has one."""
        found = {bundle: self.policy(bundle) for bundle in self.state.bundles}
        return {bundle: policy for bundle, policy in found.items() if policy is not None}

    def manifests(self, policies: Mapping[str, RolloutPolicy] | None = None) -> tuple[Manifest, ...]:
        """Give the manifests of all releases that policies offer to anybody.

        Args:
            policies: bundle → policy; those that stand when not given.
        """
        chosen = self.policies() if policies is None else policies
        releases = [release for _, policy in sorted(chosen.items()) for release in policy.releases]
        return tuple(self._manifest(release) for release in releases if release.permyriad or release.allow)

    def _manifest(self, release: RolloutRelease) -> Manifest:
        """Read a manifest once."""
        if release.manifest not in self.known:
            self.known[release.manifest] = decode(read_target(self.store.read, self.state, release.manifest))
        return self.known[release.manifest]


def versions_in(bundle: str, targets: Mapping[str, TargetFile]) -> dict[str, str]:
    """Give version → digest of the releases among a role's targets."""
    return {
        path.removeprefix(f"apps/{bundle}/").removesuffix(_MANIFEST): target.hashes["sha256"]
        for path, target in targets.items()
        if path.endswith(_MANIFEST)
    }


def broken_by(
    world: Offered,
    live: Live,
    policies: Mapping[str, RolloutPolicy],
    signed: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[trains.Blocker, ...]:
    """Name what a change would break that is not broken now.

    A policy that goes on after a pause is judged like an offer that is made anew.

    Args:
        world: what stands, and the manifests of what is about to be signed.
        live: what hosts and bank offer.
        policies: bundle → the policy that takes the place of the present one.
        signed: bundle → version → digest, of what its role will sign; the other bundles stay.
    """
    stands, present = world.policies(), world.signed()
    before = {
        bundle: msgspec.structs.replace(policy, releases=())
        if policy.halt and bundle in policies and not policies[bundle].halt
        else policy
        for bundle, policy in stands.items()
    }
    now = trains.blockers(world.manifests(before), trains.World(present, live.ops, live.contract))
    ground = trains.World({**present, **(signed or {})}, live.ops, live.contract)
    return tuple(sorted(trains.blockers(world.manifests({**stands, **policies}), ground) - now))


def hold_trains(
    world: Offered,
    live: Live,
    policies: Mapping[str, RolloutPolicy],
    signed: Mapping[str, Mapping[str, str]] | None = None,
    *,
    what: str,
) -> None:
    """Refuse a change that leaves a release on offer without what it needs.

    Args:
        world: what stands, and the manifests of what is about to be signed.
        live: what hosts and bank offer.
        policies: bundle → the policy that takes the place of the present one.
        signed: bundle → version → digest, of what its role will sign; the other bundles stay.
        what: the change, in words.

    Raises:
        TrainError: naming each release and what it would lack.
    """
    trains.refuse(broken_by(world, live, policies, signed), what=what)
