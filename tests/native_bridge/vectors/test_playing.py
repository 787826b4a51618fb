"""``bridge vectors run`` and ``export``: a host that conforms, hosts that hang, die, flood or talk rubbish."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from native_bridge.cli import main
from native_bridge.conformance import VECTORS, read_vectors
from native_bridge.model import COMPILED, load
from tests.native_bridge.vectors.hosts import BRIDGE, DRIVER

NODE = ["node", str(BRIDGE / DRIVER)]
ABOUT = 'print(\'{"protocol":1,"language":"x","contract":"","can":["session","window"]}\',flush=True)'
COUNT = len(read_vectors(VECTORS, load(COMPILED.read_bytes())))


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["vectors", "run", *words])


def python(source: str) -> list[str]:
    return ["--", sys.executable, "-c", source]


def test_the_javascript_core_passes_all() -> None:
    answer = run("--json", "--require", "session,window,verify", "--", *NODE)
    document = json.loads(answer.output)
    assert (answer.exit_code, document["counts"]) == (0, {"passed": COUNT, "failed": 0, "not offered": 0})
    assert document["host"]["contract"] == load(COMPILED.read_bytes()).hash


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import time; time.sleep(60)", "no answer within 1 s"),
        ("import sys; sys.stderr.write('no key'); sys.exit(3)", "ended with code 3; it noted: no key"),
        ("print('hello', flush=True); input()", "not JSON"),
        ("print([1], flush=True); input()", "not an object"),
        ("print('{}', flush=True); input()", "does not speak protocol 1"),
        ("while True: print('x' * 65536, end='')", "larger than 16777216 bytes"),
    ],
)
def test_a_host_that_does_not_answer_is_told_in_one_line(source: str, told: str) -> None:
    answer = run("--timeout", "1" if "sleep" in source else "20", *python(source))
    assert (answer.exit_code, told in answer.output) == (1, True)
    assert len(answer.output.splitlines()) == 1


def test_a_host_that_dies_in_a_vector_fails_and_is_not_started_for_ever() -> None:
    answer = run("--json", *python(f"input(); {ABOUT}; input()"))
    document = json.loads(answer.output)
    assert (answer.exit_code, document["counts"]["passed"]) == (1, 0)
    places = [found["got"] for one in document["vectors"] for found in one["differences"]]
    assert sum("ended with code 0" in got for got in places) == 3
    assert sum("broke down too often" in got for got in places) == document["counts"]["failed"] - 3


def test_a_host_that_says_two_lines_is_told() -> None:
    answer = run("--only", "order", *python(f"input(); {ABOUT}; input(); print('{{}}\\n{{}}', flush=True); input()"))
    assert (answer.exit_code, "more than one line" in answer.output) == (1, True)


def test_a_difference_tells_vector_step_note_expected_and_got() -> None:
    source = f"input(); {ABOUT}\nwhile True: input(); print('{{\"sent\":[]}}', flush=True)"
    answer = run("--only", "undeclared", *python(source))
    assert answer.exit_code == 1
    lines = answer.output.splitlines()
    assert lines[0].startswith("  failed streams/undeclared: A chunk of a method")
    assert lines[1] == "    step 1 chunk: replies"
    assert lines[2].startswith('      - [{"e": {"code": "INTERNAL"')
    assert lines[3] == "      + []"
    assert lines[-1] == "x: 0 passed, 1 failed, 0 not offered"


def test_a_folder_of_ones_own_is_played_and_one_without_a_vector_is_told(tmp_path: Path) -> None:
    vector = json.loads((VECTORS / "streams" / "order.json").read_text(encoding="utf-8"))
    (tmp_path / "mine.json").write_text(json.dumps(vector), encoding="utf-8")
    answer = run("--folder", str(tmp_path), "--", *NODE)
    assert (answer.exit_code, answer.output) == (0, "javascript: 1 passed, 0 failed, 0 not offered\n")
    (tmp_path / "mine.json").unlink()
    empty = run("--folder", str(tmp_path), "--", *NODE)
    assert (empty.exit_code, "holds no vector" in empty.output) == (1, True)


def test_what_a_host_does_not_offer_is_counted_apart_and_may_be_required() -> None:
    about = ABOUT.replace('"session","window"', "")
    source = f"input(); {about}; input()"
    assert "0 passed, 0 failed, 1 not offered" in run("--only", "order", *python(source)).output
    required = run("--only", "order", "--require", "session", *python(source))
    assert (required.exit_code, "does not offer session" in required.output) == (1, True)


@pytest.mark.parametrize(
    "words", ["-- no-such-program-here", "--require magic -- true", "--only none -- true", "", "--timeout 0 -- true"]
)
def test_wrong_usage_exits_2(words: str) -> None:
    assert run(*shlex.split(words)).exit_code == 2


def test_export_gives_a_folder_to_copy(tmp_path: Path) -> None:
    exported = CliRunner().invoke(main, ["vectors", "export", str(tmp_path / "out")])
    assert exported.exit_code == 0
    assert len(list((tmp_path / "out" / "vectors").glob("*/*.json"))) == COUNT
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "vectors",
        "contract.json",
        "vector.schema.json",
        "vectors.md",
    }
    assert CliRunner().invoke(main, ["vectors", "export", str(tmp_path / "out")]).exit_code == 1


@pytest.mark.parametrize("word", ["list", "check"])
def test_list_and_check_read_all_groups(word: str) -> None:
    answer = CliRunner().invoke(main, ["vectors", word, "--json"])
    assert len(json.loads(answer.output)["vectors"]) == COUNT
