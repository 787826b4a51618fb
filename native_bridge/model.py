"""The compiled contract as values that emitters and checks read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from native_bridge.canonical import compile_contract, contract_hash
from native_bridge.errors import ContractError, Finding
from native_bridge.parse import parse

FOLDER: Final = Path(__file__).parent / "contract"
COMPILED: Final = FOLDER / "contract.json"


@dataclass(frozen=True, slots=True)
class Method:
    """One version of one method, as its declaration says."""

    name: str
    mv: int
    tier: int
    consent: str
    timeout_ms: int
    idempotent: bool
    input: str
    chunk: str | None
    output: str
    errors: tuple[str, ...]
    since: str
    doc: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A compiled contract.

    Attributes:
        compiled: its canonical bytes; hash: ``sha256-<hex>`` of them.
        version: ``1.0``.
        methods: newest version of every method, by name.
        types, events, errors, envelope: the declarations as compiled.
    """

    compiled: bytes
    hash: str
    version: str
    methods: Mapping[str, Method]
    types: Mapping[str, Mapping[str, Any]]
    events: Mapping[str, Mapping[str, Any]]
    errors: Mapping[str, Mapping[str, Any]]
    envelope: Mapping[str, int]


def _method(name: str, versions: Mapping[str, Mapping[str, Any]]) -> Method:
    spec = versions[max(versions, key=int)]
    return Method(
        name=name,
        mv=spec["mv"],
        tier=spec["tier"],
        consent=spec["consent"],
        timeout_ms=spec["timeoutMs"],
        idempotent=spec["idempotent"],
        input=spec["input"],
        chunk=spec.get("chunk"),
        output=spec["output"],
        errors=tuple(spec["errors"]),
        since=spec["since"],
        doc=spec["doc"],
    )


def load(compiled: bytes) -> Contract:
    """Read a compiled contract; it is trusted to be the compiler's own work."""
    data = json.loads(compiled)
    return Contract(
        compiled=compiled,
        hash=contract_hash(compiled),
        version=data["contract"],
        methods={name: _method(name, versions) for name, versions in sorted(data["methods"].items())},
        types=data["types"],
        events=data["events"],
        errors=data["errors"],
        envelope=data["envelope"],
    )


def compile_folder(folder: Path = FOLDER) -> Contract:
    """Compile the YAML files of a folder.

    Raises:
        ContractError: the contract has findings.
    """
    files = {path.name: _text(path) for path in sorted(folder.glob("*.yaml"))}
    return load(compile_contract(parse(files)))


def _text(path: Path) -> str:
    """Read one YAML file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError([Finding(path.name, 1, "(whole)", "it cannot be read", "save it as UTF-8")]) from error
