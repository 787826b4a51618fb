"""An allowed change is never a break, a forbidden one always is, and each has its place and remedy."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from native_bridge.cli import RELEASED, main
from native_bridge.diff import diff, number, read_contract, released
from native_bridge.differences import Difference
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
    for name, event in BASE["events"].items():
        yield setting(f"events|{name}", None)
        yield setting(f"events|{name}|payload", "Switch" if event["payload"] != "Switch" else "Nothing")
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
    yield setting("methods|app.fresh", {"1": {**BASE["methods"]["app.info"]["1"], "since": NEXT}})
    yield setting("events|page.fresh", {**BASE["events"]["page.back"], "since": NEXT})
    yield setting("errors|FRESH_CODE", {"common": False, "retryable": False, "doc": "New."})
    yield setting("retired", ["old.name"])
    for name, limit in BASE["envelope"].items():
        if name != "version":
            yield setting(f"envelope|{name}", limit + 1)
    for name in sorted(INPUTS - OUTPUTS):
        spec = BASE["types"][name]
        for key in ("maxLength", "maxItems", "maxEntries", "max", "maxBytes"):
            if key in spec:
                yield setting(f"types|{name}|{key}", spec[key] + 1)
        if spec["kind"] == "enum":
            yield setting(f"types|{name}|values", [*spec["values"], "fresh"])
        if spec["kind"] == "record":
            yield adding_field(name, optional=True)
    for name in sorted(OUTPUTS - INPUTS):
        spec = BASE["types"][name]
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


def changed(*changes: Change) -> tuple[Difference, ...]:
    data = copy.deepcopy(BASE)
    data["contract"] = NEXT
    for _, change in changes:
        change(data)
    return diff(contract(BASE), contract(data))


def test_a_contract_does_not_differ_from_itself() -> None:
    assert diff(contract(BASE), contract(BASE)) == ()


def test_no_allowed_change_is_a_break() -> None:
    assert {name for name, change in ALLOWED if [d for d in changed((name, change)) if d.kind != "allowed"]} == set()


def test_every_forbidden_change_is_a_break_with_a_remedy() -> None:
    found = {name: changed((name, change)) for name, change in FORBIDDEN}
    missed = {name for name, rows in found.items() if not any(row.kind == "break" and row.remedy for row in rows)}
    assert missed == set()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(ALLOWED), max_size=6, unique_by=lambda change: change[0].split(" ")[0]))
def test_allowed_changes_together_are_no_break(changes: list[Change]) -> None:
    assert [row for row in changed(*changes) if row.kind == "break"] == []


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(FORBIDDEN), st.sampled_from(ALLOWED))
def test_an_allowed_change_hides_no_break(bad: Change, good: Change) -> None:
    if bad[0].split(" ")[0].split("|")[:2] != good[0].split(" ")[0].split("|")[:2]:
        assert "break" in {row.kind for row in changed(good, bad)}


def test_a_type_on_both_sides_is_judged_on_both() -> None:
    rows = changed(setting("types|FileToken|maxLength", 90))
    assert [(row.kind, row.message.split(", ")[1].split(" ")[0]) for row in rows] == [
        ("allowed", "input"),
        ("allowed", "output"),
    ]
    rows = changed(setting("types|Locale|values", ["en"]))
    assert {row.kind for row in rows} == {"allowed"}
    rows = changed(setting("types|OpCode|maxLength", 79))
    assert ("break", "types.OpCode.maxLength") in {(row.kind, row.path) for row in rows}


def test_an_old_version_stays_until_it_was_announced_to_go() -> None:
    old = copy.deepcopy(BASE)
    spec = old["methods"]["tx.sign"]["1"]
    old["methods"]["tx.sign"] = {
        "1": {**spec, "deprecated": {"since": "1.1", "removeAfter": "1.3", "use": "tx.sign/2"}},
        "2": {**spec, "mv": 2, "since": "1.1"},
    }
    kinds = {}
    for version in ("1.2", "1.3", "1.4"):
        new = copy.deepcopy(old)
        new["contract"] = version
        new["methods"]["tx.sign"].pop("1")
        kinds[version] = [row.kind for row in diff(contract(old), contract(new))]
    assert kinds == {"1.2": ["break"], "1.3": ["break"], "1.4": ["allowed"]}


def test_a_method_that_went_is_retired_and_stays_so() -> None:
    old = copy.deepcopy(BASE)
    old["methods"]["app.ready"]["1"]["deprecated"] = {"since": "1.1", "removeAfter": "1.1", "use": "app.info/1"}
    new = copy.deepcopy(old)
    new["contract"] = NEXT
    new["methods"].pop("app.ready")
    assert [row.kind for row in diff(contract(old), contract(new))] == ["mistake", "allowed"]
    new["retired"] = ["app.ready"]
    assert [row.kind for row in diff(contract(old), contract(new))] == ["allowed"]
    last = {**new, "contract": "1.3", "retired": []}
    assert [row.kind for row in diff(contract(new), contract(last))] == ["break"]


@pytest.mark.parametrize(
    ("version", "since", "expected"),
    [("1.2", "1.2", []), ("1.2", "1.1", ["mistake"]), ("1.1", "1.1", ["mistake"]), ("2.0", "2.0", ["break"])],
)
def test_new_things_carry_the_new_version(version: str, since: str, expected: list[str]) -> None:
    data = copy.deepcopy(BASE)
    data["contract"] = version
    data["methods"]["app.fresh"] = {"1": {**BASE["methods"]["app.info"]["1"], "since": since}}
    assert [row.kind for row in diff(contract(BASE), contract(data)) if row.kind != "allowed"] == expected


def test_prose_alone_needs_no_new_version() -> None:
    data = copy.deepcopy(BASE)
    data["errors"]["BUSY"]["remedy"] = "Wait for it."
    assert [row.kind for row in diff(contract(BASE), contract(data))] == ["allowed"]


def test_released_versions_are_compared_as_numbers(tmp_path: Path) -> None:
    for name in ("1.9", "1.10"):
        (tmp_path / f"{name}.json").write_text("{}", encoding="utf-8")
    assert (number("1.10") > number("1.9"), released(tmp_path)) == (True, tmp_path / "1.10.json")


def test_the_present_contract_breaks_nothing_released() -> None:
    for path in sorted(RELEASED.glob("*.json")):
        assert [row for row in diff(read_contract(path), read_contract(COMPILED)) if row.kind != "allowed"] == []


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(map(str, arguments)))
    return result.exit_code, result.output


def test_the_command_exits_1_on_a_break_0_else_2_on_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_bytes(rfc8785.dumps({**BASE, "contract": NEXT, "events": {}}))
    code, text = run("diff", COMPILED, tmp_path / "new.json", "--json")
    rows = json.loads(text)["differences"]
    assert (code, rows[0]["kind"], rows[0]["path"]) == (1, "break", "events.bundle.updateReady")
    assert (run("diff")[0], run("diff", tmp_path / "absent.json")[0]) == (0, 2)


def test_release_freezes_once(tmp_path: Path) -> None:
    assert run("release", "--out", tmp_path)[0] == 0
    assert (tmp_path / "1.1.json").read_bytes() == COMPILED.read_bytes()
    other = json.loads(COMPILED.read_bytes())
    other["errors"]["BUSY"]["doc"] = "Another text."
    (tmp_path / "1.1.json").write_bytes(rfc8785.dumps(other))
    code, text = run("release", "--out", tmp_path)
    assert (code, "a released one never changes" in text) == (1, True)
