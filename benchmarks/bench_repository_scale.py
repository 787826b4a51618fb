"""What an update check costs as a repository grows: from 1 to 400 bundles, and from 10 to 10,000 past releases.

The repositories are made by the real publisher, in memory. The phone is python-tuf's own client. A check without news
fetches the timestamp alone; a check after a release fetches what that release changed.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from measuring import Case, Finding, Sample, arguments, conclude, each, figure, machine, report, rounds, show
from tuf.ngclient.updater import Updater

from h5bundle.client import StoreFetcher
from h5bundle.commands import publish
from h5bundle.errors import LockedError, ObjectMissingError
from h5bundle.formats import CryptoSigner, Signer, SSlibKey
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, SCHEME, TARGETS, app_role
from h5bundle.pack import Package, pack
from h5bundle.project import parse_declaration
from h5bundle.repository import trusted_root

CHECKS = 20
START = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - a benchmark runs now
DECLARATION = "id: {bundle}\nversion: {version}\ntitle: {{zh: 页, en: Page}}\nfloor: 1.0.0\ndist: .\n"
SIZES = ((1, 10), (400, 10), (1, 10_000))


@dataclass(frozen=True, slots=True)
class MemoryStore:
    """A store that keeps everything in a dictionary: the disk is not what is measured."""

    held: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        """Give an object's bytes."""
        try:
            return self.held[path]
        except KeyError as error:
            raise ObjectMissingError(detail=path) from error

    def exists(self, path: str) -> bool:
        """Tell whether there is an object."""
        return path in self.held

    def put_blob(self, path: str, data: bytes) -> None:
        """Keep an object."""
        self.held[path] = data

    put_metadata = put_blob

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write over what was seen."""
        if self.held.get(path) != previous:
            raise LockedError(detail=path)
        self.held[path] = data

    def paths(self, prefix: str) -> tuple[str, ...]:
        """List what lies below a folder."""
        return tuple(sorted(path for path in self.held if path.startswith(prefix)))

    def remove(self, path: str) -> None:
        """Remove an object."""
        self.held.pop(path, None)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store: one thread works here."""
        yield


@dataclass(frozen=True, slots=True)
class MemoryKeys:
    """One key for every role, made when it is first asked for."""

    held: dict[str, CryptoSigner] = field(default_factory=dict)

    def signers(self, role: str) -> tuple[Signer, ...]:
        """Give the role's signer."""
        if role not in self.held:
            key = ec.generate_private_key(ec.SECP256R1())
            self.held[role] = CryptoSigner(key, SSlibKey.from_crypto(key.public_key(), scheme=SCHEME))
        return (self.held[role],)

    def public_keys(self, role: str) -> tuple[SSlibKey, ...]:
        """Give the role's public key."""
        return tuple(signer.public_key for signer in self.signers(role))  # type: ignore[misc]  # made of SSlibKey above


class CountingFetcher(StoreFetcher):
    """Counts the bytes that the phone fetched."""

    fetched = 0

    def _fetch(self, url: str) -> Iterator[bytes]:
        for piece in super()._fetch(url):
            self.fetched += len(piece)
            yield piece


def release(bundle: str, number: int) -> Package:
    """Make one small release."""
    version = f"1.{number // 1000}.{number % 1000}"
    text = DECLARATION.format(bundle=bundle, version=version)
    return pack(parse_declaration(text), {"index.html": f"<p>{bundle} {version}</p>".encode()}, requires={})


@dataclass(slots=True)
class Grown:
    """A repository of one size, and a phone that knows it already."""

    bundles: int
    past: int
    folder: Path
    store: MemoryStore = field(default_factory=MemoryStore)
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    publishing: float = 0.0

    def grow(self) -> None:
        """Publish everything."""
        names = [f"bundle{number}" for number in range(self.bundles)]
        for role in (ROOT, TARGETS, ONLINE, ROLLOUT, *map(app_role, names)):
            self.keys.signers(role)
        for name in names:
            self.publish(name, 0)
        took = each(range(1, self.past), lambda number: self.publish(names[0], number))
        self.publishing = took.cpu / took.count
        self.phone("known").refresh()

    def publish(self, bundle: str, number: int) -> None:
        """Publish one release."""
        options = publish.PublishOptions(init=True)
        publish.run(options, release(bundle, number), self.store, self.keys, now=START + timedelta(seconds=number))

    def phone(self, name: str, fetcher: CountingFetcher | None = None) -> Updater:
        """Give a client with a folder of its own."""
        place = self.folder / f"{self.bundles}-{self.past}-{name}"
        place.mkdir(parents=True, exist_ok=True)
        return Updater(
            str(place),
            "store://repository/metadata/",
            fetcher=fetcher or CountingFetcher(self.store),
            bootstrap=trusted_root(self.store),
        )

    def fetched(self, name: str) -> int:
        """Give the bytes that one refresh fetches, the first bundle's role included."""
        fetcher = CountingFetcher(self.store)
        phone = self.phone(name, fetcher)
        phone.refresh()
        phone.get_targetinfo("apps/bundle0/none")
        return fetcher.fetched

    def check(self) -> Callable[[], Sample]:
        """Make the case of checks without news."""
        return lambda: each(range(CHECKS), lambda _: self.phone("known").refresh())


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        sizes = [Grown(bundles, past, folder) for bundles, past in SIZES]
        for size in sizes:
            size.grow()
        cases = [Case(f"{size.bundles} bundles, {size.past:,} past releases of one", size.check()) for size in sizes]
        rounds(cases, given.rounds)
        rows = []
        for size, case in zip(sizes, cases, strict=True):
            first = size.fetched("new")
            quiet = size.fetched("new")
            size.publish(f"bundle{size.bundles - 1}", size.past)
            news = size.fetched("new")
            rows.append((size, case, first, quiet, news))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tell(cases, rows, as_json=given.json)


def tell(cases: list[Case], rows: list[tuple[Grown, Case, int, int, int]], *, as_json: bool) -> None:
    """Print what was found."""
    few, bundles, past = rows
    findings = [
        Finding("bytes of a quiet check: 400 bundles ÷ 1", bundles[3] / few[3], 1.1, at_most=True),
        Finding("bytes of a quiet check: 10,000 past releases ÷ 10", past[3] / few[3], 1.1, at_most=True),
        Finding("bytes of a check with news: 10,000 past releases ÷ 10", past[4] / few[4], 1.1, at_most=True),
        Finding("CPU of a quiet check: 400 bundles ÷ 1", bundles[1].cost / few[1].cost),
        Finding("CPU of a quiet check: 10,000 past releases ÷ 10", past[1].cost / few[1].cost),
        Finding("CPU of a publication: 10,000 past releases ÷ 10", past[0].publishing / few[0].publishing),
    ]
    if as_json:
        report("repository scale", cases, findings)
        return
    print(f"# Repository scale ({machine()})")
    head = (
        "Repository",
        "first check B",
        "quiet check B",
        "check with news B",
        "quiet check CPU ms",
        "publication CPU ms",
    )
    table = [
        (case.name, *map(figure, (first, quiet, news, case.cost * 1000, size.publishing * 1000)))
        for size, case, first, quiet, news in rows
    ]
    show("What a phone fetches, and what it costs", head, table)
    conclude(findings)


if __name__ == "__main__":
    main()
