import random  # noqa: TID251 - noise of a known seed

from hypothesis import given, settings
from hypothesis import strategies as st

from h5bundle import delta
from h5bundle.delta import frames, wire
from tests.h5bundle.delta.releases import application, program, release, small_pair

names = st.sampled_from(["app.js", "style.css", "a-abcdefgh.js", "a-ijklmnop.js", "x.png", "deep/er.js", "é.js"])
scraps = st.sampled_from([b"e", b"t", b".e", b"...e", b"12", b"abcd", b"(", b"{}", b"\xff", b"abcdefgh", b"ijklmnop"])
contents = st.one_of(st.binary(max_size=40), st.lists(scraps, max_size=400).map(b"".join))
trees = st.dictionaries(names, contents, max_size=5)


@settings(deadline=None)
@given(trees, trees)
def test_what_is_made_gives_exactly_the_changed_files(old: dict[str, bytes], new: dict[str, bytes]) -> None:
    base, _ = release(old)
    files, manifest = release(new, "1.0.1")
    for effort in (delta.FULL, delta.ON_DEMAND):
        made = delta.make(base, manifest, files, effort=effort)
        if made is not None:
            expected = {path: files[path] for path in delta.changed(base, manifest)}
            assert delta.apply(made, base, manifest) == expected


def test_a_program_that_was_only_mangled_otherwise_costs_little() -> None:
    base, _ = release({"app.js": program("etnri")})
    files, manifest = release({"app.js": program("tenri")}, "1.0.1")
    renaming = delta.make(base, manifest, files)
    plain = delta.make(base, manifest, files, effort=delta.Effort(level=19, rename=False, whole=19))
    assert renaming is not None
    assert plain is not None
    assert wire.decode(renaming)[0].renamed == (0,)
    assert len(renaming) < len(plain) / 2


def test_new_hashes_in_names_are_named_once() -> None:
    made, base, manifest, expected = small_pair()
    head, _ = wire.decode(made)
    assert len(head.pairs) == 2
    assert delta.apply(made, base, manifest) == expected


def test_on_demand_finds_hashed_names_without_reading_the_files() -> None:
    base, _ = release(application("etnri", "hello"))
    files, manifest = release(application("etnri", "good morning"), "1.0.1")
    made = delta.make(base, manifest, files, effort=delta.ON_DEMAND)
    assert made is not None
    assert len(wire.decode(made)[0].pairs) == 1


def test_the_same_input_gives_the_same_bytes() -> None:
    assert small_pair()[0] == small_pair()[0]


def test_the_order_of_the_mappings_does_not_matter() -> None:
    made, base, manifest, expected = small_pair()
    backwards = dict(reversed(base.items()))
    again = delta.make(backwards, manifest, {**base, **expected})
    assert again == made


def test_nothing_is_made_when_nothing_changed() -> None:
    files, manifest = release({"app.js": program("etnri")})
    assert delta.make(files, manifest, files) is None


def test_nothing_is_made_when_nothing_is_gained() -> None:
    base, _ = release({"app.js": program("etnri")})
    files, manifest = release({"photo.png": random.Random(7).randbytes(20_000)}, "1.0.1")
    assert delta.make(base, manifest, files) is None


def test_a_file_that_moved_or_is_twice_there_is_sent_once() -> None:
    base, _ = release({"app.js": program("etnri"), "old.css": b"a{}" * 90})
    new = program("etnri") + b";more(1)"
    files, manifest = release({"app.js": new, "copy.js": new, "moved.css": b"a{}" * 90}, "1.0.1")
    made = delta.make(base, manifest, files)
    assert made is not None
    assert delta.apply(made, base, manifest) == {"app.js": new}


def test_a_base_of_a_few_bytes_is_no_dictionary_but_works() -> None:
    files, manifest = release({f"{number}.js": program("etnri") + b"%d" % number for number in range(9)}, "1.0.1")
    made = delta.make({"a": b"x"}, manifest, files)
    assert made is not None
    assert delta.apply(made, {"a": b"x"}, manifest) == files


def test_one_thread_and_no_extras_pin_the_frames() -> None:
    frame = frames.compress(b"tide" * 100_000, b"gate" * 4, 19)
    assert frame == frames.compress(b"tide" * 100_000, b"gate" * 4, 19)
    assert frame[0] & 0b1111 == 0
