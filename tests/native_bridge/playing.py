"""Plays the conformance vectors to a host that speaks the vectors' protocol, and tells every difference."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from native_bridge.model import COMPILED, load

CONTRACT: Final = load(COMPILED.read_bytes())
SPELLED: Final = {"FILL": "x", "WIDE": "字"}
HELLO: Final = {
    "v": 1,
    "t": "hello",
    "nonce": "VECTOR-NONCE",
    "sdk": "vector",
    "contract": CONTRACT.version,
    "hash": "sha256-" + 64 * "0",
    "need": {},
    "want": {},
}


class Host:
    """A host under test in a process of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it."""
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def __enter__(self) -> Self:
        """Give the host itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End its input and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(timeout=20) == 0

    def ask(self, do: str, **members: Any) -> dict[str, Any]:
        """Send one command and give the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **members}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the host ended"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer


def play(host: Host, vector: Mapping[str, Any]) -> list[str]:
    """Play one vector; an empty list means that the host conforms."""
    return list(_window(host, vector["window"]) if "window" in vector else _session(host, vector))


def _window(host: Host, messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for index, message in enumerate(messages):
        told = host.ask("window", **{k: v for k, v in message.items() if k not in {"accept", "reason"}})
        given = {"accept": told["accept"], "reason": told.get("reason", "")}
        wanted = {"accept": message["accept"], "reason": message.get("reason", given["reason"])}
        if given != wanted:
            yield f"window {index}: expected {wanted}, got {given}"


def _session(host: Host, vector: Mapping[str, Any]) -> Iterator[str]:
    policy = vector.get("policy", list(CONTRACT.methods))
    kill_list = vector.get("killList", [])
    host.ask("open", manifest=vector["manifest"], policy=policy, killList=kill_list, methods=vector["methods"])
    greeted = vector.get("handshake", True)
    if greeted:
        host.ask("receive", raw=json.dumps(HELLO))
    for index, step in enumerate(vector["steps"]):
        texts = host.ask(step["do"], **_command(step))["sent"]
        replies = [_without_message(json.loads(text)) for text in texts]
        if replies != step["replies"]:
            yield f"step {index}: expected {step['replies']}, got {replies}"
        if step.get("texts", texts) != texts:
            yield f"step {index} texts: expected {step['texts']}, got {texts}"
    kept = host.ask("close")
    if kept["calls"] != vector["calls"]:
        yield f"calls: expected {vector['calls']}, got {kept['calls']}"
    yield from _audit(vector["audit"], kept["audit"][1 if greeted else 0 :])


def _command(step: Mapping[str, Any]) -> dict[str, Any]:
    if step["do"] != "receive":
        return {name: value for name, value in step.items() if name not in {"do", "replies", "texts", "note"}}
    if "text" in step:
        return {"raw": _unfolded(step["text"])}
    return {"raw": None if step["message"] is None else json.dumps(step["message"], ensure_ascii=False)}


def _unfolded(text: str) -> str:
    text = re.sub(r"@(FILL|WIDE)\((\d+)\)@", lambda found: SPELLED[found[1]] * int(found[2]), text)
    return re.sub(r"@NEST\((\d+)\)@", lambda found: "[" * int(found[1]) + "]" * int(found[1]), text)


def _without_message(reply: dict[str, Any]) -> dict[str, Any]:
    if isinstance(reply.get("e"), dict):
        reply["e"].pop("message", None)
    return reply


def _audit(expected: Sequence[Mapping[str, Any]], actual: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"audit entries: expected {len(expected)}, got {actual}"
        return
    for index, (wanted, given) in enumerate(zip(expected, actual, strict=True)):
        if not _holds(wanted, given):
            yield f"audit {index}: expected {wanted}, got {given}"


def _holds(expected: Any, actual: Any) -> bool:
    """Tell whether every member of the expected value is in the actual one."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(_holds(value, actual.get(name)) for name, value in expected.items())
    return bool(expected == actual)
