"""What a proposal says to the person who is asked to sign it: every difference between what stands and what shall.

A signer signs bytes and reads words, so nothing may be left out here: whatever is not a version, a signature or one of
the differences below is named as a whole.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from h5bundle.formats import Key, Metadata, Root, TargetFile
from h5bundle.keys import ROLLOUT, ROOT, TARGETS, app_role, name_key
from h5bundle.proposals import Proposal, proposed
from h5bundle.quorum import Demand, delegators, role_keys_of, uses_teams, widened
from h5bundle.standing import Standing
from h5bundle.trust import delegated_roles, manifest_target


def explain(proposal: Proposal, stands: Standing) -> tuple[str, ...]:
    """Give the lines that a signer reads before signing.

    Args:
        proposal: that was checked.
        stands: what it was made on, verified.
    """
    lines = [f"proposal {proposal.name} by {proposal.proposer}, {proposal.created}: {proposal.reason}"]
    if stands.root is None:
        lines.append("it BEGINS A REPOSITORY: compare every key id by voice before you sign")
    for role in proposal.roles:
        old, new = _before(stands, role), proposed(proposal, role)
        lines.append(f"{role} {'(new)' if old is None else old.signed.version} → {new.signed.version}")
        lines += [f"  {line}" for line in _of_role(proposal, stands, role, old, new)]
    if proposal.offer is not None:
        lines.append(f"rollout: {proposal.offer.manifest} to {proposal.offer.permyriad / 100:g} % of installations")
    return tuple(map(_plain, lines))


def standing_lines(found: tuple[Demand, ...]) -> tuple[str, ...]:
    """Say of every threshold who has signed and who is missing."""
    lines = []
    for demand in found:
        signed = ", ".join(sorted(name_key(demand.keys[keyid]) for keyid in demand.signed)) or "nobody"
        state = f"{demand.missing} missing of {', '.join(demand.open_keys) or 'nobody'}" if demand.missing else "enough"
        share = (
            f"{len(demand.signed)}/{demand.threshold}" if demand.threshold else f"{len(demand.signed)}, as they like"
        )
        lines.append(f"{demand.role} ({demand.why}): {share}, {signed}; {state}")
    return tuple(map(_plain, lines))


def _plain(line: str) -> str:
    """Give a line without anything that a terminal would obey, since others have written what stands in it."""
    return "".join(character if character.isprintable() else "�" for character in line)


def _before(stands: Standing, role: str) -> Metadata[Any] | None:
    """Give what stands of a role."""
    top: dict[str, Metadata[Any] | None] = {ROOT: stands.root, TARGETS: stands.targets}
    return top[role] if role in top else stands.roles.get(role)


def _of_role(
    proposal: Proposal, stands: Standing, role: str, old: Metadata[Any] | None, new: Metadata[Any]
) -> Iterator[str]:
    """Go through the differences of one role."""
    if old is not None:
        yield f"expires {old.signed.expires:%Y-%m-%d} → {new.signed.expires:%Y-%m-%d}"
    else:
        yield f"expires {new.signed.expires:%Y-%m-%d}"
    if isinstance(new.signed, Root):
        for name in ("root", "targets", "snapshot", "timestamp"):
            yield from _keys(name, None if old is None else old.signed, new.signed)
    elif role == TARGETS:
        before = set() if old is None else set(delegated_roles(old.signed))
        for name in sorted(before | set(delegated_roles(new.signed))):
            if name not in delegated_roles(new.signed):
                yield f"the role {name} is removed"
            else:
                yield from _keys(name, old.signed if old is not None and name in before else None, new.signed)
                yield from _delegation(name, old.signed if old is not None and name in before else None, new.signed)
    if not isinstance(new.signed, Root):
        yield from _targets(role, {} if old is None else old.signed.targets, new.signed.targets)
    if role.startswith(app_role("")):
        teams = uses_teams(*delegators(proposal, stands))
        yield from (f"asks for more: {what}" for what in (widened(proposal, stands, role) if teams else ()))
    yield from _rest(old, new)


def _keys(role: str, old: Any, new: Any) -> Iterator[str]:
    """Compare the keys and the threshold of a role."""
    before: Mapping[str, Key] = {} if old is None else role_keys_of(old, role)
    after = role_keys_of(new, role)
    for keyid in sorted(before.keys() - after.keys()):
        yield f"{role}: − key {_full(before[keyid])}"
    for keyid in sorted(after.keys() - before.keys()):
        yield f"{role}: + key {_full(after[keyid])}"
    for keyid in sorted(before.keys() & after.keys()):
        if before[keyid] != after[keyid]:
            yield f"{role}: key {name_key(before[keyid])} is now {_full(after[keyid])}"
    threshold = new.get_delegated_role(role).threshold
    said = None if old is None else old.get_delegated_role(role).threshold
    if said != threshold:
        yield f"{role}: threshold {'' if said is None else f'{said} → '}{threshold} of {len(after)} keys"


def _full(key: Key) -> str:
    """Give a key with its whole id, to be compared by voice."""
    return f"{name_key(key)} {key.keyid}"


def _delegation(role: str, old: Any, new: Any) -> Iterator[str]:
    """Compare of what a role may speak, and whether others may speak after it."""
    after = new.get_delegated_role(role)
    expected = f"{ROLLOUT}/*" if role == ROLLOUT else f"apps/{role.removeprefix(app_role(''))}/*"
    said = None if old is None else old.get_delegated_role(role)
    now = (after.paths, after.terminating, after.path_hash_prefixes)
    usual = ([expected], True, None) if said is None else (said.paths, said.terminating, said.path_hash_prefixes)
    if now != usual:
        yield f"{role}: speaks of {after.paths}, terminating {after.terminating}"


def _targets(role: str, old: Mapping[str, TargetFile], new: Mapping[str, TargetFile]) -> Iterator[str]:
    """Compare what a role offers: releases by their digest, everything else by name."""
    for path in sorted(old.keys() | new.keys()):
        if path in old and path in new and old[path] == new[path]:
            continue
        digest = new[path].hashes.get("sha256", "?") if path in new else ""
        sign = "−" if path not in new else "+" if path not in old else "changed:"
        bundle, version = role.removeprefix(app_role("")), path.rpartition("/")[2].removesuffix(".manifest.json")
        if path == manifest_target(bundle, version):
            yield f"{sign} release {version} {digest}".rstrip()
        else:
            yield f"{sign} {path} {digest[:16]}".rstrip()


def _rest(old: Metadata[Any] | None, new: Metadata[Any]) -> Iterator[str]:
    """Name fields that are not TUF's own, and the switch for consistent snapshots."""
    before = {} if old is None else old.signed.unrecognized_fields
    for field in sorted(before.keys() | new.signed.unrecognized_fields.keys()):
        if before.get(field) != new.signed.unrecognized_fields.get(field):
            yield f"{field}: {before.get(field)} → {new.signed.unrecognized_fields.get(field)}"
    if isinstance(new.signed, Root) and not new.signed.consistent_snapshot:
        yield "consistent snapshots are switched off"
