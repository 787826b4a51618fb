"""The JSON Schema and the OpenRPC document are fresh, well formed, and agree with the examples."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from native_bridge.emit import jsonschema as schema_emitter
from native_bridge.emit import openrpc as openrpc_emitter
from native_bridge.examples import example
from native_bridge.model import COMPILED, load

GOLDEN = Path(__file__).parent / "golden"
ENVIRON = os.environ  # noqa: TID251 — the run's own switch
CONTRACT = load(COMPILED.read_bytes())
SCHEMA: dict[str, Any] = json.loads(schema_emitter.emit(CONTRACT)["bridge.schema.json"])
OPENRPC: dict[str, Any] = json.loads(openrpc_emitter.emit(CONTRACT)["bridge.openrpc.json"])
ENVELOPES = schema_emitter.envelopes()


def accepts(name: str, value: object) -> bool:
    schema = {"$schema": SCHEMA["$schema"], "$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{name.replace('/', '~1')}"}
    return jsonschema.Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("language", "emitted"),
    [("jsonschema", schema_emitter.emit(CONTRACT)), ("openrpc", openrpc_emitter.emit(CONTRACT))],
)
def test_the_golden_is_fresh(language: str, emitted: dict[str, str]) -> None:
    folder = GOLDEN / language
    if ENVIRON.get("TIDEGATE_WRITE_GOLDEN") == "1":
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in emitted.items():
            (folder / name).write_text(text, encoding="utf-8")
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == emitted


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", sorted(CONTRACT.types))
def test_every_example_holds_against_its_type(name: str) -> None:
    assert accepts(name, example(CONTRACT.types, name))


def test_every_message_of_every_method_has_a_schema() -> None:
    for name, method in CONTRACT.methods.items():
        sides = {"input": method.input, "output": method.output, "chunk": method.chunk}
        for side, record in sides.items():
            found = SCHEMA["$defs"].get(f"{name}/{method.mv}.{side}")
            assert found == ({"$ref": f"#/$defs/{record}"} if record else None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tx.sign/1.input", {}),
        ("tx.sign/1.input", {"challengeId": "chl_12345678", "display": "x"}),
        ("tx.sign/1.input", {"challengeId": "CHL_12345678"}),
        ("tx.sign/1.input", {"challengeId": "x\nchl_12345678"}),
        ("ui.setTitleBar/1.input", {"title": "a", "leading": "menu"}),
        ("media.pick/1.input", {"kind": "image", "maxCount": 10}),
        ("media.pick/1.input", {"kind": "image", "maxCount": None}),
        ("store.get/1.input", {"key": 1}),
        ("net.request/1.input", {"op": "a.b", "params": {"A": "x"}}),
        ("net.request/1.input", {"op": "a.b", "body": []}),
        ("envelope.req", {"v": 1, "t": "req", "s": "x", "n": 1, "id": "r1", "m": "a.b", "p": {}}),
        ("Error", {"code": "NO_SUCH_CODE", "message": "", "retryable": False, "details": {}}),
    ],
)
def test_what_the_contract_refuses_is_no_instance(name: str, value: object) -> None:
    assert not accepts(name, value)


def test_what_a_page_is_told_may_grow() -> None:
    told = example(CONTRACT.types, "TxSigned")
    assert accepts("tx.sign/1.output", {**told, "later": 1})


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


@pytest.mark.parametrize("document", [SCHEMA, OPENRPC])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(references(document)):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/")]
        assert isinstance(found, dict)


def test_the_openrpc_document_has_every_method_once_with_required_parameters_first() -> None:
    assert sorted(method["name"] for method in OPENRPC["methods"]) == sorted(CONTRACT.methods)
    for method in OPENRPC["methods"]:
        required = [parameter["required"] for parameter in method["params"]]
        assert required == sorted(required, reverse=True)
        assert set(method) >= {"name", "params", "result", "errors", "examples"}


def test_error_codes_of_the_openrpc_document_are_numbers_of_their_own() -> None:
    codes = [error["code"] for error in OPENRPC["components"]["errors"].values()]
    assert (len(set(codes)), all(isinstance(code, int) for code in codes)) == (len(CONTRACT.errors), True)
