"""The commands of ``bridge vectors``: list them, play them to a host, copy them for a native team."""

import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import click

from native_bridge.conformance import KINDS, SCHEMA, VECTORS, Vector, read_vectors
from native_bridge.errors import BridgeError
from native_bridge.hostprocess import HostProcess, HostStartError
from native_bridge.model import COMPILED, Contract, load
from native_bridge.playing import About, Verdict, play
from native_bridge.telling import answer, as_json, refusing

PAGE: Final = Path(__file__).parents[1] / "docs" / "vectors.md"
STATES: Final = ("passed", "failed", "not offered")


class ListingByDefault(click.Group):
    """A group that lists when no command of it is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before what names no command."""
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["list", *args])


@click.group(
    cls=ListingByDefault,
    epilog="Example: bridge vectors run -- node native_bridge/drivers/javascript/host.mjs",
)
def vectors() -> None:
    """Check, play and export the conformance vectors; lists them when no command is named."""


@vectors.command(name="list", epilog="Example: bridge vectors list --json")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=VECTORS)
@as_json
@refusing
def list_(folder: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Check the conformance vectors of a folder and list them."""
    found = _found(folder, load(COMPILED.read_bytes()))
    rows = [{"name": one.name, "group": one.group, "attack": one.attack, "title": one.title} for one in found]
    text = "\n".join(f"{one.group:<10}{one.name:<32}{one.title}" for one in found)
    answer(machine, {"ok": True, "vectors": rows}, text)


vectors.add_command(
    click.Command(
        "check",
        callback=list_.callback,
        params=list_.params,
        help=list_.help,
        epilog="Example: bridge vectors check --json",
    )
)


@vectors.command(
    epilog="Example: bridge vectors run -- ./host. Exit codes: 0 none failed, 1 one failed, 2 wrong usage."
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=VECTORS,
    help="Folder with the vectors: one file each, as the shell records them.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Play only these; * stands for anything.")
@click.option("--require", default="", metavar="KIND,…", help="Fail when the host does not offer one of these kinds.")
@click.option("--timeout", type=click.FloatRange(min=0.1, max=600), default=30, help="Seconds for one answer.")
@as_json
@refusing
def run(
    command: Sequence[str],
    folder: Path,
    only: Sequence[str],
    require: str,
    timeout: float,
    machine: bool,  # noqa: FBT001 — a click flag
) -> None:
    """Play the vectors to the host that COMMAND starts, and tell each difference."""
    required = {kind for kind in require.split(",") if kind}
    if unknown := required - {"session", *KINDS}:
        message = f"--require: no such kind: {', '.join(sorted(unknown))}; there are session, {', '.join(KINDS)}"
        raise click.UsageError(message)
    contract = load(COMPILED.read_bytes())
    chosen = [one for one in _found(folder, contract) if not only or any(fnmatch(one.name, name) for name in only)]
    if not chosen:
        message = "--only: no vector has such a name; `bridge vectors list` tells them"
        raise click.UsageError(message)
    try:
        about, verdicts = play(chosen, contract, lambda: HostProcess(command, timeout=timeout, clock=time.monotonic))
    except HostStartError as error:
        raise click.UsageError(str(error)) from error
    missing = sorted(required - about.can)
    ok = not missing and all(verdict.state != "failed" for verdict in verdicts)
    answer(machine, _document(about, verdicts, missing, ok=ok), _text(about, verdicts, missing, contract))
    sys.exit(0 if ok else 1)


@vectors.command(epilog="Example: bridge vectors export ../android/vectors")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@as_json
@refusing
def export(folder: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Copy the vectors, their schema, the contract and the protocol's page to a new folder."""
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty: name a new folder"
        raise BridgeError(message)
    found = _found(VECTORS, load(COMPILED.read_bytes()))
    for group in sorted({one.group for one in found}):
        shutil.copytree(VECTORS / group, folder / "vectors" / group)
    for path in (SCHEMA, COMPILED, PAGE):
        shutil.copy(path, folder / path.name)
    answer(machine, {"ok": True, "vectors": len(found), "folder": str(folder)}, f"{folder}: {len(found)} vectors")


def _found(folder: Path, contract: Contract) -> tuple[Vector, ...]:
    found = read_vectors(folder, contract)
    if not found:
        message = f"{folder} holds no vector: the project's own lie in {VECTORS}"
        raise BridgeError(message)
    return found


def _document(about: About, verdicts: Sequence[Verdict], missing: list[str], *, ok: bool) -> dict[str, Any]:
    rows = [
        {
            "group": one.vector.group,
            "name": one.vector.name,
            "state": one.state,
            "differences": [
                {"place": found.place, "note": found.note, "expected": found.expected, "got": found.got}
                for found in one.differences
            ],
        }
        for one in verdicts
    ]
    host = {"language": about.language, "contract": about.contract, "can": sorted(about.can)}
    return {"ok": ok, "host": host, "missing": missing, "counts": _counts(verdicts), "vectors": rows}


def _counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    counted = Counter(verdict.state for verdict in verdicts)
    return {state: counted[state] for state in STATES}


def _text(about: About, verdicts: Sequence[Verdict], missing: list[str], contract: Contract) -> str:
    rows = []
    for one in verdicts:
        if one.state == "failed":
            rows.append(f"  failed {one.vector.group}/{one.vector.name}: {one.vector.title}")
            rows += [str(found) for found in one.differences]
    if about.contract != contract.hash:
        rows.append(f"the host was made from another contract: {json.dumps(about.contract)}, here {contract.hash}")
    rows += [f"the host does not offer {kind}, which --require asks for" for kind in missing]
    counts = ", ".join(f"{number} {state}" for state, number in _counts(verdicts).items())
    return "\n".join([*rows, f"{about.language}: {counts}"])
