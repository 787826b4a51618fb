"""Writes the contract's types as Swift structs and enums that read and write themselves."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from native_bridge.model import Contract

SCALARS: Final = {
    "string": "String",
    "bool": "Bool",
    "int": "Int",
    "decimal": "String",
    "bytes": "String",
    "json": "Json",
}
READ: Final = {"String": "text", "Bool": "flag", "Int": "integer"}
UNCLEAR: Final = frozenset({"none", "some", "self", "type", "init"})
KEYWORDS: Final = frozenset(
    {"as", "case", "class", "default", "do", "else", "enum", "false", "for", "func", "if", "import", "in", "internal"}
    | {"is", "let", "nil", "open", "operator", "private", "protocol", "public", "repeat", "return", "static", "struct"}
    | {"switch", "throw", "true", "try", "var", "where", "while"}
)


def source(contract: Contract) -> Iterator[str]:
    """Write all types of the contract in one namespace."""
    yield from (
        "// The contract's types, and how they are read from JSON and written to it.",
        "//",
        "// @GENERATED@",
        "",
    )
    yield from ("/// The contract's own words, apart from the words of the platform.", "public enum Tidegate {}", "")
    yield "extension Json {"
    yield "  /// Give a member's value or throw; a clean copy has it."
    yield "  fileprivate static func needed<Value>(_ value: Value?, _ path: String) throws -> Value {"
    yield '    guard let value else { throw ShapeError(path, "is missing or wrong") }'
    yield from ("    return value", "  }", "}", "", "extension Tidegate {")
    for name, spec in sorted(contract.types.items()):
        yield from (f"  {line}" if line else "" for line in _declaration(contract, name, spec))
        yield ""
    yield from ("}", "")


def case_name(word: str) -> str:
    """Write a value of the contract as the name of a case."""
    spoken = word.lower() if word == word.upper() else word
    first, *rest = [part for part in spoken.replace("-", "_").replace(".", "_").split("_") if part]
    name = first[:1].lower() + first[1:] + "".join(part[:1].upper() + part[1:] for part in rest)
    if name in UNCLEAR:
        return f"{name}Value"
    return f"`{name}`" if name in KEYWORDS else name


def _type(contract: Contract, name: str) -> str:
    return name if name in contract.types else SCALARS[name]


def _declaration(contract: Contract, name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    yield f"/// {spec['doc']}"
    match spec["kind"]:
        case "record":
            yield from _record(contract, name, spec["fields"])
        case "enum":
            yield from (_open(name, spec["values"]) if spec["open"] else _closed(name, spec["values"]))
        case "union":
            yield from _union(contract, name, spec)
        case "list":
            yield f"public typealias {name} = [{_type(contract, spec['of'])}]"
        case "map":
            yield f"public typealias {name} = [String: {_type(contract, spec['of'])}]"
        case kind:
            alias = "JsonObject" if spec.get("roots") == ["object"] else SCALARS[kind]
            yield f"public typealias {name} = {alias}"


def _closed(name: str, values: list[str]) -> Iterator[str]:
    yield f"public enum {name}: String, Sendable, CaseIterable {{"
    yield from (f'  case {case_name(value)} = "{value}"' for value in values)
    yield from ("", "  var json: Json { .string(rawValue) }", "}")


def _open(name: str, values: list[str]) -> Iterator[str]:
    yield f"public struct {name}: RawRepresentable, Hashable, Sendable {{"
    yield from (f'  public static let {case_name(value)} = {name}(rawValue: "{value}")' for value in values)
    yield from ("", "  public let rawValue: String", "", "  public init(rawValue: String) { self.rawValue = rawValue }")
    yield from ("", "  var json: Json { .string(rawValue) }", "}")


def _union(contract: Contract, name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    yield f"public enum {name}: Sendable {{"
    cases = sorted(spec["cases"].items())
    yield from (f"  case {case_name(tag)}({_type(contract, record)})" for tag, record in cases)
    yield from ("", "  init(json: JsonObject) throws {", f'    switch json["{spec["tag"]}"]?.text {{')
    yield from (f'    case "{tag}": self = .{case_name(tag)}(try {record}(json: json))' for tag, record in cases)
    yield from (f'    default: throw ShapeError("{spec["tag"]}", "is not known")', "    }", "  }")
    yield from (
        "",
        "  var json: Json {",
        f'    var all: JsonObject = ["{spec["tag"]}": .null]',
        "    let members: JsonObject?",
    )
    yield "    switch self {"
    for tag, _ in cases:
        yield f"    case .{case_name(tag)}(let value):"
        yield from (f'      all["{spec["tag"]}"] = .string("{tag}")', "      members = value.json.object")
    yield from ("    }", "    for (name, value) in members?.members ?? [] { all[name] = value }")
    yield from ("    return .object(all)", "  }", "}")


def _record(contract: Contract, name: str, fields: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    ordered = sorted(fields.items())
    yield f"public struct {name}: Sendable {{"
    for field, member in ordered:
        yield from (f"  /// {member['doc']}", f"  public let {field}: {_member(contract, member)}")
    if ordered:
        yield ""
    parameters = ", ".join(
        f"{field}: {_member(contract, member)}{' = nil' if _is_optional(member) else ''}" for field, member in ordered
    )
    yield f"  public init({parameters}) {{"
    yield from (f"    self.{field} = {field}" for field, _ in ordered)
    yield from ("  }", "", f"  init(json{'' if ordered else ' _'}: JsonObject) throws {{")
    yield from (f"    {field} = {_read_member(contract, field, member)}" for field, member in ordered)
    yield from ("  }", "", "  var json: Json {")
    if not ordered:
        yield from ("    .object(JsonObject())", "  }", "}")
        return
    yield "    var json = JsonObject()"
    for field, member in ordered:
        yield from (f"    {line}" for line in _write_member(contract, field, member))
    yield from ("    return .object(json)", "  }", "}")


def _is_optional(member: Mapping[str, Any]) -> bool:
    return bool(member["optional"] or member["nullable"])


def _member(contract: Contract, member: Mapping[str, Any]) -> str:
    return f"{_type(contract, member['type'])}{'?' if _is_optional(member) else ''}"


def _read_member(contract: Contract, field: str, member: Mapping[str, Any]) -> str:
    if not _is_optional(member):
        value = f'try Json.needed(json["{field}"], "{field}")'
        return _read(contract, member["type"], f"({value})", field)
    given = f'json["{field}"].flatMap {{ $0.isNull ? nil : $0 }}'
    value = _read(contract, member["type"], "$0", field)
    return given if value == "$0" else f"try {given}.map {{ {value} }}"


def _read(contract: Contract, name: str, value: str, path: str) -> str:
    """Write the expression that reads one value."""
    spec = contract.types.get(name, {"kind": name})
    needed = f'try Json.needed({value}.%s, "{path}")'
    match spec["kind"]:
        case "record" | "union":
            read = f'try {name}(json: Json.needed({value}.object, "{path}"))'
        case "enum":
            text = needed % "text"
            made = f"{name}(rawValue: {text})"
            read = made if spec["open"] else f'try Json.needed({made}, "{path}")'
        case "list":
            item = _read(contract, spec["of"], "$0", path)
            read = f"{needed % 'array'}.map {{ {item} }}"
        case "map":
            item = _read(contract, spec["of"], "$0.value", path)
            pairs = f"{needed % 'object'}.members.map {{ ($0.name, {item}) }}"
            read = f"Dictionary({pairs}, uniquingKeysWith: {{ first, _ in first }})"
        case "json":
            read = needed % "object" if spec.get("roots") == ["object"] else value
        case kind:
            read = needed % READ[SCALARS[kind]]
    return read


def _write_member(contract: Contract, field: str, member: Mapping[str, Any]) -> Iterator[str]:
    if not _is_optional(member):
        yield f'json["{field}"] = {_write(contract, member["type"], field)}'
    elif member["optional"]:
        yield f'if let {field} {{ json["{field}"] = {_write(contract, member["type"], field)} }}'
    else:
        written = _write(contract, member["type"], "$0")
        given = field if written == "$0" else f"{field}.map {{ {written} }}"
        yield f'json["{field}"] = {given} ?? .null'


def _write(contract: Contract, name: str, value: str) -> str:
    """Write the expression that makes JSON of one value."""
    spec = contract.types.get(name, {"kind": name})
    match spec["kind"]:
        case "record" | "union" | "enum":
            written = f"{value}.json"
        case "list":
            written = f".array({value}.map {{ {_write(contract, spec['of'], '$0')} }})"
        case "map":
            written = f".object(JsonObject({value}.mapValues {{ {_write(contract, spec['of'], '$0')} }}))"
        case "json":
            written = f".object({value})" if spec.get("roots") == ["object"] else value
        case "bool":
            written = f".bool({value})"
        case "int":
            written = f".number(Double({value}))"
        case _:
            written = f".string({value})"
    return written
