"""A wrong contract is refused with file, line, place and remedy."""

import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from native_bridge.canonical import compile_contract, contract_hash
from native_bridge.check import check
from native_bridge.errors import ContractError
from native_bridge.model import COMPILED, FOLDER, Deprecation, compile_folder, load
from native_bridge.parse import parse

FILES = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}
METHODS = [
    "app.info",
    "app.ready",
    "auth.biometricInfo",
    "auth.verifyUser",
    "device.bind",
    "device.status",
    "device.unbind",
    "file.save",
    "input.securePin",
    "log.event",
    "media.pick",
    "nav.close",
    "nav.open",
    "nav.openExternal",
    "nav.setBackGuard",
    "net.request",
    "net.upload",
    "scan.code",
    "screen.protect",
    "session.logout",
    "session.status",
    "session.stepUp",
    "share.open",
    "store.get",
    "store.remove",
    "store.set",
    "tx.sign",
    "ui.setTitleBar",
]


def found(file: str, old: str, new: str) -> str:
    assert FILES[file].count(old) >= 1
    with pytest.raises(ContractError) as caught:
        check(parse({**FILES, file: FILES[file].replace(old, new, 1)}))
    return str(caught.value)


def test_the_contract_is_valid_and_has_its_methods() -> None:
    contract = compile_folder()
    assert list(contract.methods) == METHODS


def test_the_committed_contract_is_what_the_files_give() -> None:
    assert COMPILED.read_bytes() == compile_folder().compiled


def test_the_compiled_contract_is_canonical() -> None:
    compiled = COMPILED.read_bytes()
    assert rfc8785.dumps(json.loads(compiled)) == compiled


def test_order_and_comments_do_not_change_the_hash() -> None:
    shuffled = {name: "# a comment\n" + text for name, text in reversed(FILES.items())}
    assert contract_hash(compile_contract(parse(shuffled))) == load(COMPILED.read_bytes()).hash


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("bank.yaml", "tier: 3", "tier: 4", "methods.tx.sign.tier: has to be one of 0, 1, 2, 3"),
        ("bank.yaml", "consent: sheet", "consent: none", "tier 3 goes with sheet"),
        ("bank.yaml", "timeoutMs: 300000", "timeoutMs: soon", "methods.tx.sign.timeoutMs: has to be of type integer"),
        ("bank.yaml", "audit: [challengeId]", "audit: [amount]", "no input field amount"),
        ("bank.yaml", "allow: {field: op, list: ops}", "allow: {field: code, list: ops}", "no such input field"),
        ("bank.yaml", "output: TxSigned", "output: TxSignature", "no type is called TxSignature"),
        ("bank.yaml", "output: TxSigned", "output: OpCode", "OpCode is no record"),
        ("bank.yaml", "USER_CANCELLED, USER_VERIFICATION_FAILED, LOCKED_OUT, C", "C", "a sheet can be closed"),
        ("bank.yaml", "errors: [STORAGE_FULL]", "errors: [DISK_FULL]", "no error is called DISK_FULL"),
        ("bank.yaml", "errors: [STORAGE_FULL]", "errors: [TIMEOUT]", "TIMEOUT is common"),
        (
            "bank.yaml",
            "{kind: string, minLength: 1, maxLength: 64, pattern",
            "{kind: string, minLength: 1, pattern",
            "an input without maxLength",
        ),
        ("bank.yaml", "key: {type: StoreKey,", "key: {type: string,", "an input of bare type string"),
        (
            "bank.yaml",
            "keyPattern: '[a-z][A-Za-z0-9_]{0,39}', maxEntries: 20",
            "maxEntries: 20",
            "an input map without keyPattern",
        ),
        ("bank.yaml", "pattern: 'chl_[A-Za-z0-9_-]+'", r"pattern: 'chl_\w+'", "engines read this pattern differently"),
        ("bank.yaml", "pattern: 'chl_[A-Za-z0-9_-]+'", "pattern: '^chl_.+$'", "engines read this pattern differently"),
        ("bank.yaml", "pattern: 'chl_[A-Za-z0-9_-]+'", "pattern: 'chl_['", "no regular expression"),
        ("app.yaml", 'since: "1.0"\n    tier: 0', 'since: "1.9"\n    tier: 0', "lies in the future"),
        ("app.yaml", "types:\n", "types:\n  Lonely: {kind: bytes, doc: Nobody uses it.}\n", "nothing uses this type"),
        ("app.yaml", "doc: On or off.", "doc: On or off.\n    extra: 1", "types.Switch.extra: is not allowed here"),
        (
            "app.yaml",
            "  Switch:\n    kind: record",
            "  Switch:\n    kind: thing",
            "types.Switch.kind: has to be one of record",
        ),
        ("app.yaml", "  app.ready:", "  app.info:", "methods.app.info: stands twice"),
        ("app.yaml", "  app.ready:", "  session.status:", "methods.session.status: stands in app.yaml too"),
        ("contract.yaml", 'contract: "1.1"', "contract: 1.1", "float is no value of a contract"),
        ("contract.yaml", 'contract: "1.1"', 'contract: "one"', "contract: does not match"),
        ("contract.yaml", 'contract: "1.1"', "contract: 2026-02-30", "cannot be read as a value"),
        ("contract.yaml", 'contract: "1.1"', "contract: !!int one", "cannot be read as a value"),
        ("errors.yaml", "errors:", "errors: [", "errors.yaml:"),
    ],
)
def test_a_wrong_contract_is_refused(file: str, old: str, new: str, expected: str) -> None:
    assert expected in found(file, old, new)


def test_a_finding_names_the_line() -> None:
    line = next(number for number, text in enumerate(FILES["bank.yaml"].splitlines(), 1) if "tx.sign:" in text)
    with pytest.raises(ContractError) as caught:
        check(parse({**FILES, "bank.yaml": FILES["bank.yaml"].replace("tier: 3", "tier: 9", 1)}))
    finding = caught.value.findings[0]
    assert (finding.file, finding.line, bool(finding.remedy)) == ("bank.yaml", line + 3, True)


def test_a_missing_section_is_told() -> None:
    with pytest.raises(ContractError, match="events: is missing"):
        check(parse({name: text for name, text in FILES.items() if name != "events.yaml"}))


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        check(parse({"x.yaml": text}))
    except ContractError as error:
        assert error.findings != ()  # noqa: PT017 — either outcome is good, a finding without content is not


@pytest.mark.parametrize(
    "text",
    ["a: &x [*x]", "a: &x {b: *x}", "- 1", "? [1]\n: 2", "!!python/object:os.system {}", "\x00", "types: [" * 400],
)
def test_hostile_yaml_is_refused(text: str) -> None:
    with pytest.raises(ContractError):
        check(parse({"x.yaml": text}))


def findings(**changes: tuple[str, str]) -> list[str]:
    """Change one place in each of several files and give all findings, as text."""
    files = dict(FILES)
    for stem, (old, new) in changes.items():
        assert old in files[f"{stem}.yaml"]
        files[f"{stem}.yaml"] = files[f"{stem}.yaml"].replace(old, new, 1)
    try:
        check(parse(files))
    except ContractError as error:
        return [str(finding) for finding in error.findings]
    return []


def test_schema_and_rules_of_several_files_are_told_at_once() -> None:
    found = findings(
        bank=("tier: 3", "tier: 9"),
        session=("consent: sheet", "consent: none"),
        app=("pattern: '[a-z][a-z0-9-]*'", r"pattern: '\w+'"),
        errors=("retryable: true", "retryable: maybe"),
    )
    places = {line.split(":")[0] for line in found}
    assert places == {"app.yaml", "bank.yaml", "errors.yaml", "session.yaml"}
    texts = "\n".join(found)
    wanted = ["has to be one of 0, 1, 2, 3", "goes with sheet", "engines read", "has to be of type boolean"]
    assert [text for text in wanted if text not in texts] == []


def test_a_file_that_is_no_yaml_hides_nothing_and_invents_nothing() -> None:
    found = findings(events=("events:", "events: ["), bank=("consent: sheet", "consent: none"))
    assert [line.split(":")[0] for line in found] == ["bank.yaml", "events.yaml"]


def test_a_broken_type_is_not_told_as_missing_too() -> None:
    found = findings(app=("  Switch:\n    kind: record", "  Switch:\n    kind: thing"))
    assert [line.split(": ")[1] for line in found] == ["types.Switch.kind"]


OLDER = """    older:
      - mv: 1
        since: "1.0"
        tier: 0
        consent: none
        timeoutMs: 5000
        idempotent: true
        audit: []
        input: Nothing
        output: Nothing
        errors: []
        doc: The version before.
        notes: ["As it was."]
        deprecated: {since: "1.1", removeAfter: "1.4", use: app.ready/2}
"""
READY = "  app.ready:\n    mv: 1\n"


def with_older(old: str = "", new: str = "") -> list[str]:
    assert old in OLDER
    return findings(app=(READY, "  app.ready:\n    mv: 2\n" + OLDER.replace(old, new, 1)))


def test_two_versions_of_a_method_stand_side_by_side() -> None:
    text = FILES["app.yaml"].replace(READY, "  app.ready:\n    mv: 2\n" + OLDER, 1)
    contract = load(compile_contract(parse({**FILES, "app.yaml": text})))
    versions = contract.versions["app.ready"]
    assert (sorted(versions), contract.methods["app.ready"] is versions[2], len(contract.methods)) == (
        [1, 2],
        True,
        len(METHODS),
    )
    assert versions[1].deprecated == Deprecation("1.1", "1.4", "app.ready/2")
    assert sorted(json.loads(contract.compiled)["methods"]["app.ready"]) == ["1", "2"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- mv: 1", "- mv: 2", "version 2 stands twice"),
        ("- mv: 1", "- mv: 3", "lies above the newest"),
        ('        deprecated: {since: "1.1", removeAfter: "1.4", use: app.ready/2}\n', "", "lacks deprecated"),
        ('removeAfter: "1.4"', 'removeAfter: "1.0"', "lies before since"),
        ('{since: "1.1"', '{since: "1.2"', "lies in the future"),
        ("use: app.ready/2", "use: app.ready/1", "app.ready/1 is no other method"),
        ("use: app.ready/2", "use: app.ready/7", "app.ready/7 is no other method"),
        ("use: app.ready/2", "use: later", "does not match"),
        ("input: Nothing", "input: Nowhere", "no type is called Nowhere"),
        ("consent: none", "consent: ask", "tier 0 goes with none"),
    ],
)
def test_a_wrong_older_version_is_refused(old: str, new: str, expected: str) -> None:
    assert expected in "\n".join(with_older(old, new))


@pytest.mark.parametrize("name", ["app.info", "page.shown", "BUSY", "Switch"])
def test_a_retired_name_is_never_used_again(name: str) -> None:
    found = findings(contract=("envelope:", f"retired: [{name}]\nenvelope:"))
    assert [line.split(": ", 2)[2] for line in found] == [
        "is a retired name (choose one that was never used)",
    ]


def test_a_pattern_has_an_example_that_it_takes() -> None:
    assert "its example does not fit its pattern" in found("bank.yaml", 'example: "chl_', 'example: "ch_')
