"""``h5bundle preview``: the link by which a named tester opens one release of a bundle."""

from dataclasses import dataclass

import msgspec

from h5bundle import rollout
from h5bundle.commands.offers import Offered
from h5bundle.commands.rollout import Alter, Targeting, named, offered
from h5bundle.errors import PreviewError, PublishError
from h5bundle.previews import refusal, write_link
from h5bundle.repository import load_for_reading
from h5bundle.rollout import Change, PreviewReason, RolloutPolicy, Wish
from h5bundle.stores.port import Store


@dataclass(frozen=True, slots=True)
class PreviewLink:
    """What a tester scans.

    Attributes:
        testers: how many installations the policy names for the release; the link adds none.
    """

    bundle: str
    version: str
    digest: str
    policy: int
    testers: int
    link: str


def run(store: Store, bundle: str, version: str, app_link: str) -> PreviewLink:
    """Make the link to a release that the signed policy offers.

    Args:
        store: the repository.
        bundle: bundle id.
        version: the release.
        app_link: address that the bank's app understands.

    Raises:
        PreviewError: the release is in no policy, is paused or lies below the floor, or the address is none.
        PublishError: the bundle's role does not sign it, or it has no policy.
    """
    world = Offered(store, load_for_reading(store))
    policy = world.policy(bundle)
    if policy is None:
        raise PublishError(detail=f"{bundle} has no rollout policy here", remedy="look at: h5bundle status")
    digest = world.release(bundle, version)[1]
    wish = Wish(bundle=bundle, version=version, digest=digest)
    release = next((one for one in policy.releases if one.digest == digest), None)
    reason = rollout.preview(policy, wish, rollout.Here(install_id=""))[1]
    if reason in {PreviewReason.BELOW_FLOOR, PreviewReason.HALTED}:
        raise refusal(reason, wish, "")
    if release is None:
        raise PreviewError(
            detail=f"{bundle} {version} is signed, and no policy offers it",
            remedy=f"h5bundle offer {bundle} {version} 0% --by NAME --why WHY, or --add-tester HASH here does both",
        )
    return PreviewLink(bundle, version, digest, policy.policy, len(release.allow), write_link(wish, app_link))


def with_testers(version: str, testers: tuple[str, ...], change: Change) -> Alter:
    """Name testers of a release, and offer it to nobody else when it is not on offer yet.

    Args:
        version: the release.
        testers: hashed install ids, as the app shows them.
        change: who names them, and why.
    """

    def alter(policy: RolloutPolicy, world: Offered) -> RolloutPolicy:
        digest = world.release(policy.bundle, version)[1]
        known = any(one.digest == digest for one in policy.releases)
        base = policy if known else offered(version, Targeting(permyriad=0), change)(policy, world)
        after = named(version, add=testers, remove=(), change=change)(base, world)
        return after if after == policy else msgspec.structs.replace(after, policy=policy.policy + 1)

    return alter
