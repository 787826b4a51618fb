"""An update check as a repository grows: bytes and time of a client, with 400 bundles and with 10,000 releases.

A quiet check finds the timestamp unchanged; a full one begins with the root alone and resolves one bundle's release.
python-tuf's own client reads the store in this process, so the time is the client's work and no network's. "Listed" is
a role that lists every release ever made, "on offer" one that lists the newest only.
"""

import gzip
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from measuring import Finding, arguments, conclude, figure, machine, show
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.updater import Updater

from h5bundle import rollout
from h5bundle.client import STORE_URL, StoreFetcher
from h5bundle.digests import sha256
from h5bundle.formats import TargetFile
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, KeyFolder, app_role
from h5bundle.pack import describe
from h5bundle.project import parse_declaration
from h5bundle.repository import Edit, Policy, init_repository, load_for_renewal, trusted_root
from h5bundle.stores.local import LocalStore
from h5bundle.trust import manifest_target, rollout_target

TODAY = datetime.now(UTC)  # noqa: TID251 — a script
DECLARATION = "id: {bundle}\nversion: {version}\ntitle: {{zh: 页, en: Page}}\ndist: dist\n"
FIRST = "bundle0"


class CountingFetcher(StoreFetcher):
    """Counts what a client reads, as it is and as a web server would send it."""

    def __init__(self, store: LocalStore) -> None:
        """Read from a store."""
        super().__init__(store)
        self.plain = self.packed = 0

    def _fetch(self, url: str) -> Iterator[bytes]:
        """Give an object's bytes, counted."""
        data = b"".join(super()._fetch(url))
        self.plain += len(data)
        self.packed += len(gzip.compress(data))
        return iter([data])


@dataclass(slots=True)
class Check:
    """What a client read and how long it worked, over the rounds."""

    plain: int = 0
    packed: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """Give the median."""
        return sorted(self.times)[len(self.times) // 2] * 1000


def targets(edit: Edit, bundle: str, versions: Iterator[str]) -> tuple[dict[str, TargetFile], rollout.RolloutPolicy]:
    """Give the targets of a bundle's role, as publications leave them, and the policy that offers the newest."""
    found: dict[str, TargetFile] = {}
    policy: rollout.RolloutPolicy | None = None
    for version in versions:
        declaration = parse_declaration(DECLARATION.format(bundle=bundle, version=version))
        manifest, data = describe(declaration, {"index.html": version.encode()}, requires={})
        path = manifest_target(bundle, version)
        for name in (path, f"apps/{bundle}/{version}.zip", f"apps/{bundle}/{version}.sbom.json"):
            found[name] = TargetFile.from_data(name, data, ["sha256"])
        policy = rollout.offer(policy, manifest, sha256(data), rollout.EVERYBODY)
        newest = (path, data)
    assert policy is not None
    edit.blob(*newest)
    return found, policy


def repository(folder: Path, keys: KeyFolder, bundles: int, releases: int, *, listed: bool) -> LocalStore:
    """Make a repository of that size with one commit."""
    store = LocalStore(folder)
    names = [f"bundle{number}" for number in range(bundles)]
    init_repository(store, keys, bundles=names, now=TODAY)
    state = load_for_renewal(store, TODAY)
    edit = Edit(store, keys, Policy(), TODAY)
    policies: dict[str, TargetFile] = {}
    for name in names:
        count = releases if name == FIRST else 1
        found, policy = targets(edit, name, (f"1.{number // 1000}.{number % 1000}" for number in range(count)))
        kept = found if listed else dict(list(found.items())[-3:])
        edit.update_role(app_role(name), state.roles[app_role(name)].metadata.signed, kept)
        policies[rollout_target(name)] = edit.blob(rollout_target(name), rollout.encode(policy))
    edit.update_role(ROLLOUT, state.roles[ROLLOUT].metadata.signed, policies)
    edit.commit(snapshot_version=2, timestamp_version=2, files=state.snapshot.signed.meta)
    return store


def resolve(store: LocalStore, folder: Path, check: Check) -> None:
    """Be a client that brings one bundle up to date."""
    fetcher = CountingFetcher(store)
    begun = time.perf_counter()
    config = UpdaterConfig(targets_max_length=50_000_000, snapshot_max_length=50_000_000)
    updater = Updater(
        str(folder),
        f"{STORE_URL}/metadata/",
        target_dir=str(folder),
        target_base_url=f"{STORE_URL}/targets/",
        fetcher=fetcher,
        config=config,
        bootstrap=trusted_root(store),
    )
    updater.refresh()
    info = updater.get_targetinfo(rollout_target(FIRST))
    assert info is not None
    policy = rollout.decode(Path(updater.find_cached_target(info) or updater.download_target(info)).read_bytes())
    found = updater.get_targetinfo(policy.releases[0].manifest)
    assert found is not None
    if updater.find_cached_target(found) is None:
        updater.download_target(found)
    check.times.append(time.perf_counter() - begun)
    check.plain, check.packed = fetcher.plain, fetcher.packed


def measured(store: LocalStore, folder: Path, rounds: int) -> tuple[Check, Check]:
    """Give a full check and a quiet one."""
    full, quiet = Check(), Check()
    for number in range(rounds + 1):
        place = folder / f"client-{number}"
        place.mkdir(parents=True)
        for check in (full, quiet):
            resolve(store, place, check)
    return full, quiet


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    sizes = [(1, 10, True), (400, 10, True), (1, 10_000, True), (1, 10_000, False)]
    found: list[tuple[Check, Check]] = []
    try:
        keys = KeyFolder(folder / "keys", b"bench")
        for role in (ROOT, TARGETS, ONLINE, ROLLOUT, app_role(FIRST)):
            keys.generate(role)
        for number in range(1, 400):  # one key for all: signing is not what is measured
            source = folder / "keys" / f"{app_role(FIRST)}.1.pem"
            shutil.copy(source, folder / "keys" / f"{app_role(f'bundle{number}')}.1.pem")
        for number, (bundles, releases, listed) in enumerate(sizes):
            store = repository(folder / f"repo-{number}", keys, bundles, releases, listed=listed)
            found.append(measured(store, folder / f"clients-{number}", given.rounds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tell(sizes, found)


def tell(sizes: list[tuple[int, int, bool]], found: list[tuple[Check, Check]]) -> None:
    """Print what was found."""
    print(f"# Growth ({machine()})")
    rows = []
    for (bundles, releases, listed), (full, quiet) in zip(sizes, found, strict=True):
        name = f"{bundles} bundles, {releases:,} releases, {'listed' if listed else 'on offer'}"
        rows.append(
            (name, f"{quiet.plain:,}", figure(quiet.milliseconds), f"{full.packed:,}", figure(full.milliseconds))
        )
    head = ("Repository", "quiet check, bytes", "ms", "full check, bytes gzipped", "ms")
    show("Medians of a client's checks", head, rows)
    small, many, long, short = (quiet for _, quiet in found)
    conclude(
        [
            Finding("bytes of a quiet check, 400 bundles ÷ 1", many.plain / small.plain, 1.2, at_most=True),
            Finding("bytes of a quiet check, 10,000 releases ÷ 10", long.plain / small.plain, 1.2, at_most=True),
            Finding("time of a quiet check, 10,000 on offer ÷ 10", short.milliseconds / small.milliseconds),
            Finding("bytes of a full check, 10,000 listed ÷ 10", found[2][0].packed / found[0][0].packed),
            Finding("bytes of a full check, 10,000 on offer ÷ 10", found[3][0].packed / found[0][0].packed),
        ]
    )


if __name__ == "__main__":
    main()
