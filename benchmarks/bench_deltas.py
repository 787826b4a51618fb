"""Deltas of real front-ends from npm, in consecutive releases: bytes and time of each method, all in one run.

Bytes stand against "changed files in brotli-11", what a client without deltas downloads. Time is CPU time of one core.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import msgspec
from measuring import Finding, conclude, figure, machine, show

from h5bundle import delta
from h5bundle.delta import frames, rewriting
from h5bundle.manifest import Manifest
from h5bundle.pack import pack
from h5bundle.project import parse_declaration

SCRIPT = Path(__file__).with_name("apply_deltas.mjs")
BASELINE = "brotli-11"


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
            version = ".".join(new.split(".")[:3])
            declaration = f"id: measured\nversion: {version}\ntitle: {{zh: 量, en: Measured}}\ndist: dist\n"
            packed = pack(parse_declaration(declaration), files, requires={})
            patch = old.split(".")[:2] == new.split(".")[:2]
            name = f"{front_end.package} {old} → {new}"
            found.append(Update(name, patch, base, files, packed.manifest, packed.manifest_bytes))
    return found


def whole_prefix(update: Update, level: int) -> int:
    """Compress the changed files with the whole old bundle as a raw prefix: zstd --patch-from for a bundle."""
    prefix = b"".join(update.base[path] for path in rewriting.ordered(update.base))
    return len(frames.compress(b"".join(update.wanted), prefix, level))


def made(update: Update, effort: delta.Effort, kept: dict[str, bytes]) -> int:
    """Make a delta of ours; where none is given, the files in brotli count."""
    data = delta.make(update.base, update.manifest, update.files, effort=effort)
    if data is None:
        return METHODS[BASELINE](update, {})
    kept[update.name] = data
    return len(data)


def per_file(update: Update) -> int:
    """Compress each changed file with the old file of the same path as a raw prefix."""
    paths = delta.changed(update.base, update.manifest)
    return sum(len(frames.compress(update.files[path], update.base.get(path, b""), 19)) for path in paths)


Method = Callable[[Update, dict[str, bytes]], int]
METHODS: dict[str, Method] = {
    "whole": lambda update, _: sum(map(len, update.wanted)),
    BASELINE: lambda update, _: sum(len(brotli.compress(data, quality=11, lgwin=24)) for data in update.wanted),
    "zstd-19, per file": lambda update, _: per_file(update),
    "zstd-9, prefix": lambda update, _: whole_prefix(update, 9),
    "zstd-19, prefix": lambda update, _: whole_prefix(update, 19),
    "on demand": lambda update, kept: made(update, delta.ON_DEMAND, kept),
    "full": lambda update, kept: made(update, delta.FULL, kept),
}


@dataclass(frozen=True)
class Row:
    """What one update cost by each method: bytes and milliseconds of CPU for a megabyte of the new release."""

    update: Update
    sizes: Mapping[str, int]
    making: Mapping[str, float]
    applying: Mapping[str, float]


def measure(update: Update) -> Row:
    """Measure one update by every method."""
    sizes, making, applying = {}, {}, {}
    deltas: dict[str, dict[str, bytes]] = {name: {} for name in METHODS}
    for name, method in METHODS.items():
        begun = time.process_time()
        sizes[name] = method(update, deltas[name])
        making[name] = (time.process_time() - begun) * 1e3 / update.megabytes
    for name in ("on demand", "full"):
        data = deltas[name].get(update.name)
        if data is not None:
            begun = time.process_time()
            delta.apply(data, update.base, update.manifest)
            applying[f"{name}, Python"] = (time.process_time() - begun) * 1e3 / update.megabytes
            applying[f"{name}, JavaScript"] = in_node(update, data) / update.megabytes
    return Row(update, sizes, making, applying)


def in_node(update: Update, data: bytes) -> float:
    """Apply a delta with the shell's code in Node; give the least CPU milliseconds of 25 times, hashes apart."""
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
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    given = parser.parse_args()
    if shutil.which("npm") is None:
        print("npm is not installed, and the front-ends come from it: nothing was measured", file=sys.stderr)
        sys.exit(2)
    folder = given.cache or Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        rows = [measure(update) for update in updates(folder, given.only)]
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
        )
        for name in METHODS
    ]
    show("Totals", ("Method", "bytes", "÷ brotli-11", "patch", "minor", "ms/MB to make"), totals)
    names = sorted({name for row in rows for name in row.applying})
    times = [(name, figure(per_megabyte(rows, lambda row: row.applying, name))) for name in names]
    show("Applying", ("Delta and side", "ms/MB"), times)
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
