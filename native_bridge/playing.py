"""Plays conformance vectors to a host over the protocol of docs/vectors.md, and tells every difference."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from native_bridge.conformance import KINDS, Vector
from native_bridge.hostprocess import HostError, HostProcess
from native_bridge.model import Contract

PROTOCOL: Final = 1
MOST_BREAKDOWNS: Final = 3
FOLDS: Final[Mapping[str, Callable[[int], str]]] = {
    "FILL": lambda n: "x" * n,
    "WIDE": lambda n: "字" * n,
    "NEST": lambda n: "[" * n + "]" * n,
}
EXPECTED: Final = ("accept", "reason", "valid", "signed", "displayHash", "refused")
"""Members of a row that an answer has to hold."""
ASKED: Final[Mapping[str, Sequence[str]]] = {
    "window": ("source", "origin", "data", "expectedOrigin", "state"),
    "bytes": ("operation",),
    "verify": ("bytes", "signature", "key"),
}
"""Members of a row that go to the host."""
NOT_SENT: Final = frozenset({"replies", "texts", "note", "text", "message"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What a host did otherwise than a vector says."""

    place: str
    note: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        """Write the place, and below it what was expected and what came."""
        place = f"{self.place} ({self.note})" if self.note else self.place
        rows = "\n".join(f"      {sign} {_short(value)}" for sign, value in (("-", self.expected), ("+", self.got)))
        return f"    {place}\n{rows}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one vector ended; ``offered`` is false when the host does not offer its kind."""

    vector: Vector
    offered: bool
    differences: tuple[Difference, ...] = ()

    @property
    def state(self) -> str:
        """Give passed, failed or not offered."""
        if not self.offered:
            return "not offered"
        return "failed" if self.differences else "passed"


@dataclass(frozen=True, slots=True)
class About:
    """What a host says of itself."""

    language: str
    contract: str
    can: frozenset[str]


def play(
    vectors: Sequence[Vector], contract: Contract, start: Callable[[], HostProcess]
) -> tuple[About, list[Verdict]]:
    """Play all vectors; a host that breaks down is started again, but not for ever.

    Raises:
        HostError: the host cannot be started, or does not say who it is.
    """
    host = start()
    verdicts: list[Verdict] = []
    broken = 0
    try:
        about = introduced(host)
        for vector in vectors:
            if vector.kind not in about.can:
                verdicts.append(Verdict(vector, offered=False))
            elif broken >= MOST_BREAKDOWNS:
                told = Difference("host", "", "an answer", "not played: the host broke down too often")
                verdicts.append(Verdict(vector, offered=True, differences=(told,)))
            else:
                try:
                    found = tuple(differences(host, vector.data, contract))
                except HostError as error:
                    found = (Difference("host", "", "an answer", str(error)),)
                    broken += 1
                    host.stop()
                    host = start()
                verdicts.append(Verdict(vector, offered=True, differences=found))
    finally:
        host.stop()
    return about, verdicts


def introduced(host: HostProcess) -> About:
    """Ask a host who it is.

    Raises:
        HostError: it speaks another protocol.
    """
    answer = host.ask({"do": "about"})
    if answer.get("protocol") != PROTOCOL or not isinstance(answer.get("can"), list):
        message = f"the host does not speak protocol {PROTOCOL}: its answer to about is {_short(answer)}"
        raise HostError(message)
    can = frozenset(kind for kind in answer["can"] if isinstance(kind, str))
    return About(str(answer.get("language", "")), str(answer.get("contract", "")), can)


def differences(host: HostProcess, vector: Mapping[str, Any], contract: Contract) -> Iterator[Difference]:
    """Play one vector; nothing comes when the host conforms."""
    for kind in KINDS:
        if kind in vector:
            yield from _judged(host, kind, vector[kind])
            return
    greets = vector.get("handshake", True)
    host.ask(
        {
            "do": "open",
            "manifest": vector["manifest"],
            "policy": vector.get("policy", sorted(contract.methods)),
            "killList": vector.get("killList", []),
            "methods": json.loads(_unfolded(json.dumps(vector["methods"]))),
        }
    )
    if greets:
        host.ask({"do": "receive", "raw": _hello(contract)})
    for number, step in enumerate(vector["steps"]):
        yield from _played(host, number, step)
    yield from _kept(host.ask({"do": "close"}), vector, skip=1 if greets else 0)


def _judged(host: HostProcess, kind: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Difference]:
    for number, row in enumerate(rows):
        expected = {name: row[name] for name in EXPECTED if row.get(name, "") != ""}
        told = {name: row[name] for name in ASKED[kind]}
        got = host.ask({"do": kind, **told})
        if not _holds(expected, got):
            yield Difference(f"{kind} {number}", row.get("note", ""), expected, got)


def _played(host: HostProcess, number: int, step: Mapping[str, Any]) -> Iterator[Difference]:
    command = {name: value for name, value in step.items() if name not in NOT_SENT}
    for _ in range(step.get("times", 1)):
        answer = host.ask(command | ({"raw": _raw(step)} if step["do"] == "receive" else {}))
    note, place = step.get("note", ""), f"step {number} {step['do']}"
    sent = answer.get("sent")
    if not isinstance(sent, list) or not all(isinstance(text, str) for text in sent):
        yield Difference(place, note, {"sent": step["replies"]}, answer)
        return
    replies = [_reply(text) for text in sent]
    if not _same(step["replies"], replies):
        yield Difference(f"{place}: replies", note, step["replies"], replies)
    if step.get("texts", sent) != sent:
        yield Difference(f"{place}: texts", note, step["texts"], sent)


def _kept(kept: Mapping[str, Any], vector: Mapping[str, Any], *, skip: int) -> Iterator[Difference]:
    calls = json.loads(_unfolded(json.dumps(vector["calls"])))
    if not _same(calls, kept.get("calls")):
        yield Difference("calls", "", calls, kept.get("calls"))
    audit = kept.get("audit")
    if not isinstance(audit, list):
        yield Difference("audit", "", vector["audit"], audit)
        return
    entries = audit[skip:]
    if len(entries) != len(vector["audit"]):
        yield Difference("audit: entries", "", len(vector["audit"]), len(entries))
    for number, (expected, got) in enumerate(zip(vector["audit"], entries, strict=False)):
        if not _holds(expected, got) or ("params" in expected and not _same(expected["params"], got.get("params"))):
            yield Difference(f"audit {number}", "", expected, got)


def _hello(contract: Contract) -> str:
    zeros = f"sha256-{'0' * 64}"
    hello = {"v": 1, "t": "hello", "nonce": "VECTOR-NONCE", "sdk": "vector", "contract": contract.version}
    return json.dumps({**hello, "hash": zeros, "need": {}, "want": {}})


def _raw(step: Mapping[str, Any]) -> str | None:
    if "text" in step:
        return _unfolded(step["text"])
    return None if step["message"] is None else json.dumps(step["message"], ensure_ascii=False, separators=(",", ":"))


def _unfolded(text: str) -> str:
    return re.sub(r"@(FILL|WIDE|NEST)\((\d+)\)@", lambda found: FOLDS[found[1]](int(found[2])), text)


def _reply(text: str) -> Any:
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):
        return f"not JSON: {text[:120]}"
    if isinstance(reply, dict) and isinstance(reply.get("e"), dict):
        return {**reply, "e": {name: value for name, value in reply["e"].items() if name != "message"}}
    return reply


def _holds(expected: Any, actual: Any) -> bool:
    """Tell whether every member of the expected value is in the actual one."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(_holds(value, actual.get(name)) for name, value in expected.items())
    return _same(expected, actual)


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: ``true`` is not ``1``."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 600 else f"{text[:600]}… ({len(text)} characters)"  # noqa: PLR2004 — a screenful
