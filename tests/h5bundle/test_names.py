"""Release-stable names: what counts as a hash, what is rewritten, and what is refused with its place."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from h5bundle.assets import collect
from h5bundle.commands import build
from h5bundle.errors import BuildError, ProjectError
from h5bundle.names import hash_of, stable
from h5bundle.project import Project, parse_declaration

PAGE = b'<script type="module" src="./assets/index-BkX3a_9Q.js"></script>'
SCRIPT = b'import("./page-C0ffee12.js");\n//# sourceMappingURL=index-BkX3a_9Q.js.map'
FILES = {
    "assets/index-BkX3a_9Q.js": SCRIPT,
    "assets/index-BkX3a_9Q.js.map": b'{"file":"index-BkX3a_9Q.js"}',
    "assets/page-C0ffee12.js": b"export default 1",
    "index.html": PAGE,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("assets/index-BkX3a_9Q.js", "BkX3a_9Q"),
        ("assets/index-BkX3a_9Q.js.map", "BkX3a_9Q"),
        ("main.3f2a1b4c5d6e7f809a1b.js", "3f2a1b4c5d6e7f809a1b"),
        ("179.3f2a1b4c.chunk.js", "3f2a1b4c"),
        ("main.3f2a1b4c.js.LICENSE.txt", "3f2a1b4c"),
        ("chunk-ABCD2345.mjs", "ABCD2345"),
        ("3f2a1b4c5d6e7f80.png", None),
        ("report-20240101.pdf", None),
        ("my-settings.js", None),
        ("page-stable00.js", None),
        ("index.html", None),
    ],
)
def test_a_hash_is_told_from_a_word(path: str, expected: str | None) -> None:
    assert hash_of(path) == expected


def test_every_reference_follows_and_no_byte_moves() -> None:
    assert stable(FILES) == {
        "assets/index-stable00.js": SCRIPT.replace(b"C0ffee12", b"stable00").replace(b"BkX3a_9Q", b"stable00"),
        "assets/index-stable00.js.map": b'{"file":"index-stable00.js"}',
        "assets/page-stable00.js": b"export default 1",
        "index.html": PAGE.replace(b"BkX3a_9Q", b"stable00"),
    }


def test_a_second_time_changes_nothing() -> None:
    once = stable(FILES)
    assert stable(once) == once


def test_names_do_not_depend_on_the_hashes() -> None:
    other = {
        path.replace("C0ffee12", "D1abcdE4"): data.replace(b"C0ffee12", b"D1abcdE4") for path, data in FILES.items()
    }
    assert stable(other) == stable(FILES)


def test_files_of_one_name_are_numbered_as_the_bundle_speaks_of_them() -> None:
    files = {"index.html": b"./b-Zz345678.js ./b-Aa345678.js", "b-Aa345678.js": b"second", "b-Zz345678.js": b"first"}
    assert stable(files) == {
        "b-stable00.js": b"first",
        "b-stable01.js": b"second",
        "index.html": b"./b-stable00.js ./b-stable01.js",
    }


def test_a_name_that_is_taken_is_not_given_again() -> None:
    files = {"index.html": b"./b-Zz345678.js ./b-stable00.js", "b-Zz345678.js": b"1", "b-stable00.js": b"2"}
    assert stable(files)["b-stable01.js"] == b"1"


def test_a_file_of_which_the_bundle_does_not_speak_keeps_its_name() -> None:
    files = {"index.html": b"", "photo-Zz345678.png": b"\x89"}
    assert stable(files) == files


def test_a_file_of_which_only_itself_and_its_map_speak_keeps_its_name() -> None:
    files = {
        "index.html": b'import("./b-"+"Zz34"+"5678.js")',
        "b-Zz345678.js": b"//# sourceMappingURL=b-Zz345678.js.map",
        "b-Zz345678.js.map": b'{"file":"b-Zz345678.js"}',
    }
    assert stable(files) == files


def test_a_word_that_stands_elsewhere_too_is_left_alone() -> None:
    files = {"index.html": b'"./icons-HomePage.js"; "HomePage"', "icons-HomePage.js": b""}
    assert stable(files) == files


def test_a_table_of_webpack_keeps_leading_to_its_files() -> None:
    runtime = b'r.u=e=>e+"."+{179:"3f2a1b4c",20:"aa11bb22"}[e]+".chunk.js"'
    made = stable({"main.js": runtime, "179.3f2a1b4c.chunk.js": b"1", "20.aa11bb22.chunk.js": b"2"})
    assert made == {
        "main.js": b'r.u=e=>e+"."+{179:"stable00",20:"stable00"}[e]+".chunk.js"',
        "179.stable00.chunk.js": b"1",
        "20.stable00.chunk.js": b"2",
    }


def test_the_end_of_a_name_may_be_a_string_of_its_own() -> None:
    made = stable({"main.js": b'r.c=e=>e+".3f2a1b4c.css"', "608.3f2a1b4c.css": b"1"})
    assert made == {"main.js": b'r.c=e=>e+".stable00.css"', "608.stable00.css": b"1"}


def test_in_a_source_map_escaped_strings_follow_and_the_rest_stays() -> None:
    files = {
        "b-3f2a1b4c.js": b"",
        "b-3f2a1b4c.js.map": b'"{1:\\"3f2a1b4c\\"}", "x3f2a1b4cx"',
        "index.html": b"b-3f2a1b4c.js",
    }
    assert stable(files)["b-stable00.js.map"] == b'"{1:\\"stable00\\"}", "x3f2a1b4cx"'


@pytest.mark.parametrize(
    "text",
    [
        b'"./b-"+"Zz345678"+".js"',
        b'"./bZz345678.js"',
        b'"./b-Zz345678"',
        b'"./xb-Zz345678.js"',
        b'"./b-Zz345678.jsx"',
        b'"./b\\u002dZz345678.js"',
    ],
)
def test_what_is_not_certain_is_refused_with_its_place(text: bytes) -> None:
    with pytest.raises(
        BuildError, match=r"^app\.js:2:\d+: Zz345678 of b-Zz345678\.js stands in no whole file name"
    ) as refused:
        stable({"app.js": b"\n" + text, "b-Zz345678.js": b""})
    assert "keep hashed names" in refused.value.remedy


def test_a_hash_in_a_file_of_bytes_is_refused() -> None:
    with pytest.raises(BuildError, match=r"app\.wasm is no text and holds Zz345678"):
        stable({"app.wasm": b"\0b-Zz345678.js", "b-Zz345678.js": b""})


def test_the_integrity_of_a_rewritten_file_is_refused() -> None:
    proof = base64.b64encode(hashlib.sha384(SCRIPT).digest())
    with pytest.raises(BuildError, match=r"^index\.html:1:\d+: the integrity of assets/index-BkX3a_9Q\.js"):
        stable({**FILES, "index.html": PAGE + b"sha384-" + proof})


def test_a_compressed_copy_and_a_workers_list_are_refused() -> None:
    with pytest.raises(BuildError, match="has a compressed copy"):
        stable({**FILES, "assets/index-BkX3a_9Q.js.gz": b"\x1f\x8b"})
    with pytest.raises(BuildError, match=r"^sw\.js:1:3: a service worker's list"):
        stable({**FILES, "sw.js": b'{"revision":null,"url":"assets/page-C0ffee12.js"}'})


NAMES = st.lists(
    st.from_regex(r"[a-z]{1,3}-[A-Z][0-9][A-Za-z0-9]{6}\.(js|css)", fullmatch=True), min_size=1, max_size=8
)


@given(names=NAMES, data=st.data())
@settings(deadline=None, max_examples=80)
def test_every_reference_of_a_graph_leads_to_the_same_file(names: list[str], data: st.DataObject) -> None:
    paths = sorted({re.split(r"[-.]", name)[1].casefold(): name for name in names}.values())
    links = {path: data.draw(st.lists(st.sampled_from(paths), max_size=4)) for path in [*paths, "index.html"]}
    files = {path: _content(number, links[path]) for number, path in enumerate(links)}
    made = stable(files)
    renamed = {_number(content): path for path, content in made.items()}
    assert sorted(map(len, made.values())) == sorted(map(len, files.values()))
    assert {number: _targets(made[path]) for number, path in renamed.items()} == {
        _number(content): [renamed[_number(files[target])] for target in _targets(content)]
        for content in files.values()
    }


def _content(number: int, links: list[str]) -> bytes:
    return f"file {number}".encode() + b"".join(f'\nimport "./{link}";'.encode() for link in links)


def _number(content: bytes) -> bytes:
    return content.split(b"\n")[0]


def _targets(content: bytes) -> list[str]:
    return [found.decode() for found in re.findall(rb'"\./([^"]+)"', content)]


@given(
    files=st.dictionaries(
        st.from_regex(r"[ab]-[A-C1]{8}\.(js|bin)", fullmatch=True), st.binary(max_size=60), max_size=5
    )
)
@settings(deadline=None)
def test_any_files_are_renamed_or_refused_and_none_is_lost(files: dict[str, bytes]) -> None:
    try:
        made = stable(files)
    except BuildError:
        return
    assert sorted(map(len, made.values())) == sorted(map(len, files.values()))


def _project(folder: Path, more: str) -> Project:
    declaration = parse_declaration(f"id: demo\nversion: 1.0.0\ntitle: {{zh: 例, en: Demo}}\n{more}")
    return Project(folder, declaration, "")


def test_the_declaration_asks_for_it(tmp_path: Path) -> None:
    for path, content in FILES.items():
        (tmp_path / "dist" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "dist" / path).write_bytes(content)
    assert collect(_project(tmp_path, "dist: dist\n")) == FILES
    assert collect(_project(tmp_path, "dist: dist\nnames: stable\n")) == stable(FILES)


def test_own_builds_then_have_no_fingerprints(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.js").write_text("1", encoding="utf-8")
    built = _project(tmp_path, "names: stable\nbuild: {bundles: {app.js: {sources: [app.js]}}}\n")
    assert list(collect(built)) == ["app.js"]


def test_the_command_asks_for_it_too(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/index.html").write_text("./b-Zz345678.js", encoding="utf-8")
    (tmp_path / "dist/b-Zz345678.js").write_text("1", encoding="utf-8")
    text = "id: demo\nversion: 1.0.0\ntitle: {zh: 例, en: Demo}\ndist: dist\n"
    (tmp_path / "bundle.yaml").write_text(text, encoding="utf-8")
    assert list(build.run(tmp_path, tmp_path / "out", names="stable")) == ["b-stable00.js", "index.html"]


def test_another_word_is_refused() -> None:
    with pytest.raises(ProjectError, match="names: 'short' is neither hashed nor stable"):
        parse_declaration("id: demo\nversion: 1.0.0\ntitle: {zh: 例, en: Demo}\ndist: dist\nnames: short\n")
