"""Emits the page's client: a plain ES module and its TypeScript declarations, or the same as TypeScript source."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from native_bridge.model import Contract, Method

TEMPLATES: Final = Path(__file__).parent.parent / "templates" / "typescript"
COMMAND: Final = "bridge emit typescript"
SOURCE_COMMAND: Final = "bridge emit typescript-source"
SDK: Final = "tidegate-js/1.0.0"
SCALARS: Final = {
    "string": "string",
    "bool": "boolean",
    "int": "number",
    "decimal": "string",
    "bytes": "string",
    "json": "JsonValue",
}
ROOTS: Final = {
    "object": "{ [key: string]: JsonValue }",
    "array": "JsonValue[]",
    "string": "string",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
LINE: Final = 120


def emit(contract: Contract) -> dict[str, str]:
    """Give the text of ``bridge.js`` and ``bridge.d.ts`` by file name."""
    common = _common(contract, COMMAND)
    names = json.dumps(sorted(contract.events), indent=2)
    script = {"METHODS": _table(contract), "OLDER": _older_table(contract), "EVENTS": names}
    declared = {"DECLARATIONS": _declarations(contract)} | _types(contract)
    return {"bridge.js": _fill("bridge.js", common | script), "bridge.d.ts": _fill("bridge.d.ts", common | declared)}


def emit_source(contract: Contract) -> dict[str, str]:
    """Give the text of ``bridge.ts``, for pages that are built."""
    values = {
        "DECLARATIONS": _declarations(contract),
        "EVENT_NAMES": json.dumps(sorted(contract.events), indent=2),
        "GROUPS": "\n".join(_bound(contract)),
    }
    return {"bridge.ts": _fill("bridge.ts", _common(contract, SOURCE_COMMAND) | values)}


def _common(contract: Contract, command: str) -> dict[str, str]:
    return {
        "CONTRACT": contract.version,
        "COMMAND": command,
        "HASH": contract.hash,
        "SDK": SDK,
        "MAX_BYTES": str(contract.envelope["maxBytes"]),
        "RETRYABLE": json.dumps(sorted(code for code, spec in contract.errors.items() if spec["retryable"])),
    }


def _types(contract: Contract) -> dict[str, str]:
    return {
        "TYPES": "\n".join(_declaration(name, spec) for name, spec in sorted(contract.types.items())),
        "ERRORS": "\n".join(f'  | "{code}"' for code in sorted(contract.errors)),
        "VERSIONS": "\n".join(_versions(contract)),
        "OLDER": "\n".join(_older(contract)),
        "EVENTS": "\n".join(_event(name, spec) for name, spec in sorted(contract.events.items())),
        "METHODS": "\n".join(_groups(contract)),
    }


def _declarations(contract: Contract) -> str:
    return _fill("declarations.ts", _types(contract))


def _fill(template: str, values: Mapping[str, str]) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _fields(contract: Contract, record: str) -> Mapping[str, Mapping[str, Any]]:
    fields: Mapping[str, Mapping[str, Any]] = contract.types[record]["fields"]
    return fields


def _table(contract: Contract) -> str:
    rows = (
        f'  "{method.name}": [{method.mv}, {method.timeout_ms}, {str(bool(_fields(contract, method.input))).lower()}],'
        for method in contract.methods.values()
    )
    return "{\n" + "\n".join(rows) + "\n}"


def _versions(contract: Contract) -> Iterator[str]:
    for name, versions in contract.versions.items():
        yield f'  readonly "{name}": {" | ".join(str(mv) for mv in sorted(versions, reverse=True))};'


def _replaced(contract: Contract, name: str) -> Iterator[Method]:
    return (method for mv, method in sorted(contract.versions[name].items()) if mv != contract.methods[name].mv)


def _older_table(contract: Contract) -> str:
    table = {
        name: {str(each.mv): [each.timeout_ms, bool(_fields(contract, each.input))] for each in older}
        for name in contract.versions
        if (older := list(_replaced(contract, name)))
    }
    return json.dumps(table, indent=2)


def _older(contract: Contract) -> Iterator[str]:
    for name in contract.versions:
        older = list(_replaced(contract, name))
        if older:
            yield f'    readonly "{name}": {{'
            for method in older:
                use = f"use {method.deprecated.use}" if method.deprecated else "use the newest"
                yield f"      /** @deprecated {use}. */"
                yield f"      readonly {method.mv}: ({_given(contract, method)}) => Promise<{method.output}>;"
            yield "    };"


def _given(contract: Contract, method: Method) -> str:
    """Write the parameters of a call."""
    fields = _fields(contract, method.input)
    needed = any(not field["optional"] for field in fields.values())
    given = f"input{'' if needed else '?'}: {method.input}, " if fields else ""
    return given + f"options?: {f'ChunkOptions<{method.chunk}>' if method.chunk else 'CallOptions'}"


def _type(name: str) -> str:
    return SCALARS.get(name, name)


def _declaration(name: str, spec: Mapping[str, Any]) -> str:
    head = f"/** {spec['doc']} */\nexport "
    if spec["kind"] == "record":
        members = "\n".join(_member(field, member) for field, member in sorted(spec["fields"].items()))
        return f"{head}interface {name} {{\n{members}\n}}\n" if members else f"{head}type {name} = object;\n"
    return f"{head}type {name} = {_alias(spec)};\n"


def _alias(spec: Mapping[str, Any]) -> str:
    kind = spec["kind"]
    if kind == "enum":
        values = " | ".join(f'"{value}"' for value in spec["values"])
        return f"{values} | (string & {{}})" if spec["open"] else values
    if kind == "union":
        return " | ".join(f'({{ {spec["tag"]}: "{tag}" }} & {case})' for tag, case in sorted(spec["cases"].items()))
    if kind == "list":
        return f"readonly {_type(spec['of'])}[]"
    if kind == "map":
        return f"{{ readonly [key: string]: {_type(spec['of'])} }}"
    if "roots" in spec:
        return " | ".join(ROOTS[root] for root in spec["roots"])
    return SCALARS[kind]


def _member(name: str, field: Mapping[str, Any]) -> str:
    mark = "?" if field["optional"] else ""
    null = " | null" if field["nullable"] else ""
    return f"  /** {field['doc']} */\n  readonly {name}{mark}: {_type(field['type'])}{null};"


def _event(name: str, spec: Mapping[str, Any]) -> str:
    return f'  /** {spec["doc"]} */\n  readonly "{name}": {spec["payload"]};'


def _groups(contract: Contract) -> Iterator[str]:
    for group in sorted({name.split(".")[0] for name in contract.methods}):
        yield f"  readonly {group}: {{"
        for method in contract.methods.values():
            if method.name.startswith(f"{group}."):
                yield from _signature(contract, method)
        yield "  };"


def _signature(contract: Contract, method: Method) -> Iterator[str]:
    tier = f"Tier {method.tier}, version {method.mv}, at most {method.timeout_ms // 1000} s."
    yield f"    /** {method.doc} {tier} */"
    yield f"    {method.name.split('.')[1]}({_given(contract, method)}): Promise<{method.output}>;"


def _bound(contract: Contract) -> Iterator[str]:
    """Write the groups of the connected bridge, each method bound to its call."""
    for group in sorted({name.split(".")[0] for name in contract.methods}):
        yield f"      {group}: Object.freeze({{"
        for method in contract.methods.values():
            if method.name.startswith(f"{group}."):
                yield from _call(contract, method, method.name.split(".")[1])
        yield "      }),"
    yield "      older: Object.freeze({"
    for name in contract.versions:
        older = list(_replaced(contract, name))
        if older:
            yield f'        "{name}": Object.freeze({{'
            for method in older:
                yield from _call(contract, method, str(method.mv))
            yield "        }),"
    yield "      }),"


def _call(contract: Contract, method: Method, member: str) -> Iterator[str]:
    sent = "input ?? {}" if _fields(contract, method.input) else "{}"
    heard = ", options?.onChunk as Listener | undefined" if method.chunk else ""
    yield f"        {member}: ({_given(contract, method)}): Promise<{method.output}> =>"
    yield f'          call("{method.name}", [{method.mv}, {method.timeout_ms}], {sent}, options{heard}),'
