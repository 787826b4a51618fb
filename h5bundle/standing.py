"""What stands in a repository while a proposal is judged: as the proposal's file says, or as the repository says."""

from collections.abc import Mapping
from typing import Any

import msgspec

from h5bundle.errors import ObjectMissingError, ProposalError, StaleProposalError
from h5bundle.formats import Metadata, Root, Targets
from h5bundle.keys import ROOT, TARGETS
from h5bundle.proposals import Proposal, proposed
from h5bundle.trust import TrustedState, metadata_path, newest_root, parse_metadata, verify_signatures


class Standing(msgspec.Struct, frozen=True):
    """What stands now, verified: the roles on which a proposal's signatures rest.

    Attributes:
        root, targets: None while there is no repository.
        roles: the delegated roles that are known here.
    """

    root: Metadata[Root] | None
    targets: Metadata[Targets] | None
    roles: Mapping[str, Metadata[Targets]]


def standing_in(proposal: Proposal, trusted_root: bytes | None) -> Standing:
    """Verify what a proposal says stands now, with nothing but a root that is trusted already.

    That it still is the newest cannot be seen from a file: promotion looks.

    Args:
        proposal: with its base.
        trusted_root: any root of the repository that came by a trusted way; None for a repository that is to be made.

    Raises:
        ProposalError: there is a repository, and no root that is trusted.
        TrustError: the base is not signed as the root asks.
    """
    if not proposal.roots and trusted_root is not None:
        raise ProposalError(
            detail="the proposal begins another repository, and the root that you trust has one",
            remedy="do not sign it; ask who sent it",
        )
    if not proposal.roots:
        return Standing(None, None, {})
    if trusted_root is None:
        raise ProposalError(
            detail="what stands now can be believed only from a root that you trust",
            remedy="give it with --root (the one that the app carries, or any later one)",
        )
    texts = {metadata_path(ROOT, number): text for number, text in enumerate(proposal.roots, start=1)}

    def read(path: str) -> bytes:
        if path not in texts:
            raise ObjectMissingError(detail=f"{path} is not in the proposal")
        return texts[path].encode()

    root, _ = newest_root(read, trusted_root)
    if root.signed.version != len(proposal.roots):
        raise ProposalError(detail=f"the trusted root has version {root.signed.version}, newer than the proposal's")
    targets: Metadata[Targets] = parse_metadata(TARGETS, proposal.base.get(TARGETS, "").encode(), Targets)
    verify_signatures(TARGETS, root.signed, TARGETS, targets)
    roles: dict[str, Metadata[Targets]] = {}
    for role, text in proposal.base.items():
        if role != TARGETS:
            roles[role] = parse_metadata(role, text.encode(), Targets)
            verify_signatures(role, targets.signed, role, roles[role])
    return Standing(root, targets, roles)


def standing_of(state: TrustedState | None) -> Standing:
    """Give what stands in a repository, as proposals see it."""
    if state is None:
        return Standing(None, None, {})
    return Standing(state.root, state.targets, {role: held.metadata for role, held in state.roles.items()})


def applied(proposal: Proposal, state: TrustedState | None) -> frozenset[str]:
    """Give the roles that stand already as they are proposed."""
    stands = standing_of(state)
    top: dict[str, Metadata[Any] | None] = {ROOT: stands.root, TARGETS: stands.targets}
    found = set()
    for role in proposal.roles:
        metadata = top[role] if role in top else stands.roles.get(role)
        if metadata is not None and metadata.signed == proposed(proposal, role).signed:
            found.add(role)
    return frozenset(found)


def check_base(proposal: Proposal, state: TrustedState | None, done: frozenset[str]) -> None:
    """Hold that what a proposal changes is still what it was made on."""
    present: dict[str, str] = {}
    if state is not None:
        present = {role: held.data.decode() for role, held in state.roles.items()}
        present |= {ROOT: state.root_bytes.decode(), TARGETS: state.targets_bytes.decode()}
    base = dict(proposal.base) | ({ROOT: proposal.roots[-1]} if proposal.roots else {})
    for role in proposal.roles:
        if role not in done and base.get(role) != present.get(role):
            raise StaleProposalError(
                detail=f"{role} has changed since the proposal {proposal.name} was made",
                remedy="propose again on what stands now, and collect the signatures anew",
            )


def before(proposal: Proposal, stands: Standing, done: frozenset[str]) -> Standing:
    """Give what stood before this proposal, where a crash left some of its roles applied."""
    if not done:
        return stands
    roles = dict(stands.roles)
    targets, root = stands.targets, stands.root
    for role in done:
        if role == ROOT:
            root = Metadata.from_bytes(proposal.roots[-1].encode()) if proposal.roots else None
        elif role == TARGETS:
            targets = Metadata.from_bytes(proposal.base[TARGETS].encode()) if TARGETS in proposal.base else None
        elif role in proposal.base:
            roles[role] = Metadata.from_bytes(proposal.base[role].encode())
        else:
            roles.pop(role, None)
    return Standing(root, targets, roles)
