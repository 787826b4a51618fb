"""A wrong contract is refused with file, line, place and remedy."""

import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from native_bridge.canonical import compile_contract, contract_hash
from native_bridge.check import check
from native_bridge.errors import ContractError
from native_bridge.model import COMPILED, FOLDER, compile_folder, load
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
