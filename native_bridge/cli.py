"""The ``bridge`` command: checks, compares and compiles the contract, emits what is made of it, plays the vectors.

Exit codes: 0 all is well; 1 the contract, an emitted file or a vector is wrong; 2 wrong usage.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from native_bridge.diff import diff, read_contract, released
from native_bridge.emit import arkts, java, jsonschema, kotlin, openrpc, swift, typescript, typescript_host
from native_bridge.errors import BridgeError
from native_bridge.model import COMPILED, FOLDER, Contract, compile_folder
from native_bridge.reference import guide, reference
from native_bridge.telling import answer, as_json, refusing
from native_bridge.vectors_cli import vectors

EMITTERS: Final[dict[str, Callable[[Contract], dict[str, str]]]] = {
    "arkts": arkts.emit,
    "java": java.emit,
    "jsonschema": jsonschema.emit,
    "kotlin": kotlin.emit,
    "openrpc": openrpc.emit,
    "swift": swift.emit,
    "typescript": typescript.emit,
    "typescript-host": typescript_host.emit,
    "typescript-source": typescript.emit_source,
}
RELEASED: Final = FOLDER / "released"
DOCS: Final = Path("docs")
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
      bridge diff
      bridge diff native_bridge/contract/released/1.0.json native_bridge/contract
      bridge release
      bridge docs --check
      bridge emit jsonschema --out build
      bridge emit openrpc --out build
      bridge vectors list
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
    """Emit the client or the host of a language from the contract."""
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
    contract = read_contract(file)
    answer(machine, {"contract": contract.version, "hash": contract.hash}, contract.hash)


@main.command(
    name="diff", epilog="Example: bridge diff native_bridge/contract/released/1.0.json native_bridge/contract"
)
@click.argument("old", type=click.Path(exists=True, path_type=Path), required=False)
@click.argument("new", type=click.Path(exists=True, path_type=Path), default=FOLDER)
@as_json
@refusing
def diff_(old: Path | None, new: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Tell what differs between two contracts; exit 1 when a page of OLD would break.

    OLD and NEW are folders of YAML files or compiled contracts. Without them: the newest released
    contract against the present one.
    """
    before = old or released(RELEASED)
    if before is None:
        message = f"{RELEASED} holds no released contract: `bridge release` writes the present one"
        raise BridgeError(message)
    was, now = read_contract(before), read_contract(new)
    found = diff(was, now)
    bad = [each for each in found if each.kind != "allowed"]
    rows = [{"kind": e.kind, "path": e.path, "message": e.message, "remedy": e.remedy} for e in found]
    document = {"ok": not bad, "old": was.version, "new": now.version, "differences": rows}
    count = f"contract {was.version} to {now.version}: {len(bad)} of {len(found)} differences are not allowed"
    answer(machine, document, "\n".join([*map(str, found), count]))
    if bad:
        sys.exit(1)


@main.command(epilog="Example: bridge docs --check")
@in_folder
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=DOCS, help="Folder of the guide.")
@only_checking
@as_json
@refusing
def docs(folder: Path, out: Path, only_check: bool, machine: bool) -> None:  # noqa: FBT001 — click flags
    """Write the reference, and the guide's tables of methods, errors and events."""
    contract = compile_folder(folder)
    table = guide((out / "bridge.md").read_text(encoding="utf-8"), contract)
    for name, text in (("bridge.md", table), ("bridge-reference.md", reference(contract))):
        _write(out / name, text.encode(), only_check=only_check)
    paths = [str(out / "bridge.md"), str(out / "bridge-reference.md")]
    answer(machine, {"ok": True, "files": paths}, "\n".join(paths))


@main.command(epilog="Example: bridge release")
@in_folder
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=RELEASED, help="Folder to write to.")
@as_json
@refusing
def release(folder: Path, out: Path, machine: bool) -> None:  # noqa: FBT001 — a click flag
    """Freeze the present contract among the released ones, when it breaks nothing."""
    contract = compile_folder(folder)
    target, last = out / f"{contract.version}.json", released(out)
    bad = [each for each in diff(read_contract(last), contract) if each.kind != "allowed"] if last else []
    if bad:
        raise BridgeError("\n".join(map(str, bad)))
    if target.exists() and target.read_bytes() != contract.compiled:
        message = f"{target} is released and differs: raise contract in contract.yaml, a released one never changes"
        raise BridgeError(message)
    _write(target, contract.compiled, only_check=False)
    answer(machine, {"ok": True, "hash": contract.hash, "files": [str(target)]}, f"{target}: {contract.hash}")


main.add_command(vectors)


def _write(path: Path, data: bytes, *, only_check: bool) -> None:
    if only_check:
        if not path.is_file() or path.read_bytes() != data:
            message = f"{path} is not what the contract gives: run the same command without --check"
            raise BridgeError(message)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
