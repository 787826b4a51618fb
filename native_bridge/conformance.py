"""Reads the conformance vectors: what is done to a bridge host, with the replies and the audit that it must give."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from native_bridge.errors import VectorError
from native_bridge.model import Contract
from native_bridge.schema import Schema

VECTORS: Final = Path(__file__).parent / "vectors"
ATTACKS: Final = VECTORS / "attacks"
SCHEMA: Final = VECTORS / "vector.schema.json"
KINDS: Final = ("window", "bytes", "verify")


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector.

    Attributes:
        name: the file's name; group: its folder's.
        attack: the number in the threat model, None when it is no attack.
        title: what it proves; data: all of it.
    """

    name: str
    group: str
    attack: int | None
    title: str
    data: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Give what a host has to offer to be played this vector."""
        return next((kind for kind in KINDS if kind in self.data), "session")


def read_vectors(folder: Path, contract: Contract) -> tuple[Vector, ...]:
    """Read every vector of a folder: those in the folders below it, or its own when there are none below.

    Raises:
        VectorError: a vector does not have its schema's shape, or names what the contract does not have.
    """
    schema = Schema(json.loads(SCHEMA.read_text(encoding="utf-8")))
    paths = sorted(folder.glob("*/*.json")) or sorted(folder.glob("*.json"))
    return tuple(_read(path, schema, contract) for path in paths)


def _read(path: Path, schema: Schema, contract: Contract) -> Vector:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path.name}: it cannot be read as JSON: write one vector as UTF-8 JSON"
        raise VectorError(message) from error
    mistakes = [f"{path.name}: {'.'.join(map(str, at))}: {message}" for at, message in schema.mistakes(data)]
    if not mistakes and path.parent.name == ATTACKS.name and "attack" not in data:
        mistakes = [f"{path.name}: an attack has its number in the threat model as `attack`"]
    mistakes = mistakes or [f"{path.name}: {mistake}" for mistake in _contradictions(data, contract)]
    if mistakes:
        raise VectorError("\n".join(mistakes))
    return Vector(path.stem, path.parent.name, data.get("attack"), data["title"], data)


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
