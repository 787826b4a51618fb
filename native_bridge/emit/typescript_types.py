"""Writes the contract's types as TypeScript interfaces, and the functions that read and write them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from native_bridge.model import Contract

LINE: Final = 120
LIMITS: Final = ("version", "maxBytes", "maxDepth", "inflight", "requests", "chunks")
COMPOSED: Final = frozenset({"RecordShape", "UnionShape", "ListShape", "MapShape"})
SCALARS: Final = {
    "string": "string",
    "bool": "boolean",
    "int": "number",
    "decimal": "string",
    "bytes": "string",
    "json": "JsonValue",
}
BUILT: Final = frozenset({"record", "union", "list", "map"})


def imported(module: str, names: Iterable[str]) -> Iterator[str]:
    """Write one import, over several lines when it is long."""
    listed = list(names)
    if not listed:
        return
    line = f'import {{ {", ".join(listed)} }} from "./{module}.js";'
    if len(line) <= LINE:
        yield line
        return
    yield "import {"
    yield from (f"  {name}," for name in listed)
    yield f'}} from "./{module}.js";'


def module(contract: Contract) -> Iterator[str]:
    """Write the module of all types that methods and events carry."""
    read = _reachable(contract, (method.input for method in contract.methods.values()))
    written = _reachable(
        contract,
        (
            *(method.output for method in contract.methods.values()),
            *(method.chunk for method in contract.methods.values() if method.chunk),
            *(spec["payload"] for spec in contract.events.values()),
        ),
    )
    yield from ("/**", " * The contract's types, and how they are read from JSON and written to it.", " *")
    yield from (" * Reading trusts that the shapes were found good before.", " *", " * @GENERATED@", " */")
    yield 'import { JsonObject, JsonValue } from "./json.js";'
    for name in sorted(read | written):
        spec = contract.types[name]
        if spec["kind"] == "record" and not spec["fields"]:
            continue
        yield ""
        yield from _declaration(contract, name, spec)
        if spec["kind"] in BUILT and name in read:
            yield from ("", *_reader(contract, name, spec))
        if spec["kind"] in BUILT and name in written:
            yield from ("", *_writer(contract, name, spec))
    yield ""


def _reachable(contract: Contract, roots: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name not in contract.types:
            continue
        found.add(name)
        spec = contract.types[name]
        waiting += [field["type"] for field in spec.get("fields", {}).values()]
        waiting += [*spec.get("cases", {}).values(), *([spec["of"]] if "of" in spec else [])]
    return found


def _type(contract: Contract, name: str) -> str:
    """Name a type in TypeScript; empty records are plain objects."""
    spec = contract.types.get(name)
    if spec is None:
        return SCALARS[name]
    return "JsonObject" if spec["kind"] == "record" and not spec["fields"] else name


def _declaration(contract: Contract, name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    if spec["kind"] == "union":
        yield from _union(contract, name, spec)
        return
    if spec["kind"] == "record":
        yield from (f"/** {spec['doc']} */", f"export interface {name} {{")
        yield from _members(contract, spec["fields"])
        yield "}"
        return
    known = f" Known: {', '.join(spec['values'])}; more may come." if spec.get("open") else ""
    yield from (f"/** {spec['doc']}{known} */", f"export type {name} = {_alias(contract, spec)};")


def _members(contract: Contract, fields: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for field, member in sorted(fields.items()):
        null = " | null" if member["nullable"] else ""
        absent = " | undefined" if member["optional"] else ""
        mark = "?" if member["optional"] else ""
        yield f"  /** {member['doc']} */"
        yield f"  readonly {field}{mark}: {_type(contract, member['type'])}{null}{absent};"


def _alias(contract: Contract, spec: Mapping[str, Any]) -> str:
    kind = spec["kind"]
    if kind == "enum":
        return "string" if spec["open"] else " | ".join(f'"{value}"' for value in spec["values"])
    if kind == "list":
        return f"Array<{_type(contract, spec['of'])}>"
    if kind == "map":
        return f"Map<string, {_type(contract, spec['of'])}>"
    return "JsonObject" if spec.get("roots") == ["object"] else SCALARS[kind]


def _union(contract: Contract, name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    for tag, record in sorted(spec["cases"].items()):
        yield from (f"/** {spec['doc']} The case {tag}. */", f"export interface {_case(name, tag)} {{")
        yield f'  readonly {spec["tag"]}: "{tag}";'
        yield from _members(contract, contract.types[record]["fields"])
        yield from ("}", "")
    cases = " | ".join(_case(name, tag) for tag in sorted(spec["cases"]))
    yield from (f"/** {spec['doc']} */", f"export type {name} = {cases};")


def _case(name: str, tag: str) -> str:
    return name + "".join(part[:1].upper() + part[1:] for part in tag.replace("-", "_").split("_"))


def _reader(contract: Contract, name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    kind = spec["kind"]
    if kind == "union":
        for tag, record in sorted(spec["cases"].items()):
            fields = contract.types[record]["fields"]
            given = "json" if fields else "_json"
            yield f"function read{_case(name, tag)}({given}: JsonObject): {_case(name, tag)} {{"
            yield from _literal(contract, fields, f'{spec["tag"]}: "{tag}", ')
            yield from ("}", "")
        yield f"export function read{name}(json: JsonObject): {name} {{"
        *others, last = sorted(spec["cases"])
        for tag in others:
            yield from (f'  if (json.get("{spec["tag"]}") === "{tag}") {{', f"    return read{_case(name, tag)}(json);")
            yield "  }"
        yield from (f"  return read{_case(name, last)}(json);", "}")
    elif kind == "record":
        yield f"export function read{name}(json: JsonObject): {name} {{"
        yield from _literal(contract, spec["fields"], "")
        yield "}"
    elif kind == "list":
        item = _read(contract, spec["of"], "item")
        yield f"export function read{name}(json: JsonValue[]): {name} {{"
        yield f"  return json.map((item: JsonValue): {_type(contract, spec['of'])} => {item});"
        yield "}"
    else:
        of = _type(contract, spec["of"])
        yield f"export function read{name}(json: JsonObject): {name} {{"
        yield f"  const entries = new Map<string, {of}>();"
        yield "  for (const key of json.names()) {"
        yield f"    entries.set(key, {_read(contract, spec['of'], 'json.get(key)')});"
        yield from ("  }", "  return entries;", "}")


def _literal(contract: Contract, fields: Mapping[str, Mapping[str, Any]], first: str) -> Iterator[str]:
    """Write the object literal of a record, each member read from ``json``."""
    parts = [first.rstrip(", ")] if first else []
    for field, member in sorted(fields.items()):
        local = f"given{field[:1].upper()}{field[1:]}"
        if member["optional"] or member["nullable"]:
            yield f'  const {local} = json.get("{field}");'
            value = _read(contract, member["type"], local)
            value = f"{local} === null ? null : {value}" if member["nullable"] else value
            value = f"{local} === undefined ? undefined : {value}" if member["optional"] else value
        else:
            value = _read(contract, member["type"], f'json.get("{field}")')
        parts.append(f"{field}: {value}")
    yield "  return {"
    yield from (f"    {part}," for part in parts)
    yield "  };"


def _read(contract: Contract, name: str, value: str) -> str:
    spec = contract.types.get(name)
    if spec is None or spec["kind"] not in BUILT:
        return f"{value} as {_type(contract, name)}"
    if spec["kind"] == "record" and not spec["fields"]:
        return f"{value} as JsonObject"
    return f"read{name}({value} as {'JsonValue[]' if spec['kind'] == 'list' else 'JsonObject'})"


def _writer(contract: Contract, name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    kind = spec["kind"]
    if kind == "union":
        for tag, record in sorted(spec["cases"].items()):
            fields = contract.types[record]["fields"]
            given = "value" if fields else "_value"
            yield f"function write{_case(name, tag)}({given}: {_case(name, tag)}): JsonObject {{"
            yield from _sets(contract, fields, f'.set("{spec["tag"]}", "{tag}")')
            yield from ("}", "")
        yield f"export function write{name}(value: {name}): JsonObject {{"
        *others, last = sorted(spec["cases"])
        for tag in others:
            yield f'  if (value.{spec["tag"]} === "{tag}") {{'
            yield from (f"    return write{_case(name, tag)}(value as {_case(name, tag)});", "  }")
        yield from (f"  return write{_case(name, last)}(value as {_case(name, last)});", "}")
    elif kind == "record":
        yield f"export function write{name}(value: {name}): JsonObject {{"
        yield from _sets(contract, spec["fields"], "")
        yield "}"
    elif kind == "list":
        of = _type(contract, spec["of"])
        yield f"export function write{name}(value: {name}): JsonValue[] {{"
        yield f"  return value.map((item: {of}): JsonValue => {_write(contract, spec['of'], 'item')});"
        yield "}"
    else:
        of = _type(contract, spec["of"])
        yield from (f"export function write{name}(value: {name}): JsonObject {{", "  const json = new JsonObject();")
        yield f"  value.forEach((item: {of}, key: string): void => {{"
        yield f"    json.set(key, {_write(contract, spec['of'], 'item')});"
        yield from ("  });", "  return json;", "}")


def _sets(contract: Contract, fields: Mapping[str, Mapping[str, Any]], first: str) -> Iterator[str]:
    yield f"  const json = new JsonObject(){first};"
    for field, member in sorted(fields.items()):
        local = f"given{field[:1].upper()}{field[1:]}" if member["optional"] or member["nullable"] else f"value.{field}"
        written = _write(contract, member["type"], local)
        if written != local and member["nullable"]:
            written = f"{local} === null ? null : {written}"
        if local != f"value.{field}":
            yield f"  const {local} = value.{field};"
        if member["optional"]:
            yield from (f"  if ({local} !== undefined) {{", f'    json.set("{field}", {written});', "  }")
        else:
            yield f'  json.set("{field}", {written});'
    yield "  return json;"


def _write(contract: Contract, name: str, value: str) -> str:
    spec = contract.types.get(name)
    if spec is None or spec["kind"] not in BUILT or (spec["kind"] == "record" and not spec["fields"]):
        return value
    return f"write{name}({value})"
