import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from h5bundle.delta.aligning import Renamings
from h5bundle.delta.rewriting import Changes, hash_parts, ordered, renamed_file, replaced
from h5bundle.delta.wire import Head
from tests.h5bundle.delta.releases import program


def renamed(text: bytes, *changes: tuple[int, bytes]) -> bytes:
    head = Head((), (0,), tuple(gap for gap, _ in changes), tuple(name for _, name in changes))
    return renamed_file(text, Changes(head))


def test_a_renaming_holds_until_the_next_of_the_same_identifier() -> None:
    assert renamed(b"e+t+e+t+e", (1, b"n"), (1, b"r")) == b"e+n+e+r+e"
    assert renamed(b"e+t+e", (0, b"tt")) == b"tt+t+tt"


def test_members_numbers_and_long_words_are_no_identifiers() -> None:
    assert renamed(b"a.a,...a,0a,aaaa,a0,_a$,..a", (0, b"z")) == b"z.a,...z,0a,aaaa,a0,_a$,..z"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("c/chunk-KFBOBJHN.mjs", "c/chunk-KFBOXXXX.mjs", (b"KFBOBJHN", b"KFBOXXXX")),
        ("main.0123abcd.js", "main.0123abce.js", (b"0123abcd", b"0123abce")),
        ("0123abcd.js", "1123abcd.js", (b"0123abcd", b"1123abcd")),
        ("a/index-B3x-9_aKq7.js", "a/index-B3x-7_aKq9.js", (b"9_aKq7", b"7_aKq9")),
        ("a/index-B3x-9aKq7.js", "a/index-B3x-7aKq9.js", None),
        ("a-1.js", "a-2.js", None),
        ("page.js", "pages.js", None),
        ("same.js", "same.js", None),
        ("one/abcdefgh.js", "two/abcdefgh.js", None),
    ],
)
def test_the_hash_of_a_name_reaches_from_separator_to_separator(
    old: str, new: str, parts: tuple[bytes, bytes] | None
) -> None:
    assert hash_parts(old, new) == parts


def test_replacements_go_from_left_to_right_and_never_twice() -> None:
    assert replaced([b"aaaaaabbbbbb"], {b"aaaaaa": b"bbbbbb", b"bbbbbb": b"aaaaaa"}) == [b"bbbbbbaaaaaa"]


def test_paths_are_sorted_by_utf_16() -> None:
    assert ordered({"\U0001f600": 0, "\uff5e": 0, "10": 0, "9": 0}) == ["10", "9", "\U0001f600", "\uff5e"]


@settings(deadline=None)
@given(st.permutations("etnrioa"), st.permutations("etnrioa"))
def test_what_the_producer_finds_makes_the_old_file_the_new_one(one: list[str], other: list[str]) -> None:
    old, new = program("".join(one)), program("".join(other))
    found = Renamings()
    if found.add(old, new):
        assert renamed_file(old, Changes(Head((), (0,), tuple(found.gaps), tuple(found.names)))) == new
    else:
        assert old == new
