import subprocess
from pathlib import Path

import playwright
import pytest
import rjsmin
from hypothesis import given
from hypothesis import strategies as st

from h5bundle.errors import BuildError
from h5bundle.javascript import AmbiguousSlashError, UnfinishedError, minify, tokens
from tests.services import NODE

MODULE = r"""
// a module as pages are written
import { readFileSync as read } from "node:fs"; /* block */
const nested = `one   ${1  +  1}
   // not a comment   /* nor this */
   deep ${ `in  ${ "q" }  // no comment` } end`;
class Kept { #p = 1; get p() { return this.#p ?? 2; } }
const pattern = /[/"'`]+  x/g, divided = 12 / 2 / 3;
const object = { return: 4, of: 9 };
const member = object.return / 2 + object.of / 3;
if (nested) /re  x/.test(nested)
const next = [1].map((x) => x / 1)
const sum = 1 + +2 - -3
console.log(JSON.stringify([nested, new Kept().p, String(pattern), divided, member, next, sum, typeof read]))
"""
LIBRARY = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "vite"


def run_node(source: str) -> str:
    command = [NODE, "--input-type=module", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def test_a_minified_module_does_what_the_module_does() -> None:
    assert run_node(minify(MODULE)) == run_node(MODULE)
    assert len(minify(MODULE)) < len(MODULE)


def test_template_literals_stay_byte_for_byte() -> None:
    assert '${`in  ${"q"}  // no comment`}' in minify(MODULE)
    assert "\n   // not a comment   /* nor this */\n" in minify(MODULE)


def test_rjsmin_takes_a_slash_inside_a_nested_template_for_a_comment() -> None:
    """Why the toolkit has a filter of its own."""
    assert "no comment" not in rjsmin.jsmin(MODULE)


def test_licence_comments_stay() -> None:
    assert minify("/*! MIT */ a ; // gone\n/* @license X */") == "/*! MIT */\na;/* @license X */\n"


def test_a_source_that_cannot_be_told_apart_stays_as_it_is() -> None:
    source = "const f = {}   / 2 / g;  // kept"
    with pytest.raises(AmbiguousSlashError):
        list(tokens(source))
    assert minify(source) == source


@pytest.mark.parametrize("source", ["`a", '"a', "/* a", "x = /a", "'a\nb'"])
def test_what_does_not_end_is_refused(source: str) -> None:
    with pytest.raises(UnfinishedError):
        minify(source)


@pytest.mark.parametrize("name", ["recorder", "htmlReport"])
def test_a_large_foreign_script_keeps_all_its_tokens(name: str) -> None:
    path = max((LIBRARY / name).rglob("*.js"), key=lambda found: found.stat().st_size)
    source = path.read_text(encoding="utf-8")
    assert "".join(token.text for token in tokens(source)) == source
    small = minify(source)
    assert minify(small) == small


@given(st.text(alphabet="ab \n/*'\"`${}()[];=+-.\\", max_size=60))
def test_tokens_joined_are_the_source(source: str) -> None:
    try:
        joined = "".join(token.text for token in tokens(source))
    except BuildError:
        return
    assert joined == source
