"""The ``bridge`` command: checks and compiles the contract, emits the page's client, plays the conformance vectors.

Exit codes: 0 all is well; 1 the contract, an emitted file or a vector is wrong; 2 wrong usage.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from native_bridge.emit import typescript
from native_bridge.errors import BridgeError
from native_bridge.model import COMPILED, FOLDER, Contract, compile_folder, load
from native_bridge.telling import answer, as_json, refusing
from native_bridge.vectors_cli import vectors

EMITTERS: Final[dict[str, Callable[[Contract], dict[str, str]]]] = {"typescript": typescript.emit}
EPILOG: Final = (
    "Example: bridge check. "
    "Exit codes: 0 all is well, 1 the contract, an emitted file or a vector is wrong, 2 wrong usage."
)

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


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Work on the native-bridge contract.

    \b
    Examples:
      bridge check
      bridge compile
      bridge emit typescript --out h5bundle/apps/common/src
      bridge emit typescript --out h5bundle/apps/common/src --check
      bridge vectors run -- node native_bridge/drivers/javascript/host.mjs
    """  # noqa: D301 — \b is click's mark for text that is not wrapped


@main.command(epilog="Example: bridge check")
@in_folder
@as_json
@refusing
def check(folder: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Check the contract against its meta-schema and rules."""
    contract = compile_folder(folder)
    document = {"ok": True, "contract": contract.version, "hash": contract.hash, "methods": len(contract.methods)}
    text = f"contract {contract.version} is valid: {len(contract.methods)} methods, {contract.hash}"
    answer(machine, document, text)


@main.command(name="compile", epilog="Example: bridge compile --check")
@in_folder
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=COMPILED, help="File to write.")
@only_checking
@as_json
@refusing
def compile_(folder: Path, out: Path, only_check: bool, machine: bool) -> None:  # noqa: FBT001 — click flags
    """Compile the contract to one canonical JSON file."""
    contract = compile_folder(folder)
    _write(out, contract.compiled, only_check=only_check)
    answer(machine, {"ok": True, "hash": contract.hash, "files": [str(out)]}, f"{out}: {contract.hash}")


@main.command(epilog="Example: bridge emit typescript --out h5bundle/apps/common/src --check")
@click.argument("language", type=click.Choice(sorted(EMITTERS)))
@in_folder
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to.")
@only_checking
@as_json
@refusing
def emit(language: str, folder: Path, out: Path, only_check: bool, machine: bool) -> None:  # noqa: FBT001 — click flags
    """Emit the client of a language from the contract."""
    files = EMITTERS[language](compile_folder(folder))
    for name, text in sorted(files.items()):
        _write(out / name, text.encode(), only_check=only_check)
    paths = [str(out / name) for name in sorted(files)]
    answer(machine, {"ok": True, "files": paths}, "\n".join(paths))


@main.command(name="hash", epilog="Example: bridge hash")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=COMPILED)
@as_json
@refusing
def hash_(file: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Print the contract hash of a compiled contract."""
    try:
        contract = load(file.read_bytes())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{file} is not a compiled contract: `bridge compile --out {file}` makes one"
        raise BridgeError(message) from error
    answer(machine, {"contract": contract.version, "hash": contract.hash}, contract.hash)


main.add_command(vectors)


def _write(path: Path, data: bytes, *, only_check: bool) -> None:
    if only_check:
        if not path.is_file() or path.read_bytes() != data:
            message = f"{path} is not what the contract gives: run the same command without --check"
            raise BridgeError(message)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
