"""Changes of the contract that are forbidden, and changes that are allowed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import rfc8785

from native_bridge.model import COMPILED, Contract, load

Data = dict[str, Any]
Change = tuple[str, Callable[[Data], None]]
BASE: Data = json.loads(COMPILED.read_bytes())
NEXT = "1.2"
TEXT = {"kind": "string", "maxLength": 20, "doc": "A text."}
FIELD = {"type": "Fresh", "optional": False, "nullable": False, "doc": "A field."}


def contract(data: Data) -> Contract:
    return load(rfc8785.dumps(data))


def reached(side: str) -> set[str]:
    """Give the types that a page sends, or is told."""
    sides = ("input",) if side == "input" else ("output", "chunk")
    specs = [spec for versions in BASE["methods"].values() for spec in versions.values()]
    waiting = [spec[each] for spec in specs for each in sides if spec[each]]
    waiting += [spec["payload"] for spec in BASE["events"].values()] if side == "output" else []
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in BASE["types"] and name not in found:
            found.add(name)
            spec = BASE["types"][name]
            waiting += [field["type"] for field in spec.get("fields", {}).values()] + [spec.get("of", "")]
    return found


INPUTS, OUTPUTS = reached("input"), reached("output")


def setting(path: str, value: Any) -> Change:
    """Make a change of one member; ``None`` as value takes it away."""
    parts = path.split("|")

    def change(data: Data) -> None:
        for part in parts[:-1]:
            data = data[part]
        if value is None:
            data.pop(parts[-1])
        else:
            data[parts[-1]] = value

    return path + f" = {value}", change


def adding_field(name: str, **members: Any) -> Change:
    def change(data: Data) -> None:
        data["types"]["Fresh"] = TEXT
        data["types"][name]["fields"]["fresh"] = {**FIELD, **members}

    return f"{name} gets a field {members}", change


def forbidden() -> Iterator[Change]:
    yield from broken_methods()
    yield from broken_tables()
    for name in sorted(INPUTS):
        yield from tightened(name, BASE["types"][name])
    for name in sorted(OUTPUTS):
        yield from loosened(name, BASE["types"][name])
    for name in sorted(INPUTS | OUTPUTS):
        spec = BASE["types"][name]
        yield setting(f"types|{name}", {"kind": "decimal", "scale": 2, "doc": "Another."})
        for field in spec.get("fields", {}):
            yield setting(f"types|{name}|fields|{field}", None)
        if "pattern" in spec:
            yield setting(f"types|{name}|pattern", "[a-z]+")


def broken_methods() -> Iterator[Change]:
    for name, versions in BASE["methods"].items():
        at = f"methods|{name}|1"
        spec = versions["1"]
        yield setting(f"methods|{name}", None)
        yield setting(f"{at}|timeoutMs", spec["timeoutMs"] - 1)
        yield setting(f"{at}|consent", "ask" if spec["consent"] != "ask" else "none")
        yield setting(f"{at}|errors", [*spec["errors"], "FRESH_ERROR"])
        yield setting(f"{at}|chunk", "Nothing" if spec["chunk"] is None else None)
        if spec["tier"] < 3:
            yield setting(f"{at}|tier", spec["tier"] + 1)
        if spec["idempotent"]:
            yield setting(f"{at}|idempotent", value=False)
        if spec["allow"] is None:
            yield setting(f"{at}|allow", {"field": "x", "list": "ops"})


def broken_tables() -> Iterator[Change]:
    for name, event in BASE["events"].items():
        yield setting(f"events|{name}", None)
        if BASE["types"][event["payload"]]["fields"]:
            yield setting(f"events|{name}|payload", "Nothing")
        if event["always"]:
            yield setting(f"events|{name}|always", value=False)
    for code, error in BASE["errors"].items():
        yield setting(f"errors|{code}", None)
        yield setting(f"errors|{code}|retryable", not error["retryable"])
        if not error["common"]:
            yield setting(f"errors|{code}|common", value=True)
    yield setting("errors|FRESH_COMMON", {"common": True, "retryable": False, "doc": "New."})
    for name, limit in BASE["envelope"].items():
        yield setting(f"envelope|{name}", limit - 1)


def tightened(name: str, spec: Data) -> Iterator[Change]:
    for key in ("maxLength", "maxItems", "maxEntries", "max", "maxBytes"):
        if key in spec:
            yield setting(f"types|{name}|{key}", spec[key] - 1)
    for key in ("minLength", "minItems", "min"):
        if key in spec:
            yield setting(f"types|{name}|{key}", spec[key] + 1)
    if spec["kind"] == "enum":
        yield setting(f"types|{name}|values", spec["values"][1:])
    if spec["kind"] == "record":
        yield adding_field(name)
        for field, member in spec["fields"].items():
            if member["nullable"]:
                yield setting(f"types|{name}|fields|{field}|nullable", value=False)
            if member["optional"]:
                yield setting(f"types|{name}|fields|{field}|optional", value=False)


def loosened(name: str, spec: Data) -> Iterator[Change]:
    if "max" in spec:
        yield setting(f"types|{name}|max", spec["max"] + 1)
    for key in ("minLength", "minItems", "minBytes", "min"):
        if spec.get(key, 0):
            yield setting(f"types|{name}|{key}", spec[key] - 1)
    if spec["kind"] == "enum" and not spec["open"]:
        yield setting(f"types|{name}|values", [*spec["values"], "fresh"])
        yield setting(f"types|{name}|open", value=True)
    if "pattern" in spec:
        yield setting(f"types|{name}|pattern", None)
    for field, member in spec.get("fields", {}).items():
        for key in ("nullable", "optional"):
            if not member[key]:
                yield setting(f"types|{name}|fields|{field}|{key}", value=True)


def allowed() -> Iterator[Change]:
    yield from eased_methods()
    yield from added_names()
    for name in sorted(INPUTS - OUTPUTS):
        yield from taking_more(name, BASE["types"][name])
    for name in sorted(OUTPUTS - INPUTS):
        yield from telling_more(name, BASE["types"][name])


def eased_methods() -> Iterator[Change]:
    for name, versions in BASE["methods"].items():
        spec = versions["1"]
        at = f"methods|{name}|1"
        yield setting(f"{at}|timeoutMs", spec["timeoutMs"] + 1)
        yield setting(f"methods|{name}|2", {**spec, "mv": 2, "since": NEXT, "tier": 3, "errors": ["FRESH_ERROR"]})
        yield setting(f"{at}|deprecated", {"since": NEXT, "removeAfter": "1.5", "use": "app.info/1"})
        yield setting(f"{at}|doc", "Another text.")
        if spec["errors"]:
            yield setting(f"{at}|errors", spec["errors"][1:])
        if spec["tier"]:
            yield setting(f"{at}|tier", spec["tier"] - 1)
        if not spec["idempotent"]:
            yield setting(f"{at}|idempotent", value=True)


def added_names() -> Iterator[Change]:
    yield setting("methods|app.fresh", {"1": {**BASE["methods"]["app.info"]["1"], "since": NEXT}})
    yield setting("events|page.fresh", {**BASE["events"]["page.back"], "since": NEXT})
    yield setting("errors|FRESH_CODE", {"common": False, "retryable": False, "doc": "New."})
    yield setting("retired", ["old.name"])
    for name, limit in BASE["envelope"].items():
        if name != "version":
            yield setting(f"envelope|{name}", limit + 1)


def taking_more(name: str, spec: Data) -> Iterator[Change]:
    for key in ("maxLength", "maxItems", "maxEntries", "max", "maxBytes"):
        if key in spec:
            yield setting(f"types|{name}|{key}", spec[key] + 1)
    if spec["kind"] == "enum":
        yield setting(f"types|{name}|values", [*spec["values"], "fresh"])
    if spec["kind"] == "record":
        yield adding_field(name, optional=True)


def telling_more(name: str, spec: Data) -> Iterator[Change]:
    if spec["kind"] == "record":
        yield adding_field(name)
    if spec["kind"] == "enum":
        yield setting(f"types|{name}|values", spec["values"][1:])
    if spec["kind"] == "enum" and spec["open"]:
        yield setting(f"types|{name}|values", [*spec["values"], "fresh"])
    for key in ("maxLength", "maxItems"):
        if key in spec and spec[key] != spec.get(key.replace("max", "min")):
            yield setting(f"types|{name}|{key}", spec[key] + 1)


FORBIDDEN, ALLOWED = list(forbidden()), list(allowed())
