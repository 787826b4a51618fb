"""The bridge command: answers, JSON, exit codes."""

import json
import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from native_bridge.cli import main
from native_bridge.model import COMPILED, FOLDER, load


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def broken(folder: Path) -> Path:
    shutil.copytree(FOLDER, folder / "contract")
    path = folder / "contract" / "bank.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("tier: 3", "tier: 9"), encoding="utf-8")
    return folder / "contract"


def test_help_shows_examples_and_exit_codes() -> None:
    text = run("--help").output
    assert ("bridge emit typescript --out" in text, "Exit codes:" in text) == (True, True)


def test_every_command_is_documented() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "bridge.md").read_text(encoding="utf-8")
    assert [name for name in main.commands if f"bridge {name}" not in guide] == []


def test_check_answers_the_hash() -> None:
    result = run("check", "--json")
    answer = json.loads(result.output)
    assert (result.exit_code, answer["hash"], answer["methods"]) == (0, load(COMPILED.read_bytes()).hash, 28)


def test_a_broken_contract_exits_1_with_findings(tmp_path: Path) -> None:
    result = run("check", "--json", "--contract", str(broken(tmp_path)))
    finding = json.loads(result.output)["findings"][0]
    assert (result.exit_code, finding["file"], finding["path"]) == (1, "bank.yaml", "methods.tx.sign.tier")


def test_a_broken_contract_is_told_on_stderr(tmp_path: Path) -> None:
    result = run("check", "--contract", str(broken(tmp_path)))
    assert (result.exit_code, result.stdout, "bank.yaml:" in result.stderr) == (1, "", True)


def test_wrong_usage_exits_2() -> None:
    assert run("emit", "cobol", "--out", "x").exit_code == 2


def test_hash_prints_the_hash_alone() -> None:
    assert run("hash").output == load(COMPILED.read_bytes()).hash + "\n"


def test_compile_writes_what_check_then_accepts(tmp_path: Path) -> None:
    out = tmp_path / "contract.json"
    assert run("compile", "--out", str(out)).exit_code == 0
    assert (out.read_bytes(), run("compile", "--check", "--out", str(out)).exit_code) == (COMPILED.read_bytes(), 0)


def test_check_mode_writes_nothing_and_exits_1(tmp_path: Path) -> None:
    result = run("emit", "typescript", "--out", str(tmp_path), "--check")
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])


def test_emit_writes_both_files(tmp_path: Path) -> None:
    assert run("emit", "typescript", "--out", str(tmp_path)).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bridge.d.ts", "bridge.js"]


def test_vectors_lists_every_file() -> None:
    answer = json.loads(run("vectors", "--json").output)
    assert len(answer["vectors"]) == len(list((FOLDER.parent / "vectors").glob("*/*.json")))


def test_a_folder_with_a_broken_vector_exits_1(tmp_path: Path) -> None:
    (tmp_path / "99-x.json").write_text('{"attack": 99}', encoding="utf-8")
    assert run("vectors", "check", str(tmp_path)).exit_code == 1
