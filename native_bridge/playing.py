"""Plays conformance vectors to a host and tells every difference from what they expect.

The host is a port: it takes one command of the vectors' protocol (docs/vectors.md) and gives one answer.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from native_bridge.conformance import Vector
from native_bridge.errors import BridgeError
from native_bridge.model import Contract

PROTOCOL: Final = 1
KINDS: Final = ("session", "window", "bytes", "verify")
_FOLDED: Final = re.compile(r"@(FILL|WIDE|NEST)\((\d+)\)@")
_UNFOLD: Final[Mapping[str, Callable[[int], str]]] = {
    "FILL": lambda count: "x" * count,
    "WIDE": lambda count: "字" * count,
    "NEST": lambda count: "[" * count + "]" * count,
}
_SAID: Final = frozenset({"replies", "texts", "note", "text", "message"})


class HostError(BridgeError):
    """The host under test does not speak the protocol."""


class Host(Protocol):
    """A host under test."""

    def ask(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the answer to one command.

        Raises:
            HostError: it gives none, or none that can be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class About:
    """Who a host says that it is: its language, the contract that it was made from, and the kinds that it offers."""

    language: str
    contract: str
    can: frozenset[str]


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one vector: no differences, some, or that the host does not offer its kind."""

    vector: Vector
    offered: bool
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Tell whether the host did what the vector expects."""
        return self.offered and not self.differences


def introduce(host: Host) -> About:
    """Ask a host who it is.

    Raises:
        HostError: it speaks another protocol, or tells no language, contract or kinds.
    """
    answer = host.ask({"do": "about"})
    language, contract, can = answer.get("language"), answer.get("contract"), answer.get("can")
    if answer.get("protocol") != PROTOCOL:
        message = f"the host speaks protocol {answer.get('protocol')}, not {PROTOCOL}: docs/vectors.md says how"
        raise HostError(message)
    if not (isinstance(language, str) and isinstance(contract, str) and isinstance(can, list)):
        message = "the host's answer to about lacks language, contract or can: docs/vectors.md says what to answer"
        raise HostError(message)
    return About(language, contract, frozenset(map(str, can)))


def kind_of(vector: Vector) -> str:
    """Give the kind of a vector, one of ``KINDS``."""
    return next((kind for kind in KINDS[1:] if kind in vector.data), KINDS[0])


def play(host: Host, vector: Vector, contract: Contract, about: About) -> Played:
    """Play one vector.

    Raises:
        HostError: the host gave an answer that cannot be read, or none.
    """
    kind = kind_of(vector)
    if kind not in about.can:
        return Played(vector, offered=False, differences=())
    played = {"session": _session, "window": _window, "bytes": _bytes, "verify": _verify}[kind]
    return Played(vector, offered=True, differences=tuple(played(host, vector.data, contract)))


def _window(host: Host, data: Mapping[str, Any], _contract: Contract) -> Iterator[str]:
    for index, row in enumerate(data["window"]):
        asked = {name: value for name, value in row.items() if name not in ("accept", "reason")}
        verdict = host.ask({"do": "window", **asked})
        expected = {"accept": row["accept"], **({"reason": row["reason"]} if row.get("reason") else {})}
        yield from _compared(f"window {index}", expected, verdict, _holds)


def _bytes(host: Host, data: Mapping[str, Any], _contract: Contract) -> Iterator[str]:
    for index, row in enumerate(data["bytes"]):
        answer = host.ask({"do": "bytes", "operation": row["operation"]})
        expected = {name: row[name] for name in ("bytes", "displayHash") if name in row}
        yield from _compared(f"bytes {index}", expected or {"refused": True}, answer, _holds)


def _verify(host: Host, data: Mapping[str, Any], _contract: Contract) -> Iterator[str]:
    for index, row in enumerate(data["verify"]):
        answer = host.ask({"do": "verify", **{name: row[name] for name in ("bytes", "signature", "key")}})
        note = f" ({row['note']})" if row.get("note") else ""
        yield from _compared(f"verify {index}{note}", {"valid": row["valid"]}, answer, _holds)


def _session(host: Host, data: Mapping[str, Any], contract: Contract) -> Iterator[str]:
    greeted = data.get("handshake", True)
    begun = host.ask(
        {
            "do": "open",
            "manifest": data["manifest"],
            "policy": data.get("policy", sorted(contract.methods)),
            "killList": data.get("killList", []),
            "methods": data["methods"],
        }
    )
    init = [{"v": 1, "t": "init", "nonce": "VECTOR-NONCE"}]
    yield from _compared("open", init, _replies(begun))
    if greeted:
        host.ask({"do": "receive", "raw": json.dumps(hello(contract))})
    for index, step in enumerate(data["steps"]):
        yield from _step(host, index, step)
    yield from _kept(host.ask({"do": "close"}), data, 1 if greeted else 0)


def hello(contract: Contract) -> dict[str, Any]:
    """Give the hello with which a vector's page greets."""
    zeros = f"sha256-{'0' * 64}"
    own = {"nonce": "VECTOR-NONCE", "sdk": "vector", "contract": contract.version, "hash": zeros}
    return {"v": 1, "t": "hello", **own, "need": {}, "want": {}}


def _step(host: Host, index: int, step: Mapping[str, Any]) -> Iterator[str]:
    command = {name: value for name, value in step.items() if name not in _SAID}
    if step["do"] == "receive":
        command["raw"] = _raw(step)
    answer = host.ask(command)
    place = f"step {index} ({step['note']})" if "note" in step else f"step {index}"
    yield from _compared(f"{place} replies", step["replies"], _replies(answer))
    if "texts" in step:
        yield from _compared(f"{place} texts", step["texts"], answer.get("sent"))


def _kept(kept: Mapping[str, Any], data: Mapping[str, Any], skipped: int) -> Iterator[str]:
    yield from _compared("calls", _unfolded(data["calls"]), kept.get("calls"))
    audit = kept.get("audit")
    entries = audit[skipped:] if isinstance(audit, list) else []
    yield from _compared("audit entries", len(data["audit"]), len(entries))
    for index, (expected, entry) in enumerate(zip(data["audit"], entries, strict=False)):
        yield from _compared(f"audit {index}", expected, entry, _holds)


def _raw(step: Mapping[str, Any]) -> str | None:
    """Give what crosses the port; null for something that is no text."""
    if "text" in step:
        return str(_unfolded(step["text"]))
    return None if step["message"] is None else json.dumps(step["message"], ensure_ascii=False)


def _unfolded(value: Any) -> Any:
    """Write out what a vector abbreviates."""
    if isinstance(value, str):
        return _FOLDED.sub(lambda found: _UNFOLD[found[1]](int(found[2])), value)
    if isinstance(value, dict):
        return {name: _unfolded(member) for name, member in value.items()}
    return [_unfolded(item) for item in value] if isinstance(value, list) else value


def _replies(answer: Mapping[str, Any]) -> Any:
    """Give what the host sent as messages; their wording is nobody's business."""
    sent = answer.get("sent")
    if not isinstance(sent, list):
        return dict(answer)
    return [_without_message(text) for text in sent]


def _without_message(text: Any) -> Any:
    try:
        reply = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text
    if isinstance(reply, dict) and isinstance(reply.get("e"), dict):
        return {**reply, "e": {name: value for name, value in reply["e"].items() if name != "message"}}
    return reply


def _same(expected: Any, actual: Any) -> bool:
    """Compare as JSON does: true is not 1, and 1.0 is 1."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and expected.keys() == actual.keys() and _members(expected, actual, _same)
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(_same, expected, actual))
    return isinstance(expected, bool) == isinstance(actual, bool) and bool(expected == actual)


def _holds(expected: Any, actual: Any) -> bool:
    """Tell whether every member that is expected is there."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and _members(expected, actual, _holds)
    return _same(expected, actual)


def _members(expected: Mapping[str, Any], actual: Mapping[str, Any], equal: Callable[[Any, Any], bool]) -> bool:
    return all(equal(value, actual.get(name)) for name, value in expected.items())


def _compared(place: str, expected: Any, actual: Any, equal: Callable[[Any, Any], bool] = _same) -> Iterator[str]:
    if not equal(expected, actual):
        yield f"{place}: expected {_shown(expected)}, got {_shown(actual)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 2000 else f"{text[:2000]}… ({len(text)} characters)"  # noqa: PLR2004 — enough to see what is wrong
