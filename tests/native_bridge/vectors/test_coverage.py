"""What the vectors reach: error codes, kinds of message, methods with their errors, attacks."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from native_bridge.conformance import VECTORS, read_vectors
from native_bridge.model import COMPILED, load
from tests.native_bridge import vector_scripts
from tests.native_bridge.vector_files import FILES, text
from tests.native_bridge.vector_scripts import every

CONTRACT = load(COMPILED.read_bytes())
FOUND = read_vectors(VECTORS, CONTRACT)
STEPS = [step for vector in FOUND for step in vector.data.get("steps", ())]
REPLIES = [reply for step in STEPS for reply in step["replies"]]
# 12 and 15 are no matter of the dispatcher; docs/vectors.md tells where they are tested.
ELSEWHERE = {12, 15}


def codes() -> Iterator[str]:
    for reply in REPLIES:
        if isinstance(reply.get("e"), dict):
            yield reply["e"]["code"]
    for vector in FOUND:
        yield from (entry["code"] for entry in vector.data.get("audit", ()) if entry.get("code"))


def sent(step: dict[str, Any]) -> dict[str, Any]:
    try:
        message = step["message"] if "message" in step else json.loads(step["text"])
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def test_every_error_code_appears() -> None:
    assert set(codes()) == set(CONTRACT.errors)


def test_every_attack_appears_or_is_named_as_elsewhere() -> None:
    assert {vector.attack for vector in FOUND if vector.attack} == set(range(1, 25)) - ELSEWHERE


def test_every_kind_of_message_of_the_page_is_received() -> None:
    received = {str(sent(step).get("t")) for step in STEPS if step["do"] == "receive"}
    assert {"hello", "req", "cancel", "ping", "pong"} <= received


def test_every_kind_of_message_of_the_host_is_expected() -> None:
    assert {reply["t"] for reply in REPLIES} == {"welcome", "res", "err", "end", "evt", "chunk", "pong"}


def test_every_method_answers_each_of_its_declared_errors() -> None:
    shown = {
        (entry.get("method"), entry.get("code"))
        for vector in FOUND
        if vector.group == "methods"
        for entry in vector.data["audit"]
    }
    declared = {(name, code) for name, method in CONTRACT.methods.items() for code in method.errors}
    assert declared - shown == set()


def test_every_step_and_kind_of_the_protocol_is_used() -> None:
    assert {step["do"] for step in STEPS} == {"receive", "finish", "chunk", "wait", "emit", "revoke", "end"}
    assert {vector.kind for vector in FOUND} == {"session", "window", "bytes", "verify"}


def test_names_are_unique_over_all_groups() -> None:
    names = [vector.name for vector in FOUND]
    assert sorted(set(names)) == sorted(names)


def test_every_event_appears() -> None:
    assert {step["event"] for step in STEPS if step["do"] == "emit"} >= set(CONTRACT.events)


@pytest.mark.parametrize("name", every())
def test_the_scripted_vectors_are_what_is_written(name: str) -> None:
    assert (VECTORS / name).read_text(encoding="utf-8") == vector_scripts.text(every()[name])


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_of_bytes_are_what_the_code_makes(name: str) -> None:
    assert (VECTORS / name).read_text(encoding="utf-8") == text(FILES[name]())
