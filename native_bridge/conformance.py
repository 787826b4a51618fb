"""Reads the conformance vectors: attacks on a bridge host, with the replies and the audit that a host must give."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from native_bridge.errors import VectorError
from native_bridge.model import Contract
from native_bridge.schema import Schema

FOLDER: Final = Path(__file__).parent / "vectors"
VECTORS: Final = FOLDER / "attacks"
SCHEMA: Final = FOLDER / "vector.schema.json"


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector: its name, the number of the attack in the threat model (0: it is none), its title, and all of it."""

    name: str
    attack: int
    title: str
    data: Mapping[str, Any]


def read_vectors(folder: Path, contract: Contract) -> tuple[Vector, ...]:
    """Read every vector of a folder and of the folders in it.

    Raises:
        VectorError: a vector does not have its schema's shape, or names what the contract does not have.
    """
    schema = Schema(json.loads(SCHEMA.read_text(encoding="utf-8")))
    vectors = [_read(path, schema, contract) for path in _files(folder)]
    return tuple(sorted(vectors, key=lambda vector: (vector.attack, vector.name)))


def _files(folder: Path) -> list[Path]:
    """Give the vectors' files; what lies at the top beside the schema are goldens of other kinds."""
    return sorted(path for path in folder.rglob("*.json") if not (path.parent / SCHEMA.name).exists())


def _read(path: Path, schema: Schema, contract: Contract) -> Vector:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path.name}: it cannot be read as JSON: write one vector as UTF-8 JSON"
        raise VectorError(message) from error
    mistakes = [f"{path.name}: {'.'.join(map(str, at))}: {message}" for at, message in schema.mistakes(data)]
    mistakes = mistakes or [f"{path.name}: {mistake}" for mistake in _contradictions(data, contract)]
    if mistakes:
        raise VectorError("\n".join(mistakes))
    return Vector(path.stem, data.get("attack", 0), data["title"], data)


def _contradictions(data: Mapping[str, Any], contract: Contract) -> Iterator[str]:
    """The manifest and the scripted methods name real ones; expected codes stand in the contract."""
    named = {*data.get("manifest", {}).get("permissions", {}), *data.get("methods", {})}
    for method in sorted(named - contract.methods.keys()):
        yield f"the contract has no method {method}"
    for step in data.get("steps", ()):
        for reply in step.get("replies", ()):
            code = reply.get("e", {}).get("code") if isinstance(reply.get("e"), dict) else None
            if code is not None and code not in contract.errors:
                yield f"the contract has no error {code}"
