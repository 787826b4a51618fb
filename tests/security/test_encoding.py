import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.encoding import b64url_decode, b64url_encode, canonical_json, clean_text, lp, lp_read, parse_json
from security.errors import EncodingError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=70))
def test_base64url_gives_back_what_it_took(data: bytes) -> None:
    assert b64url_decode(b64url_encode(data)) == data


@given(st.text(alphabet="AZaz09-_=+/ \n", max_size=8))
def test_base64url_has_one_form_only(text: str) -> None:
    try:
        data = b64url_decode(text)
    except EncodingError:
        return
    assert b64url_encode(data) == text


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=6))
def test_length_prefixed_texts_read_back(texts: list[str]) -> None:
    assert lp_read(lp(*texts)) == tuple(texts)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=4), st.data())
def test_no_two_lists_of_texts_share_bytes(texts: list[str], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=4))
    assert (lp(*texts) == lp(*others)) == (texts == others)


@pytest.mark.parametrize("data", [b"\0\0\0", b"\0\0\0\2a", b"\0\0\0\1a\0", b"\0\0\0\1\xff"])
def test_length_prefixed_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(EncodingError):
        lp_read(data)


@given(JSON)
def test_canonical_json_reads_back_and_stays(value: object) -> None:
    data = canonical_json(value)
    assert parse_json(data) == value
    assert canonical_json(parse_json(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"NaN",
        b"[Infinity]",
        b"\xff",
        b"{",
        b"",
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b"1" * 5000,
    ],
)
def test_loose_json_is_refused(data: bytes) -> None:
    with pytest.raises(EncodingError):
        parse_json(data)


def test_json_of_the_allowed_depth_is_read() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32) == json.loads("[" * 32 + "]" * 32)


@pytest.mark.parametrize("value", [2**53, float("nan"), {"a": "\ud800"}, {1: 2}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(EncodingError):
        canonical_json(value)


@pytest.mark.parametrize(
    "text", ["a\u202eb", "a\u200bb", "\ufeff", "e\u0301", "a\u0000", "\u2028", "a\u2069", "\ud800"]
)
def test_what_a_person_cannot_see_is_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        clean_text(text)


def test_clean_text_passes() -> None:
    assert clean_text("金芒果 · 稳盈 90 天") == "金芒果 · 稳盈 90 天"
