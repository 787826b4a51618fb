"""Packing: from 500 files, 10 MB, to a signed release on offer, against zip -9 of the same files in the same round.

A publication is measured until the release stands, and, beside it, until its deltas are there as well.

The files are pieces of a real front-end's script. Each round begins with a fresh repository on the disk: a first
publication, one in which five files have changed, and a save under `h5bundle dev`. Everything is durable when measured.
"""

import io
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from measuring import Case, Finding, Sample, arguments, conclude, figure, machine, ratio, report, rounds, show, thrift

from h5bundle.commands import deltas, pack, publish
from h5bundle.commands.dev import OpenedKeys, Workshop
from h5bundle.keys import ONLINE, ROLLOUT, ROOT, TARGETS, KeyFolder, app_role
from h5bundle.stores.local import LocalStore

FILES = 500
SIZE = 20_000
CHANGED = 5
ROLES = (ROOT, TARGETS, ONLINE, ROLLOUT, app_role("big"))
DECLARATION = "id: big\nversion: {version}\ntitle: {{zh: 大, en: Big}}\ndist: dist\nsize_budget: 20000000\n"
STEP = 2_477


def source() -> bytes:
    """Give the script that the files are cut from."""
    found = find_spec("swagger_ui_bundle")
    assert found is not None
    assert found.origin is not None
    (vendor,) = (Path(found.origin).parent / "vendor").glob("swagger-ui-4*")
    return (vendor / "swagger-ui-bundle.js").read_bytes()


class Yard:
    """A project, its keys and its repository, made anew for every round."""

    def __init__(self, folder: Path) -> None:
        """Make keys and an empty project."""
        self.folder = folder
        self.project = folder / "project"
        self.text = source()
        self.keys = KeyFolder(folder / "keys", b"bench")
        for role in ROLES:
            self.keys.generate(role)
        self.store = LocalStore(folder / "repo")
        self.round = 0
        (self.project / "dist").mkdir(parents=True)

    def piece(self, number: int) -> bytes:
        """Give different 20 kB of the script for every number."""
        place = number * STEP % (len(self.text) - SIZE)
        return f"/*{number}*/".encode() + self.text[place : place + SIZE]

    def begin(self) -> None:
        """Lay out the files of version 1.0.0, and an empty place for the repository."""
        shutil.rmtree(self.folder / "repo", ignore_errors=True)
        self.round += 1
        (self.project / "dist" / "index.html").write_text("<!doctype html>", encoding="utf-8")
        for number in range(FILES):
            (self.project / "dist" / f"part-{number:03}.js").write_bytes(self.piece(number))
        self.release("1.0.0")

    def release(self, version: str) -> None:
        """Name a version."""
        (self.project / "bundle.yaml").write_text(DECLARATION.format(version=version), encoding="utf-8")

    def change(self, by: int) -> None:
        """Change five files."""
        for number in range(CHANGED):
            place = self.project / "dist" / f"part-{number:03}.js"
            place.write_bytes(self.piece(FILES + self.round * 100 + by * CHANGED + number))

    def publish(self) -> None:
        """Pack, sign and publish what is there."""
        made = pack.run(pack.PackOptions(project=self.project), self.store)
        options = publish.PublishOptions(init=True)
        self.receipt = publish.run(options, made, self.store, self.keys, now=datetime.now(UTC))  # noqa: TID251 — a script

    def follow(self) -> None:
        """Make the deltas to what was published."""
        found = deltas.follow(
            self.store, self.receipt.bundle, self.receipt.digest, before=self.receipt.before, progress=publish.silent
        )
        assert found.ready == found.due == 1

    def zip(self) -> None:
        """Compress the same files as hard as zip can."""
        with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted((self.project / "dist").iterdir()):
                archive.writestr(path.name, path.read_bytes())


def timed(work: Callable[[], object]) -> Sample:
    """Do something once."""
    worked, begun = time.process_time(), time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    return Sample(1, seconds, (seconds,), time.process_time() - worked)


class Story:
    """The cases of a round share one repository, whichever is asked first."""

    def __init__(self, yard: Yard) -> None:
        """Tell of a yard."""
        self.yard = yard
        self.samples: dict[str, Sample] = {}

    def sample(self, name: str) -> Sample:
        """Give what was measured of a case; when it was taken already, go through a new round."""
        if name not in self.samples:
            self.samples = dict(self.told())
        return self.samples.pop(name)

    def told(self) -> list[tuple[str, Sample]]:
        """Go through one round."""
        yard = self.yard
        yard.begin()
        found = [("zip", timed(yard.zip)), ("first", timed(yard.publish))]
        yard.change(1)
        yard.release("1.0.1")
        found += [("incremental", timed(yard.publish)), ("deltas", timed(yard.follow))]
        shop = Workshop(yard.project, yard.store, OpenedKeys(yard.keys), lambda: time.sleep(0.01))
        shop.save(datetime.now(UTC))  # noqa: TID251 — a script
        yard.change(2)
        found.append(("dev", timed(lambda: shop.save(datetime.now(UTC)))))  # noqa: TID251 — a script
        return found


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        story = Story(Yard(folder))
        cases = [
            Case("zip -9 of the same files", lambda: story.sample("zip")),
            Case("h5bundle dev, a save of five files", lambda: story.sample("dev")),
            Case("publish, five files changed", lambda: story.sample("incremental")),
            Case("publish, the first time", lambda: story.sample("first")),
            Case("the deltas of five files changed, afterwards", lambda: story.sample("deltas")),
        ]
        rounds(cases, given.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tell(cases, as_json=given.json)


def tell(cases: list[Case], *, as_json: bool) -> None:
    """Print what was found."""
    peer, dev, incremental, first, following = cases
    findings = [
        Finding("dev save ÷ zip -9", 1 / ratio(dev, peer), 0.25, at_most=True),
        Finding("incremental release ÷ zip -9", 1 / ratio(incremental, peer), 0.6, at_most=True),
        Finding(
            "incremental release with its deltas ÷ zip -9", 1 / ratio(incremental, peer) + 1 / ratio(following, peer)
        ),
        Finding("first release ÷ zip -9", 1 / ratio(first, peer)),
        Finding("dev save ÷ zip -9, CPU time", 1 / thrift(dev, peer)),
        Finding("incremental release ÷ zip -9, CPU time", 1 / thrift(incremental, peer)),
        Finding("first release ÷ zip -9, CPU time", 1 / thrift(first, peer)),
    ]
    if as_json:
        report("pack", cases, findings)
        return
    print(f"# Packing ({machine()})")
    rows = [
        (
            case.name,
            figure(case.quantile(0.5) * 1000),
            figure((case.quantile(0.5) + following.quantile(0.5)) * 1000) if case is incremental else "",
            figure(case.cost * 1000),
            figure((case.cost + following.cost) * 1000) if case is incremental else "",
        )
        for case in cases
        if case is not following
    ]
    head = ("Work", "ms until it stands", "until its deltas are there", "CPU ms until it stands", "until its deltas")
    show(f"Medians of rounds, {FILES} files, {FILES * SIZE / 1e6:g} MB", head, rows)
    conclude(findings)


if __name__ == "__main__":
    main()
