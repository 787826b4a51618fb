import resource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from h5bundle import delta
from h5bundle.delta import frames, wire
from h5bundle.delta.wire import Head
from tests.h5bundle.delta.releases import corrupted, program, release, small_pair

MADE, BASE, MANIFEST, EXPECTED = small_pair()


def outcome(data: bytes) -> dict[str, bytes] | None:
    try:
        return delta.apply(data, BASE, MANIFEST)
    except delta.DeltaError:
        return None


def test_no_corruption_gives_other_bytes_or_another_error() -> None:
    results = [outcome(data) for data in corrupted(MADE)]
    assert [one for one in results if one is not None and one != EXPECTED] == []
    assert results.count(None) > 0.9 * len(results)


def test_another_base_is_refused() -> None:
    for path in BASE:
        with pytest.raises(delta.DeltaError):
            delta.apply(MADE, {**BASE, path: BASE[path] + b"x"}, MANIFEST)
    with pytest.raises(delta.DeltaError):
        delta.apply(MADE, {}, MANIFEST)


def test_another_release_is_refused() -> None:
    _, other = release({"app.js": program("abc")}, "1.0.2")
    with pytest.raises(delta.DeltaError):
        delta.apply(MADE, BASE, other)


def test_a_bomb_takes_no_memory() -> None:
    bomb = frames.compress(bytes(400_000_000), b"", 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert outcome(wire.encode(Head(), bomb, 1)) is None
    head = wire.MAGIC + wire.number(wire.HEAD_LIMIT) + wire.number(len(bomb)) + bomb
    assert outcome(head) is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_a_window_larger_than_both_releases_is_refused() -> None:
    window_of_128_mib = bytes([17 << 3])
    head, body = wire.decode(MADE)
    assert outcome(wire.encode(head, body[:1] + window_of_128_mib + body[2:], 19)) is None


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_comes_is_refused_with_the_one_error(data: bytes) -> None:
    assert outcome(data) is None
    assert outcome(wire.MAGIC + data) is None


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3).map(tuple),
    st.lists(st.integers(0, 9), max_size=3).map(tuple),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=3)), max_size=4),
)
def test_a_head_that_makes_no_sense_is_refused(
    pairs: tuple[tuple[int, int], ...], renamed: tuple[int, ...], changes: list[tuple[int, bytes]]
) -> None:
    _, body = wire.decode(MADE)
    head = Head(pairs, renamed, tuple(gap for gap, _ in changes), tuple(name for _, name in changes))
    assert outcome(wire.encode(head, body, 3)) is None
