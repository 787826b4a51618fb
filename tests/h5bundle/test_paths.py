import pytest
from hypothesis import given
from hypothesis import strategies as st

from h5bundle.errors import PathError
from h5bundle.paths import check_path, check_paths, media_type


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../x.js",
        "a/../x.js",
        "/etc/passwd",
        "a//b.js",
        "a/",
        "a\\b.js",
        "C:x.js",
        "x\x00.js",
        "x\n.js",
        "con.js",
        "a/NUL",
        "a./b.js",
        ".hidden",
        "e\u0301.js",
        "x%2e.js",
        "x#y.js",
        "x?y",
        "a" * 201,
    ],
)
def test_names_that_could_leave_the_bundle_are_refused(path: str) -> None:
    with pytest.raises(PathError):
        check_path(path)


@pytest.mark.parametrize(
    "paths",
    [
        ["App.js", "app.js"],
        ["straße.js", "STRASSE.js"],
        ["a", "a/b.js"],
        ["A", "a/b.js"],
        ["_shared/common/x.js"],
        ["_SHARED/x.js"],
    ],
)
def test_names_that_collide_or_lie_in_the_shared_folder_are_refused(paths: list[str]) -> None:
    with pytest.raises(PathError):
        check_paths(paths)


def test_names_come_back_in_packing_order() -> None:
    assert check_paths(["b.js", "a/c.js", "a/b.js", "潮.png"]) == ("a/b.js", "a/c.js", "b.js", "潮.png")


@given(st.text(max_size=40))
def test_an_accepted_name_never_leaves_its_folder(path: str) -> None:
    try:
        check_path(path)
    except PathError:
        return
    assert not path.startswith("/")
    assert "\\" not in path
    assert ".." not in path.split("/")


def test_media_types_are_those_that_browsers_take() -> None:
    assert [media_type(name) for name in ("a.mjs", "b.JS", "c.wasm", "d.bin")] == [
        "text/javascript; charset=utf-8",
        "text/javascript; charset=utf-8",
        "application/wasm",
        "application/octet-stream",
    ]
