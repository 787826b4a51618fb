"""Makes one valid example of every type, so that the reference and the OpenRPC document show real messages."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Types = Mapping[str, Mapping[str, Any]]
NUMBERS: Final = 7
WORDS: Final = "text"
JSON: Final[Mapping[str, Any]] = {
    "object": {},
    "array": [],
    "string": WORDS,
    "number": NUMBERS,
    "boolean": True,
    "null": None,
}


def example(types: Types, name: str) -> Any:
    """Give a value that a type takes: every member of a record, one entry of a list or map.

    Args:
        types: the contract's types.
        name: one of them, or a scalar.
    """
    spec = types.get(name, {"kind": name})
    kind = spec["kind"]
    if kind == "record":
        return {field: example(types, member["type"]) for field, member in spec["fields"].items()}
    if kind == "union":
        tag, case = min(spec["cases"].items())
        return {spec["tag"]: tag, **example(types, case)}
    if kind == "list":
        return [example(types, spec["of"])] * max(1, spec.get("minItems", 1))
    if kind == "map":
        return {"name": example(types, spec["of"])} if _takes_name(spec) else {}
    return _scalar(kind, spec)


def _takes_name(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("maxEntries", 1))


def _scalar(kind: str, spec: Mapping[str, Any]) -> Any:
    values: dict[str, Callable[[], Any]] = {
        "enum": lambda: spec["values"][0],
        "string": lambda: spec.get("example", _text(spec)),
        "bool": lambda: True,
        "int": lambda: min(max(NUMBERS, spec.get("min", NUMBERS)), spec.get("max", NUMBERS)),
        "decimal": lambda: "1" + ("." + "5" * spec["scale"] if spec.get("scale") else ""),
        "bytes": lambda: "A" * -(-spec.get("minBytes", 0) * 4 // 3),
        "json": lambda: JSON[spec["roots"][0] if "roots" in spec else "object"],
    }
    return values[kind]()


def _text(spec: Mapping[str, Any]) -> str:
    text = WORDS.ljust(spec.get("minLength", 0), "t")
    return text[: spec.get("maxLength", len(text))]
