"""Whose signatures a proposal needs, and whether it may be signed and promoted at all: rules without IO.

A new root needs the threshold of the root before and its own. Every other role needs the threshold that its delegator
asks for as it will stand, so a change of keys is signed by the new keys. A release that asks for more than the one
before needs a key of the security team besides, in a repository whose keys have teams. Where the keys of targets
change, those that leave may sign once more (a threshold of 0): then nobody sees a crash between root and timestamp.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from securesystemslib.exceptions import UnverifiedSignatureError

from h5bundle.digests import sha256
from h5bundle.errors import ManifestError, ProposalError
from h5bundle.formats import Key, Metadata, Root, Signer, Targets
from h5bundle.keys import ROLLOUT, ROOT, TARGETS, TEAM, app_role, check_public, name_key
from h5bundle.manifest import Manifest
from h5bundle.manifest import decode as decode_manifest
from h5bundle.policy import POLICY, is_written_well
from h5bundle.proposals import Proposal, proposed, put
from h5bundle.standing import Standing
from h5bundle.trust import delegated_roles, manifest_target
from h5bundle.versions import parse_version
from h5bundle.widening import widening

SECURITY = "security"
MANIFEST_SUFFIX = ".manifest.json"
ONLINE_SIGNED = frozenset({ROLLOUT, "snapshot", "timestamp"})


@dataclass(frozen=True, slots=True)
class Demand:
    """One threshold that a role's signatures must reach.

    Attributes:
        role: whose new metadata is signed.
        why: on what it rests, for people.
        keys: key id → key, of those that count.
        threshold: how many of them.
        signed: ids of those that have signed.
    """

    role: str
    why: str
    keys: Mapping[str, Key]
    threshold: int
    signed: frozenset[str]

    @property
    def missing(self) -> int:
        """Give how many signatures are missing."""
        return max(0, self.threshold - len(self.signed))

    @property
    def open_keys(self) -> tuple[str, ...]:
        """Give the names of the keys that could still sign."""
        return tuple(sorted(name_key(key) for keyid, key in self.keys.items() if keyid not in self.signed))


def demands(proposal: Proposal, stands: Standing) -> tuple[Demand, ...]:
    """Give every threshold of a proposal, with the signatures that count already.

    Raises:
        ProposalError: a role has no delegation, or a manifest is missing.
    """
    return tuple(demand for role in proposal.roles for demand in _of_role(proposal, stands, role))


def check(proposal: Proposal, stands: Standing, now: datetime) -> tuple[Demand, ...]:
    """Hold everything that must be true of a proposal whether or not all have signed.

    Raises:
        ProposalError: named by what is wrong: a version that is not the next, an expiry that is past, a key that
            stands twice, a signature that is not valid or of a key that is not in the role.
        RoleKeyError: a key in a role is not of the kind that is used here.
    """
    for role in proposal.roles:
        metadata = proposed(proposal, role)
        _check_version(stands, role, metadata)
        if now >= metadata.signed.expires:
            raise ProposalError(
                detail=f"what is proposed for {role} expired on {metadata.signed.expires:%Y-%m-%d %H:%M} UTC",
                remedy="propose again",
            )
        if isinstance(metadata.signed, Root) or role == TARGETS:
            _check_keys(role, metadata.signed)
        if isinstance(metadata.signed, Root) and not is_written_well(metadata.signed):
            raise ProposalError(detail=f"{POLICY} in the proposed root gives no lifetimes", remedy="propose again")
        if role == TARGETS:
            _check_kept(stands, metadata.signed)
    _check_apart(*delegators(proposal, stands))
    found = demands(proposal, stands)
    for role in proposal.roles:
        _check_signatures(role, proposed(proposal, role), [demand for demand in found if demand.role == role])
    return found


def sign(proposal: Proposal, found: tuple[Demand, ...], signer: Signer) -> tuple[Proposal, tuple[str, ...]]:
    """Add the signatures of one key to every role in which it counts and has not signed.

    Args:
        proposal: that was checked.
        found: its demands.
        signer: the key.

    Returns:
        The proposal, and the roles that were signed.
    """
    keyid = signer.public_key.keyid
    signed: list[str] = []
    for role in dict.fromkeys(demand.role for demand in found if keyid in demand.keys):
        metadata = proposed(proposal, role)
        if keyid not in metadata.signatures:
            metadata.sign(signer, append=True)
            proposal = put(proposal, role, metadata)
            signed.append(role)
    return proposal, tuple(signed)


def counts(found: tuple[Demand, ...], key: Key) -> bool:
    """Tell whether a key's signature counts in any role of a proposal."""
    return any(key.keyid in demand.keys for demand in found)


def widened(proposal: Proposal, stands: Standing, role: str) -> tuple[str, ...]:
    """Name what the releases that a proposal offers anew ask for beyond the newest one before them.

    Raises:
        ProposalError: a manifest that this rests on is not in the proposal, or is not the one that is signed.
    """
    old = stands.roles[role].signed.targets if role in stands.roles else {}
    new = proposed(proposal, role).signed.targets
    before = [path for path in old if path.endswith(MANIFEST_SUFFIX)]
    found: list[str] = []
    for path, target in new.items():
        if not path.endswith(MANIFEST_SUFFIX) or (path in old and old[path].hashes == target.hashes):
            continue
        manifest = _document(proposal, path, target.hashes["sha256"])
        others = [other for other in before if other != path]
        newest = max(others, key=lambda other: parse_version(_version(other, manifest.bundle)), default=None)
        previous = None if newest is None else _document(proposal, newest, old[newest].hashes["sha256"])
        found += widening(previous, manifest)
    return tuple(found)


def uses_teams(root: Root | None, targets: Targets | None) -> bool:
    """Tell whether any key of a repository has a team."""
    keys = [*(root.keys.values() if root else ())]
    if targets is not None and targets.delegations is not None:
        keys += targets.delegations.keys.values()
    return any(TEAM in key.unrecognized_fields for key in keys)


def role_keys_of(delegator: Root | Targets, role: str) -> dict[str, Key]:
    """Give the keys of a role.

    Raises:
        ProposalError: there is no such role.
    """
    try:
        return {keyid: delegator.get_key(keyid) for keyid in delegator.get_delegated_role(role).keyids}
    except ValueError as error:
        raise ProposalError(detail=f"there is no role {role}, or one of its keys is missing") from error


def _of_role(proposal: Proposal, stands: Standing, role: str) -> Iterator[Demand]:
    """Go through the thresholds of one role."""
    metadata = proposed(proposal, role)
    root, targets = delegators(proposal, stands)
    if role == ROOT and stands.root is not None:
        yield _demand(role, "the root so far", stands.root.signed, metadata)
    delegator = root if role in {ROOT, TARGETS} else targets
    if delegator is None:
        raise ProposalError(detail=f"nothing in the proposal or before it delegates to {role}")
    yield _demand(role, "the new root" if role == ROOT else "its role", delegator, metadata)
    if role == TARGETS and ROOT in proposal.roles and stands.root is not None:
        parting = _demand(role, "its keys so far", stands.root.signed, metadata)
        if parting.keys.keys() - role_keys_of(delegator, role).keys():
            yield replace(parting, threshold=0)
    if role.startswith(app_role("")) and uses_teams(root, targets):
        more = widened(proposal, stands, role)
        if more:
            ours = {
                keyid: key
                for keyid, key in role_keys_of(delegator, role).items()
                if key.unrecognized_fields.get(TEAM) == SECURITY
            }
            yield Demand(role, f"security, for {'; '.join(more)}", ours, 1, _valid(ours, metadata))


def delegators(proposal: Proposal, stands: Standing) -> tuple[Root | None, Targets | None]:
    """Give root and targets as they will stand."""
    root: Root | None = stands.root.signed if stands.root is not None else None
    targets: Targets | None = stands.targets.signed if stands.targets is not None else None
    root = proposed(proposal, ROOT).signed if ROOT in proposal.roles else root
    targets = proposed(proposal, TARGETS).signed if TARGETS in proposal.roles else targets
    return root, targets


def _demand(role: str, why: str, delegator: Root | Targets, metadata: Metadata[Any]) -> Demand:
    """Give the threshold that a delegator asks for."""
    keys = role_keys_of(delegator, role)
    return Demand(role, why, keys, delegator.get_delegated_role(role).threshold, _valid(keys, metadata))


def _valid(keys: Mapping[str, Key], metadata: Metadata[Any]) -> frozenset[str]:
    """Give the keys that have signed."""
    return frozenset(keyid for keyid, key in keys.items() if keyid in metadata.signatures and _signed(key, metadata))


def _signed(key: Key, metadata: Metadata[Any]) -> bool:
    """Tell whether a key's signature is valid."""
    try:
        key.verify_signature(metadata.signatures[key.keyid], metadata.signed_bytes)
    except UnverifiedSignatureError:
        return False
    return True


def _check_version(stands: Standing, role: str, metadata: Metadata[Any]) -> None:
    """Hold that a role is one that people sign, and that its new version is the next."""
    if role in ONLINE_SIGNED:
        raise ProposalError(detail=f"{role} is signed online, and cannot be proposed")
    top = {ROOT: stands.root, TARGETS: stands.targets}
    old: Metadata[Any] | None = top[role] if role in top else stands.roles.get(role)
    expected = 1 if old is None else old.signed.version + 1
    if metadata.signed.version != expected:
        raise ProposalError(detail=f"{role} is proposed as version {metadata.signed.version}, and {expected} is next")


def _check_keys(role: str, signed: Root | Targets) -> None:
    """Hold that keys are of the one kind, none stands twice, and every threshold can be reached."""
    names = ("root", "targets", "snapshot", "timestamp") if isinstance(signed, Root) else delegated_roles(signed)
    for name in names:
        keys = role_keys_of(signed, name)
        for keyid, key in keys.items():
            if key.keyid != keyid:
                raise ProposalError(detail=f"the key {keyid[:8]} of {name} stands under another id")
            check_public(key, f"the key {keyid[:8]} of {name}")
        threshold = signed.get_delegated_role(name).threshold
        if not 1 <= threshold <= len(keys):
            raise ProposalError(detail=f"{role}: {name} asks for {threshold} of {len(keys)} keys")


def _check_kept(stands: Standing, targets: Targets) -> None:
    """Hold that no role goes: clients would take its absence from the snapshot for a rollback."""
    before = () if stands.targets is None else delegated_roles(stands.targets.signed)
    gone = sorted(set(before) - set(delegated_roles(targets)))
    if gone:
        raise ProposalError(detail=f"the role {gone[0]} would be removed", remedy="withdraw its releases instead")


def _check_apart(root: Root | None, targets: Targets | None) -> None:
    """Hold that no key that lies online signs for people, and that the rollout has a key of its own."""
    online = {} if root is None else role_keys_of(root, "timestamp") | role_keys_of(root, "snapshot")
    delegated = () if targets is None else delegated_roles(targets)
    held = {role: set(role_keys_of(targets, role)) for role in delegated if targets is not None}
    rollout = held.pop(ROLLOUT, set())
    people = {} if root is None else {role: set(role_keys_of(root, role)) for role in (ROOT, TARGETS)}
    for role, keys in (people | held).items():
        if keys & (online.keys() | rollout):
            raise ProposalError(detail=f"a key of {role} is an online key too", remedy="give every role its own keys")
    if rollout & online.keys():
        raise ProposalError(detail="rollout and snapshot share a key", remedy="give the rollout a key of its own")


def _check_signatures(role: str, metadata: Metadata[Any], found: list[Demand]) -> None:
    """Hold that every signature is valid and of a key that counts."""
    keys = {keyid: key for demand in found for keyid, key in demand.keys.items()}
    for keyid in metadata.signatures:
        if keyid not in keys:
            raise ProposalError(detail=f"{role} is signed by {keyid[:8]}, which is not a key of this role")
        if not _signed(keys[keyid], metadata):
            raise ProposalError(
                detail=f"the signature of {name_key(keys[keyid])} on {role} is not valid: it was altered after signing",
                remedy="propose again, and ask who sent the file",
            )


def _document(proposal: Proposal, path: str, digest: str) -> Manifest:
    """Give a manifest that the proposal carries."""
    text = proposal.documents.get(path)
    if text is None or sha256(text.encode()) != digest:
        raise ProposalError(detail=f"the proposal does not carry {path} as it is signed", remedy="propose again")
    try:
        manifest = decode_manifest(text.encode())
    except ManifestError as error:
        raise ProposalError(detail=f"{path}: {error.detail}") from error
    if manifest_target(manifest.bundle, manifest.version) != path:
        raise ProposalError(detail=f"{path} is the manifest of {manifest.name}")
    return manifest


def _version(path: str, bundle: str) -> str:
    """Give the version in a manifest's path."""
    return path.removeprefix(f"apps/{bundle}/").removesuffix(MANIFEST_SUFFIX)
