"""The browser's twin of encodings, approvals and display against the vectors that the server's side passes."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from native_bridge import __file__ as package
from security.jwk import parse_jwk
from security.suites import ES256

pytestmark = pytest.mark.browser
VECTORS = Path(package).parent / "vectors"
DISPLAY: dict[str, Any] = json.loads((VECTORS / "display.json").read_text(encoding="utf-8"))
ENCODING: dict[str, Any] = json.loads((VECTORS / "encoding.json").read_text(encoding="utf-8"))
ADDED = ("ui", "seq", "factor")
FIELDS = ENCODING["transactions"][0]["fields"]


def each(bench: Page, source: str, items: list[Any]) -> list[Any]:
    """Apply a JavaScript function to each item; an error gives its code."""
    script = f"""async (items) => {{
      const action = {source};
      const results = [];
      for (const item of items) results.push(await outcome(() => action(item)));
      return results.map((one) => ("ok" in one ? one.ok : one.code));
    }}"""
    return bench.evaluate(script, items)


def test_base64url(bench: Page) -> None:
    valid = ENCODING["b64url"]["valid"]
    decoded = each(bench, "(text) => encoding.hex(encoding.b64urlDecode(text))", [one["text"] for one in valid])
    encoded = each(bench, "(text) => encoding.b64urlEncode(encoding.fromHex(text))", [one["hex"] for one in valid])
    assert decoded == [one["hex"] for one in valid]
    assert encoded == [one["text"] for one in valid]
    invalid = ENCODING["b64url"]["invalid"]
    assert each(bench, "(text) => encoding.b64urlDecode(text)", invalid) == ["ENCODING_INVALID"] * len(invalid)


def test_length_prefixed_texts(bench: Page) -> None:
    texts = [one["texts"] for one in ENCODING["lp"]]
    assert each(bench, "(texts) => encoding.hex(encoding.lp(...texts))", texts) == [
        one["hex"] for one in ENCODING["lp"]
    ]


def test_clean_text(bench: Page) -> None:
    clean, unclean = ENCODING["cleanText"]["clean"], ENCODING["cleanText"]["unclean"]
    assert each(bench, "(text) => encoding.cleanText(text)", clean) == clean
    assert each(bench, "(text) => encoding.cleanText(text)", unclean) == ["ENCODING_INVALID"] * len(unclean)


def test_canonical_json(bench: Page) -> None:
    texts = [one["text"] for one in ENCODING["canonicalJson"]]
    spaced = [json.dumps(json.loads(text), indent=1) for text in texts]
    assert each(bench, "(text) => encoding.canonicalJson(encoding.parseJson(text))", spaced) == texts


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":2}', '{"a":{"b":1,"\\u0062":2}}', "[" * 33 + "]" * 33, "NaN", "{", '{"a" \n : 1, "a": 1}']
)
def test_loose_json_is_refused(bench: Page, text: str) -> None:
    assert each(bench, "(text) => encoding.parseJson(text)", [text]) == ["ENCODING_INVALID"]


def test_a_key_in_a_value_is_no_duplicate(bench: Page) -> None:
    text = '{"a":"\\"b\\":","b":["a","a",{"a":"{\\"a\\":1"}]}'
    assert each(bench, "(text) => encoding.canonicalJson(encoding.parseJson(text))", [text]) == [text]


def test_thumbprints(bench: Page) -> None:
    keys = [one["jwk"] for one in ENCODING["thumbprints"]]
    assert each(bench, "(jwk) => keys.thumbprint(jwk)", keys) == [one["thumbprint"] for one in ENCODING["thumbprints"]]


@pytest.mark.parametrize(
    ("name", "function"), [("register", "registerTranscript"), ("bind", "bindMessage"), ("login", "loginMessage")]
)
def test_transcripts(bench: Page, name: str, function: str) -> None:
    vector = ENCODING["transcripts"][name]
    assert each(bench, f"(parts) => encoding.hex(keys.{function}(parts))", [vector["parts"]]) == [vector["hex"]]


BUILD = """(fields) => {
  const { ui, seq, factor, ...frozen } = fields;
  return encoding.hex(approval.buildMessage(frozen, { ui, seq, factor }));
}"""


def test_the_bytes_of_a_transaction(bench: Page) -> None:
    vectors = ENCODING["transactions"]
    assert each(bench, BUILD, [one["fields"] for one in vectors]) == [one["hex"] for one in vectors]


def test_malformed_fields_are_refused(bench: Page) -> None:
    broken = [FIELDS | {name: value} for name, values in ENCODING["refusedFields"].items() for value in values]
    assert len(broken) > 20
    assert each(bench, BUILD, broken) == ["CHALLENGE_INVALID"] * len(broken)


def test_missing_and_unknown_fields_are_refused(bench: Page) -> None:
    without = [{key: value for key, value in FIELDS.items() if key != name} for name in FIELDS]
    assert each(bench, BUILD, [*without, FIELDS | {"x": "y"}]) == ["CHALLENGE_INVALID"] * (len(without) + 1)


def test_signatures_come_out_in_the_lower_half(bench: Page) -> None:
    lowered = each(
        bench,
        """({ highS, canonical }) => [highS, canonical].map((text) =>
          encoding.b64urlEncode(keys.lowS(encoding.b64urlDecode(text))))""",
        ENCODING["signatures"],
    )
    assert lowered == [[one["canonical"]] * 2 for one in ENCODING["signatures"]]


def test_signatures_of_the_browser_pass_the_servers_suite(bench: Page) -> None:
    source = """async () => {
      const device = await keys.DeviceKeys.open(new MemoryStore());
      const made = [];
      for (let round = 0; round < 24; round += 1) made.push(encoding.hex(await device.sign("tx", encoding.utf8("m"))));
      return { jwk: device.tx.jwk, made };
    }"""
    answer = bench.evaluate(source)
    for signature in answer["made"]:
        ES256.verify(parse_jwk(answer["jwk"]).public_key, b"m", bytes.fromhex(signature))


def test_device_keys_cannot_be_exported_and_stay_the_same(bench: Page) -> None:
    source = """async () => {
      const store = await Store.open("keys-test");
      const first = await keys.DeviceKeys.open(store);
      const second = await keys.DeviceKeys.open(store);
      const exported = await crypto.subtle.exportKey("jwk", second.tx.privateKey).then(() => true, () => false);
      return [first.pop.thumbprint === second.pop.thumbprint, first.pop.thumbprint === first.tx.thumbprint, exported];
    }"""
    assert bench.evaluate(source) == [True, False, False]


def test_rows_and_their_hash(bench: Page) -> None:
    source = """async ({ template, fields, locale }) => {
      const rows = approval.renderRows({ template, fields, locale });
      return [rows.map(({ key, label, value }) => [key, label, value]), await approval.displayHash(rows)];
    }"""
    cases = DISPLAY["cases"]
    given = [{"template": DISPLAY["template"], "fields": case["fields"], "locale": case["locale"]} for case in cases]
    assert each(bench, source, given) == [[case["rows"], case["hash"]] for case in cases]


def test_the_templates_hash(bench: Page) -> None:
    assert each(bench, "(template) => approval.templateHash(template)", [DISPLAY["template"]]) == [
        DISPLAY["templateHash"]
    ]


def test_capital_numerals(bench: Page) -> None:
    amounts = [one["amount"] for one in DISPLAY["uppercase"]]
    assert each(bench, "(amount) => approval.uppercaseAmount(amount)", amounts) == [
        one["text"] for one in DISPLAY["uppercase"]
    ]
    refused = DISPLAY["refusedAmounts"]
    assert each(bench, "(amount) => approval.uppercaseAmount(amount)", refused) == ["CHALLENGE_INVALID"] * len(refused)


def test_what_cannot_be_drawn_is_an_error(bench: Page) -> None:
    source = "({ row, fields }) => approval.renderRows({ template: { rows: [row] }, fields, locale: 'en' })"
    rows = [{"row": row, "fields": DISPLAY["cases"][0]["fields"]} for row in DISPLAY["refusedRows"]]
    assert each(bench, source, rows) == ["CHALLENGE_INVALID"] * len(rows)
