"""The compiled contract as values that emitters and checks read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from native_bridge.canonical import compile_contract, contract_hash
from native_bridge.errors import Finding
from native_bridge.parse import parse

FOLDER: Final = Path(__file__).parent / "contract"
COMPILED: Final = FOLDER / "contract.json"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """When a version was deprecated, the last contract that must have it, and what to use: ``tx.sign/2``."""

    since: str
    remove_after: str
    use: str


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
    audit: tuple[str, ...] = ()
    allow: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()
    deprecated: Deprecation | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A compiled contract.

    Attributes:
        compiled: its canonical bytes; hash: ``sha256-<hex>`` of them.
        version: ``1.0``.
        methods: newest version of every method, by name.
        types, events, errors, envelope: the declarations as compiled.
        versions: every version of every method, by name and number; the newest stands in ``methods`` too.
        retired: names that were used once and never will be again.
    """

    compiled: bytes
    hash: str
    version: str
    methods: Mapping[str, Method]
    types: Mapping[str, Mapping[str, Any]]
    events: Mapping[str, Mapping[str, Any]]
    errors: Mapping[str, Mapping[str, Any]]
    envelope: Mapping[str, int]
    versions: Mapping[str, Mapping[int, Method]] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()


def _deprecation(spec: Mapping[str, str] | None) -> Deprecation | None:
    return Deprecation(spec["since"], spec["removeAfter"], spec["use"]) if spec else None


def _method(name: str, spec: Mapping[str, Any]) -> Method:
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
        audit=tuple(spec["audit"]),
        allow=spec.get("allow"),
        notes=tuple(spec.get("notes", ())),
        deprecated=_deprecation(spec.get("deprecated")),
    )


def load(compiled: bytes) -> Contract:
    """Read a compiled contract; it is trusted to be the compiler's own work."""
    data = json.loads(compiled)
    versions = {
        name: {int(mv): _method(name, specs[mv]) for mv in sorted(specs, key=int)}
        for name, specs in sorted(data["methods"].items())
    }
    return Contract(
        compiled=compiled,
        hash=contract_hash(compiled),
        version=data["contract"],
        methods={name: specs[max(specs)] for name, specs in versions.items()},
        types=data["types"],
        events=data["events"],
        errors=data["errors"],
        envelope=data["envelope"],
        versions=versions,
        retired=frozenset(data.get("retired", ())),
    )


def compile_folder(folder: Path = FOLDER) -> Contract:
    """Compile the YAML files of a folder.

    Raises:
        ContractError: the contract has findings.
    """
    files: dict[str, str] = {}
    unread: list[Finding] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            files[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            unread.append(Finding(path.name, 1, "(whole)", "it cannot be read", "save it as UTF-8"))
    source = parse(files)
    if unread:
        source = replace(source, findings=(*source.findings, *unread), whole=False)
    return load(compile_contract(source))
