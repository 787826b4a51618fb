"""Making a repository, and keeping it believed; what others need to read or to write one stands here under one roof."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from h5bundle.changes import delegate
from h5bundle.edit import Edit
from h5bundle.errors import PublishError
from h5bundle.formats import Delegations, Metadata, Root, Targets
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, RoleKeys, app_role
from h5bundle.policy import Policy, policy_of, write_policy
from h5bundle.reading import is_repository, load_for_reading, load_for_renewal, read_without_time, trusted_root
from h5bundle.stores.port import Store

__all__ = [
    "ALARM",
    "QUIET",
    "Edit",
    "Policy",
    "init_repository",
    "is_repository",
    "load_for_reading",
    "load_for_renewal",
    "policy_of",
    "read_without_time",
    "renew_online",
    "timestamp_age",
    "trusted_root",
]


def init_repository(
    store: Store, keys: RoleKeys, *, bundles: Iterable[str] = (), now: datetime, policy: Policy | None = None
) -> None:
    """Make an empty repository: root, targets with its delegations, empty roles, snapshot, timestamp.

    Args:
        store: where; it must hold no repository.
        keys: of root, targets, online, rollout and of each bundle's role.
        bundles: bundles that get a role at once.
        now: the present instant.
        policy: thresholds and lifetimes.

    Raises:
        PublishError: there is a repository already.
        RoleKeyError: a key is missing.
    """
    policy = policy or Policy()
    with store.lock():
        if is_repository(store):
            raise PublishError(detail="there is a repository already", remedy="publish into it without --init")
        root = Root(version=1, expires=policy.expires(ROOT, now), consistent_snapshot=True)
        for role, holder in ((ROOT, ROOT), (TARGETS, TARGETS), ("snapshot", ONLINE), ("timestamp", ONLINE)):
            for key in keys.public_keys(holder):
                root.add_key(key, role)
            root.roles[role].threshold = policy.threshold(holder)
        write_policy(root, policy)
        targets = Targets(version=1, expires=policy.expires(TARGETS, now), delegations=Delegations({}, {}))
        for role in (ROLLOUT, *(app_role(bundle) for bundle in sorted(bundles))):
            delegate(targets, role, keys.public_keys(role), threshold=policy.threshold(role))
        edit = Edit(store, keys, policy, now)
        edit.write(ROOT, ROOT, Metadata(root))
        edit.write(TARGETS, TARGETS, Metadata(targets))
        for role in targets.delegations.roles if targets.delegations and targets.delegations.roles else ():
            edit.write(role, role, Metadata(Targets(version=1, expires=policy.expires(role, now))))
        edit.commit(snapshot_version=1, timestamp_version=1, files={})


QUIET: Final = 1 / 6
"""Share of the timestamp's life after which a job signs it anew: four hours of a day."""
ALARM: Final = 1 / 2
"""Share of its life at which somebody must look why nothing was signed."""


def timestamp_age(store: Store, *, now: datetime) -> float:
    """Give how much of the timestamp's life is over; from ``ALARM`` on somebody must look.

    Raises:
        TrustError: the repository is not whole.
    """
    state = load_for_renewal(store, now)
    return policy_of(state.root.signed).age("timestamp", state.timestamp.signed.expires, now)


def renew_online(
    store: Store, keys: RoleKeys, *, now: datetime, policy: Policy | None = None, from_age: float | None = None
) -> tuple[str, ...]:
    """Sign the timestamp anew, and the snapshot and the rollout role when half of their time is over.

    This is what keeps a quiet repository alive; it runs every few hours. Expired online metadata is renewed as well:
    its content is verified up to its expiry.

    Args:
        store: the repository.
        keys: of online, and of rollout when it is due.
        now: the present instant.
        policy: lifetimes; those of the repository when not given.
        from_age: sign only when so much of the timestamp's life is over (``QUIET``): of several processes that come
            at the same time one signs, and the others find nothing to do. None signs in any case.

    Raises:
        TrustError: the repository is not whole.
        RoleKeyError: an online key is missing.

    Returns:
        The roles that were signed.
    """
    with store.lock():
        state = load_for_renewal(store, now)
        policy = policy or policy_of(state.root.signed)
        snapshot, timestamp = state.snapshot.signed, state.timestamp.signed
        rollout = state.roles[ROLLOUT].metadata.signed
        due = policy.due(ROLLOUT, rollout.expires, now)
        again = due or policy.due("snapshot", snapshot.expires, now)
        if not again and from_age is not None and policy.age("timestamp", timestamp.expires, now) < from_age:
            return ()
        edit = Edit(store, keys, policy, now, state=state)
        if due:
            edit.update_role(ROLLOUT, rollout, {})
        if again:
            edit.commit(
                snapshot_version=snapshot.version + 1, timestamp_version=timestamp.version + 1, files=snapshot.meta
            )
            return (*((ROLLOUT,) if due else ()), "snapshot", "timestamp")
        edit.stamp(timestamp.snapshot_meta, timestamp.version + 1)
        return ("timestamp",)
