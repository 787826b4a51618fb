"""Whatever is given to ``bridge``, it answers with a sentence and an exit code, soon, and never with a traceback."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from native_bridge.cli import main

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"- a", b"contract: []", b"[" * 3000, b"a: &a [*a]", BOMB.encode()],
    ids=["nothing", "no text", "a list", "a wrong shape", "depth", "a circle", "a bomb"],
)
def test_a_contract_of_garbage_is_refused_with_its_place(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "contract.yaml").write_bytes(content)
    result = CliRunner().invoke(main, ["check", "--contract", str(tmp_path)])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.stderr.startswith("contract.yaml:")


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"[" * 100_000, b""])
def test_a_vector_of_garbage_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    result = CliRunner().invoke(main, ["vectors", str(tmp_path)])
    assert (result.exit_code, type(result.exception), "x.json" in result.stderr) == (1, SystemExit, True)


@pytest.mark.parametrize("command", [["emit", "typescript"], ["compile"]])
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = CliRunner().invoke(main, [*command, "--out", str(tmp_path / "file" / "x")])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "cannot be read or written" in result.stderr
