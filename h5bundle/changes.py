"""What a proposed change makes of a role's metadata: the next version, as values; nothing is signed or written here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from h5bundle.errors import ProposalError
from h5bundle.formats import DelegatedRole, Delegations, Key, Root, TargetFile, Targets
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, app_role
from h5bundle.trust import delegated_roles, manifest_target

MIN_PREFIX: Final = 8
"""Digits by which a key may be named."""

_Signed = TypeVar("_Signed", Root, Targets)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyChange:
    """A change to the keys of a role.

    Attributes:
        add: keys that come.
        remove: ids of keys that go, or the first eight digits or more.
        threshold: how many must sign; None leaves it.
        replace: every key goes that does not come.
    """

    add: tuple[Key, ...] = ()
    remove: tuple[str, ...] = ()
    threshold: int | None = None
    replace: bool = False


def next_version(signed: _Signed, expires: datetime) -> _Signed:
    """Give a copy with the next version and a new expiry."""
    copy = type(signed).from_dict(signed.to_dict())
    copy.version += 1
    copy.expires = expires
    return copy


def rekey_top(root: Root, role: str, change: KeyChange, expires: datetime) -> Root:
    """Give the next root, with other keys of root, targets or online (snapshot and timestamp together).

    Raises:
        ProposalError: the change is none, or leaves fewer keys than the threshold.
    """
    new = next_version(root, expires)
    for name in ("snapshot", "timestamp") if role == ONLINE else (role,):
        _rekey(new, name, change)
    _refuse_nothing(root, new, role)
    return new


def rekey_delegation(targets: Targets, role: str, change: KeyChange, expires: datetime) -> Targets:
    """Give the next targets, with other keys of a delegated role, which is made when there is none.

    Raises:
        ProposalError: the same as above.
    """
    new = next_version(targets, expires)
    if role not in delegated_roles(new):
        delegate(new, role, (), threshold=1)
    _rekey(new, role, change)
    _refuse_nothing(targets, new, role)
    return new


def delegate(targets: Targets, role: str, keys: Iterable[Key], *, threshold: int) -> None:
    """Give a role its part of the targets: ``rollout/*``, or ``apps/<bundle>/*``, and nothing else."""
    if targets.delegations is None or targets.delegations.roles is None:
        targets.delegations = Delegations({}, {})
    assert targets.delegations.roles is not None  # noqa: S101 - tells the type checker what the lines above made
    paths = [f"{ROLLOUT}/*" if role == ROLLOUT else f"apps/{role.removeprefix(app_role(''))}/*"]
    targets.delegations.roles[role] = DelegatedRole(role, [], threshold, terminating=True, paths=paths)
    for key in keys:
        targets.add_key(key, role)


def with_targets(old: Targets | None, changes: Mapping[str, TargetFile], expires: datetime) -> Targets:
    """Give the next metadata of a delegated role, with targets added or replaced."""
    targets = {**({} if old is None else old.targets), **changes}
    return Targets(1 if old is None else old.version + 1, expires=expires, targets=targets)


def without_release(old: Targets, bundle: str, version: str, expires: datetime) -> Targets:
    """Give the next metadata of a bundle's role without one release.

    Raises:
        ProposalError: the release is not on offer.
    """
    if manifest_target(bundle, version) not in old.targets:
        raise ProposalError(detail=f"{bundle} {version} is not on offer", remedy="look at: h5bundle status")
    stem = manifest_target(bundle, version).removesuffix("manifest.json")
    kept = {path: target for path, target in old.targets.items() if not path.startswith(stem)}
    return Targets(old.version + 1, expires=expires, targets=kept)


def _rekey(signed: Root | Targets, role: str, change: KeyChange) -> None:
    """Change the keys and the threshold of one role."""
    delegated: Any = signed.get_delegated_role(role)
    coming = {key.keyid for key in change.add}
    going = [_resolve(role, delegated.keyids, name) for name in change.remove]
    if change.replace:
        going += [keyid for keyid in delegated.keyids if keyid not in coming]
    for keyid in dict.fromkeys(going):
        signed.revoke_key(keyid, role)
    for key in change.add:
        signed.add_key(key, role)
    if change.threshold is not None:
        delegated.threshold = change.threshold
    if not 1 <= delegated.threshold <= len(delegated.keyids):
        raise ProposalError(
            detail=f"{role} would ask for {delegated.threshold} signatures and have {len(delegated.keyids)} keys",
            remedy="add keys with --add, or change --threshold",
        )


def _resolve(role: str, keyids: Iterable[str], name: str) -> str:
    """Give the one key that is meant."""
    found = [keyid for keyid in keyids if keyid.startswith(name) and len(name) >= MIN_PREFIX]
    if len(found) != 1:
        raise ProposalError(
            detail=f"{name!r} names no key of {role}",
            remedy=f"give at least {MIN_PREFIX} digits of one of {', '.join(keyid[:8] for keyid in keyids)}",
        )
    return found[0]


def _refuse_nothing(old: Root | Targets, new: Root | Targets, role: str) -> None:
    """Refuse a change that changes nothing."""
    bare: list[dict[str, Any]] = [signed.to_dict() for signed in (old, new)]
    if {**bare[0], "version": 0, "expires": ""} == {**bare[1], "version": 0, "expires": ""}:
        raise ProposalError(detail=f"the keys of {role} would stay as they are", remedy="say what shall change")


TOP: Final = frozenset({ROOT, TARGETS, ONLINE})
"""Roles whose keys stand in the root."""
