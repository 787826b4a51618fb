"""Whatever is given to ``h5bundle``, it answers with a sentence and an exit code; it packs and removes nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from h5bundle.assets import collect, texts
from h5bundle.cli import main
from h5bundle.errors import BuildError, ManifestError
from h5bundle.project import read_project
from h5bundle.versions import parse_version

HEAD = "id: thing\nversion: 1.0.0\ntitle: {zh: 页, en: Page}\n"


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    def made(rest: str) -> Path:
        folder = tmp_path / "outer" / "project"
        (folder / "src").mkdir(parents=True)
        (folder / "src" / "index.html").write_text("<!doctype html>")
        (folder / "bundle.yaml").write_text(HEAD + rest)
        (tmp_path / "outer" / "secret.txt").write_text("secret")
        return folder

    return made


@pytest.mark.parametrize(
    "rest",
    [
        "dist: ..\n",
        "dist: /etc\n",
        'dist: "a\\0b"\n',
        f"dist: {'x' * 5000}\n",
        "build: {source: .., copy: [secret.txt]}\n",
        "dist: out\n",
    ],
    ids=["above", "elsewhere", "no name", "long", "sources above", "a link"],
)
def test_what_lies_outside_the_project_is_never_packed(project: Callable[[str], Path], rest: str) -> None:
    folder = project(rest)
    (folder / "out").symlink_to(folder.parent)
    for read in (collect, texts):
        with pytest.raises(BuildError):
            read(read_project(folder))


def test_a_build_removes_only_what_a_build_has_made(project: Callable[[str], Path], tmp_path: Path) -> None:
    folder = project("dist: src\n")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    for place in (mine, folder / "src"):
        result = CliRunner().invoke(main, ["build", str(folder), "--out", str(place)])
        assert (result.exit_code, "that no build made" in result.stderr) == (1, True)
    assert (mine / "letter.txt").read_text() == "dear"
    assert (folder / "src" / "index.html").is_file()
    for _ in range(2):
        assert CliRunner().invoke(main, ["build", str(folder), "--out", str(tmp_path / "new")]).exit_code == 0
    assert [path.name for path in sorted((tmp_path / "new").iterdir())] == [".h5bundle-build", "index.html"]


def test_a_place_that_cannot_be_written_is_said(project: Callable[[str], Path], tmp_path: Path) -> None:
    folder = project("dist: src\n")
    (tmp_path / "file").write_bytes(b"")
    for command in (["build", str(folder), "--out"], ["new", "travel"]):
        result = CliRunner().invoke(main, [*command, str(tmp_path / "file" / "x")])
        assert (result.exit_code, type(result.exception)) == (4, SystemExit)
        assert result.stderr.startswith("h5bundle: FILE_SYSTEM: ")


def test_a_number_that_json_cannot_hold_is_refused(project: Callable[[str], Path], tmp_path: Path) -> None:
    folder = project("dist: src\npermissions: {app.info: 99999999999999999999}\n")
    result = CliRunner().invoke(main, ["pack", str(folder), "--out", str(tmp_path / "out")])
    assert (result.exit_code, result.stderr.startswith("h5bundle: MANIFEST_INVALID: ")) == (1, True)


def test_digits_of_other_scripts_are_no_version() -> None:
    with pytest.raises(ManifestError):
        parse_version("1.2\u0663.0")
