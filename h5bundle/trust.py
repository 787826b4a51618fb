"""The rules by which a repository is believed (TUF 1.0), without any IO of their own.

``load`` walks root → timestamp → snapshot → targets → delegated roles exactly as a client does: signatures at their
thresholds, versions and lengths as the parent says, nothing expired. What it gives can be believed as a whole; what
does not fit raises a ``TrustError`` that names the object.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from tuf.api.exceptions import LengthOrHashMismatchError, RepositoryError
from tuf.api.serialization import DeserializationError

from h5bundle.digests import sha256
from h5bundle.errors import ExpiredError, ObjectMissingError, TrustError
from h5bundle.formats import Metadata, MetaFile, Root, Snapshot, T, TargetFile, Targets, Timestamp
from h5bundle.keys import ROLLOUT, app_role
from h5bundle.manifest import BUNDLE_ID

Read = Callable[[str], bytes]
"""Gives the bytes of a path in the repository; raises ObjectMissingError."""


MAX_ROOTS: Final = 256
TIMESTAMP: Final = "metadata/timestamp.json"


def metadata_path(role: str, version: int) -> str:
    """Give the path of a role's metadata."""
    return f"metadata/{version}.{role}.json"


def target_file_path(target: str, digest: str) -> str:
    """Give the path under which a target is stored (consistent snapshots carry the hash in the name)."""
    folder, _, name = target.rpartition("/")
    return f"targets/{folder}/{digest}.{name}"


def object_path(digest: str) -> str:
    """Give the path of a bundle's file."""
    return f"objects/{digest}"


def manifest_target(bundle: str, version: str) -> str:
    """Give the target path of a release's manifest."""
    return f"apps/{bundle}/{version}.manifest.json"


def rollout_target(bundle: str) -> str:
    """Give the target path of a bundle's rollout policy."""
    return f"rollout/{bundle}.json"


@dataclass(frozen=True, slots=True)
class RoleMetadata:
    """A delegated role: what it says and the bytes in which it says so."""

    metadata: Metadata[Targets]
    data: bytes


@dataclass(frozen=True, slots=True)
class TrustedState:
    """A repository that was verified as a whole, with the bytes that prove it."""

    root: Metadata[Root]
    root_bytes: bytes
    timestamp: Metadata[Timestamp]
    snapshot: Metadata[Snapshot]
    targets: Metadata[Targets]
    targets_bytes: bytes
    roles: Mapping[str, RoleMetadata]
    now: datetime

    @property
    def bundles(self) -> tuple[str, ...]:
        """Give the bundles that have a role."""
        prefix = app_role("")
        return tuple(sorted(role.removeprefix(prefix) for role in self.roles if role.startswith(prefix)))

    def unexpired(self) -> "TrustedState":
        """Give the same state for a publisher, to whom expired roles still say what they said."""
        return replace(self, now=datetime.min.replace(tzinfo=UTC))

    def target(self, path: str) -> TargetFile | None:
        """Give what the responsible role says of a target; None when it is not on offer.

        Raises:
            ExpiredError: the role is past its day. Other roles are not touched by that.
        """
        role = ROLLOUT if path.startswith(f"{ROLLOUT}/") else app_role(path.split("/")[1])
        held = self.roles.get(role)
        if held is None:
            return None
        _check_expiry(held.metadata.signed.expires, metadata_path(role, held.metadata.signed.version), self.now)
        return held.metadata.signed.targets.get(path)


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The public keys of a role: how many of which must have signed."""

    keys: Mapping[str, str]
    threshold: int


def role_keys(targets: Metadata[Targets] | bytes, bundle: str) -> SigningKeys:
    """Give the keys that sign a bundle's releases, from the verified targets metadata.

    Args:
        targets: metadata or its verified bytes.
        bundle: bundle id.

    Raises:
        TrustError: the bundle has no role there.

    Returns:
        Public keys (key id → PEM) and the threshold.
    """
    metadata: Metadata[Targets] = (
        targets if isinstance(targets, Metadata) else parse_metadata("targets", targets, Targets)
    )
    role = app_role(bundle)
    if role not in delegated_roles(metadata.signed):
        raise TrustError(subject="targets", detail=f"there is no role {role}")
    delegated = metadata.signed.get_delegated_role(role)
    keys = {keyid: metadata.signed.get_key(keyid).keyval["public"] for keyid in delegated.keyids}
    return SigningKeys(keys, delegated.threshold)


def delegated_roles(targets: Targets) -> tuple[str, ...]:
    """Give the names of the roles to which targets delegates."""
    if targets.delegations is None or targets.delegations.roles is None:
        return ()
    return tuple(targets.delegations.roles)


def load(
    read: Read, *, trusted_root: bytes, now: datetime, ignoring_expiry_of: frozenset[str] = frozenset()
) -> TrustedState:
    """Verify a repository from a root that is trusted already.

    Args:
        read: gives the repository's objects.
        trusted_root: bytes of a root metadata that came by a trusted way.
        now: against which expiry is checked. Expiry of a delegated role stops its own targets only.
        ignoring_expiry_of: top-level roles that a publisher is about to sign anew.

    Raises:
        TrustError: something is missing, forged, of another version than announced, or expired.
    """
    root, root_bytes = newest_root(read, trusted_root)
    timestamp: Metadata[Timestamp] = _verified(read, TIMESTAMP, Timestamp, root.signed, "timestamp")[0]
    snapshot, _ = _announced(read, "snapshot", timestamp.signed.snapshot_meta, Snapshot, root.signed)
    files = snapshot.signed.meta
    targets, targets_bytes = _announced(read, "targets", _meta(files, "targets"), Targets, root.signed)
    for role, expires, path in (
        ("root", root.signed.expires, metadata_path("root", root.signed.version)),
        ("timestamp", timestamp.signed.expires, TIMESTAMP),
        ("snapshot", snapshot.signed.expires, metadata_path("snapshot", snapshot.signed.version)),
        ("targets", targets.signed.expires, metadata_path("targets", targets.signed.version)),
    ):
        if role not in ignoring_expiry_of:
            _check_expiry(expires, path, now)
    roles = {
        role: RoleMetadata(*_announced(read, role, _meta(files, role), Targets, targets.signed))
        for role in delegated_roles(targets.signed)
    }
    _check_delegations(targets.signed, roles)
    return TrustedState(root, root_bytes, timestamp, snapshot, targets, targets_bytes, roles, now)


def read_target(read: Read, state: TrustedState, path: str) -> bytes:
    """Give a target's bytes, verified.

    Raises:
        TrustError: the target is not on offer, missing, or not what the role says.
    """
    target = state.target(path)
    if target is None:
        raise TrustError(subject=path, detail="no role offers this target")
    stored = target_file_path(path, target.hashes["sha256"])
    data = _read(read, stored)
    try:
        target.verify_length_and_hashes(data)
    except LengthOrHashMismatchError as error:
        raise TrustError(subject=stored, detail="the bytes are not those that the role signed") from error
    return data


def read_object(read: Read, digest: str, length: int) -> bytes:
    """Give a bundle's file, verified by its hash.

    Raises:
        TrustError: it is missing or other bytes lie there.
    """
    path = object_path(digest)
    data = _read(read, path)
    if len(data) != length or sha256(data) != digest:
        raise TrustError(subject=path, detail="the bytes are not those of the hash")
    return data


def newest_root(read: Read, trusted_root: bytes) -> tuple[Metadata[Root], bytes]:
    """Follow the chain of roots: each is signed by the one before and by itself.

    Raises:
        TrustError: a root of the chain is not signed like that.
    """
    root: Metadata[Root] = parse_metadata("the trusted root", trusted_root, Root)
    verify_signatures("the trusted root", root.signed, "root", root)
    data = trusted_root
    for version in range(root.signed.version + 1, root.signed.version + MAX_ROOTS):
        path = metadata_path("root", version)
        try:
            candidate = read(path)
        except ObjectMissingError:
            return root, data
        newer: Metadata[Root] = parse_metadata(path, candidate, Root)
        verify_signatures(path, root.signed, "root", newer)
        verify_signatures(path, newer.signed, "root", newer)
        if newer.signed.version != version:
            raise TrustError(subject=path, detail=f"it says version {newer.signed.version}")
        root, data = newer, candidate
    raise TrustError(subject="metadata", detail=f"there are more than {MAX_ROOTS} roots")


def _announced(
    read: Read, role: str, meta: MetaFile, kind: type[T], delegator: Root | Targets
) -> tuple[Metadata[T], bytes]:
    """Read a role's metadata as its parent announces it."""
    path = metadata_path(role, meta.version)
    metadata, data = _verified(read, path, kind, delegator, role, meta)
    if metadata.signed.version != meta.version:
        raise TrustError(subject=path, detail=f"it says version {metadata.signed.version}, not {meta.version}")
    return metadata, data


def _verified(
    read: Read, path: str, kind: type[T], delegator: Root | Targets, role: str, meta: MetaFile | None = None
) -> tuple[Metadata[T], bytes]:
    """Read metadata and verify its signatures."""
    data = _read(read, path)
    try:
        if meta is not None:
            meta.verify_length_and_hashes(data)
    except LengthOrHashMismatchError as error:
        raise TrustError(subject=path, detail="length or hash is not what its parent says") from error
    metadata: Metadata[T] = parse_metadata(path, data, kind)
    verify_signatures(path, delegator, role, metadata)
    return metadata, data


def _read(read: Read, path: str) -> bytes:
    """Read an object that must be there."""
    try:
        return read(path)
    except ObjectMissingError as error:
        raise TrustError(subject=path, detail="it is missing") from error


def parse_metadata(path: str, data: bytes, kind: type[T]) -> Metadata[T]:
    """Read metadata of one kind.

    Raises:
        TrustError: it is none.
    """
    try:
        metadata: Metadata[Any] = Metadata.from_bytes(data)
    except DeserializationError as error:
        raise TrustError(subject=path, detail="it cannot be read as TUF metadata") from error
    if not isinstance(metadata.signed, kind):
        raise TrustError(subject=path, detail=f"it is {metadata.signed.type} metadata")
    return metadata


def verify_signatures(path: str, delegator: Root | Targets, role: str, metadata: Metadata[T]) -> None:
    """Hold the threshold of signatures; one key under two ids, which python-tuf would count twice, is no two people.

    Raises:
        TrustError: there are too few, or the role lists one key twice.
    """
    try:
        listed = [delegator.get_key(keyid).keyval["public"] for keyid in delegator.get_delegated_role(role).keyids]
        if len({public.strip() for public in listed}) < len(listed):
            raise TrustError(subject=path, detail=f"the role {role} lists one key under two ids")
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except (RepositoryError, ValueError) as error:
        raise TrustError(subject=path, detail=f"too few valid signatures of the role {role}") from error


def _check_expiry(expires: datetime, path: str, now: datetime) -> None:
    """Refuse what is past its day."""
    if now >= expires:
        raise ExpiredError(
            subject=path,
            detail=f"it expired on {expires:%Y-%m-%d %H:%M} UTC",
            remedy="renew it: h5bundle sign-timestamp (online roles), or h5bundle propose renew ROLE",
        )


def _meta(files: Mapping[str, MetaFile], role: str) -> MetaFile:
    """Give what the snapshot says of a role."""
    meta = files.get(f"{role}.json")
    if meta is None:
        raise TrustError(subject="metadata/snapshot", detail=f"it does not name {role}")
    return meta


def _check_delegations(targets: Targets, roles: Mapping[str, RoleMetadata]) -> None:
    """Hold that every delegation is ours: an app role only speaks of its own bundle, and offers nothing else."""
    if targets.targets:
        raise TrustError(subject="targets", detail="it offers targets itself, and should only delegate")
    for role, path in _delegated_paths(targets):
        bundle = role.removeprefix(app_role(""))
        expected = f"{ROLLOUT}/*" if role == ROLLOUT else f"apps/{bundle}/*"
        if path != expected or (role != ROLLOUT and BUNDLE_ID.fullmatch(bundle) is None):
            raise TrustError(subject="targets", detail=f"the role {role} may speak of {path}, which is not its own")
        for target in roles[role].metadata.signed.targets:
            if not target.startswith(expected[:-1]) or "/" in target[len(expected) - 1 :]:
                raise TrustError(subject=role, detail=f"it offers {target}, which is not its own")


def _delegated_paths(targets: Targets) -> Iterator[tuple[str, str]]:
    """Go through the paths of all delegations."""
    roles = targets.delegations.roles if targets.delegations is not None else None
    for name, role in (roles or {}).items():
        for path in role.paths or ["(every path)"]:
            yield name, path
