"""What the server itself finds in a packed release: nothing that the uploader says of it is believed.

Pure of database and HTTP: bytes, a repository to compare with, and the bank's live operations come in; findings and
widenings come out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

from h5bundle import rollout
from h5bundle.commands.check import know
from h5bundle.commands.offers import Live, Offered, broken_by
from h5bundle.commands.package import Received, check_received, receive
from h5bundle.digests import sha256
from h5bundle.errors import H5BundleError, StoreError, TrainError, TrustError
from h5bundle.keys import app_role
from h5bundle.lint import Finding
from h5bundle.manifest import Manifest, decode
from h5bundle.project import FILE_NAME, Declaration
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import TrustedState, manifest_target, read_target, rollout_target
from h5bundle.versions import parse_version
from h5bundle.widening import widening

_SUFFIX: Final = ".manifest.json"


class Stated(Protocol):
    """What an upload's signed statement says."""

    @property
    def bundle(self) -> str:
        """Give the bundle."""
        ...

    @property
    def version(self) -> str:
        """Give the version."""
        ...

    @property
    def manifest(self) -> str:
        """Give the hex SHA-256 of the manifest."""
        ...

    @property
    def archive(self) -> str:
        """Give the hex SHA-256 of the zip."""
        ...

    @property
    def declaration(self) -> str:
        """Give the text of ``bundle.yaml``, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Attributes:
        received: the release, None when the bytes are none.
        findings: in the order of their places; one that stops refuses the release.
        widening: what the release may do that the one before could not.
    """

    received: Received | None
    findings: tuple[Finding, ...]
    widening: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Tell whether the release is refused."""
        return any(finding.stops for finding in self.findings)


def examine(
    data: bytes, stated: Stated, *, store: Store, ops: frozenset[str], accepted: frozenset[str] = frozenset()
) -> Verdict:
    """Examine a release.

    Args:
        data: the zip as it came.
        stated: what its statement says.
        store: the repository that it is for.
        ops: codes of the bank's live operations.
        accepted: allowances (``allowances``) that an earlier release of the bundle came through with.

    Raises:
        StoreError, TrustError: the repository cannot be read, so nothing can be said.
    """
    if sha256(data) != stated.archive:
        mend = "upload again; if it happens again, look for what changes bytes on the way"
        return refused("ZIP_DIGEST", "the bytes that arrived are not those that were signed", mend)
    try:
        received = receive(data, stated.declaration)
    except H5BundleError as error:
        return refused(error.code, error.detail, error.remedy or "pack again with h5bundle pack")
    manifest, digest = received.package.manifest, received.package.digest
    if (manifest.bundle, manifest.version, digest) != (stated.bundle, stated.version, stated.manifest):
        what = f"the zip holds {manifest.name}#{digest[:12]}, and something else was signed"
        return refused("STATEMENT_MISMATCH", what, "sign and upload the zip that was packed")
    state = load_for_reading(store)
    before = _before(store, state, manifest)
    knowledge = replace(know(), ops=ops)
    found = check_received(received, store, knowledge)
    live = Live(ops=ops, contract=knowledge.contract)
    refusals = (
        *_against_repository(store, state, manifest, digest, before),
        *_against_trains(store, state, manifest, digest, live),
    )
    findings = sorted({*found, *refusals})
    new = (*widening(before, manifest), *sorted(allowances(received.project.declaration) - accepted))
    return Verdict(received, tuple(findings), () if is_offered(state, stated) else new)


def is_offered(state: TrustedState, stated: Stated) -> bool:
    """Tell whether the repository offers exactly this release."""
    role = state.roles.get(app_role(stated.bundle))
    targets = {} if role is None else role.metadata.signed.targets
    target = targets.get(manifest_target(stated.bundle, stated.version))
    return target is not None and target.hashes["sha256"] == stated.manifest


def allowances(declaration: Declaration) -> frozenset[str]:
    """Give, in words, every finding that a declaration accepts with a reason."""
    return frozenset(f"allowed {item.code} in {item.path}: {item.reason}" for item in declaration.allow)


def refused(code: str, what: str, mend: str) -> Verdict:
    """Refuse bytes of which no more can be said."""
    return Verdict(None, (Finding(FILE_NAME, 1, code, what, mend),))


def _before(store: Store, state: TrustedState, manifest: Manifest) -> Manifest | None:
    """Give the newest release of the same bundle on offer, this one aside."""
    role = state.roles.get(app_role(manifest.bundle))
    if role is None:
        return None
    prefix = f"apps/{manifest.bundle}/"
    targets = role.metadata.signed.targets
    versions = [path.removeprefix(prefix).removesuffix(_SUFFIX) for path in targets if path.endswith(_SUFFIX)]
    others = [version for version in versions if version != manifest.version]
    if not others:
        return None
    newest = max(others, key=parse_version)
    return decode(read_target(store.read, state, manifest_target(manifest.bundle, newest)))


def _against_repository(
    store: Store, state: TrustedState, manifest: Manifest, digest: str, before: Manifest | None
) -> Iterator[Finding]:
    """Find what the repository's own rules refuse."""
    role = state.roles.get(app_role(manifest.bundle))
    if role is None:
        what = f"the bundle {manifest.bundle} has no role in this repository"
        yield Finding(FILE_NAME, 1, "ROLE_UNKNOWN", what, "ask the security team to add it to targets")
        return
    published = role.metadata.signed.targets.get(manifest_target(manifest.bundle, manifest.version))
    if published is not None and published.hashes["sha256"] != digest:
        what = f"{manifest.name} was published already with other bytes"
        yield Finding(FILE_NAME, 1, "VERSION_TAKEN", what, "raise version in bundle.yaml")
    elif published is None and before is not None and parse_version(manifest.version) < parse_version(before.version):
        what = f"{manifest.name} is older than {before.version}, which is on offer"
        yield Finding(FILE_NAME, 1, "VERSION_OLD", what, "raise version; going back is the release team's rollback")
    floor = _floor(store, state, manifest.bundle)
    if floor is not None and parse_version(manifest.version) < parse_version(floor):
        what = f"{manifest.name} lies below the floor {floor}"
        yield Finding(FILE_NAME, 1, "BELOW_FLOOR", what, "raise version")
    for bundle, requirement in manifest.requires.items():
        target = state.target(manifest_target(bundle, requirement.version))
        if target is None or target.hashes["sha256"] != requirement.digest:
            what = f"the required {bundle} {requirement.version} with that digest is not on offer"
            yield Finding(FILE_NAME, 1, "REQUIREMENT_UNKNOWN", what, f"publish {bundle} first, then pack again")


def _against_trains(
    store: Store, state: TrustedState, manifest: Manifest, digest: str, live: Live
) -> Iterator[Finding]:
    """Find what releases on offer would lack, were this one offered to everybody."""
    world = Offered(store, state.unexpired(), {manifest_target(manifest.bundle, manifest.version): manifest})
    policy = rollout.offer(world.policy(manifest.bundle), manifest, digest, rollout.EVERYBODY)
    for blocker in broken_by(world, live, {manifest.bundle: policy}):
        yield Finding(
            FILE_NAME, 1, TrainError.code, str(blocker), "have it published or brought back first, or do without it"
        )


def _floor(store: Store, state: TrustedState, bundle: str) -> str | None:
    """Give the version below which nobody may go."""
    path = rollout_target(bundle)
    return None if state.target(path) is None else rollout.decode(read_target(store.read, state, path)).floor


UNREADABLE: Final = (StoreError, TrustError)
"""What ``examine`` raises when the repository itself does not serve."""
