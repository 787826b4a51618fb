"""Writes the contract's records, unions and enums as immutable Java classes."""

from collections.abc import Mapping
from typing import Any, Final

from native_bridge.emit.jvm import capital, constant, prose, quoted, spec_of
from native_bridge.model import Contract

MOST_ARGUMENTS: Final = 3
RESERVED: Final = frozenset(
    """
    abstract assert boolean break byte case catch char class const continue default do double else enum extends final
    finally float for goto if implements import instanceof int interface long native new package private protected
    public return short static strictfp super switch synchronized this throw throws transient try void volatile while
    true false null hashCode toString getClass notify notifyAll wait equals clone finalize of builder toJson fromJson
    build members other
    """.split()  # noqa: SIM905 — read at a glance
)
PRIMITIVE: Final = {"long": "Long", "boolean": "Boolean"}


def identifier(name: str) -> str:
    """Give a field's name as Java takes it."""
    return f"{name}_" if name in RESERVED else name


def type_name(contract: Contract, name: str) -> str:
    """Give the Java type of a contract's type."""
    spec = spec_of(contract, name)
    kind = spec["kind"]
    if kind in ("record", "union", "enum"):
        return name
    if kind == "list":
        return f"List<{boxed(type_name(contract, spec['of']))}>"
    if kind == "map":
        return f"Map<String, {boxed(type_name(contract, spec['of']))}>"
    if kind == "json":
        return "Json.Obj" if tuple(spec.get("roots", ())) == ("object",) else "Json"
    return {"int": "long", "bool": "boolean"}.get(kind, "String")


def boxed(name: str) -> str:
    """Give the class of a primitive."""
    return PRIMITIVE.get(name, name)


def declared(contract: Contract, name: str) -> str | None:
    """Give the class of a type, or nothing where Java's own type serves."""
    spec = contract.types[name]
    if spec["kind"] == "record":
        return _record(contract, name, spec) if spec["fields"] else _empty(name, spec)
    if spec["kind"] == "enum":
        return (_open_enum if spec["open"] else _closed_enum)(name, spec)
    return _union(name, spec) if spec["kind"] == "union" else None


def _read(contract: Contract, name: str, given: str) -> str:
    """Give the expression that reads a checked JSON value."""
    spec = spec_of(contract, name)
    kind = spec["kind"]
    if kind in ("record", "union"):
        return f"{name}.fromJson({given}.asObject())"
    if kind == "enum":
        return f"{name}.of({given}.asText())"
    if kind in ("list", "map"):
        item = _inner_name(given)
        return f"Typed.{kind}({given}, {item} -> {_read(contract, spec['of'], item)})"
    if kind == "json":
        return f"{given}.asObject()" if type_name(contract, name) == "Json.Obj" else given
    return given + {"int": ".asWhole()", "bool": ".isTrue()"}.get(kind, ".asText()")


def _write(contract: Contract, name: str, given: str) -> str:
    """Give the expression that writes a value as JSON."""
    spec = spec_of(contract, name)
    kind = spec["kind"]
    if kind in ("record", "union", "enum"):
        return f"{given}.toJson()"
    if kind in ("list", "map"):
        item = _inner_name(given)
        return f"Typed.json({given}, {item} -> {_write(contract, spec['of'], item)})"
    return given if kind == "json" else f"Json.of({given})"


def _inner_name(given: str) -> str:
    """Name what a lambda takes, so that lambdas within lambdas do not take each other's names."""
    return f"{given}s" if given.startswith("eachItem") else "eachItem"


def _imports(contract: Contract, spec: Mapping[str, Any]) -> str:
    types = [type_name(contract, field["type"]) for field in spec["fields"].values()]
    names = ["java.util.Objects"]
    names += ["java.util.List"] if any("List<" in each for each in types) else []
    names += ["java.util.Map"] if any("Map<" in each for each in types) else []
    typed = any(
        field["optional"] or field["nullable"] or spec_of(contract, field["type"])["kind"] in ("list", "map")
        for field in spec["fields"].values()
    )
    names += ["tidegate.bridge.core.Json"] + (["tidegate.bridge.core.Typed"] if typed else [])
    return "".join(f"import {name};\n" for name in sorted(names))


class _Field:
    """One field of a record, as Java sees it."""

    def __init__(self, contract: Contract, name: str, spec: Mapping[str, Any]) -> None:
        self.key = name
        self.name = identifier(name)
        self.doc = prose(spec["doc"])
        self.optional = spec["optional"]
        self.absent = spec["optional"] or spec["nullable"]
        self.bare = type_name(contract, spec["type"])
        self.type = boxed(self.bare) if self.absent else self.bare
        self.written = _write(contract, spec["type"], self.name)
        given = f"json.get({quoted(name)})"
        self.read = (
            f"Typed.optional({given}, value -> {_read(contract, spec['type'], 'value')})"
            if self.absent
            else _read(contract, spec["type"], given)
        )

    @property
    def told(self) -> str:
        return "null when there is none" if self.absent else ""


def _record(contract: Contract, name: str, spec: Mapping[str, Any]) -> str:
    fields = [_Field(contract, field, each) for field, each in spec["fields"].items()]
    few = len(fields) <= MOST_ARGUMENTS and not any(field.absent for field in fields)
    members = "\n".join(f"    private final {field.type} {field.name};" for field in fields)
    arguments = ", ".join(f"{field.type} {field.name}" for field in fields)
    sets = "\n".join(f"        this.{field.name} = {_kept(field)};" for field in fields)
    reads = ",\n                ".join(field.read for field in fields)
    getters = "\n".join(map(_getter, fields))
    return f"""{_imports(contract, spec)}
/** {prose(spec["doc"])} */
public final class {name} {{
{members}

    private {name}({arguments}) {{
{sets}
    }}

{_factory(name, fields) if few else _builder_start()}
    /** Reads what was held against the contract. */
    public static {name} fromJson(Json.Obj json) {{
        return new {name}(
                {reads});
    }}

{getters}
    /** Writes it as JSON. */
    public Json.Obj toJson() {{
        Json.Members members = Json.object();
{_puts(fields)}
        return members.end();
    }}

    @Override
    public boolean equals(Object other) {{
        return other instanceof {name} && toJson().equals((({name}) other).toJson());
    }}

    @Override
    public int hashCode() {{
        return Objects.hash({", ".join(field.name for field in fields)});
    }}
{"" if few else _builder(name, fields)}}}
"""


def _kept(field: _Field) -> str:
    given = field.name
    if not field.absent and field.type not in PRIMITIVE:
        given = f"Objects.requireNonNull({given}, {quoted(field.key)})"
    return f"Typed.copy({given})" if field.type.startswith(("List<", "Map<")) else given


def _getter(field: _Field) -> str:
    ending = f"; {field.told}" if field.told else ""
    doc = field.doc.rstrip(".") + ending + "."
    return f"    /** {doc} */\n    public {field.type} {field.name}() {{\n        return {field.name};\n    }}\n"


def _puts(fields: list[_Field]) -> str:
    rows = []
    for field in fields:
        put = f"members.with({quoted(field.key)}, {field.written});"
        if field.optional:
            rows.append(f"        if ({field.name} != null) {{\n            {put}\n        }}")
        elif field.absent:
            rows.append(
                f"        members.with({quoted(field.key)}, {field.name} == null ? Json.NULL : {field.written});"
            )
        else:
            rows.append(f"        {put}")
    return "\n".join(rows)


def _factory(name: str, fields: list[_Field]) -> str:
    params = "\n".join(
        f"     * @param {field.name} {field.doc[:1].lower()}{field.doc[1:].rstrip('.')}" for field in fields
    )
    arguments = ", ".join(f"{field.type} {field.name}" for field in fields)
    return f"""    /**
     * Makes one.
     *
{params}
     */
    public static {name} of({arguments}) {{
        return new {name}({", ".join(field.name for field in fields)});
    }}
"""


def _builder_start() -> str:
    return """    /** Starts one. */
    public static Builder builder() {
        return new Builder();
    }
"""


def _builder(name: str, fields: list[_Field]) -> str:
    members = "\n".join(f"        private {boxed(field.type)} {field.name};" for field in fields)
    setters = "\n".join(_setter(field) for field in fields)
    arguments = ",\n                    ".join(
        field.name if field.absent else f'Objects.requireNonNull({field.name}, "{field.key}")' for field in fields
    )
    return f"""
    /** Collects the fields of a {{@link {name}}}. */
    public static final class Builder {{
{members}

        private Builder() {{}}

{setters}
        /**
         * Gives the record.
         *
         * @throws NullPointerException when a field is missing that the contract requires
         */
        public {name} build() {{
            return new {name}(
                    {arguments});
        }}
    }}
"""


def _setter(field: _Field) -> str:
    ending = " May be left out." if field.absent else ""
    return f"""        /** {field.doc}{ending} */
        public Builder {field.name}({field.type} value) {{
            {field.name} = value;
            return this;
        }}
"""


def _empty(name: str, spec: Mapping[str, Any]) -> str:
    return f"""import tidegate.bridge.core.Json;

/** {prose(spec["doc"])} */
public final class {name} {{
    /** The only one there is. */
    public static final {name} INSTANCE = new {name}();

    private {name}() {{}}

    /** Reads what was held against the contract. */
    public static {name} fromJson(Json.Obj json) {{
        return INSTANCE;
    }}

    /** Writes it as JSON. */
    public Json.Obj toJson() {{
        return Json.object().end();
    }}
}}
"""


def _closed_enum(name: str, spec: Mapping[str, Any]) -> str:
    rows = ",\n".join(
        f"    /** {{@code {value}}}. */\n    {constant(value)}({quoted(value)})" for value in spec["values"]
    )
    return f"""import tidegate.bridge.core.Json;

/** {prose(spec["doc"])} */
public enum {name} {{
{rows};

    private final String value;

    {name}(String value) {{
        this.value = value;
    }}

    /**
     * Gives the constant of a value.
     *
     * @throws IllegalArgumentException when the contract has no such value
     */
    public static {name} of(String value) {{
        for ({name} each : values()) {{
            if (each.value.equals(value)) {{
                return each;
            }}
        }}
        throw new IllegalArgumentException("{name} has no value " + value);
    }}

    /** Gives the value on the wire. */
    public String value() {{
        return value;
    }}

    /** Writes it as JSON. */
    public Json toJson() {{
        return Json.of(value);
    }}
}}
"""


def _open_enum(name: str, spec: Mapping[str, Any]) -> str:
    known = ",\n".join(f"        /** {{@code {value}}}. */\n        {constant(value)}" for value in spec["values"])
    rows = "\n\n".join(
        f"    /** {{@code {value}}}. */\n    public static final {name} {constant(value)} = "
        f"new {name}({quoted(value)}, Known.{constant(value)});"
        for value in spec["values"]
    )
    cases = "\n".join(
        f"            case {quoted(value)}:\n                return {constant(value)};" for value in spec["values"]
    )
    return f"""import tidegate.bridge.core.Json;

/** {prose(spec["doc"])} It may grow: a later contract can bring values that are {{@link Known#OTHER}} here. */
public final class {name} {{
{rows}

    private final String value;
    private final Known known;

    private {name}(String value, Known known) {{
        this.value = value;
        this.known = known;
    }}

    /** What this contract knows, to be switched over. */
    public enum Known {{
{known},
        /** A value that this contract does not know. */
        OTHER
    }}

    /** Gives a value; it need not be known. */
    public static {name} of(String value) {{
        switch (value) {{
{cases}
            default:
                return new {name}(value, Known.OTHER);
        }}
    }}

    /** Gives the value on the wire. */
    public String value() {{
        return value;
    }}

    /** Gives the known value, or OTHER. */
    public Known known() {{
        return known;
    }}

    /** Writes it as JSON. */
    public Json toJson() {{
        return Json.of(value);
    }}

    @Override
    public boolean equals(Object other) {{
        return other instanceof {name} && value.equals((({name}) other).value);
    }}

    @Override
    public int hashCode() {{
        return value.hashCode();
    }}

    @Override
    public String toString() {{
        return value;
    }}
}}
"""


def _union(name: str, spec: Mapping[str, Any]) -> str:
    cases = sorted(spec["cases"].items())
    factories = "\n".join(
        f"""    /** Makes one that is {{@code {tag}}}. */
    public static {name} of{capital(tag)}({case} value) {{
        return new {name}({quoted(tag)}, value, value.toJson());
    }}

    /** Gives the {{@code {tag}}}, or null when it is another. */
    public {case} as{capital(tag)}() {{
        return {quoted(tag)}.equals(tag) ? ({case}) value : null;
    }}
"""
        for tag, case in cases
    )
    reads = "\n".join(
        f"            case {quoted(tag)}:\n                return of{capital(tag)}({case}.fromJson(json));"
        for tag, case in cases
    )
    return f"""import tidegate.bridge.core.Json;

/** {prose(spec["doc"])} One of several records; {{@link #tag()}} says which. */
public final class {name} {{
    private final String tag;
    private final Object value;
    private final Json.Obj json;

    private {name}(String tag, Object value, Json.Obj members) {{
        this.tag = tag;
        this.value = value;
        this.json = Json.object().with({quoted(spec["tag"])}, tag).withAll(members).end();
    }}

{factories}
    /** Reads what was held against the contract. */
    public static {name} fromJson(Json.Obj json) {{
        String tag = String.valueOf(json.text({quoted(spec["tag"])}));
        switch (tag) {{
{reads}
            default:
                throw new IllegalArgumentException("{name} has no case " + tag);
        }}
    }}

    /** Says which record it is. */
    public String tag() {{
        return tag;
    }}

    /** Writes it as JSON. */
    public Json.Obj toJson() {{
        return json;
    }}

    @Override
    public boolean equals(Object other) {{
        return other instanceof {name} && json.equals((({name}) other).json);
    }}

    @Override
    public int hashCode() {{
        return json.hashCode();
    }}
}}
"""
