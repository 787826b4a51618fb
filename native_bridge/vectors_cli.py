"""``bridge vectors``: checks and lists the conformance vectors, plays them to a host, and hands them out."""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from native_bridge.conformance import FOLDER, Vector, read_vectors
from native_bridge.errors import BridgeError
from native_bridge.hosts import HostProcess
from native_bridge.model import COMPILED, Contract, load
from native_bridge.playing import KINDS, Played, introduce, play
from native_bridge.telling import answer, as_json, refusing

_PAGE: Final = Path(__file__).parent.parent / "docs" / "vectors.md"
_ANSWER_SECONDS: Final = 20.0
_RUN_EPILOG: Final = (
    "Example: bridge vectors run -- java -cp host.jar tidegate.harness.Harness. "
    "Exit codes: 0 all passed that the host offers, 1 one did not or it does not speak the protocol, 2 wrong usage."
)


@click.group(invoke_without_command=True, epilog="Example: bridge vectors run -- COMMAND")
@as_json
@click.pass_context
def vectors(context: click.Context, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Check the conformance vectors, play them to a host, hand them out. Without a command: check and list them.

    \b
    Examples:
      bridge vectors
      bridge vectors run -- node native_bridge/drivers/javascript/host.mjs
      bridge vectors run --only 05-replay --json -- ./host
      bridge vectors export /tmp/vectors
    """  # noqa: D301 — \b is click's mark for text that is not wrapped
    if context.invoked_subcommand is None:
        _check(FOLDER, machine=machine)


@vectors.command(epilog="Example: bridge vectors check native_bridge/vectors --json")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=FOLDER)
@as_json
def check(folder: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Check the vectors of a folder and list them."""
    _check(folder, machine=machine)


@vectors.command(epilog=_RUN_EPILOG, context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--only", multiple=True, metavar="NAME", help="Play these vectors alone. Repeatable.")
@click.option(
    "--require",
    default="session,window",
    show_default=True,
    help=f"Kinds that the host has to offer: {', '.join(KINDS)}.",
)
@click.option("--timeout", "seconds", default=_ANSWER_SECONDS, show_default=True, help="Seconds for one answer.")
@click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=FOLDER, help="The vectors."
)
@as_json
@refusing
def run(command: Sequence[str], only: Sequence[str], require: str, seconds: float, folder: Path, machine: bool) -> None:  # noqa: FBT001 — click options
    """Play the vectors to a host that COMMAND starts. docs/vectors.md has the protocol."""
    contract = load(COMPILED.read_bytes())
    chosen = _chosen(read_vectors(folder, contract), only)
    required = _kinds(require)
    with HostProcess(command, seconds=seconds) as host:
        about = introduce(host)
        lacking = sorted(required - about.can)
        played = [_told(play(host, vector, contract, about), machine=machine) for vector in chosen]
    counts = Counter("passed" if one.passed else "failed" if one.offered else "notOffered" for one in played)
    good = counts["failed"] == 0 and not lacking
    summary = {name: counts[name] for name in ("passed", "failed", "notOffered")}
    document = {"ok": good, "language": about.language, "sameContract": about.contract == contract.hash, **summary}
    rows = [{"name": one.vector.name, "differences": list(one.differences)} for one in played if one.differences]
    answer(machine, {**document, "lacking": lacking, "failures": rows}, _summary(document, lacking, contract))
    if not good:
        sys.exit(1)


@vectors.command(epilog="Example: bridge vectors export /tmp/vectors")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@as_json
@refusing
def export(folder: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Write vectors, contract and the protocol's page into a new FOLDER, for a native team to take."""
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty: name a folder that is new or empty"
        raise BridgeError(message)
    shutil.copytree(FOLDER, folder / "vectors", ignore=shutil.ignore_patterns("*.mjs", "__pycache__"))
    shutil.copyfile(COMPILED, folder / "contract.json")
    names = ["vectors", "contract.json"]
    if _PAGE.is_file():
        shutil.copyfile(_PAGE, folder / "vectors.md")
        names.append("vectors.md")
    paths = [str(folder / name) for name in names]
    answer(machine, {"ok": True, "files": paths}, "\n".join(paths))


@refusing
def _check(folder: Path, *, machine: bool) -> None:
    found = read_vectors(folder, load(COMPILED.read_bytes()))
    if not found:
        message = f"{folder} holds no vector: the project's own lie in {FOLDER}"
        raise BridgeError(message)
    rows = [{"name": vector.name, "attack": vector.attack, "title": vector.title} for vector in found]
    text = "\n".join(f"{vector.attack or '':>3}  {vector.name:<32}{vector.title}" for vector in found)
    answer(machine, {"ok": True, "vectors": rows}, text)


def _chosen(found: Sequence[Vector], only: Sequence[str]) -> Sequence[Vector]:
    unknown = sorted(set(only) - {vector.name for vector in found})
    if unknown:
        message = f"no vector is called {', '.join(unknown)}: `bridge vectors` lists them"
        raise click.UsageError(message)
    return [vector for vector in found if not only or vector.name in only]


def _kinds(text: str) -> frozenset[str]:
    kinds = frozenset(part.strip() for part in text.split(",") if part.strip())
    unknown = sorted(kinds - set(KINDS))
    if unknown:
        message = f"no kind of vector is called {', '.join(unknown)}: there are {', '.join(KINDS)}"
        raise click.UsageError(message)
    return kinds


def _told(played: Played, *, machine: bool) -> Played:
    """Print a failure when it is found, so that a long run shows where it is."""
    if played.differences and not machine:
        click.echo(f"FAILED {played.vector.name}: {played.vector.title}")
        for line in played.differences:
            click.echo(f"  {line}")
    return played


def _summary(document: dict[str, Any], lacking: Sequence[str], contract: Contract) -> str:
    return "\n".join(_lines(document, lacking, contract))


def _lines(document: dict[str, Any], lacking: Sequence[str], contract: Contract) -> Iterator[str]:
    counts = f"{document['passed']} passed, {document['failed']} failed, {document['notOffered']} not offered"
    yield f"{document['language']}: {counts}"
    if lacking:
        yield f"the host does not offer {', '.join(lacking)}"
    if not document["sameContract"]:
        yield f"the host was made from another contract than {contract.version} ({contract.hash}): make it anew"
