"""``h5bundle status``: which releases are on offer, who gets them, and until when the signatures are believed."""

from dataclasses import dataclass
from datetime import datetime

from h5bundle import rollout
from h5bundle.commands.offers import Offered
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, manifest_target


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """One role's metadata."""

    role: str
    version: int
    expires: datetime
    expired: bool


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """One release on offer.

    Attributes:
        permyriad: how many of 10,000 installations get it; None when the policy does not name it any more.
        forced: whoever gets it must take it before the bundle opens again.
    """

    bundle: str
    version: str
    digest: str
    permyriad: int | None
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What stands in the repository.

    Attributes:
        stale_hours: bundle → longest time without a check, of the bundles that have a limit.
    """

    roles: tuple[RoleStatus, ...]
    releases: tuple[ReleaseStatus, ...]
    halted: tuple[str, ...]
    stale_hours: dict[str, int]


def run(store: Store, *, now: datetime) -> Status:
    """Read a repository; signatures are verified, expiry is shown.

    Raises:
        ObjectMissingError: there is no repository.
        TrustError: it is not whole.
    """
    state = load_for_reading(store)
    world = Offered(store, state)
    policies = {bundle: world.policy(bundle) for bundle in state.bundles}
    releases = tuple(release for bundle in state.bundles for release in _releases(state, bundle, policies[bundle]))
    halted = tuple(bundle for bundle, policy in policies.items() if policy is not None and policy.halt)
    stale = {bundle: policy.stale_hours for bundle, policy in policies.items() if policy and policy.stale_hours}
    return Status(_roles(state, now), releases, halted, stale)


def _roles(state: TrustedState, now: datetime) -> tuple[RoleStatus, ...]:
    """Give the state of every role."""
    top = (state.root.signed, state.targets.signed, state.snapshot.signed, state.timestamp.signed)
    named = [(signed.type, signed) for signed in top]
    named += [(role, held.metadata.signed) for role, held in sorted(state.roles.items())]
    return tuple(RoleStatus(role, signed.version, signed.expires, now >= signed.expires) for role, signed in named)


def _releases(state: TrustedState, bundle: str, policy: rollout.RolloutPolicy | None) -> tuple[ReleaseStatus, ...]:
    """Give the releases of a bundle."""
    named = {release.digest: release for release in policy.releases} if policy is not None else {}
    found = []
    for path, target in sorted(state.roles[f"app-{bundle}"].metadata.signed.targets.items()):
        version = path.removeprefix(f"apps/{bundle}/").removesuffix(".manifest.json")
        if path == manifest_target(bundle, version):
            digest = target.hashes["sha256"]
            held = named.get(digest)
            share = None if held is None else held.permyriad
            found.append(ReleaseStatus(bundle, version, digest, share, held is not None and held.forced))
    return tuple(found)
