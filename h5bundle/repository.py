"""Writing the repository: what a publication changes, in the order that survives a crash.

Blobs first, then the metadata of the roles that changed, then the snapshot, and last the timestamp: that write is the
commit point. Before it, readers see the repository as it was; what an interrupted publication left behind has version
numbers that no snapshot names, and the next one writes over it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from h5bundle.errors import ExpiredError, PublishError, RoleKeyError, TrustError
from h5bundle.formats import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Signer,
    Snapshot,
    SSlibKey,
    T,
    TargetFile,
    Targets,
    Timestamp,
)
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, RoleKeys, app_role
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP, TrustedState, load, metadata_path, target_file_path

FIRST_ROOT: Final = metadata_path(ROOT, 1)
ONLINE_ROLES: Final = frozenset({"timestamp", "snapshot"})


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds and lifetimes of the roles: configuration, written into the metadata at each signing.

    Attributes:
        thresholds: role → how many keys must sign; 1 where nothing is said.
        lifetimes: role → how long its metadata is believed.
    """

    thresholds: Mapping[str, int] = field(default_factory=dict)
    lifetimes: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            ROOT: timedelta(days=365),
            TARGETS: timedelta(days=182),
            "app": timedelta(days=60),
            ROLLOUT: timedelta(days=3),
            "snapshot": timedelta(days=7),
            "timestamp": timedelta(days=1),
        }
    )

    def threshold(self, role: str) -> int:
        """Give how many keys of a role must sign; app roles share the word ``app``."""
        return self.thresholds.get(role, self.thresholds.get("app", 1) if role.startswith("app-") else 1)

    def expires(self, role: str, now: datetime) -> datetime:
        """Give when metadata signed now expires, to the second as TUF writes it."""
        lifetime = self.lifetimes.get(role) or self.lifetimes["app"]
        return (now + lifetime).replace(microsecond=0)

    def due(self, role: str, expires: datetime, now: datetime) -> bool:
        """Tell whether half of a role's lifetime is over."""
        return expires - now < (self.lifetimes.get(role) or self.lifetimes["app"]) / 2


def trusted_root(store: Store) -> bytes:
    """Give the first root of a store: what an app would carry inside.

    Raises:
        ObjectMissingError: there is no repository yet.
    """
    return store.read(FIRST_ROOT)


def is_repository(store: Store) -> bool:
    """Tell whether a publication was ever completed here: the timestamp is written last."""
    return store.exists(TIMESTAMP)


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
        targets = Targets(version=1, expires=policy.expires(TARGETS, now), delegations=Delegations({}, {}))
        for role in (ROLLOUT, *(app_role(bundle) for bundle in sorted(bundles))):
            _delegate(targets, role, keys.public_keys(role), policy)
        edit = Edit(store, keys, policy, now)
        edit.write(ROOT, ROOT, Metadata(root))
        edit.write(TARGETS, TARGETS, Metadata(targets))
        for role in targets.delegations.roles if targets.delegations and targets.delegations.roles else ():
            edit.write(role, role, Metadata(Targets(version=1, expires=policy.expires(role, now))))
        edit.commit(snapshot_version=1, timestamp_version=1, files={})


def _delegate(targets: Targets, role: str, keys: Iterable[SSlibKey], policy: Policy) -> None:
    """Give a role its part of the targets."""
    if targets.delegations is None or targets.delegations.roles is None:
        targets.delegations = Delegations({}, {})
    assert targets.delegations.roles is not None  # noqa: S101 - tells the type checker what the lines above made
    paths = [f"{ROLLOUT}/*" if role == ROLLOUT else f"apps/{role.removeprefix(app_role(''))}/*"]
    targets.delegations.roles[role] = DelegatedRole(role, [], policy.threshold(role), terminating=True, paths=paths)
    for key in keys:
        targets.add_key(key, role)


class Edit:
    """One set of changes to a repository; nothing of it is seen before ``commit``."""

    def __init__(self, store: Store, keys: RoleKeys, policy: Policy, now: datetime) -> None:
        """Begin; the caller holds the store's lock."""
        self._store = store
        self._keys = keys
        self._policy = policy
        self._now = now
        self._written: dict[str, MetaFile] = {}
        self._seen = store.read(TIMESTAMP) if store.exists(TIMESTAMP) else None

    def write(self, role: str, holder: str, metadata: Metadata[T]) -> bytes:
        """Sign a role's metadata and write it under its version.

        Args:
            role: the role.
            holder: whose keys sign it.
            metadata: unsigned, with its new version and expiry.

        Raises:
            RoleKeyError: fewer keys are at hand than the threshold asks for.
        """
        data = self._signed(role, holder, metadata)
        self._store.put_metadata(metadata_path(role, metadata.signed.version), data)
        if role not in {ROOT, "snapshot", "timestamp"}:
            self._written[f"{role}.json"] = MetaFile.from_data(metadata.signed.version, data, ["sha256"])
        return data

    def blob(self, path: str, data: bytes) -> TargetFile:
        """Write a target under its hash, and give what its role will say of it."""
        target = TargetFile.from_data(path, data, ["sha256"])
        self._store.put_blob(target_file_path(path, target.hashes["sha256"]), data)
        return target

    def commit(self, *, snapshot_version: int, timestamp_version: int, files: Mapping[str, MetaFile]) -> None:
        """Write the snapshot, then the timestamp.

        Args:
            snapshot_version: the new version.
            timestamp_version: the new version.
            files: what the snapshot so far says of the roles that did not change.
        """
        meta = {**files, **self._written}
        snapshot = Snapshot(snapshot_version, expires=self._policy.expires("snapshot", self._now), meta=meta)
        data = self.write("snapshot", ONLINE, Metadata(snapshot))
        self.stamp(MetaFile.from_data(snapshot_version, data, ["sha256"]), timestamp_version)

    def stamp(self, snapshot: MetaFile, version: int) -> None:
        """Write the timestamp, the commit point, once the repository verifies as it will be read with it.

        Raises:
            RoleKeyError: the keys at hand are not those that the repository names; nothing has changed for readers.
        """
        timestamp = Timestamp(version, expires=self._policy.expires("timestamp", self._now), snapshot_meta=snapshot)
        data = self._signed("timestamp", ONLINE, Metadata(timestamp))

        def read(path: str) -> bytes:
            return data if path == TIMESTAMP else self._store.read(path)

        try:
            load(read, trusted_root=trusted_root(self._store), now=self._now)
        except ExpiredError:
            raise
        except TrustError as error:
            raise RoleKeyError(
                detail=f"what was signed does not verify: {error.detail}",
                remedy="use the keys that the repository's root and targets name",
            ) from error
        self._store.swap(TIMESTAMP, data, previous=self._seen)

    def delegate(self, state: TrustedState, bundle: str) -> Metadata[Targets]:
        """Give a bundle a role of its own, and write targets and the role."""
        role = app_role(bundle)
        targets = Targets.from_dict(state.targets.signed.to_dict())
        targets.version += 1
        targets.expires = self._policy.expires(TARGETS, self._now)
        _delegate(targets, role, self._keys.public_keys(role), self._policy)
        metadata = Metadata(targets)
        self.write(TARGETS, TARGETS, metadata)
        return metadata

    def update_role(self, role: str, old: Targets | None, changes: Mapping[str, TargetFile]) -> None:
        """Write a delegated role with targets added or replaced."""
        version = 1 if old is None else old.version + 1
        targets = {**({} if old is None else old.targets), **changes}
        self.write(
            role, role, Metadata(Targets(version, expires=self._policy.expires(role, self._now), targets=targets))
        )

    def _signed(self, role: str, holder: str, metadata: Metadata[T]) -> bytes:
        """Sign with every key at hand, and hold the threshold."""
        signers: tuple[Signer, ...] = self._keys.signers(holder)
        needed = self._policy.threshold(holder)
        if len(signers) < needed:
            raise RoleKeyError(detail=f"{role} needs {needed} signatures, and {len(signers)} keys are at hand")
        for signer in signers:
            metadata.sign(signer, append=True)
        return metadata.to_bytes()


def renew_online(store: Store, keys: RoleKeys, *, now: datetime, policy: Policy | None = None) -> tuple[str, ...]:
    """Sign the timestamp anew, and the snapshot and the rollout role when half of their time is over.

    This is what keeps a quiet repository alive; it runs every few hours. Expired online metadata is renewed as well:
    its content is verified up to its expiry.

    Raises:
        TrustError: the repository is not whole.
        RoleKeyError: an online key is missing.

    Returns:
        The roles that were signed.
    """
    policy = policy or Policy()
    with store.lock():
        state = load_for_renewal(store, now)
        edit = Edit(store, keys, policy, now)
        snapshot, timestamp = state.snapshot.signed, state.timestamp.signed
        rollout = state.roles[ROLLOUT].metadata.signed
        due = policy.due(ROLLOUT, rollout.expires, now)
        if due:
            edit.update_role(ROLLOUT, rollout, {})
        if due or policy.due("snapshot", snapshot.expires, now):
            edit.commit(
                snapshot_version=snapshot.version + 1, timestamp_version=timestamp.version + 1, files=snapshot.meta
            )
            return (*((ROLLOUT,) if due else ()), "snapshot", "timestamp")
        edit.stamp(timestamp.snapshot_meta, timestamp.version + 1)
        return ("timestamp",)


def load_for_renewal(store: Store, now: datetime) -> TrustedState:
    """Verify the repository, forgiving only that online roles have expired: they are about to be signed anew.

    Raises:
        TrustError: the repository is not whole, or root or targets has expired.
    """
    return load(store.read, trusted_root=trusted_root(store), now=now, ignoring_expiry_of=ONLINE_ROLES)


def load_for_reading(store: Store) -> TrustedState:
    """Verify the repository's signatures without regard to time, for tools that show or look up what is there.

    Raises:
        ObjectMissingError: there is no repository.
        TrustError: the repository is not whole.
    """
    every = frozenset({ROOT, TARGETS, *ONLINE_ROLES})
    long_ago = datetime.min.replace(tzinfo=UTC)
    return load(store.read, trusted_root=trusted_root(store), now=long_ago, ignoring_expiry_of=every)
