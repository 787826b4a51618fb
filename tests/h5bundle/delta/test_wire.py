import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from h5bundle.delta import wire
from h5bundle.delta.wire import DeltaError, Head, Reader

numbers = st.integers(0, 2**35 - 1)
changes = st.lists(st.tuples(numbers, st.sampled_from([b"e", b"tt", b"$_9"])), max_size=50)


@settings(deadline=None)
@given(st.lists(st.tuples(numbers, numbers), max_size=5), st.lists(numbers, min_size=1, max_size=5), changes)
def test_a_head_comes_back(pairs: list[tuple[int, int]], renamed: list[int], changes: list[tuple[int, bytes]]) -> None:
    head = Head(tuple(pairs), tuple(renamed), tuple(gap for gap, _ in changes), tuple(name for _, name in changes))
    assert wire.decode(wire.encode(head, b"body", 3)) == (head, b"body")


def test_a_delta_that_rewrites_nothing_has_seven_bytes_before_its_body() -> None:
    assert wire.encode(Head(), b"body", 19) == b"TGD1z\0\0body"


@pytest.mark.parametrize("data", [b"\x80\x00", b"\x80\x80\x80\x80\x80\x01", b"\x80", b""])
def test_a_number_has_one_form(data: bytes) -> None:
    with pytest.raises(DeltaError):
        Reader(data).number()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"\x00\x01", id="names cut off"),
        pytest.param(b"\x05\x05aaaaa", id="packed and not shorter"),
        pytest.param(b"\xff\xff\xff\x0f\x01a", id="too large"),
        pytest.param(b"\x01\x00\x7f\x00", id="more pairs than bytes"),
        pytest.param(b"\x03\x00\x00\x00\x01\x00", id="a gap without its name"),
        pytest.param(b"\x00\x02\x00a\n", id="a name without its gap"),
    ],
)
def test_heads_in_another_form_are_refused(head: bytes) -> None:
    with pytest.raises(DeltaError):
        wire.decode(wire.MAGIC + head)
