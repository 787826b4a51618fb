"""Playing vectors to a host as a process: the JavaScript core, and hosts that are wrong, silent, dying or too loud."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from native_bridge.cli import main
from native_bridge.conformance import FOLDER, read_vectors
from native_bridge.model import COMPILED, load
from tests.native_bridge import vector_scripts
from tests.native_bridge.vector_files import FILES, text
from tests.native_bridge.vector_scripts import every
from tests.services import NODE

DRIVER = Path(FOLDER).parent / "drivers" / "javascript" / "host.mjs"
ABOUT = {"protocol": 1, "language": "test", "contract": "sha256-0", "can": ["session", "window"]}

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run(*arguments: str, command: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(main, ["vectors", "run", *arguments, "--", *command])


def host(tmp_path: Path, body: str, about: dict[str, Any] | None = None) -> tuple[str, ...]:
    """A host in Python: what it does with each command after about."""
    script = tmp_path / "host.py"
    script.write_text(
        "import json, sys, time\n"
        "print(json.dumps(" + repr(ABOUT | (about or {})) + "), flush=True) if sys.stdin.readline() else None\n"
        "for line in sys.stdin:\n"
        f"    {body}\n"
    )
    return (sys.executable, str(script))


@needs_node
def test_the_javascript_core_passes_every_vector() -> None:
    result = run("--json", "--require", "session,window,bytes,verify", command=(str(NODE), str(DRIVER)))
    told = json.loads(result.output)
    assert (result.exit_code, told["failures"], told["notOffered"]) == (0, [], 0)
    assert told["passed"] == len(list(FOLDER.glob("*/*.json")))


@needs_node
def test_a_changed_expectation_is_told_with_its_place(tmp_path: Path) -> None:
    vector = json.loads((FOLDER / "attacks" / "05-replay.json").read_text(encoding="utf-8"))
    vector["steps"][1]["replies"] = []
    (tmp_path / "05-replay.json").write_text(json.dumps(vector), encoding="utf-8")
    result = run("--folder", str(tmp_path), command=(str(NODE), str(DRIVER)))
    assert result.exit_code == 1
    assert "FAILED 05-replay" in result.output
    assert "step 1 (the same message again) replies: expected [], got" in result.output


def test_a_host_that_answers_nonsense_fails_and_is_told(tmp_path: Path) -> None:
    result = run("--only", "05-replay", command=host(tmp_path, "print('{\"sent\":[]}', flush=True)"))
    assert (result.exit_code, "1 failed" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("time.sleep(60)", "did not answer open within 0.5 seconds"),
        ("sys.stderr.write('no memory'); sys.exit(7)", "ended with code 7 before it answered open\n  no memory"),
        ("print('rubbish', flush=True)", "what is no JSON object: b'rubbish"),
        ("print('[' * 100000, flush=True)", "what is no JSON object"),
        ("print('[1]', flush=True)", "what is no JSON object: b'[1]"),
    ],
)
def test_a_host_that_does_not_speak_the_protocol_is_ended_and_told(tmp_path: Path, body: str, expected: str) -> None:
    result = run("--only", "05-replay", "--timeout", "0.5", command=host(tmp_path, body))
    assert (result.exit_code, expected in result.output) == (1, True), result.output


def test_a_host_that_never_ends_a_line_is_bounded(tmp_path: Path) -> None:
    begun = time.monotonic()
    flood = "[sys.stdout.write('x' * 1000000) for _ in range(100000)]"
    result = run("--only", "05-replay", "--timeout", "5", command=host(tmp_path, flood))
    assert (result.exit_code, "no JSON object" in result.output) == (1, True), result.output[:500]
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"protocol": 2}, "speaks protocol 2, not 1"),
        ({"can": "everything"}, "lacks language, contract or can"),
    ],
)
def test_another_protocol_is_refused(tmp_path: Path, about: dict[str, Any], expected: str) -> None:
    result = run(command=host(tmp_path, "pass", about))
    assert (result.exit_code, expected in result.output) == (1, True)


def test_what_a_host_does_not_offer_is_never_passed(tmp_path: Path) -> None:
    result = run("--json", command=host(tmp_path, "pass", {"can": []}))
    told = json.loads(result.output)
    assert (result.exit_code, told["passed"], told["lacking"]) == (1, 0, ["session", "window"])
    assert told["notOffered"] == len(list(FOLDER.glob("*/*.json")))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--only", "99-never"), "no vector is called 99-never"),
        (("--require", "flying"), "no kind of vector is called flying"),
    ],
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...], expected: str) -> None:
    result = run(*arguments, command=("true",))
    assert (result.exit_code, expected in result.output) == (2, True)


def test_a_program_that_is_not_there_is_told() -> None:
    result = run(command=("/no/such/host",))
    assert (result.exit_code, result.output) == (1, "/no/such/host cannot be started: No such file or directory\n")


def test_the_vectors_are_handed_out_with_contract_and_protocol(tmp_path: Path) -> None:
    folder = tmp_path / "for-the-team"
    assert CliRunner().invoke(main, ["vectors", "export", str(folder)]).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["contract.json", "vectors", "vectors.md"]
    assert CliRunner().invoke(main, ["vectors", "check", str(folder / "vectors")]).exit_code == 0
    again = CliRunner().invoke(main, ["vectors", "export", str(folder)])
    assert (again.exit_code, "is not empty" in again.output) == (1, True)


@pytest.mark.parametrize("name", every())
def test_the_scripted_vectors_are_what_is_written(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == vector_scripts.text(every()[name])


def test_every_error_method_and_kind_of_message_has_its_vector() -> None:
    contract = load(COMPILED.read_bytes())
    found = read_vectors(FOLDER, contract)
    assert len({vector.name for vector in found}) == len(found)
    text = json.dumps([vector.data for vector in found])
    assert [code for code in contract.errors if f'"code": "{code}"' not in text] == []
    assert [name for name in contract.methods if f'"m": "{name}"' not in text] == []
    assert [name for name in contract.events if f'"event": "{name}"' not in text] == []
    kinds = ("init", "hello", "welcome", "req", "res", "cancel", "chunk", "evt", "err", "end", "ping", "pong")
    assert [kind for kind in kinds if kind != "init" and f'"t": "{kind}"' not in text] == []


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_of_bytes_are_what_the_code_makes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text(FILES[name]())
