"""Holds a contract against its meta-schema and against the rules that a schema cannot say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from native_bridge.errors import ContractError, Finding
from native_bridge.parse import SECTIONS, Source
from native_bridge.schema import Schema

META_SCHEMA: Final = Path(__file__).parent / "contract" / "schema.json"
SCALARS: Final = frozenset({"string", "bool", "int", "decimal", "bytes"})
LIMITS: Final = {"string": "maxLength", "bytes": "maxBytes", "list": "maxItems", "map": "maxEntries"}
NOT_PORTABLE: Final = re.compile(r"\\[bBdDsSwWkpPAZ1-9]|\(\?|[*+?}]\+|(?<!\[)\^|\$")
SIDES: Final = ("input", "chunk", "output")
SHEET_TIER: Final = 3
CONSENT_TIER: Final = 2
Findings = Iterator[Finding]


def check(source: Source) -> None:
    """Check a contract.

    Raises:
        ContractError: with every finding: file, line, path, message and remedy.
    """
    findings = list(_schema(source))
    if not findings:
        findings = [*_references(source), *_methods(source), *_inputs(source), *_patterns(source), *_unused(source)]
    if findings:
        raise ContractError(findings)


def _schema(source: Source) -> Findings:
    schema = Schema(json.loads(META_SCHEMA.read_text(encoding="utf-8")))
    for path, message in schema.mistakes(source.data):
        yield source.finding(path, message, f"contract/{META_SCHEMA.name} says what may stand here")
    for section in SECTIONS:
        if section not in source.data:
            yield source.finding((section,), "is missing", "one of the files has to declare it")


def _uses(spec: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give what a type refers to: path below the type, and the name."""
    for name, field in spec.get("fields", {}).items():
        yield ("fields", name, "type"), field["type"]
    for tag, name in spec.get("cases", {}).items():
        yield ("cases", tag), name
    if "of" in spec:
        yield ("of",), spec["of"]


def _references(source: Source) -> Findings:
    types = source.data["types"]
    uses = [(("types", name, *path), used) for name, spec in types.items() for path, used in _uses(spec)]
    for method, spec in source.data["methods"].items():
        uses += [(("methods", method, side), spec[side]) for side in SIDES if side in spec]
    uses += [(("events", name, "payload"), spec["payload"]) for name, spec in source.data["events"].items()]
    for path, used in uses:
        if used not in types and used not in SCALARS:
            yield source.finding(path, f"no type is called {used}", "declare it under types")
        elif path[0] != "types" and types[used]["kind"] != "record":
            yield source.finding(path, f"{used} is no record", "inputs, chunks, outputs and payloads are records")
    for name, spec in types.items():
        for tag, case in spec.get("cases", {}).items():
            if case in types and (types[case]["kind"] != "record" or spec["tag"] in types[case]["fields"]):
                path = ("types", name, "cases", tag)
                yield source.finding(path, f"{case} cannot be a case", f"use a record without a field {spec['tag']}")


def _methods(source: Source) -> Findings:
    errors = source.data["errors"]
    for name, spec in source.data["methods"].items():
        path = ("methods", name)
        fields = source.data["types"].get(spec["input"], {}).get("fields", {})
        for code in spec["errors"]:
            if code not in errors:
                yield source.finding((*path, "errors"), f"no error is called {code}", "declare it under errors")
            elif errors[code]["common"]:
                yield source.finding((*path, "errors"), f"{code} is common", "leave it out: it may answer every method")
        for field in spec["audit"]:
            if field not in fields:
                yield source.finding((*path, "audit"), f"no input field {field}", "name fields of the input")
        if "allow" in spec and spec["allow"]["field"] not in fields:
            yield source.finding((*path, "allow"), "no such input field", "name a field of the input")
        yield from _tier(source, path, spec)


def _tier(source: Source, path: tuple[str, ...], spec: dict[str, Any]) -> Findings:
    expected = {SHEET_TIER: "sheet", CONSENT_TIER: "ask"}.get(spec["tier"], "none")
    if spec["consent"] != expected:
        at = (*path, "consent")
        yield source.finding(at, f"tier {spec['tier']} goes with {expected}", f"write consent: {expected}")
    if spec["tier"] == SHEET_TIER and "USER_CANCELLED" not in spec["errors"]:
        yield source.finding((*path, "errors"), "a sheet can be closed", "add USER_CANCELLED")
    declared = tuple(map(int, source.data["contract"].split(".")))
    if tuple(map(int, spec["since"].split("."))) > declared:
        yield source.finding((*path, "since"), "lies in the future", f"not above contract {source.data['contract']}")


def _reachable(types: dict[str, Any], roots: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name not in types:
            continue
        found.add(name)
        waiting += [used for _, used in _uses(types[name])]
    return found


def _inputs(source: Source) -> Findings:
    """Everything that a page sends is bounded."""
    types = source.data["types"]
    for name in _reachable(types, {spec["input"] for spec in source.data["methods"].values()}):
        spec = types[name]
        limit = LIMITS.get(spec["kind"])
        if limit and limit not in spec:
            yield source.finding(("types", name), f"an input without {limit}", f"add {limit}")
        if spec["kind"] == "map" and "keyPattern" not in spec:
            yield source.finding(("types", name), "an input map without keyPattern", "add keyPattern")
        for path, used in _uses(spec):
            if used in LIMITS:
                at = ("types", name, *path)
                yield source.finding(at, f"an input of bare type {used}", f"declare a named type with {LIMITS[used]}")


def _patterns(source: Source) -> Findings:
    """Patterns mean the same in JavaScript, Python, Kotlin and Swift, and match the whole text by themselves."""
    for name, spec in source.data["types"].items():
        for key in ("pattern", "keyPattern"):
            if key not in spec:
                continue
            path = ("types", name, key)
            try:
                re.compile(spec[key])
            except re.error as error:
                yield source.finding(path, f"no regular expression: {error}", "mend it")
                continue
            if NOT_PORTABLE.search(spec[key]):
                remedy = r"write classes out, without anchors, look-around, \d, \w, \s or back references"
                yield source.finding(path, "engines read this pattern differently", remedy)


def _unused(source: Source) -> Findings:
    types = source.data["types"]
    roots = {spec[side] for spec in source.data["methods"].values() for side in SIDES if side in spec}
    roots |= {spec["payload"] for spec in source.data["events"].values()}
    for name in types.keys() - _reachable(types, roots):
        yield source.finding(("types", name), "nothing uses this type", "remove it")
