"""The ``bridge`` command: checks and compiles the contract, emits the page's client, lists the conformance vectors.

Exit codes: 0 all is well; 1 the contract, an emitted file or a vector is wrong; 2 wrong usage.
"""

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import click

from native_bridge.conformance import VECTORS, read_vectors
from native_bridge.emit import java, kotlin, typescript
from native_bridge.errors import BridgeError, ContractError
from native_bridge.model import COMPILED, FOLDER, Contract, compile_folder, load

EMITTERS: Final[dict[str, Callable[[Contract], dict[str, str]]]] = {
    "java": java.emit,
    "kotlin": kotlin.emit,
    "typescript": typescript.emit,
}
EPILOG: Final = (
    "Example: bridge check. "
    "Exit codes: 0 all is well, 1 the contract, an emitted file or a vector is wrong, 2 wrong usage."
)

P = ParamSpec("P")
R = TypeVar("R")

as_json = click.option("--json", "machine", is_flag=True, help="Answer one JSON document.")
only_checking = click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit 1 when a file is not what would be written."
)
in_folder = click.option(
    "--contract",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=FOLDER,
    help="Folder with the contract's YAML files.",
)


def _answer(machine: bool, document: dict[str, Any], text: str) -> None:  # noqa: FBT001 — the --json switch itself
    click.echo(json.dumps(document, ensure_ascii=False, sort_keys=True) if machine else text)


def _refusing(command: Callable[P, R]) -> Callable[P, R]:
    """Tell an error of this package on stderr, or as JSON, and exit 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BridgeError as error:
            _tell(error, machine=bool(kwargs.get("machine")))
            sys.exit(1)
        except OSError as error:
            message = f"{error.filename or 'a file'} cannot be read or written: {error.strerror}"
            _tell(BridgeError(message), machine=bool(kwargs.get("machine")))
            sys.exit(1)

    return run


def _tell(error: BridgeError, *, machine: bool) -> None:
    findings = error.findings if isinstance(error, ContractError) else ()
    if machine:
        rows = [
            {"file": row.file, "line": row.line, "path": row.path, "message": row.message, "remedy": row.remedy}
            for row in findings
        ]
        click.echo(json.dumps({"ok": False, "error": str(error), "findings": rows}, ensure_ascii=False))
    else:
        click.echo(str(error), err=True)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Work on the native-bridge contract.

    \b
    Examples:
      bridge check
      bridge compile
      bridge emit typescript --out h5bundle/apps/common/src
      bridge emit typescript --out h5bundle/apps/common/src --check
      bridge vectors --json
    """  # noqa: D301 — \b is click's mark for text that is not wrapped


@main.command(epilog="Example: bridge check")
@in_folder
@as_json
@_refusing
def check(folder: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Check the contract against its meta-schema and rules."""
    contract = compile_folder(folder)
    document = {"ok": True, "contract": contract.version, "hash": contract.hash, "methods": len(contract.methods)}
    text = f"contract {contract.version} is valid: {len(contract.methods)} methods, {contract.hash}"
    _answer(machine, document, text)


@main.command(name="compile", epilog="Example: bridge compile --check")
@in_folder
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=COMPILED, help="File to write.")
@only_checking
@as_json
@_refusing
def compile_(folder: Path, out: Path, only_check: bool, machine: bool) -> None:  # noqa: FBT001 — click flags
    """Compile the contract to one canonical JSON file."""
    contract = compile_folder(folder)
    _write(out, contract.compiled, only_check=only_check)
    _answer(machine, {"ok": True, "hash": contract.hash, "files": [str(out)]}, f"{out}: {contract.hash}")


@main.command(epilog="Example: bridge emit typescript --out h5bundle/apps/common/src --check")
@click.argument("language", type=click.Choice(sorted(EMITTERS)))
@in_folder
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to.")
@only_checking
@as_json
@_refusing
def emit(language: str, folder: Path, out: Path, only_check: bool, machine: bool) -> None:  # noqa: FBT001 — click flags
    """Emit the client of a language from the contract."""
    files = EMITTERS[language](compile_folder(folder))
    for name, text in sorted(files.items()):
        _write(out / name, text.encode(), only_check=only_check)
    paths = [str(out / name) for name in sorted(files)]
    _answer(machine, {"ok": True, "files": paths}, "\n".join(paths))


@main.command(name="hash", epilog="Example: bridge hash")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=COMPILED)
@as_json
@_refusing
def hash_(file: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Print the contract hash of a compiled contract."""
    try:
        contract = load(file.read_bytes())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{file} is not a compiled contract: `bridge compile --out {file}` makes one"
        raise BridgeError(message) from error
    _answer(machine, {"contract": contract.version, "hash": contract.hash}, contract.hash)


@main.command(epilog="Example: bridge vectors --json")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=VECTORS)
@as_json
@_refusing
def vectors(folder: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Check the conformance vectors of a folder and list them."""
    found = read_vectors(folder, load(COMPILED.read_bytes()))
    if not found:
        message = f"{folder} holds no vector: the project's own lie in {VECTORS}"
        raise BridgeError(message)
    rows = [{"name": vector.name, "attack": vector.attack, "title": vector.title} for vector in found]
    text = "\n".join(f"{vector.attack:>3}  {vector.name:<32}{vector.title}" for vector in found)
    _answer(machine, {"ok": True, "vectors": rows}, text)


def _write(path: Path, data: bytes, *, only_check: bool) -> None:
    if only_check:
        if not path.is_file() or path.read_bytes() != data:
            message = f"{path} is not what the contract gives: run the same command without --check"
            raise BridgeError(message)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
