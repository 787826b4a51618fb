"""An allowed change is never a break, a forbidden one always is, and each has its place and remedy."""

import copy
import json
from pathlib import Path

import pytest
import rfc8785
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from native_bridge.cli import RELEASED, main
from native_bridge.diff import diff, number, read_contract, released
from native_bridge.differences import Difference
from native_bridge.model import COMPILED
from tests.native_bridge.changes import ALLOWED, BASE, FORBIDDEN, NEXT, Change, contract, setting


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
    for name in ("1.9", "1.10", "notes"):
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


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"contract": "one"}', "[" * 100000, "\x00"])
def test_what_is_no_compiled_contract_is_refused_with_a_remedy(text: str, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(text, encoding="utf-8")
    code, output = run("diff", tmp_path / "old.json")
    assert (code, "`bridge compile --out" in output, output.count("\n")) == (1, True, 1)
