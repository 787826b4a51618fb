"""Plays the attack vectors to a host that speaks the vectors' protocol, and tells every difference."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from native_bridge.model import COMPILED, Contract, load

ATTACKS: Final = Path(__file__).parents[2] / "native_bridge" / "vectors" / "attacks"
VECTORS: Final = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(ATTACKS.glob("*.json"))}
FOLDS: Final = {"FILL": lambda n: "x" * n, "WIDE": lambda n: "字" * n, "NEST": lambda n: "[" * n + "]" * n}


class Host:
    """A host under test: a process that answers one line for each line."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start the process."""
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask(self, **command: Any) -> Any:
        """Send a command and give its answer."""
        return self.ask_line(json.dumps(command))

    def ask_line(self, line: str) -> Any:
        """Send a line as it is and give its answer."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            message = "the host has no pipes"
            raise RuntimeError(message)
        stdin.write(line + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            message = f"the host ended with code {self.process.wait()}"
            raise RuntimeError(message)
        return json.loads(answer)

    def __enter__(self) -> Self:
        """Give the host itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the process end."""
        self.close()

    def close(self) -> int:
        """End the input and give the process's code."""
        self.process.communicate(timeout=30)
        return self.process.returncode


def open_session(host: Host, vector: Mapping[str, Any]) -> None:
    """Open a session as a vector wants it, and greet when it does not say otherwise."""
    contract = load(COMPILED.read_bytes())
    host.ask(
        do="open",
        manifest=vector["manifest"],
        policy=vector.get("policy", sorted(contract.methods)),
        killList=vector.get("killList", []),
        methods=vector["methods"],
    )
    if vector.get("handshake", True):
        host.ask(do="receive", raw=_hello(contract))


def differences(host: Host, vector: Mapping[str, Any]) -> list[str]:
    """Play one vector; none means that the host conforms."""
    if "window" in vector:
        return [line for index, row in enumerate(vector["window"]) for line in _judged(host, index, row)]
    open_session(host, vector)
    found = [line for index, step in enumerate(vector["steps"]) for line in _played(host, index, step)]
    kept = host.ask(do="close")
    audit = kept["audit"][1 if vector.get("handshake", True) else 0 :]
    if kept["calls"] != vector["calls"]:
        found.append(f"calls: expected {vector['calls']}, got {kept['calls']}")
    if len(audit) != len(vector["audit"]):
        found.append(f"audit entries: expected {len(vector['audit'])}, got {len(audit)}")
    pairs = zip(vector["audit"], audit, strict=False)
    return found + [
        f"audit {n}: expected {one}, got {other}" for n, (one, other) in enumerate(pairs) if not _holds(one, other)
    ]


def _hello(contract: Contract) -> str:
    zeros = f"sha256-{'0' * 64}"
    hello = {"v": 1, "t": "hello", "nonce": "VECTOR-NONCE", "sdk": "vector", "contract": contract.version}
    return json.dumps({**hello, "hash": zeros, "need": {}, "want": {}})


def _judged(host: Host, index: int, row: Mapping[str, Any]) -> list[str]:
    asked = {name: value for name, value in row.items() if name not in ("accept", "reason")}
    verdict = host.ask(do="window", **asked)
    right = verdict.get("accept") == row["accept"] and row.get("reason") in (None, verdict.get("reason", ""))
    return [] if right else [f"window {index}: expected {row}, got {verdict}"]


def _played(host: Host, index: int, step: Mapping[str, Any]) -> list[str]:
    command = {
        name: value for name, value in step.items() if name not in ("replies", "texts", "note", "text", "message")
    }
    if step["do"] == "receive":
        command["raw"] = _raw(step)
    answer = host.ask(**command)
    if "sent" not in answer:
        return [f"step {index}: {answer}"]
    replies = [_without_message(json.loads(text)) for text in answer["sent"]]
    found = [] if replies == step["replies"] else [f"step {index} replies: expected {step['replies']}, got {replies}"]
    if step.get("texts", answer["sent"]) != answer["sent"]:
        found.append(f"step {index} texts: expected {step['texts']}, got {answer['sent']}")
    return found


def _raw(step: Mapping[str, Any]) -> str | None:
    if "text" in step:
        return re.sub(r"@([A-Z]+)\((\d+)\)@", lambda found: FOLDS[found[1]](int(found[2])), step["text"])
    return None if step["message"] is None else json.dumps(step["message"], ensure_ascii=False)


def _without_message(reply: Any) -> Any:
    if isinstance(reply.get("e"), dict):
        return {**reply, "e": {name: value for name, value in reply["e"].items() if name != "message"}}
    return reply


def _holds(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(_holds(value, actual.get(name)) for name, value in expected.items())
    return bool(expected == actual)
