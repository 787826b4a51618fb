"""``h5bundle sign``, ``merge`` and ``proposals``: read a proposal, sign it, join it, and see who is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from h5bundle.commands.offers import versions_in
from h5bundle.commands.promote import current
from h5bundle.commands.propose import every, save
from h5bundle.errors import H5BundleError, ProposalError, RoleKeyError
from h5bundle.formats import Signer
from h5bundle.keys import app_role
from h5bundle.proposal_words import explain, standing_lines
from h5bundle.proposals import FOLDER, Listed, Proposal, decode, join
from h5bundle.quorum import Demand, check, counts, sign
from h5bundle.standing import Standing, applied, check_base, standing_in, standing_of
from h5bundle.stores.port import Store
from h5bundle.versions import parse_version

WAITING: Final = frozenset({"open", "complete"})
"""States in which a proposal can still be promoted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A proposal that was checked against a trusted root, in words.

    Attributes:
        lines: what it changes.
        demands: every threshold, with who has signed.
    """

    proposal: Proposal
    stands: Standing
    lines: tuple[str, ...]
    demands: tuple[Demand, ...]


def read(data: bytes, *, trusted_root: bytes | None, now: datetime) -> Reading:
    """Read a proposal's file with nothing else at hand.

    Args:
        data: the file.
        trusted_root: a root that came by a trusted way; None for a repository that is to be made.
        now: against which the expiry of what is proposed is checked.

    Raises:
        ProposalError: it is not as it should be.
        TrustError: what it was made on is not signed as the root asks.
    """
    proposal = decode(data)
    stands = standing_in(proposal, trusted_root)
    found = check(proposal, stands, now)
    return Reading(proposal, stands, explain(proposal, stands), found)


def add(reading: Reading, signer: Signer) -> tuple[Proposal, tuple[str, ...]]:
    """Sign a proposal with one key.

    Raises:
        RoleKeyError: the key is in none of the roles.
        ProposalError: it has signed already.

    Returns:
        The proposal, and the roles that were signed.
    """
    key = signer.public_key
    if not counts(reading.demands, key):
        raise RoleKeyError(
            detail=f"the key {key.keyid[:8]} is in none of the roles that sign {reading.proposal.name}",
            remedy=f"those are {', '.join(sorted({name for each in reading.demands for name in each.open_keys}))}",
        )
    proposal, roles = sign(reading.proposal, reading.demands, signer)
    if not roles:
        raise ProposalError(detail=f"the key {key.keyid[:8]} has signed {proposal.name} already")
    return proposal, roles


def merge(files: Iterable[bytes], store: Store, *, now: datetime) -> tuple[Proposal, tuple[Demand, ...]]:
    """Join files that were signed in parallel, and keep the result in the store.

    Raises:
        ProposalError: a file is of another proposal, or not as it should be.
        LockedError: another publisher is at work.
    """
    proposals = [decode(data) for data in files]
    joined = proposals[0]
    with store.lock():
        stands = standing_of(current(store))
        for proposal in proposals:
            check_base(proposal, current(store), frozenset())
            check(proposal, stands, now)
            joined = join(joined, proposal)
        joined = save(store, joined)
        return joined, check(joined, stands, now)


def one(proposal: Proposal, store: Store, *, now: datetime) -> Listed:
    """Say how one proposal stands."""
    return _listed(proposal, store, now)


def complete(store: Store, *, now: datetime) -> tuple[tuple[Proposal, tuple[Demand, ...]], ...]:
    """Give the proposals that all have signed and nobody has promoted, with who signed."""
    waiting = [proposal for proposal in every(store) if _judge(proposal, store, now)[0] == "complete"]
    return tuple((proposal, check(proposal, standing_of(current(store)), now)) for proposal in waiting)


def clear(store: Store, *, now: datetime, kept: timedelta) -> tuple[str, ...]:
    """Remove the proposals that are promoted, stale or invalid and were made at least so long ago.

    What waits for signatures or for its promotion stays, however old.

    Raises:
        StoreError: one cannot be removed, or another publisher is at work.

    Returns:
        The names of those that were removed.
    """
    before = f"{now - kept:%Y-%m-%dT%H:%M:%SZ}"
    over = [one for one in run(store, now=now) if one.state not in WAITING and one.created <= before]
    if not over:
        return ()
    with store.lock():
        for listed in over:
            store.remove(f"{FOLDER}{listed.name}.json")
    return tuple(listed.name for listed in over)


def newest_first(store: Store, bundle: str) -> tuple[str, ...]:
    """Give the versions of a bundle that its role signs, the newest first."""
    state = current(store)
    role = None if state is None else state.roles.get(app_role(bundle))
    targets = {} if role is None else role.metadata.signed.targets
    return tuple(sorted(versions_in(bundle, targets), key=parse_version, reverse=True))


def run(store: Store, *, now: datetime) -> tuple[Listed, ...]:
    """List the proposals of a store, the oldest first."""
    found = (_listed(proposal, store, now) for proposal in every(store))
    return tuple(sorted(found, key=lambda listed: (listed.created, listed.name)))


def _listed(proposal: Proposal, store: Store, now: datetime) -> Listed:
    """Say how a proposal stands."""
    state, lines = _judge(proposal, store, now)
    roles = tuple(proposal.roles)
    return Listed(proposal.name, proposal.proposer, proposal.reason, proposal.created, roles, state, lines)


def _judge(proposal: Proposal, store: Store, now: datetime) -> tuple[str, tuple[str, ...]]:
    """Give a proposal's state, with words."""
    try:
        stands = current(store)
        done = applied(proposal, stands)
        if done == proposal.roles.keys():
            return "promoted", ()
        check_base(proposal, stands, done)
        found = check(proposal, standing_of(stands), now)
    except ProposalError as error:
        return "invalid", (error.detail,)
    except H5BundleError as error:
        return "stale", (error.detail,)
    return "open" if any(demand.missing for demand in found) else "complete", standing_lines(found)
