"""``h5bundle propose``: make a proposal of a change to signed roles, on what stands in the repository now."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from h5bundle.changes import TOP, KeyChange, next_version, rekey_delegation, rekey_top, without_release
from h5bundle.errors import ObjectMissingError, ProposalError, TrustError
from h5bundle.formats import Metadata, Targets
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, RoleKeys, app_role
from h5bundle.manifest import decode
from h5bundle.policy import policy_of
from h5bundle.proposals import FOLDER, FORMAT, Offer, Proposal, encode, join
from h5bundle.proposals import decode as decode_proposal
from h5bundle.quorum import MANIFEST_SUFFIX, check, sign
from h5bundle.repository import load_for_reading
from h5bundle.standing import Standing
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, delegated_roles, manifest_target, metadata_path, read_target, verify_signatures
from h5bundle.versions import parse_version


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who proposes, why and when."""

    name: str
    reason: str
    now: datetime


def keys(store: Store, role: str, change: KeyChange, author: Author) -> Proposal:
    """Propose other keys or another threshold of a role; a bundle's role is made when there is none.

    Args:
        store: the repository.
        role: ``root``, ``targets``, ``rollout`` or ``app-<bundle>``.
        change: what shall change.
        author: who proposes.

    Raises:
        ProposalError: the change is none, or cannot be.
    """
    state = load_for_reading(store)
    policy = policy_of(state.root.signed)
    if role in TOP:
        root = rekey_top(state.root.signed, role, change, policy.expires(ROOT, author.now))
        proposal = new(store, state, {ROOT: Metadata(root)}, author)
        if role == TARGETS and not _still_signed(root, TARGETS, state.targets):
            renewed = next_version(state.targets.signed, policy.expires(TARGETS, author.now))
            proposal = new(store, state, {ROOT: Metadata(root), TARGETS: Metadata(renewed)}, author)
        return proposal
    if role not in state.roles and change.threshold is None:
        change = KeyChange(add=change.add, threshold=policy.threshold(role))
    targets = rekey_delegation(state.targets.signed, role, change, policy.expires(TARGETS, author.now))
    changed: dict[str, Metadata[Any]] = {TARGETS: Metadata(targets)}
    if role != ROLLOUT:
        expires = policy.expires(role, author.now)
        if role not in state.roles:
            changed[role] = Metadata(Targets(1, expires=expires))
        elif not _still_signed(targets, role, state.roles[role].metadata):
            changed[role] = Metadata(next_version(state.roles[role].metadata.signed, expires))
    return new(store, state, changed, author)


def online_begin(store: Store, change: KeyChange, author: Author) -> Proposal:
    """Propose that a new online key signs beside the one so far.

    Raises:
        ProposalError: a swap is going on already, or no key comes.
    """
    state = load_for_reading(store)
    if len(state.root.signed.roles["timestamp"].keyids) > 1:
        raise ProposalError(detail="an online key is being swapped already", remedy="h5bundle propose online --end")
    if len(change.add) != 1:
        raise ProposalError(detail="a swap needs the one key that comes", remedy="give it with --begin")
    return keys(store, ONLINE, change, author)


def online_end(store: Store, author: Author) -> Proposal:
    """Propose that only the newest online key signs; it is the one that came last.

    Raises:
        ProposalError: no swap is going on.
    """
    state = load_for_reading(store)
    leaving = state.root.signed.roles["timestamp"].keyids[:-1]
    if not leaving:
        raise ProposalError(detail="no online key is being swapped", remedy="h5bundle propose online --begin KEY")
    return keys(store, ONLINE, KeyChange(remove=tuple(leaving)), author)


def withdraw(store: Store, bundle: str, version: str, author: Author) -> Proposal:
    """Propose to take a release off a bundle's role.

    Raises:
        ProposalError: it is not on offer, or another release on offer requires it.
    """
    state = load_for_reading(store)
    role = app_role(bundle)
    if role not in state.roles:
        raise ProposalError(detail=f"there is no role {role}", remedy="look at: h5bundle status")
    for path in (path for held in state.roles.values() for path in held.metadata.signed.targets):
        if path.endswith(MANIFEST_SUFFIX):
            manifest = decode(read_target(store.read, state, path))
            if bundle in manifest.requires and manifest.requires[bundle].version == version:
                raise ProposalError(
                    detail=f"{manifest.name} requires {bundle} {version}", remedy=f"withdraw {manifest.name} first"
                )
    expires = policy_of(state.root.signed).expires(role, author.now)
    changed = without_release(state.roles[role].metadata.signed, bundle, version, expires)
    return new(store, state, {role: Metadata(changed)}, author)


def renew(store: Store, roles: Iterable[str], author: Author) -> Proposal:
    """Propose to sign roles anew with the same content, before or after they expire.

    Raises:
        ProposalError: a role is not there, or is signed online.
    """
    state = load_for_reading(store)
    policy = policy_of(state.root.signed)
    changed: dict[str, Metadata[Any]] = {}
    for role in roles:
        old = _metadata(state, role)
        changed[role] = Metadata(next_version(old.signed, policy.expires(role, author.now)))
    return new(store, state, changed, author)


def release(
    store: Store,
    state: TrustedState,
    changed: Mapping[str, Metadata[Any]],
    author: Author,
    *,
    bundle: str,
    manifest: bytes,
    offer: Offer,
) -> Proposal:
    """Propose a release, with its manifest and the newest one before it.

    Args:
        store: the repository; the release's blobs are in it.
        state: what stands.
        changed: the bundle's role, and targets when it is new.
        author: who proposes.
        bundle: whose release it is.
        manifest: bytes of the release's manifest.
        offer: what the rollout shall say.
    """
    documents = {offer.manifest: manifest.decode()}
    held = state.roles.get(app_role(bundle))
    targets = {} if held is None else held.metadata.signed.targets
    versions = [
        path.removeprefix(f"apps/{bundle}/").removesuffix(MANIFEST_SUFFIX)
        for path in targets
        if path.endswith(MANIFEST_SUFFIX) and path != offer.manifest
    ]
    if versions:
        newest = manifest_target(bundle, max(versions, key=parse_version))
        documents[newest] = read_target(store.read, state.unexpired(), newest).decode()
    return msgspec.structs.replace(new(store, state, changed, author), documents=documents, offer=offer)


def new(store: Store, state: TrustedState | None, changed: Mapping[str, Metadata[Any]], author: Author) -> Proposal:
    """Make a proposal of unsigned metadata; without a state, of a repository that is to be made."""
    roots: tuple[str, ...] = ()
    base: dict[str, str] = {}
    if state is not None:
        numbers = range(1, state.root.signed.version + 1)
        roots = tuple(store.read(metadata_path(ROOT, number)).decode() for number in numbers)
        base = {role: state.roles[role].data.decode() for role in changed if role in state.roles}
        base[TARGETS] = state.targets_bytes.decode()
    return Proposal(
        format=FORMAT,
        proposer=author.name,
        reason=author.reason,
        created=f"{author.now:%Y-%m-%dT%H:%M:%SZ}",
        roots=roots,
        base=base,
        roles={role: metadata.to_dict() for role, metadata in changed.items()},
        documents={},
        offer=None,
    )


def sign_with(proposal: Proposal, stands: Standing, held: RoleKeys, now: datetime) -> Proposal:
    """Sign with every key at hand that counts; roles without a key at hand are left to others.

    Raises:
        ProposalError: the proposal is not as it should be.
        RoleKeyError: a key is there and does not open.
    """
    found = check(proposal, stands, now)
    for role in proposal.roles:
        for signer in held.signers(role) if held.has(role) else ():
            proposal, _ = sign(proposal, found, signer)
    return proposal


def save(store: Store, proposal: Proposal) -> Proposal:
    """Keep a proposal in the store, joined with the signatures that are there; the caller holds the lock."""
    present: bytes | None = None
    with contextlib.suppress(ObjectMissingError):
        present = store.read(proposal.path)
        proposal = join(proposal, decode_proposal(present))
    if encode(proposal) != present:  # over what was joined and nothing else: no signature that came meanwhile is lost
        store.swap(proposal.path, encode(proposal), previous=present)
    return proposal


def every(store: Store) -> Iterator[Proposal]:
    """Go through the proposals of a store; what is no proposal is passed over."""
    for path in store.paths(FOLDER):
        with contextlib.suppress(ProposalError, ObjectMissingError):
            proposal = decode_proposal(store.read(path))
            if proposal.path == path:
                yield proposal


def find(store: Store, name: str) -> Proposal:
    """Read a proposal by its name or the beginning of it.

    Raises:
        ProposalError: there is none, or more than one.
    """
    paths = [path for path in store.paths(FOLDER) if path.startswith(f"{FOLDER}{name}") and path.endswith(".json")]
    if len(paths) != 1:
        raise ProposalError(
            detail=f"{len(paths)} proposals begin with {name}", remedy="list them: h5bundle proposals --all"
        )
    proposal = decode_proposal(store.read(paths[0]))
    if proposal.path != paths[0]:
        raise ProposalError(detail=f"{paths[0]} holds the proposal {proposal.name}: it was altered")
    return proposal


def _metadata(state: TrustedState, role: str) -> Metadata[Any]:
    """Give a role's metadata."""
    top: dict[str, Metadata[Any]] = {ROOT: state.root, TARGETS: state.targets}
    found = top.get(role) or (state.roles[role].metadata if role in delegated_roles(state.targets.signed) else None)
    if found is None or role == ROLLOUT:
        raise ProposalError(detail=f"{role} is no role that people sign here", remedy="look at: h5bundle status")
    return found


def _still_signed(delegator: Any, role: str, metadata: Metadata[Any]) -> bool:
    """Tell whether metadata that stands would stand under other keys."""
    try:
        verify_signatures(metadata_path(role, metadata.signed.version), delegator, role, metadata)
    except TrustError:
        return False
    return True
