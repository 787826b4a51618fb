"""``h5bundle init``: propose a whole repository from a file that says who signs what.

The file names public keys only. What it makes is a proposal like any other, of all roles that people sign; the holders
of root, targets and the bundles' keys sign it one by one, and promoting it makes the repository.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from h5bundle.changes import delegate
from h5bundle.commands.propose import Author, new
from h5bundle.errors import ProjectError, ProposalError, PublishError
from h5bundle.formats import Delegations, Key, Metadata, Root, Targets
from h5bundle.keys import ROLLOUT, ROOT, TARGETS, TEAM, app_role, read_public
from h5bundle.manifest import BUNDLE_ID
from h5bundle.policy import Policy, write_policy
from h5bundle.proposals import Proposal
from h5bundle.quorum import SECURITY
from h5bundle.repository import is_repository
from h5bundle.stores.port import Store
from h5bundle.yaml_strict import load_yaml

ReadFile = Callable[[str], bytes]
"""Gives a file that stands beside the one with the roles."""
MAX_DAYS: Final = 3650


class Signers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs a role: files with public keys, and how many of them must sign."""

    keys: tuple[str, ...]
    threshold: int = 1


class NewBundles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many must sign for bundles that come later."""

    threshold: int


class RoleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: who signs what, how many of them, and for how many days it is believed."""

    root: Signers
    targets: Signers
    online: Signers
    rollout: Signers
    app: NewBundles
    bundles: dict[str, Signers] = {}
    lifetimes: dict[str, float] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class InitOptions:
    """What to make.

    Attributes:
        text: the file.
        name: what to call it in an error.
        read: gives the files of public keys.
        proposer, reason: who proposes it, and why.
    """

    text: str
    name: str
    read: ReadFile
    proposer: str
    reason: str


def run(options: InitOptions, store: Store, *, now: datetime) -> Proposal:
    """Propose a repository.

    Raises:
        PublishError: there is one already.
        ProjectError: the file is not as it should be.
        RoleKeyError: a public key is none of ours.
    """
    if is_repository(store):
        raise PublishError(detail="there is a repository already", remedy="change it: h5bundle propose")
    roles = _parse(options)
    policy = _policy(roles, options.name)
    root = Root(version=1, expires=policy.expires(ROOT, now), consistent_snapshot=True)
    holders = {ROOT: roles.root, TARGETS: roles.targets, "snapshot": roles.online, "timestamp": roles.online}
    for role, signers in holders.items():
        for key in _keys(signers, options):
            root.add_key(key, role)
        root.roles[role].threshold = signers.threshold
    write_policy(root, policy)
    targets = Targets(version=1, expires=policy.expires(TARGETS, now), delegations=Delegations({}, {}))
    delegate(targets, ROLLOUT, _keys(roles.rollout, options), threshold=roles.rollout.threshold)
    changed: dict[str, Metadata[Any]] = {ROOT: Metadata(root), TARGETS: Metadata(targets)}
    for bundle, signers in sorted(roles.bundles.items()):
        role, keys = app_role(bundle), _keys(signers, options)
        delegate(targets, role, keys, threshold=signers.threshold)
        changed[role] = Metadata(Targets(1, expires=policy.expires(role, now)))
    _check_teams(targets)
    author = Author(name=options.proposer, reason=options.reason, now=now)
    return new(store, None, changed, author)


def _parse(options: InitOptions) -> RoleFile:
    """Read the file."""
    try:
        roles = msgspec.convert(load_yaml(options.text, name=options.name), RoleFile)
    except msgspec.ValidationError as error:
        raise ProjectError(detail=f"{options.name}: {error}") from error
    for bundle in roles.bundles:
        if BUNDLE_ID.fullmatch(bundle) is None:
            raise ProjectError(detail=f"{options.name}: {bundle!r} is no bundle's id")
    if roles.online.threshold != 1:
        raise ProjectError(detail=f"{options.name}: online keys sign alone", remedy="leave its threshold out")
    return roles


def _policy(roles: RoleFile, name: str) -> Policy:
    """Give thresholds and lifetimes."""
    for role, days in roles.lifetimes.items():
        if role not in Policy().lifetimes or not 0 < days <= MAX_DAYS:
            raise ProjectError(
                detail=f"{name}: {role}: {days:g} is no lifetime in days",
                remedy=f"roles are {', '.join(Policy().lifetimes)}",
            )
    lifetimes = {role: timedelta(days=days) for role, days in roles.lifetimes.items()}
    return Policy({"app": roles.app.threshold}, {**Policy().lifetimes, **lifetimes})


def _keys(signers: Signers, options: InitOptions) -> tuple[Key, ...]:
    """Read the public keys of a role; no key may stand twice in it, and the threshold must be within reach."""
    keys = tuple(read_public(options.read(name), name=name) for name in signers.keys)
    if len({key.keyid for key in keys}) != len(keys):
        raise ProjectError(detail=f"{options.name}: a key stands twice in {', '.join(signers.keys)}")
    if not 1 <= signers.threshold <= len(keys):
        raise ProjectError(detail=f"{options.name}: {signers.threshold} of {len(keys)} keys cannot sign")
    return keys


def _check_teams(targets: Targets) -> None:
    """Hold that where keys have teams, every bundle has a key of the security team."""
    delegations = targets.delegations
    if delegations is None or not any(TEAM in key.unrecognized_fields for key in delegations.keys.values()):
        return
    for role in delegations.roles or {}:
        keys = [targets.get_key(keyid) for keyid in targets.get_delegated_role(role).keyids]
        if role != ROLLOUT and not any(key.unrecognized_fields.get(TEAM) == SECURITY for key in keys):
            raise ProposalError(
                detail=f"{role} has no key of the security team, so no release of it could ever ask for more",
                remedy="add one: h5bundle public-key --team security",
            )
