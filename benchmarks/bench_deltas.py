"""Deltas of real front-ends from npm, in consecutive releases: bytes and time of each method, all in one run.

Bytes stand against "changed files in brotli-11", what a client without deltas downloads. Time is CPU time of one core.
"""

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import bsdiff4
import msgspec
from measuring import Finding, conclude, figure, machine, show

from h5bundle import delta
from h5bundle.delta import frames, rewriting
from h5bundle.manifest import Manifest
from h5bundle.names import stable
from h5bundle.pack import pack
from h5bundle.project import parse_declaration

SCRIPT = Path(__file__).with_name("apply_deltas.mjs")
BASELINE = "brotli-11"
OURS = ("on demand", "full", "full, stable names")


@dataclass(frozen=True)
class FrontEnd:
    """What of an npm package is a front-end's folder, and the updates that are measured."""

    package: str
    folder: str
    updates: tuple[tuple[str, str], ...]
    only: tuple[str, ...] = ("",)
    """Begins of the paths that belong to it."""


FRONT_ENDS = (
    FrontEnd(
        "swagger-ui-dist",
        "package",
        (("5.17.13", "5.17.14"), ("5.17.14", "5.18.0"), ("5.20.0", "5.20.1")),
        ("swagger-ui-bundle.js", "swagger-ui-standalone", "swagger-ui.css", "index.", "oauth2", "swagger-init", "fav"),
    ),
    FrontEnd("monaco-editor", "package/min/vs", (("0.34.0", "0.34.1"), ("0.50.0", "0.51.0"), ("0.52.0", "0.52.2"))),
    FrontEnd(
        "mermaid",
        "package/dist",
        (("11.4.0", "11.4.1"), ("11.9.0", "11.10.0"), ("11.10.0", "11.10.1"), ("11.12.1", "11.12.2")),
        ("mermaid.esm.min.mjs", "chunks/mermaid.esm.min/"),
    ),
    FrontEnd(
        "antd-mobile",
        "package/bundle",
        (("5.36.1", "5.37.0"), ("5.37.0", "5.37.1"), ("5.38.1", "5.39.0"), ("5.42.1", "5.42.3")),
        ("antd-mobile.umd.js", "style.css", "css-vars-patch.css"),
    ),
    FrontEnd(
        "altair-static",
        "package/build/dist",
        (("7.3.5", "7.3.6"), ("8.0.4", "8.0.5"), ("8.2.1", "8.2.2"), ("8.3.0", "8.4.1")),
    ),
    FrontEnd(
        "@vitest/ui",
        "package/dist/client",
        (("2.1.8", "2.1.9"), ("3.1.1", "3.1.2"), ("3.1.4", "3.2.0"), ("3.2.3", "3.2.4")),
    ),
)


@dataclass(frozen=True)
class Update:
    """From one release to the next."""

    name: str
    patch: bool
    base: Mapping[str, bytes]
    files: Mapping[str, bytes]
    manifest: Manifest
    manifest_bytes: bytes

    @property
    def wanted(self) -> list[bytes]:
        """Give the changed files."""
        return [self.files[path] for path in delta.changed(self.base, self.manifest)]

    @property
    def megabytes(self) -> float:
        """Give the size of the new release."""
        return sum(map(len, self.files.values())) / 1e6


def fetch(cache: Path, package: str, version: str) -> Path:
    """Fetch a package with npm, once, and give its archive."""
    place = cache / package.replace("/", "-").strip("@") / version
    if not any(place.glob("*.tgz")):
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=place, check=True, capture_output=True)  # noqa: S607 - npm is found on the path
    return next(place.glob("*.tgz"))


def release(cache: Path, front_end: FrontEnd, version: str) -> dict[str, bytes]:
    """Read the files of one release."""
    files = {}
    with tarfile.open(fetch(cache, front_end.package, version)) as archive:
        for member in archive:
            path = member.name.removeprefix(f"{front_end.folder}/")
            file = archive.extractfile(member) if member.isfile() and path != member.name else None
            if file is not None and path.startswith(front_end.only) and not path.endswith(".map"):
                files[path] = file.read()
    return files


def updates(cache: Path, only: Sequence[str] | None) -> list[Update]:
    """Give every update, or those of some packages."""
    found = []
    for front_end in FRONT_ENDS:
        if only and front_end.package not in only:
            continue
        for old, new in front_end.updates:
            base, files = release(cache, front_end, old), release(cache, front_end, new)
            files.setdefault("index.html", b"<!doctype html>")
            base.setdefault("index.html", b"<!doctype html>")
            patch = old.split(".")[:2] == new.split(".")[:2]
            found.append(update(f"{front_end.package} {old} → {new}", new, base, files, patch=patch))
    return found


def update(name: str, version: str, base: Mapping[str, bytes], files: Mapping[str, bytes], *, patch: bool) -> Update:
    """Pack the new release of an update."""
    declaration = f"id: measured\nversion: {version}\ntitle: {{zh: 量, en: Measured}}\ndist: dist\n"
    packed = pack(parse_declaration(declaration), files, requires={})
    return Update(name, patch, base, files, packed.manifest, packed.manifest_bytes)


def renamed(measured: Update) -> Update:
    """Give the same update with release-stable names; the same object where no name has a hash that may go."""
    base, files = stable(measured.base), stable(measured.files)
    if base.keys() == measured.base.keys() and files.keys() == measured.files.keys():
        return measured
    return update(measured.name, measured.manifest.version, base, files, patch=measured.patch)


def prefix(measured: Update) -> bytes:
    """Give the whole old bundle as a raw prefix: zstd --patch-from for a bundle."""
    return b"".join(measured.base[path] for path in rewriting.ordered(measured.base))


@dataclass(frozen=True)
class Method:
    """How the bytes of an update are made, and how the changed files come out of them."""

    make: Callable[[Update], list[bytes]]
    apply: Callable[[Update, list[bytes]], object]


def in_brotli(measured: Update) -> list[bytes]:
    """Compress each changed file alone."""
    return [brotli.compress(data, quality=11, lgwin=24) for data in measured.wanted]


def from_brotli(_: Update, made: list[bytes]) -> list[bytes]:
    """Decompress each changed file."""
    return [brotli.decompress(data) for data in made]


def olds(measured: Update) -> list[bytes]:
    """Give for each changed file the old one of the same path, or nothing."""
    return [measured.base.get(path, b"") for path in delta.changed(measured.base, measured.manifest)]


def zstd_prefix(level: int) -> Method:
    """Give zstd of the changed files with the whole old bundle as a prefix."""

    def make(measured: Update) -> list[bytes]:
        return [frames.compress(b"".join(measured.wanted), prefix(measured), level)]

    def apply(measured: Update, made: list[bytes]) -> bytes:
        return frames.decompress(made[0], prefix(measured), sum(map(len, measured.wanted)))

    return Method(make, apply)


def ours(effort: delta.Effort) -> Method:
    """Give our deltas; where none is offered, the files in brotli count."""

    def make(measured: Update) -> list[bytes]:
        data = delta.make(measured.base, measured.manifest, measured.files, effort=effort)
        return in_brotli(measured) if data is None else [data]

    def apply(measured: Update, made: list[bytes]) -> object:
        if made[0][:4] != b"TGD1":
            return from_brotli(measured, made)
        return delta.apply(made[0], measured.base, measured.manifest)

    return Method(make, apply)


METHODS: dict[str, Method] = {
    BASELINE: Method(in_brotli, from_brotli),
    "bsdiff, per file": Method(
        lambda measured: [bsdiff4.diff(*pair) for pair in zip(olds(measured), measured.wanted, strict=True)],
        lambda measured, made: [bsdiff4.patch(*pair) for pair in zip(olds(measured), made, strict=True)],
    ),
    "zstd-9, prefix": zstd_prefix(9),
    "zstd-19, prefix": zstd_prefix(19),
    "on demand": ours(delta.ON_DEMAND),
    "full": ours(delta.FULL),
    "brotli-11, stable names": Method(in_brotli, from_brotli),
    "full, stable names": ours(delta.FULL),
}


@dataclass(frozen=True)
class Row:
    """What one update cost by each method: bytes and milliseconds of CPU for a megabyte of the new release."""

    update: Update
    sizes: Mapping[str, int]
    making: Mapping[str, float]
    applying: Mapping[str, float]


def measure(measured: Update) -> Row:
    """Measure one update by every method."""
    sizes: dict[str, int] = {}
    making: dict[str, float] = {}
    applying: dict[str, float] = {}
    twin = renamed(measured)
    for name, method in METHODS.items():
        other, _, kind = name.partition(", ")
        if kind == "stable names" and twin is measured:
            sizes[name] = sizes[other]
            continue
        used = twin if kind == "stable names" else measured
        begun = time.process_time()
        made = method.make(used)
        between = time.process_time()
        method.apply(used, made)
        applying[f"{name}, Python"] = (time.process_time() - between) * 1e3 / measured.megabytes
        making[name] = (between - begun) * 1e3 / measured.megabytes
        sizes[name] = sum(map(len, made))
        if name in OURS and made[0][:4] == b"TGD1":
            applying[f"{name}, JavaScript"] = in_node(used, made[0]) / measured.megabytes
    return Row(measured, sizes, making, applying)


def measure_all(measured: Sequence[Update], jobs: int) -> list[Row]:
    """Measure updates in some processes, and tell how far it is."""
    rows: dict[str, Row] = {}
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(measure, each) for each in measured]
        for done in as_completed(running):
            row = done.result()
            rows[row.update.name] = row
            share_of = figure(row.sizes["full"] / row.sizes[BASELINE])
            print(
                f"{len(rows)}/{len(measured)} {row.update.name}: {share_of} of brotli-11", file=sys.stderr, flush=True
            )
    return [rows[each.name] for each in measured]


def in_node(update: Update, data: bytes) -> float:
    """Apply a delta with the shell's code in Node; give the least CPU milliseconds of 9 times, hashes apart."""
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as name:
        folder = Path(name)
        names = {path: f"{number}" for number, path in enumerate(update.base)}
        for path, file in names.items():
            (folder / file).write_bytes(update.base[path])
        (folder / "delta").write_bytes(data)
        described = {"base": names, "manifest": msgspec.to_builtins(update.manifest)}
        (folder / "update.json").write_text(json.dumps(described), encoding="utf-8")
        done = subprocess.run(["node", SCRIPT, folder], capture_output=True, text=True, check=True)  # noqa: S607 - node is found on the path
        return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--cache", type=Path, help="folder that keeps the packages; a temporary one when not given")
    parser.add_argument("--only", action="append", help="measure this package alone; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="updates measured at once; 2 when not given")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    given = parser.parse_args()
    if shutil.which("npm") is None:
        print("npm is not installed, and the front-ends come from it: nothing was measured", file=sys.stderr)
        sys.exit(2)
    folder = given.cache or Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        rows = measure_all(updates(folder, given.only), given.jobs)
    finally:
        if given.cache is None:
            shutil.rmtree(folder, ignore_errors=True)
    tell(rows, as_json=given.json)


def share(rows: Sequence[Row], method: str) -> float:
    """Give a method's bytes over the baseline's, over all updates."""
    return sum(row.sizes[method] for row in rows) / sum(row.sizes[BASELINE] for row in rows)


def per_megabyte(rows: Sequence[Row], times: Callable[[Row], Mapping[str, float]], name: str) -> float:
    """Give the milliseconds for a megabyte, over all updates."""
    counted = [row for row in rows if name in times(row)]
    if not counted:
        return 0.0
    spent = sum(times(row)[name] * row.update.megabytes for row in counted)
    return spent / sum(row.update.megabytes for row in counted)


def tell(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print what was found."""
    patches = [row for row in rows if row.update.patch]
    minors = [row for row in rows if not row.update.patch]
    largest = max(row.sizes["full"] / row.sizes[BASELINE] for row in rows)
    findings = [
        Finding("deltas ÷ changed files in brotli-11", share(rows, "full"), 0.10, at_most=True),
        Finding("the same, patch releases", share(patches, "full"), 0.05, at_most=True),
        Finding("the same, minor releases", share(minors, "full")),
        Finding("the largest delta ÷ what it replaces", largest, 1.0, at_most=True),
        Finding("on demand ÷ changed files in brotli-11", share(rows, "on demand"), 0.25, at_most=True),
        Finding("with stable names ÷ changed files in brotli-11", share(rows, "full, stable names")),
        Finding("ms/MB to make on demand", per_megabyte(rows, lambda row: row.making, "on demand"), 20, at_most=True),
        Finding(
            "ms/MB to apply in JavaScript",
            per_megabyte(rows, lambda row: row.applying, "full, JavaScript"),
            2,
            at_most=True,
        ),
    ]
    if as_json:
        print(json.dumps({"findings": [msgspec.to_builtins(finding) for finding in findings], "rows": plain(rows)}))
        return
    print(f"# Deltas ({machine()})")
    lines = [
        (row.update.name, len(row.update.wanted), *row.sizes.values(), figure(row.sizes["full"] / row.sizes[BASELINE]))
        for row in rows
    ]
    show("Bytes by update", ("Update", "changed", *METHODS, "full ÷ brotli"), [tuple(map(str, line)) for line in lines])
    totals = [
        (
            name,
            str(sum(row.sizes[name] for row in rows)),
            *(figure(share(part, name)) for part in (rows, patches, minors)),
            figure(per_megabyte(rows, lambda row: row.making, name)),
            figure(per_megabyte(rows, lambda row: row.applying, f"{name}, Python")),
        )
        for name in METHODS
    ]
    show("Totals", ("Method", "bytes", "÷ brotli-11", "patch", "minor", "ms/MB to make", "to apply in Python"), totals)
    names = sorted({name for row in rows for name in row.applying})
    times = [(name, figure(per_megabyte(rows, lambda row: row.applying, name))) for name in names]
    show("Applying", ("Method and side", "ms/MB"), times)
    in_script = [
        (row.update.name, figure(row.applying["full, JavaScript"]), figure(row.applying["full, Python"]))
        for row in rows
        if "full, JavaScript" in row.applying
    ]
    show("Applying what is published, ms/MB", ("Update", "JavaScript", "Python"), in_script)
    manifests = [(row.update.name, str(len(row.update.manifest_bytes)), packed(row.update)) for row in rows]
    show("Manifests, fetched beside", ("Update", "bytes", "in brotli-11"), manifests)
    conclude(findings)


def packed(update: Update) -> str:
    """Give the bytes of a manifest as a web server sends it."""
    return str(len(brotli.compress(update.manifest_bytes, quality=11)))


def plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give the rows for JSON."""
    return [
        {"update": row.update.name, "sizes": row.sizes, "making": row.making, "applying": row.applying} for row in rows
    ]


if __name__ == "__main__":
    main()
