"""One set of changes to a repository, in the order that survives a crash.

Blobs first, then the metadata of the roles that changed, then the snapshot, and last the timestamp: that write is the
commit point. Before it, readers see the repository as it was; what an interrupted publication left behind has version
numbers that no snapshot names, and the next one writes over it.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from h5bundle.changes import with_targets
from h5bundle.errors import ExpiredError, RoleKeyError, TrustError
from h5bundle.formats import Metadata, MetaFile, Root, Signer, Snapshot, T, TargetFile, Targets, Timestamp
from h5bundle.keys import ONLINE, ROOT, TARGETS, RoleKeys
from h5bundle.policy import Policy
from h5bundle.reading import FIRST_ROOT, ONLINE_ROLES, load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP, TrustedState, delegated_roles, load, metadata_path, target_file_path


class Edit:
    """One set of changes to a repository; nothing of it is seen before ``commit``.

    Who must sign is read from the repository: every key that the root lists signs snapshot and timestamp (while keys
    are swapped that is the old and the new one), and of the other roles as many as their threshold asks for.
    """

    def __init__(
        self,
        store: Store,
        keys: RoleKeys,
        policy: Policy,
        now: datetime,
        *,
        state: TrustedState | None = None,
        root: Root | None = None,
        targets: Targets | None = None,
    ) -> None:
        """Begin; the caller holds the store's lock.

        Args:
            store: the repository.
            keys: those at hand.
            policy: lifetimes, and thresholds of roles that are not there yet.
            now: the present instant.
            state: what stands, when the caller has verified it already.
            root: the root that is about to be written with this edit.
            targets: the targets that are about to be written with it.
        """
        self._store = store
        self._keys = keys
        self._policy = policy
        self._now = now
        self._given = state
        self._root = root
        self._targets = targets
        self._written: dict[str, MetaFile] = {}
        self._seen = store.read(TIMESTAMP) if store.exists(TIMESTAMP) else None

    @cached_property
    def _state(self) -> TrustedState | None:
        """Give what stands; None while a repository is made."""
        return self._given or (None if self._seen is None else load_for_reading(self._store))

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
        self._put(role, metadata, data)
        return data

    def put(self, role: str, metadata: Metadata[T]) -> None:
        """Write a role's metadata that others have signed."""
        self._put(role, metadata, metadata.to_bytes())

    def _put(self, role: str, metadata: Metadata[T], data: bytes) -> None:
        """Write metadata under its version, for the next snapshot."""
        self._store.put_metadata(metadata_path(role, metadata.signed.version), data)
        if role not in {ROOT, "snapshot", "timestamp"}:
            self._written[f"{role}.json"] = MetaFile.from_data(metadata.signed.version, data, ["sha256"])

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
        self.stamp(self.snapshot(snapshot_version, files), timestamp_version)

    def snapshot(self, version: int, files: Mapping[str, MetaFile]) -> MetaFile:
        """Write the snapshot, which nobody sees before a timestamp names it."""
        meta = {**files, **self._written}
        snapshot = Snapshot(version, expires=self._policy.expires("snapshot", self._now), meta=meta)
        return MetaFile.from_data(version, self.write("snapshot", ONLINE, Metadata(snapshot)), ["sha256"])

    def timestamp(self, snapshot: MetaFile, version: int) -> bytes:
        """Sign the timestamp, without writing it."""
        timestamp = Timestamp(version, expires=self._policy.expires("timestamp", self._now), snapshot_meta=snapshot)
        return self._signed("timestamp", ONLINE, Metadata(timestamp))

    def stamp(self, snapshot: MetaFile, version: int) -> None:
        """Write the timestamp, the commit point, once the repository verifies as it will be read with it.

        Raises:
            RoleKeyError: the keys at hand are not those that the repository names; nothing has changed for readers.
        """
        data = self.timestamp(snapshot, version)
        self.verify({TIMESTAMP: data})
        self.swap(data)

    def swap(self, timestamp: bytes) -> None:
        """Write a timestamp over the one that was there when this edit began."""
        self._store.swap(TIMESTAMP, timestamp, previous=self._seen)

    def verify(self, changed: Mapping[str, bytes]) -> None:
        """Read the repository as it will be with some objects changed.

        Raises:
            ExpiredError: it would not be believed, because a role is past its day.
            RoleKeyError: it would not be believed, because other keys have signed than it names.
        """

        def read(path: str) -> bytes:
            return changed[path] if path in changed else self._store.read(path)

        try:
            load(read, trusted_root=read(FIRST_ROOT), now=self._now)
        except ExpiredError:
            raise
        except TrustError as error:
            raise RoleKeyError(
                detail=f"what was signed does not verify: {error.detail}",
                remedy="use the keys that the repository's root and targets name",
            ) from error

    def update_role(self, role: str, old: Targets | None, changes: Mapping[str, TargetFile]) -> None:
        """Write a delegated role with targets added or replaced."""
        self.write(role, role, Metadata(with_targets(old, changes, self._policy.expires(role, self._now))))

    def _signed(self, role: str, holder: str, metadata: Metadata[T]) -> bytes:
        """Sign with every key at hand that counts."""
        signers: dict[str, Signer] = {signer.public_key.keyid: signer for signer in self._keys.signers(holder)}
        wanted, needed = self._wanted(role, holder)
        ours: dict[str, Signer] = {
            keyid: signer for keyid, signer in signers.items() if wanted is None or keyid in wanted
        }
        if len(ours) < needed:
            raise RoleKeyError(
                detail=f"{role} needs {needed} signatures, and {len(ours)} keys are at hand",
                remedy="use the keys that the repository's root and targets name",
            )
        for signer in (*ours.values(), *self._leaving(role, signers)):
            metadata.sign(signer, append=True)
        return metadata.to_bytes()

    def _wanted(self, role: str, holder: str) -> tuple[frozenset[str] | None, int]:
        """Give the keys of a role, and how many of them must sign; none are known while it is being made."""
        state = self._state
        top = role in {ROOT, TARGETS, *ONLINE_ROLES}
        root = self._root or (state.root.signed if state is not None else None)
        targets = self._targets or (state.targets.signed if state is not None else None)
        delegator: Root | Targets | None = root if top else targets
        if delegator is None or (isinstance(delegator, Targets) and role not in delegated_roles(delegator)):
            return None, self._policy.threshold(holder)
        listed = delegator.get_delegated_role(role)
        return frozenset(listed.keyids), len(listed.keyids) if role in ONLINE_ROLES else listed.threshold

    def _leaving(self, role: str, signers: Mapping[str, Signer]) -> tuple[Signer, ...]:
        """Give the keys at hand that only the root before this edit lists: who has not seen the new one knows them."""
        if self._root is None or self._state is None or role not in ONLINE_ROLES:
            return ()
        before, after = self._state.root.signed.roles[role].keyids, self._root.roles[role].keyids
        return tuple(signer for keyid, signer in signers.items() if keyid in before and keyid not in after)
