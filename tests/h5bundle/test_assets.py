import os
from collections.abc import Callable
from pathlib import Path

import pytest

from h5bundle.assets import collect, texts
from h5bundle.digests import sha256
from h5bundle.errors import BuildError, PathError
from h5bundle.project import read_project

HEAD = "id: wealth\nversion: 1.0.0\ntitle: {zh: 名, en: Name}\n"
BUILD = (
    HEAD
    + """build:
  source: src
  bundles:
    app.js: {sources: [one.js, "part-*.js"], filters: [esmin]}
    app.css: {sources: [app.css], filters: [rcssmin]}
  copy: [index.html, "img/*"]
"""
)
SOURCES = {
    "src/one.js": 'import { x } from "./_shared/common/ui.js"; // c\nconst t = `a  // b ${x}`;\n',
    "src/part-b.js": "export const b = 2;\n",
    "src/part-a.js": "export const a = 1;\n",
    "src/app.css": "body { color : red ; }\n",
    "src/index.html": '<link rel="stylesheet" href="asset:app.css"><script type="module" src="asset:app.js"></script>',
    "src/img/dot.png": b"\x89PNG",
    "src/.DS_Store": b"x",
}


def test_outputs_carry_their_hash_and_pages_name_them(project: Callable[..., Path]) -> None:
    files = collect(read_project(project(BUILD, SOURCES)))
    script = next(name for name in files if name.endswith(".js"))
    style = next(name for name in files if name.endswith(".css"))
    assert script == f"app.{sha256(files[script])[:8]}.js"
    assert sorted(files) == sorted([script, style, "index.html", "img/dot.png"])
    assert files["index.html"].decode() == (
        f'<link rel="stylesheet" href="./{style}"><script type="module" src="./{script}"></script>'
    )
    assert files[style] == b"body{color:red}"
    assert b"`a  // b ${x}`" in files[script]
    assert files[script].index(b"a=1") < files[script].index(b"b=2")


def test_scripts_that_name_each_other_get_the_new_names(project: Callable[..., Path]) -> None:
    text = HEAD + "build: {bundles: {a.js: {sources: [a.js]}, b.js: {sources: [b.js]}}, copy: [index.html]}\n"
    sources = {"src/a.js": 'import "./b.js";', "src/b.js": "1;", "src/index.html": "asset:a.js"}
    files = collect(read_project(project(text, sources)))
    second = next(name for name in files if name.startswith("b."))
    first = next(name for name in files if name.startswith("a."))
    assert files[first] == f'import "./{second}";'.encode()


@pytest.mark.parametrize(
    ("build", "sources", "named"),
    [
        ("{bundles: {a.js: {sources: [none.js]}}}", {"src/a.js": ""}, "none.js"),
        (
            "{bundles: {a.js: {sources: [a.js]}}, copy: [index.html]}",
            {"src/a.js": "", "src/index.html": "asset:b.js"},
            "b.js",
        ),
        (
            "{bundles: {a.js: {sources: [a.js]}, b.js: {sources: [b.js]}}}",
            {"src/a.js": '"./b.js"', "src/b.js": '"./a.js"'},
            "circle",
        ),
        ("{bundles: {a.js: {sources: [a.js], filters: [rjsmin]}}}", {"src/a.js": "`x`"}, "esmin"),
        ("{bundles: {a.js: {sources: [a.js], filters: [esmin]}}}", {"src/a.js": "`x"}, "does not end"),
        ("{bundles: {a.js: {sources: [a.js]}}, copy: [a.js]}", {"src/a.js": ""}, "copied and built"),
        ("{copy: [index.html]}", {"src/index.html": b"\xff"}, "UTF-8"),
    ],
)
def test_a_build_that_cannot_be_right_is_refused(
    project: Callable[..., Path], build: str, sources: dict[str, str | bytes], named: str
) -> None:
    with pytest.raises(BuildError) as caught:
        collect(read_project(project(f"{HEAD}build: {build}\n", sources)))
    assert named in f"{caught.value.detail} {caught.value.remedy}"


def test_a_link_in_a_dist_folder_is_refused(project: Callable[..., Path]) -> None:
    folder = project(HEAD + "dist: dist\n", {"dist/index.html": "x"})
    (folder / "dist" / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(BuildError, match="passwd"):
        collect(read_project(folder))


def test_a_device_in_a_dist_folder_is_refused(project: Callable[..., Path]) -> None:
    folder = project(HEAD + "dist: dist\n", {"dist/index.html": "x"})
    os.mkfifo(folder / "dist" / "pipe")
    with pytest.raises(BuildError, match="pipe"):
        collect(read_project(folder))


def test_names_that_differ_by_case_are_refused(project: Callable[..., Path]) -> None:
    with pytest.raises(PathError):
        collect(read_project(project(HEAD + "dist: dist\n", {"dist/index.html": "x", "dist/INDEX.html": "y"})))


def test_the_check_sees_sources_under_the_names_that_people_know(project: Callable[..., Path]) -> None:
    found = texts(read_project(project(BUILD, SOURCES)))
    assert sorted(found) == ["src/app.css", "src/index.html", "src/one.js", "src/part-a.js", "src/part-b.js"]
