"""Writes the contract's types as Kotlin: data classes, sealed unions and open enums, value classes for formed texts."""

from collections.abc import Mapping
from typing import Any, Final

from native_bridge.emit.jvm import capital, constant, prose, quoted, spec_of
from native_bridge.model import Contract

KEYWORDS: Final = frozenset(
    """
    as break class continue do else false for fun if in interface is null object package return super this throw true
    try typealias typeof val var when while
    """.split()  # noqa: SIM905 — read at a glance
)


def identifier(name: str) -> str:
    """Give a field's name as Kotlin takes it."""
    return f"`{name}`" if name in KEYWORDS else name


def is_empty(contract: Contract, name: str) -> bool:
    """Tell whether a type is a record without fields, for which Kotlin has Unit."""
    spec = spec_of(contract, name)
    return bool(spec["kind"] == "record" and not spec["fields"])


def is_wrapped(spec: Mapping[str, Any]) -> bool:
    """Tell whether a text has a form of its own, and so a class of its own."""
    return spec["kind"] == "bytes" or "pattern" in spec


def type_name(contract: Contract, name: str) -> str:
    """Give the Kotlin type of a contract's type."""
    spec = spec_of(contract, name)
    kind = spec["kind"]
    if is_empty(contract, name):
        return "Unit"
    if kind in ("record", "union", "enum") or (name in contract.types and is_wrapped(spec)):
        return name
    if kind == "list":
        return f"List<{type_name(contract, spec['of'])}>"
    if kind == "map":
        return f"Map<String, {type_name(contract, spec['of'])}>"
    if kind == "json":
        return "JsonObject" if tuple(spec.get("roots", ())) == ("object",) else "Json"
    return {"int": "Long", "bool": "Boolean"}.get(kind, "String")


def declared(contract: Contract, name: str) -> str | None:
    """Give the class of a type, or nothing where Kotlin's own type serves."""
    spec = contract.types[name]
    kind = spec["kind"]
    if kind == "record":
        return _record(contract, name, spec) if spec["fields"] else None
    if kind == "enum":
        return (_open_enum if spec["open"] else _closed_enum)(name, spec)
    if kind == "union":
        return _union(contract, name, spec)
    return _value(name, spec) if is_wrapped(spec) else None


def _read(contract: Contract, name: str, given: str) -> str:
    """Give the expression that reads a checked JSON value."""
    spec = spec_of(contract, name)
    made = type_name(contract, name)
    if spec["kind"] in ("list", "map"):
        inner = _read(contract, spec["of"], "item")
        return (
            f"{given}.items {{ item -> {inner} }}"
            if spec["kind"] == "list"
            else f"{given}.entries {{ item -> {inner} }}"
        )
    wrapped = f"{name}({given}.text)" if made == name else f"{given}.text"
    ways = {
        "record": "Unit" if made == "Unit" else f"{name}.fromJson({given}.obj)",
        "union": f"{name}.fromJson({given}.obj)",
        "enum": f"{name}.of({given}.text)",
        "json": f"{given}.obj" if made == "JsonObject" else given,
        "int": f"{given}.whole",
        "bool": f"{given}.bool",
    }
    return ways.get(spec["kind"], wrapped)


def _write(contract: Contract, name: str, given: str) -> str:
    """Give the expression that writes a value as JSON."""
    spec = spec_of(contract, name)
    made = type_name(contract, name)
    if spec["kind"] in ("list", "map"):
        inner = _write(contract, spec["of"], "item")
        listed = f"JsonArray({given}.map {{ item -> {inner} }})"
        return listed if spec["kind"] == "list" else f"JsonObject({given}.mapValues {{ (_, item) -> {inner} }})"
    ways = {
        "record": "JsonObject.EMPTY" if made == "Unit" else f"{given}.toJson()",
        "union": f"{given}.toJson()",
        "enum": f"json({given}.value)",
        "json": given,
    }
    return ways.get(spec["kind"], f"json({given}.value)" if made == name else f"json({given})")


def _record(contract: Contract, name: str, spec: Mapping[str, Any]) -> str:
    fields = list(spec["fields"].items())
    members = "\n".join(_member(contract, key, field) for key, field in fields)
    reads = "\n".join(f"            {identifier(key)} = {_taken(contract, key, field)}," for key, field in fields)
    return f"""/** {prose(spec["doc"])} */
public data class {name}(
{members}
) {{
    /** Writes it as JSON. */
    public fun toJson(): JsonObject = {_written(contract, fields)}

    public companion object {{
        /** Reads what was held against the contract. */
        public fun fromJson(json: JsonObject): {name} = {name}(
{reads}
        )
    }}
}}
"""


def _absent(field: Mapping[str, Any]) -> bool:
    return bool(field["optional"] or field["nullable"])


def _member(contract: Contract, key: str, field: Mapping[str, Any]) -> str:
    mark = "?" if _absent(field) else ""
    default = " = null" if field["optional"] else ""
    of = type_name(contract, field["type"])
    return f"    /** {prose(field['doc'])} */\n    public val {identifier(key)}: {of}{mark}{default},"


def _taken(contract: Contract, key: str, field: Mapping[str, Any]) -> str:
    if _absent(field):
        return f"json.optional({quoted(key)})?.let {{ {_read(contract, field['type'], 'it')} }}"
    return _read(contract, field["type"], f"json.member({quoted(key)})")


def _written(contract: Contract, fields: list[tuple[str, Mapping[str, Any]]]) -> str:
    if not any(field["optional"] for _, field in fields):
        rows = "".join(f"\n        {quoted(key)} to {_put(contract, key, field)}," for key, field in fields)
        return f"jsonObject({rows}\n    )"
    rows = "".join(
        f"\n            {identifier(key)}?.let {{ put({quoted(key)}, {_write(contract, field['type'], 'it')}) }}"
        if field["optional"]
        else f"\n            put({quoted(key)}, {_put(contract, key, field)})"
        for key, field in fields
    )
    return f"JsonObject(\n        buildMap {{{rows}\n        }},\n    )"


def _put(contract: Contract, key: str, field: Mapping[str, Any]) -> str:
    if field["nullable"]:
        return f"({identifier(key)}?.let {{ {_write(contract, field['type'], 'it')} }} ?: JsonNull)"
    return _write(contract, field["type"], identifier(key))


def _value(name: str, spec: Mapping[str, Any]) -> str:
    return f"""/** {prose(spec["doc"])} */
@JvmInline
public value class {name}(
    /** As it is on the wire. */
    public val value: String,
)
"""


def _closed_enum(name: str, spec: Mapping[str, Any]) -> str:
    rows = "\n\n".join(f"    /** `{value}`. */\n    {constant(value)}({quoted(value)})," for value in spec["values"])
    return f"""/** {prose(spec["doc"])} */
public enum class {name}(
    /** As it is on the wire. */
    public val value: String,
) {{
{rows}
    ;

    public companion object {{
        /**
         * Gives the constant of a value.
         *
         * @throws NoSuchElementException when the contract has no such value
         */
        public fun of(value: String): {name} = entries.first {{ it.value == value }}
    }}
}}
"""


def _open_enum(name: str, spec: Mapping[str, Any]) -> str:
    rows = "\n\n".join(
        f"""    /** `{value}`. */
    public data object {capital(value)} : {name} {{
        override val value: String = {quoted(value)}
    }}"""
        for value in spec["values"]
    )
    cases = "\n".join(f"            {quoted(value)} -> {capital(value)}" for value in spec["values"])
    return f"""/** {prose(spec["doc"])} It may grow: a later contract can bring values that are [Other] here. */
public sealed interface {name} {{
    /** As it is on the wire. */
    public val value: String

{rows}

    /** A value that this contract does not know. */
    public data class Other(override val value: String) : {name}

    public companion object {{
        /** Gives a value; it need not be known. */
        public fun of(value: String): {name} = when (value) {{
{cases}
            else -> Other(value)
        }}
    }}
}}
"""


def _union(contract: Contract, name: str, spec: Mapping[str, Any]) -> str:
    cases = sorted(spec["cases"].items())
    rows = "\n\n".join(_case(contract, name, spec["tag"], tag, of) for tag, of in cases)
    reads = "\n".join(f"            {quoted(tag)} -> {_made(contract, tag, of)}" for tag, of in cases)
    return f"""/** {prose(spec["doc"])} */
public sealed interface {name} {{
    /** Writes it as JSON. */
    public fun toJson(): JsonObject

{rows}

    public companion object {{
        /** Reads what was held against the contract. */
        public fun fromJson(json: JsonObject): {name} = when (val tag = json.member({quoted(spec["tag"])}).text) {{
{reads}
            else -> throw IllegalArgumentException("{name} has no case $tag")
        }}
    }}
}}
"""


def _case(contract: Contract, union: str, key: str, tag: str, of: str) -> str:
    head = f"jsonObject({quoted(key)} to json({quoted(tag)}))"
    if is_empty(contract, of):
        return f"""    /** `{tag}`, which has no members. */
    public data object {capital(tag)} : {union} {{
        override fun toJson(): JsonObject = {head}
    }}"""
    return f"""    /** `{tag}`. */
    public data class {capital(tag)}(public val value: {of}) : {union} {{
        override fun toJson(): JsonObject = {head} + value.toJson()
    }}"""


def _made(contract: Contract, tag: str, of: str) -> str:
    return capital(tag) if is_empty(contract, of) else f"{capital(tag)}({of}.fromJson(json))"
