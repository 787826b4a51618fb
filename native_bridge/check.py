"""Holds a contract against its meta-schema and against the rules that a schema cannot say; tells everything at once."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from native_bridge.errors import ContractError, Finding
from native_bridge.parse import MERGED, SECTIONS, Source
from native_bridge.schema import Schema

META_SCHEMA: Final = Path(__file__).parent / "contract" / "schema.json"
SCALARS: Final = frozenset({"string", "bool", "int", "decimal", "bytes"})
LIMITS: Final = {"string": "maxLength", "bytes": "maxBytes", "list": "maxItems", "map": "maxEntries"}
NOT_PORTABLE: Final = re.compile(r"\\[bBdDsSwWkpPAZ1-9]|\(\?|[*+?}]\+|(?<!\[)\^|\$")
SIDES: Final = ("input", "chunk", "output")
SHEET_TIER: Final = 3
CONSENT_TIER: Final = 2
NAMED: Final = 2
Findings = Iterator[Finding]
Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """The declarations that have the meta-schema's shape; the rules look at these alone.

    Attributes:
        source: all of it, for places.
        types, methods, events, errors: sound declarations by name.
        names: every name declared, broken ones too.
        whole: nothing is broken and every file was read, so a name that nothing uses is truly idle.
        version: the contract's own, None when it cannot be read.
    """

    source: Source
    types: Mapping[str, Any]
    methods: Mapping[str, Any]
    events: Mapping[str, Any]
    errors: Mapping[str, Any]
    names: frozenset[str]
    whole: bool
    version: tuple[int, ...] | None

    def versions(self) -> Iterator[tuple[Where, str, Mapping[str, Any]]]:
        """Give path, name and declaration of every version of every method."""
        for name, spec in self.methods.items():
            yield ("methods", name), name, spec
            for index, older in enumerate(spec.get("older", ())):
                yield ("methods", name, "older", index), name, older

    def lacks(self, name: str) -> bool:
        """Tell whether a name is certainly declared nowhere."""
        return self.source.whole and name not in self.names


def check(source: Source) -> None:
    """Check a contract: what reading found, the meta-schema, and the rules for all that the schema leaves standing.

    Raises:
        ContractError: with every finding: file, line, path, message and remedy.
    """
    mistakes = Schema(json.loads(META_SCHEMA.read_text(encoding="utf-8"))).mistakes(source.data)
    remedy = f"contract/{META_SCHEMA.name} says what may stand here"
    findings = {*source.findings, *(source.finding(path, message, remedy) for path, message in mistakes)}
    if source.whole:
        missing = [section for section in SECTIONS if section not in source.data]
        findings |= {source.finding((name,), "is missing", "one of the files has to declare it") for name in missing}
    sound = _sound(source, {path[:NAMED] for path, _ in mistakes})
    for rule in (_references, _methods, _versions, _retired, _inputs, _patterns, _unused):
        findings |= set(rule(sound))
    if findings:
        raise ContractError(list(findings))


def _sound(source: Source, broken: set[Where]) -> Sound:
    sections: dict[str, dict[str, Any]] = {}
    names: set[str] = set()
    for section in MERGED:
        declared = source.data.get(section)
        declared = declared if isinstance(declared, dict) and (section,) not in broken else {}
        names |= declared.keys()
        sections[section] = {name: spec for name, spec in declared.items() if (section, name) not in broken}
    version = source.data.get("contract") if ("contract",) not in broken else None
    return Sound(
        source=source,
        names=frozenset(names),
        whole=source.whole and not source.findings and not broken,
        version=_number(version) if isinstance(version, str) else None,
        types=sections["types"],
        methods=sections["methods"],
        events=sections["events"],
        errors=sections["errors"],
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _uses(spec: Mapping[str, Any]) -> Iterator[tuple[Where, str]]:
    """Give what a type refers to: path below the type, and the name."""
    for name, field in spec.get("fields", {}).items():
        yield ("fields", name, "type"), field["type"]
    for tag, name in spec.get("cases", {}).items():
        yield ("cases", tag), name
    if "of" in spec:
        yield ("of",), spec["of"]


def _references(sound: Sound) -> Findings:
    types, source = sound.types, sound.source
    uses = [(("types", name, *path), used) for name, spec in types.items() for path, used in _uses(spec)]
    for path, _, spec in sound.versions():
        uses += [((*path, side), spec[side]) for side in SIDES if side in spec]
    uses += [(("events", name, "payload"), spec["payload"]) for name, spec in sound.events.items()]
    for path, used in uses:
        if sound.lacks(used) and used not in SCALARS:
            yield source.finding(path, f"no type is called {used}", "declare it under types")
        elif path[0] != "types" and (used in types and types[used]["kind"] != "record"):
            yield source.finding(path, f"{used} is no record", "inputs, chunks, outputs and payloads are records")
    for name, spec in types.items():
        for tag, case in spec.get("cases", {}).items():
            if case in types and (types[case]["kind"] != "record" or spec["tag"] in types[case]["fields"]):
                path = ("types", name, "cases", tag)
                yield source.finding(path, f"{case} cannot be a case", f"use a record without a field {spec['tag']}")


def _methods(sound: Sound) -> Findings:
    source = sound.source
    for path, _, spec in sound.versions():
        for code in spec["errors"]:
            if sound.lacks(code):
                yield source.finding((*path, "errors"), f"no error is called {code}", "declare it under errors")
            elif code in sound.errors and sound.errors[code]["common"]:
                yield source.finding((*path, "errors"), f"{code} is common", "leave it out: it may answer every method")
        given = sound.types.get(spec["input"], {})
        if given.get("kind") == "record":
            for field in spec["audit"]:
                if field not in given["fields"]:
                    yield source.finding((*path, "audit"), f"no input field {field}", "name fields of the input")
            if "allow" in spec and spec["allow"]["field"] not in given["fields"]:
                yield source.finding((*path, "allow"), "no such input field", "name a field of the input")
        yield from _tier(sound, path, spec)
    for name, spec in sound.events.items():
        yield from _since(sound, ("events", name, "since"), spec["since"])


def _tier(sound: Sound, path: Where, spec: Mapping[str, Any]) -> Findings:
    expected = {SHEET_TIER: "sheet", CONSENT_TIER: "ask"}.get(spec["tier"], "none")
    if spec["consent"] != expected:
        at = (*path, "consent")
        yield sound.source.finding(at, f"tier {spec['tier']} goes with {expected}", f"write consent: {expected}")
    if spec["tier"] == SHEET_TIER and "USER_CANCELLED" not in spec["errors"]:
        yield sound.source.finding((*path, "errors"), "a sheet can be closed", "add USER_CANCELLED")
    yield from _since(sound, (*path, "since"), spec["since"])


def _since(sound: Sound, path: Where, since: str) -> Findings:
    if sound.version is not None and _number(since) > sound.version:
        remedy = f"not above contract {sound.source.data['contract']}"
        yield sound.source.finding(path, "lies in the future", remedy)


def _versions(sound: Sound) -> Findings:
    """Keep older versions below the newest one, each once, and every deprecation pointing at something that stays."""
    source = sound.source
    numbers = {f"{name}/{spec['mv']}": spec for _, name, spec in sound.versions()}
    seen: set[str] = set()
    for path, name, spec in sound.versions():
        key = f"{name}/{spec['mv']}"
        if key in seen:
            yield source.finding(
                (*path, "mv"), f"version {spec['mv']} stands twice", "give each version its own number"
            )
        seen.add(key)
        if path[-1] != name:
            if spec["mv"] > sound.methods[name]["mv"]:
                yield source.finding((*path, "mv"), "lies above the newest", "the newest version is the method itself")
            if "older" in spec:
                yield source.finding((*path, "older"), "stands in an older version", "list all under the newest")
            if "deprecated" not in spec:
                remedy = "an older version says since, removeAfter and use"
                yield source.finding(path, "lacks deprecated", remedy)
        if "deprecated" in spec:
            yield from _deprecation(sound, (*path, "deprecated"), key, numbers)


def _deprecation(sound: Sound, path: Where, key: str, numbers: Mapping[str, Mapping[str, Any]]) -> Findings:
    spec = numbers[key]["deprecated"]
    yield from _since(sound, (*path, "since"), spec["since"])
    if _number(spec["removeAfter"]) < _number(spec["since"]):
        yield sound.source.finding((*path, "removeAfter"), "lies before since", "leave pages time to follow")
    if spec["use"] == key or (sound.whole and spec["use"] not in numbers):
        yield sound.source.finding((*path, "use"), f"{spec['use']} is no other method", "name one, such as tx.sign/2")
    elif spec["use"] in numbers and "deprecated" in numbers[spec["use"]]:
        yield sound.source.finding((*path, "use"), f"{spec['use']} is deprecated too", "name one that stays")


def _retired(sound: Sound) -> Findings:
    retired = sound.source.data.get("retired", ())
    for section in sorted(MERGED):
        for name in getattr(sound, section):
            if isinstance(retired, list) and name in retired:
                yield sound.source.finding((section, name), "is a retired name", "choose one that was never used")


def _reachable(types: Mapping[str, Any], roots: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name not in types:
            continue
        found.add(name)
        waiting += [used for _, used in _uses(types[name])]
    return found


def _inputs(sound: Sound) -> Findings:
    """Everything that a page sends is bounded."""
    types, source = sound.types, sound.source
    for name in _reachable(types, {spec["input"] for _, _, spec in sound.versions()}):
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


def _patterns(sound: Sound) -> Findings:
    """Patterns mean the same in JavaScript, Python, Kotlin and Swift; one that is read by people has an example."""
    for name, spec in sound.types.items():
        for key in ("pattern", "keyPattern"):
            if key not in spec:
                continue
            path = ("types", name, key)
            try:
                pattern = re.compile(spec[key])
            except re.error as error:
                yield sound.source.finding(path, f"no regular expression: {error}", "mend it")
                continue
            if NOT_PORTABLE.search(spec[key]):
                remedy = r"write classes out, without anchors, look-around, \d, \w, \s or back references"
                yield sound.source.finding(path, "engines read this pattern differently", remedy)
            if key == "pattern" and not pattern.fullmatch(spec.get("example", "")):
                remedy = "the reference shows it: write one value that the pattern takes"
                yield sound.source.finding(("types", name), "its example does not fit its pattern", remedy)
        if "example" in spec:
            length = len(spec["example"])
            if not spec.get("minLength", 0) <= length <= spec.get("maxLength", length):
                yield sound.source.finding(("types", name, "example"), f"has {length} characters", "keep its limits")


def _unused(sound: Sound) -> Findings:
    if not sound.whole:
        return
    roots = {spec[side] for _, _, spec in sound.versions() for side in SIDES if side in spec}
    roots |= {spec["payload"] for spec in sound.events.values()}
    for name in sound.types.keys() - _reachable(sound.types, roots):
        yield sound.source.finding(("types", name), "nothing uses this type", "remove it")
