"""Hosts of other languages under test: each a process, played to by the product's own player."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from native_bridge import playing
from native_bridge.conformance import VECTORS as FOLDER
from native_bridge.conformance import Vector, read_vectors
from native_bridge.hostprocess import HostProcess
from native_bridge.model import COMPILED, load

CONTRACT: Final = load(COMPILED.read_bytes())
FOUND: Final[Mapping[str, Vector]] = {vector.name: vector for vector in read_vectors(FOLDER, CONTRACT)}
ANSWER_SECONDS: Final = 60


class Host(HostProcess):
    """A host under test."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start the process."""
        super().__init__(command, timeout=ANSWER_SECONDS, clock=time.monotonic)


def offered(*kinds: str) -> list[str]:
    """Give the names of the vectors of these kinds."""
    return [name for name, vector in FOUND.items() if vector.kind in kinds]


def play(host: HostProcess, data: Mapping[str, Any]) -> list[str]:
    """Play one vector; nothing is told when the host conforms."""
    return [str(found) for found in playing.differences(host, data, CONTRACT)]


def open_session(host: HostProcess, manifest: Mapping[str, Any], methods: Mapping[str, Any]) -> None:
    """Open a session and greet."""
    vector = {"manifest": manifest, "methods": methods, "steps": [], "calls": {}, "audit": []}
    assert play(host, vector) == []
