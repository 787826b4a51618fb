"""The colours that are shipped can be read, and the check finds those that cannot."""

import shutil
from pathlib import Path

import pytest

from native_bridge.shell.colours import ColourError, contrast, distance, read_theme
from native_bridge.shell.contrast import PAGES, SHELL, findings


def test_what_is_shipped_has_no_finding() -> None:
    assert findings() == []


def test_black_on_white_is_twentyone_and_a_colour_on_itself_is_one() -> None:
    assert (round(contrast("#000000", "#FFFFFF"), 2), contrast("#0A5F5B", "#0A5F5B")) == (21.0, 1.0)


def test_a_grey_of_known_contrast() -> None:
    assert round(contrast("#767676", "#FFFFFF"), 2) == 4.54


def test_distance_is_nought_for_the_same_and_a_hundred_from_black_to_white() -> None:
    assert (distance("#E8BE68", "#E8BE68"), round(distance("#000000", "#FFFFFF"))) == (0.0, 100)


def test_a_stylesheet_without_tokens_is_an_error() -> None:
    with pytest.raises(ColourError):
        read_theme(["body{color:red}"], ":root{")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("--ink-3:#5A6B66", "--ink-3:#8A9B96", "ink-3 on canvas"),
        ("--line-strong:#76857F", "--line-strong:#C6D5CF", "line-strong on canvas"),
        ("--r3:#7C5700", "--r3:#E9BF6A", "r3 #E9BF6A is"),
        ("--tide:#0A5F5B", "--tide:#07252B", "tide #07252B is"),
    ],
)
def test_a_worse_token_is_found_for_pages_and_shell(tmp_path: Path, old: str, new: str, told: str) -> None:
    shell, pages = tmp_path / "shell", tmp_path / "pages"
    shutil.copytree(SHELL, shell)
    shutil.copytree(PAGES, pages)
    for folder in (shell, pages):
        file = folder / "tokens.css"
        source = file.read_text(encoding="utf-8")
        assert old in source
        file.write_text(source.replace(old, new), encoding="utf-8")
    found = findings(shell, pages)
    assert {line.split()[0] for line in found if told in line} == {"shell", "pages"}


def test_a_token_that_is_missing_from_the_pages_copy_is_found(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    shutil.copytree(PAGES, pages)
    file = pages / "tokens.css"
    source = file.read_text(encoding="utf-8")
    file.write_text(source.replace("--ink-2:", "--ink-two:"), encoding="utf-8")
    assert "pages light: --ink-2 is missing" in findings(SHELL, pages)


def test_a_page_stylesheet_that_names_a_reserved_colour_is_found(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    shutil.copytree(PAGES, pages)
    (pages / "gift.css").write_text(".gift{color:var(--native-brass)}", encoding="utf-8")
    assert findings(SHELL, pages) == ["gift.css: pages may not name the bank's own colours"]
