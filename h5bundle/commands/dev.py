"""``h5bundle dev``: every save becomes a development release in the sandbox; the end offers what was offered before.

A development release has a patch number that nobody else publishes, everybody in the sandbox gets it, and it never
moves the floor. A higher policy ends it; so does the next start after a crash, because what is left over is known by
its version alone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from h5bundle import rollout
from h5bundle.assets import collect
from h5bundle.changes import delegate, next_version
from h5bundle.commands.offers import Offered
from h5bundle.digests import sha256
from h5bundle.errors import DevelopmentError, LockedError, ManifestError
from h5bundle.formats import Key, Metadata, Signer, TargetFile, Targets
from h5bundle.keys import ROLLOUT, TARGETS, RoleKeys, app_role
from h5bundle.manifest import Manifest, Requirement, decode
from h5bundle.pack import describe
from h5bundle.policy import policy_of
from h5bundle.project import Declaration, read_project
from h5bundle.repository import Edit, load_for_renewal, trusted_root
from h5bundle.stores.batch import put_blobs
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, manifest_target, object_path, read_target, rollout_target, target_file_path
from h5bundle.versions import development_version, is_development, parse_version

MARKER: Final = "DEVELOPMENT"
"""A file of this name says that a folder's keys were made by a sandbox."""
_NO_FLOOR: Final = "0.0.0"
_SUFFIX: Final = ".manifest.json"
_PATIENCE: Final = 100


class OpenedKeys:
    """Role keys that are opened once: deriving the file's key from the passphrase takes longer than signing."""

    def __init__(self, keys: RoleKeys) -> None:
        """Stand before keys."""
        self._keys = keys
        self._signers: dict[str, tuple[Signer, ...]] = {}

    def signers(self, role: str) -> tuple[Signer, ...]:
        """Give the signers of a role."""
        if role not in self._signers:
            self._signers[role] = self._keys.signers(role)
        return self._signers[role]

    def public_keys(self, role: str) -> tuple[Key, ...]:
        """Give the public keys of a role."""
        return self._keys.public_keys(role)

    def has(self, role: str) -> bool:
        """Tell whether there is a key of the role."""
        return self._keys.has(role)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """What the server says of itself under ``/shell/config.json``."""

    env: str
    trusted_root: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What one save became.

    Attributes:
        files: how many files the release has; written: how many objects were new; size: their bytes.
    """

    bundle: str
    version: str
    digest: str
    files: int
    written: int
    size: int


def require_sandbox(keys: Path, store: Store, server: Sandbox) -> None:
    """Refuse to publish unfinished work where customers could get it.

    Args:
        keys: folder of the role keys; a sandbox has put its mark there.
        store: the repository; the server must serve exactly this one.
        server: what it says of itself.

    Raises:
        DevelopmentError: keys or server are not a sandbox's, or the server serves another repository.
    """
    if not (keys / MARKER).is_file():
        raise DevelopmentError(
            detail=f"the keys in {keys} were not made by a sandbox", remedy="start one: make run; then give its keys"
        )
    if server.env != "sandbox":
        raise DevelopmentError(
            detail=f"the server is {server.env or 'no sandbox'}", remedy="work against a sandbox: make run"
        )
    if server.trusted_root.encode() != trusted_root(store):
        raise DevelopmentError(
            detail="the server trusts another repository than the one given",
            remedy="give the folders below the server's var: --repository var/repo --keys var/release-keys",
        )


@dataclass(slots=True)
class Workshop:
    """One bundle's development releases in one repository.

    Attributes:
        folder: the project.
        store, keys: the sandbox's; the bundle's role is made when it has none.
        pause: waits a little while another publisher holds the repository.
    """

    folder: Path
    store: Store
    keys: RoleKeys
    pause: Callable[[], object]
    _written: set[str] = field(default_factory=set)
    _present: set[str] = field(default_factory=set)

    def save(self, now: datetime) -> Saved:
        """Build the project as it is now and offer it to the sandbox.

        Raises:
            H5BundleError: it cannot be built or published; what was on offer stays.
        """
        project = read_project(self.folder)
        files = collect(project)
        with _held(self.store, self.pause):
            state = load_for_renewal(self.store, now)
            old = Offered(self.store, state.unexpired()).policy(project.declaration.id)
            declaration = _unfinished(project.declaration, old)
            manifest, data = describe(declaration, files, requires=_required(declaration, state))
            policy = _offer(old, manifest, sha256(data))
            documents = {
                manifest_target(manifest.bundle, manifest.version): data,
                rollout_target(manifest.bundle): rollout.encode(policy),
            }
            written = self._write(files, manifest, documents)
            edit = self._edit(state, manifest.bundle, now)
            path = manifest_target(manifest.bundle, manifest.version)
            before = _targets(state, manifest.bundle)
            targets = {**_lasting(before), **_latest(before), path: _target(path, data)}
            self._write_roles(edit, state, targets, policy, now)
        return Saved(manifest.bundle, manifest.version, sha256(data), len(files), len(written), sum(written.values()))

    def end(self, bundle: str, now: datetime) -> bool:
        """Offer what was on offer before the development releases, under a higher policy; tell whether there were any.

        Raises:
            H5BundleError: the repository does not take it now.
        """
        with _held(self.store, self.pause):
            state = load_for_renewal(self.store, now)
            old = Offered(self.store, state.unexpired()).policy(bundle)
            kept = _lasting(_targets(state, bundle))
            if old is None or (len(kept) == len(_targets(state, bundle)) and _stable(old) == old.releases):
                return False
            edit = self._edit(state, bundle, now)
            policy = _next(old, _stable(old))
            edit.blob(rollout_target(bundle), rollout.encode(policy))
            self._write_roles(edit, state, kept, policy, now)
            self._sweep(load_for_renewal(self.store, now))
        return True

    def _edit(self, state: TrustedState, bundle: str, now: datetime) -> Edit:
        """Begin a set of changes; the bundle's role is made when it has none."""
        role, policy = app_role(bundle), policy_of(state.root.signed)
        if role in state.roles:
            return Edit(self.store, self.keys, policy, now, state=state)
        delegating = next_version(state.targets.signed, policy.expires(TARGETS, now))
        delegate(delegating, role, self.keys.public_keys(role), threshold=policy.threshold(role))
        edit = Edit(self.store, self.keys, policy, now, state=state, targets=delegating)
        edit.write(TARGETS, TARGETS, Metadata(delegating))
        return edit

    def _write(self, files: Mapping[str, bytes], manifest: Manifest, documents: Mapping[str, bytes]) -> dict[str, int]:
        """Write what the repository does not have, all at once, and give the lengths of new objects."""
        entries = {manifest.files[name].sha256: name for name in files}
        absent = {digest: name for digest, name in entries.items() if digest not in self._present}
        new = {digest: name for digest, name in absent.items() if not self.store.exists(object_path(digest))}
        objects = {object_path(digest): files[name] for digest, name in new.items()}
        put_blobs(
            self.store, {**objects, **{target_file_path(path, sha256(data)): data for path, data in documents.items()}}
        )
        self._present |= absent.keys()
        self._written |= new.keys()
        return {digest: len(files[name]) for digest, name in new.items()}

    def _write_roles(
        self,
        edit: Edit,
        state: TrustedState,
        targets: Mapping[str, TargetFile],
        policy: rollout.RolloutPolicy,
        now: datetime,
    ) -> None:
        """Write the bundle's role, the policy, the snapshot and the timestamp."""
        role, lives = app_role(policy.bundle), policy_of(state.root.signed)
        held = state.roles.get(role)
        version = 1 if held is None else held.metadata.signed.version + 1
        edit.write(role, role, Metadata(Targets(version, expires=lives.expires(role, now), targets=dict(targets))))
        path = rollout_target(policy.bundle)
        target = _target(path, rollout.encode(policy))
        edit.update_role(ROLLOUT, state.roles[ROLLOUT].metadata.signed, {path: target})
        snapshot, timestamp = state.snapshot.signed, state.timestamp.signed
        edit.commit(snapshot_version=snapshot.version + 1, timestamp_version=timestamp.version + 1, files=snapshot.meta)

    def _sweep(self, state: TrustedState) -> None:
        """Remove the objects that this session wrote and no release needs."""
        manifests = [path for role in state.roles.values() for path in role.metadata.signed.targets]
        needed = {
            entry.sha256
            for path in manifests
            if path.endswith(_SUFFIX)
            for entry in decode(read_target(self.store.read, state.unexpired(), path)).files.values()
        }
        for digest in self._written - needed:
            self.store.remove(object_path(digest))
        self._present -= self._written - needed
        self._written &= needed


def left_over(store: Store, now: datetime) -> tuple[str, ...]:
    """Give the bundles whose development releases an interrupted session has left on offer."""
    state = load_for_renewal(store, now)
    return tuple(
        bundle for bundle in state.bundles if len(_lasting(_targets(state, bundle))) < len(_targets(state, bundle))
    )


@contextmanager
def _held(store: Store, pause: Callable[[], object]) -> Iterator[None]:
    """Hold the repository, asking again for as long as the timestamp job or another publisher has it."""
    with ExitStack() as stack:
        for attempt in range(_PATIENCE):
            try:
                stack.enter_context(store.lock())
                break
            except LockedError:
                if attempt == _PATIENCE - 1:
                    raise
                pause()
        yield


def _unfinished(declaration: Declaration, old: rollout.RolloutPolicy | None) -> Declaration:
    """Give the declaration of the next development release, above the floor even when the project lies below it."""
    if old is None:
        return msgspec.structs.replace(
            declaration, version=development_version(declaration.version, 1), floor=_NO_FLOOR
        )
    base = max(declaration.version, old.floor, key=parse_version)
    return msgspec.structs.replace(declaration, version=development_version(base, old.policy + 1), floor=old.floor)


def _required(declaration: Declaration, state: TrustedState) -> dict[str, Requirement]:
    """Pin the shared bundles."""
    found = {}
    for bundle, version in declaration.requires.items():
        target = state.unexpired().target(manifest_target(bundle, version))
        if target is None:
            raise ManifestError(
                detail=f"the required bundle {bundle} {version} is not in the sandbox",
                remedy=f"publish it there first, or correct requires in {declaration.id}'s bundle.yaml",
            )
        found[bundle] = Requirement(version, target.hashes["sha256"])
    return found


def _offer(old: rollout.RolloutPolicy | None, manifest: Manifest, digest: str) -> rollout.RolloutPolicy:
    """Put a release before those that were on offer; the floor stays."""
    made = rollout.offer(old, manifest, digest, rollout.EVERYBODY)
    before = () if old is None else _stable(old)
    floor = _NO_FLOOR if old is None else old.floor
    return msgspec.structs.replace(made, releases=(made.releases[0], *before), floor=floor)


def _target(path: str, data: bytes) -> TargetFile:
    """Give what a role says of a target."""
    return TargetFile.from_data(path, data, ["sha256"])


def _stable(policy: rollout.RolloutPolicy) -> tuple[rollout.RolloutRelease, ...]:
    """Give the releases that were on offer before development began."""
    return tuple(release for release in policy.releases if not is_development(release.version))


def _next(policy: rollout.RolloutPolicy, releases: tuple[rollout.RolloutRelease, ...]) -> rollout.RolloutPolicy:
    """Give the policy that follows."""
    return msgspec.structs.replace(policy, policy=policy.policy + 1, releases=releases)


def _targets(state: TrustedState, bundle: str) -> Mapping[str, TargetFile]:
    """Give what a bundle's role offers."""
    held = state.roles.get(app_role(bundle))
    return {} if held is None else held.metadata.signed.targets


def _latest(targets: Mapping[str, TargetFile]) -> dict[str, TargetFile]:
    """Give the newest development release: it stays listed for one more save, so that its page may finish its calls."""
    made = sorted(targets.keys() - _lasting(targets).keys(), key=lambda path: parse_version(_version(path)))
    return {path: targets[path] for path in made[-1:]}


def _version(path: str) -> str:
    """Give the version in the path of a manifest."""
    return path.rpartition("/")[2].removesuffix(_SUFFIX)


def _lasting(targets: Mapping[str, TargetFile]) -> dict[str, TargetFile]:
    """Leave the development releases out."""
    return {
        path: target
        for path, target in targets.items()
        if not path.endswith(_SUFFIX) or not is_development(_version(path))
    }
