"""The host core under arbitrary input: nothing escapes, each id has at most one answer, JSON means one thing only."""

import json
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native_bridge.model import COMPILED
from tests.native_bridge.bridge.chromium import Chromium

pytestmark = pytest.mark.browser
CONTRACT = json.loads(COMPILED.read_bytes())
METHODS = sorted(CONTRACT["methods"])
BOUNDED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**54), 2**54), st.floats(allow_nan=False), st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PARAMS = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"key": st.text("ab./", max_size=5)}),
    st.fixed_dictionaries({"op": st.sampled_from(["wealth.product.list", "x.y"])}),
    st.just({"challengeId": "chl_0123456789"}),
    st.dictionaries(st.text(max_size=4), VALUES, max_size=3),
)
REQUESTS = st.fixed_dictionaries(
    {
        "v": st.sampled_from([1, 1, 1, 1, 2]),
        "t": st.sampled_from(["req", "req", "req", "cancel", "hello", "res"]),
        "s": st.sampled_from(["TOKEN", "TOKEN", "TOKEN", "OTHER", ""]),
        "n": st.integers(-1, 40),
        "id": st.sampled_from([f"r{number}" for number in range(12)]),
        "m": st.sampled_from([*METHODS, "grant.allow", "__proto__", "constructor"]),
        "mv": st.sampled_from([1, 1, 1, 2, 0]),
        "p": PARAMS,
    }
).map(lambda message: {k: v for k, v in message.items() if message["t"] == "req" or k in ("v", "t", "s", "n", "id")})
TEXTS = st.one_of(REQUESTS.map(json.dumps), REQUESTS.map(json.dumps), VALUES.map(json.dumps), st.text(max_size=30))


@pytest.fixture(scope="module")
def core(chromium: Chromium) -> Chromium:
    chromium.open("/pages/core.html")
    chromium.wait("window.ready === true")
    return chromium


@BOUNDED
@given(texts=st.lists(TEXTS, max_size=25), greeted=st.sampled_from([True, True, True, False]))
def test_no_message_makes_the_host_throw_or_answer_an_id_twice(core: Chromium, texts: list[str], greeted: bool) -> None:  # noqa: FBT001 — Hypothesis draws it
    outcome = core.evaluate("play => window.throwAt(play)", {"texts": texts, "greeted": greeted})
    answers = Counter(message["id"] for message in outcome["sent"] if message["t"] == "res")
    assert outcome["thrown"] == []
    assert [identity for identity, times in answers.items() if times > 1] == []
    assert {message["t"] for message in outcome["sent"]} <= {"init", "welcome", "res", "err", "end", "evt", "pong"}
    assert outcome["audit"] >= len(texts) - sum('"t": "pong"' in text or '"t": "ping"' in text for text in texts)


@BOUNDED
@given(ids=st.lists(st.sampled_from([f"r{number}" for number in range(30)]), unique=True, max_size=16), data=st.data())
def test_every_admitted_id_gets_exactly_one_answer(core: Chromium, ids: list[str], data: st.DataObject) -> None:
    texts = [
        json.dumps(
            {
                "v": 1,
                "t": "req",
                "s": "TOKEN",
                "n": number,
                "id": identity,
                "m": data.draw(st.sampled_from(METHODS)),
                "mv": 1,
                "p": data.draw(PARAMS),
            }
        )
        for number, identity in enumerate(ids)
    ]
    outcome = core.evaluate("play => window.throwAt(play)", {"texts": texts, "greeted": True})
    answered = [message["id"] for message in outcome["sent"] if message["t"] == "res"]
    broken = [text for text in texts if strictly(text) is None]
    assert sorted(answered) == sorted(set(ids) - {json.loads(text)["id"] for text in broken})


def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in items]
    if len(set(names)) != len(names) or "__proto__" in names:
        raise ValueError(names)
    return dict(items)


def constant(word: str) -> None:
    raise ValueError(word)


def bounded(value: Any, depth: int) -> None:
    if isinstance(value, dict | list):
        if depth >= 32:
            raise ValueError(depth)
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            bounded(item, depth + 1)
    elif isinstance(value, str):
        value.encode()
    elif isinstance(value, int | float) and (math.isinf(value) or abs(float(value)) > 2**53 - 1):
        raise ValueError(value)


def strictly(text: str) -> tuple[Any] | None:
    """The reference: Python's parser with duplicate keys, __proto__, big numbers, surrogates and depth refused."""
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
        bounded(value, 0)
    except (ValueError, RecursionError):
        return None
    return (value,)


JSON_TEXTS = st.one_of(
    VALUES.map(json.dumps),
    VALUES.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1)),
    st.text('{}[]":,0123456789.eE+-tfn\\u \n', max_size=20),
    st.tuples(VALUES.map(json.dumps), st.integers(0, 40), st.text('"{}[],:\\1e', min_size=1, max_size=2)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
    ),
    st.sampled_from(
        ['{"a":1,"\\u0061":2}', '"\\ud800"', '"\\ud83d\\ude00"', "-0", "1E400", "9007199254740991", "9007199254740992"]
    ),
)


@BOUNDED
@given(texts=st.lists(JSON_TEXTS, min_size=1, max_size=30))
def test_the_strict_reader_agrees_with_a_reference(core: Chromium, texts: list[str]) -> None:
    read = core.evaluate("texts => window.strict(texts)", texts)
    for text, outcome in zip(texts, read, strict=True):
        expected = strictly(text)
        assert outcome["ok"] == (expected is not None), text
        if expected is not None:
            assert json.loads(outcome["value"]) == expected[0], text


KEYS = st.one_of(st.sampled_from(["a", "b:", ":", "__proto__", "1", "0", "constructor", '"']), st.text(max_size=3))
MEMBERS = st.recursive(
    st.one_of(SCALARS, st.sampled_from([":", "a:b", "::", "\ud83d\ude00"])).map(
        lambda value: json.dumps(value, ensure_ascii=False)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(st.tuples(KEYS.map(lambda key: json.dumps(key, ensure_ascii=False)), inner), max_size=4).map(
            lambda pairs: f"{{{','.join(f'{key}: {value}' for key, value in pairs)}}}"
        ),
    ),
    max_leaves=8,
)
"""Objects as nobody writes them twice: keys that are given again, and colons everywhere."""
TRICKS = [
    '{"a":1,"a":"\\u003a"}',
    '{"a":1,"\\u0061":2}',
    '{"a":1,"a":1,"b":"\\u003a\\u003a"}',
    '{"a":":","a":1}',
    '{"__proto__":1}',
    '{"\\u005f_proto__":{}}',
    '"\\ud83d\\ude00"',
    '"\\uD800"',
    '"\\\\ud800"',
    "[-0, 0.0, -0.0e9]",
    "9007199254740991.4",
    "9007199254740993",
    "1e999",
    "5e-324",
    "[[[[]]]]",
    "[[[[[]]]]]",
    '{"a":{"a":{"a":{}}}}',
    '{"2":1,"1":2}',
    "\ufeff1",
    "",
]


@BOUNDED
@given(texts=st.lists(st.one_of(MEMBERS, JSON_TEXTS, st.sampled_from(TRICKS)), max_size=60), depth=st.integers(0, 5))
def test_the_fast_reader_and_the_strict_one_say_the_same(core: Chromium, texts: list[str], depth: int) -> None:
    assert core.evaluate("asked => window.differing(asked)", {"texts": [*texts, *TRICKS], "depth": depth}) == []


@BOUNDED
@given(texts=st.lists(st.text("aé字😀", max_size=8), max_size=30), most=st.integers(0, 24))
def test_a_text_fits_when_its_bytes_do(core: Chromium, texts: list[str], most: int) -> None:
    expected = [len(text.encode()) <= most for text in texts]
    assert expected == core.evaluate("pairs => window.fitting(pairs)", [[text, most] for text in texts])


TYPES = {
    "Case": {"kind": "record", "doc": "", "fields": {"n": {"type": "int", "optional": False, "nullable": True}}},
    "Choice": {"kind": "union", "doc": "", "tag": "kind", "cases": {"a": "Case"}},
    "Names": {"kind": "list", "doc": "", "of": "Name", "minItems": 1, "maxItems": 2},
    "Name": {"kind": "string", "doc": "", "minLength": 1, "maxLength": 2, "pattern": "[^x]*"},
    "Book": {"kind": "map", "doc": "", "of": "bool", "keyPattern": "[a-z]+", "maxEntries": 1},
    "Price": {"kind": "decimal", "doc": "", "scale": 2},
    "Key": {"kind": "bytes", "doc": "", "minBytes": 1, "maxBytes": 2},
    "Closed": {"kind": "enum", "doc": "", "open": False, "values": ["a"]},
    "Open": {"kind": "enum", "doc": "", "open": True, "values": ["a"]},
    "Free": {"kind": "json", "doc": "", "owner": "x", "roots": ["object"], "maxBytes": 9},
}


@pytest.mark.parametrize(
    ("type_", "value", "path"),
    [
        ("Case", {"n": 1}, None),
        ("Case", {"n": None}, None),
        ("Case", {}, "n"),
        ("Case", {"n": 1.5}, "n"),
        ("Case", {"n": 1, "m": 2}, "m"),
        ("Case", [], ""),
        ("Case", None, ""),
        ("Case", "n", ""),
        ("Choice", {"kind": "a", "n": 1}, None),
        ("Choice", {"kind": "b", "n": 1}, ""),
        ("Choice", {"n": 1}, ""),
        ("Choice", {"kind": "constructor"}, ""),
        ("Names", ["a"], None),
        ("Names", [], ""),
        ("Names", ["a", "b", "c"], ""),
        ("Names", ["a", 1], "[1]"),
        ("Names", {"0": "a", "length": 1}, ""),
        ("Name", "字😀", None),
        ("Name", "", ""),
        ("Name", "abc", ""),
        ("Name", "x", ""),
        ("Name", "a\nx", ""),
        ("Book", {"a": True}, None),
        ("Book", {"A": True}, ""),
        ("Book", {"a": 1}, ".a"),
        ("Book", {"a": True, "b": True}, ""),
        ("Price", "12.50", None),
        ("Price", "-0.1", None),
        ("Price", "1.234", ""),
        ("Price", "01", ""),
        ("Price", 1, ""),
        ("Price", "1.", ""),
        ("Price", "1\n", ""),
        ("Key", "AA", None),
        ("Key", "AB", ""),
        ("Key", "AAA", None),
        ("Key", "AAB", ""),
        ("Key", "AAAA", ""),
        ("Key", "", ""),
        ("Key", "A", ""),
        ("Key", "A=", ""),
        ("Closed", "a", None),
        ("Closed", "b", ""),
        ("Closed", ["a"], ""),
        ("Open", "later", None),
        ("Open", "<b>", ""),
        ("Open", 1, ""),
        ("Free", {"a": 1}, None),
        ("Free", {"a": 12345}, ""),
        ("Free", [1], ""),
        ("Unknown", 1, ""),
    ],
)
def test_a_type_takes_what_it_declares(core: Chromium, type_: str, value: Any, path: str | None) -> None:
    outcome = core.evaluate("play => window.shape(play)", {"types": TYPES, "type": type_, "value": value})
    assert outcome == ({"ok": True, "value": value} if path is None else {"ok": False, "path": path})


def test_an_output_is_cut_to_what_it_declares(core: Chromium) -> None:
    play = {"types": TYPES, "type": "Case", "value": {"n": 1, "token": "secret"}, "output": True}
    assert core.evaluate("play => window.shape(play)", play) == {"ok": True, "value": {"n": 1}}
