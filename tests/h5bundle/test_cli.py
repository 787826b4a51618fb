import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from h5bundle.cli import main
from tests.h5bundle.conftest import declaration

PROJECT = [
    "build",
    "check",
    "copy",
    "deltas",
    "dev",
    "diff",
    "new",
    "pack",
    "publish",
    "pull",
    "status",
    "test",
    "verify",
]
ROLES = ["init", "merge", "new-key", "promote", "proposals", "propose", "public-key", "sign", "sign-timestamp"]
ROLLOUT = ["halt", "offer", "preview", "resume", "rollback", "rollout", "testers", "train", "why"]
UPLOAD = ["keygen", "signing", "upload", "uploads"]
CLIENT = ["open", "preset", "report"]
COMMANDS = sorted([*PROJECT, *ROLES, *ROLLOUT, *UPLOAD, *CLIENT])
PLAIN = {"permissions": "{}", "ops": "[]"}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    (tmp_path / "pass").write_text("tide\n", encoding="utf-8")
    keys = ["--keys", str(tmp_path / "keys"), "--passphrase-file", str(tmp_path / "pass")]

    def call(command: str, *arguments: str, signing: bool = False, place: bool = True) -> Result:
        where = ["--repository", str(tmp_path / "repo")] if place else []
        return CliRunner().invoke(main, [command, *arguments, *where, *(keys if signing else [])])

    return call


def test_the_commands_are_these() -> None:
    assert sorted(main.commands) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert f"Example: h5bundle {command}" in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_and_answers_as_json_for_ci(command: str) -> None:
    found = main.commands[command]
    for leaf in found.commands.values() if isinstance(found, click.Group) else (found,):
        assert "--json" in {name for option in leaf.params for name in option.opts}
        assert leaf.help
        assert [option.name for option in leaf.params if isinstance(option, click.Option) and not option.help] == []


def test_the_help_shows_every_command_once_under_a_heading_with_exit_codes_and_completion() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    for command in COMMANDS:
        assert len(re.findall(rf"^  {command}  ", shown, re.MULTILINE)) == 1
    words = " ".join(shown.split())
    assert all(f"{code} " in words for code in range(5))
    assert "_H5BUNDLE_COMPLETE=bash_source" in words


def test_colour_stays_out_of_files_and_pipes(project: Callable[..., Path], run: Callable[..., Result]) -> None:
    one = str(project(declaration(**PLAIN), {"dist/index.html": "x"}))
    run("pack", one, "--out", f"{one}/out")
    (Path(one) / "bundle.yaml").write_text(declaration(permissions="{app.info: 1}", ops="[]"), encoding="utf-8")
    told = run("diff", f"{one}/out/wealth-1.0.0.zip", one).output
    assert ("(widens)" in told, "\x1b" in told) == (True, False)


def test_from_folder_to_phone(run: Callable[..., Result], project: Callable[..., Path], tmp_path: Path) -> None:
    folder = str(project(declaration(**PLAIN), {"dist/index.html": "<!doctype html>"}))
    assert run("check", folder).exit_code == 0
    first = json.loads(run("publish", folder, "--init", "--json", signing=True).output)
    again = json.loads(run("publish", folder, "--json", signing=True).output)
    assert (first["changed"], again["changed"], first["digest"]) == (True, False, again["digest"])
    packed = json.loads(run("pack", folder, "--out", str(tmp_path / "out"), "--json").output)
    assert packed["digest"] == first["digest"]
    shown = json.loads(run("status", "--json").output)
    assert [(item["bundle"], item["permyriad"]) for item in shown["releases"]] == [("wealth", 10_000)]
    assert run("sign-timestamp", signing=True).output.startswith("signed timestamp")
    assert run("verify").output == "whole: 6 roles, 1 releases, 1 objects\n"
    pulled = json.loads(run("pull", "wealth", "--into", str(tmp_path / "phone"), "--json").output)
    assert (Path(pulled["folder"]) / "index.html").read_text(encoding="utf-8") == "<!doctype html>"


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [({"dist/index.html": "<script>x</script>"}, 1, "CHECK_FAILED"), ({"dist/index.html": "x"}, 4, "PUBLISH_REFUSED")],
)
def test_a_refusal_is_one_line_with_its_remedy_and_a_code(
    run: Callable[..., Result], project: Callable[..., Path], files: dict[str, str], status: int, code: str
) -> None:
    result = run("publish", str(project(declaration(**PLAIN), files)), signing=True)
    last = result.stderr.splitlines()[-1]
    assert (result.exit_code, last.startswith(f"h5bundle: {code}: "), " — " in last) == (status, True, True)
    assert result.stdout == ""


def test_a_wrong_passphrase_ends_with_three(
    run: Callable[..., Result], project: Callable[..., Path], tmp_path: Path
) -> None:
    folder = str(project(declaration(**PLAIN), {"dist/index.html": "x"}))
    assert run("publish", folder, "--init", signing=True).exit_code == 0
    (tmp_path / "pass").write_text("ebb\n", encoding="utf-8")
    result = run("sign-timestamp", signing=True)
    assert (result.exit_code, "ROLE_KEY" in result.stderr) == (3, True)


def test_called_wrongly_ends_with_two() -> None:
    assert CliRunner().invoke(main, ["publish", "--permyriad", "10001"]).exit_code == 2


def test_an_altered_repository_ends_with_one_and_names_the_object(
    run: Callable[..., Result], project: Callable[..., Path], tmp_path: Path
) -> None:
    run("publish", str(project(declaration(**PLAIN), {"dist/index.html": "x"})), "--init", signing=True)
    (victim,) = (tmp_path / "repo" / "objects").iterdir()
    victim.write_bytes(b"y")
    result = run("verify")
    assert (result.exit_code, victim.name in result.stderr) == (1, True)


def test_a_new_project_builds_and_passes_the_check(run: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "travel"
    assert run("new", "travel", str(folder), place=False).exit_code == 0
    assert run("check", str(folder)).output.endswith("0 findings, 0 to mend\n")
    built = json.loads(run("build", str(folder), "--out", str(tmp_path / "out"), "--json", place=False).output)
    assert sorted(name.split(".")[-1] for name in built["files"]) == ["css", "html", "js", "js"]
    assert run("new", "travel", str(folder), place=False).exit_code == 1


def test_a_build_never_overwrites_a_project(run: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "travel"
    run("new", "travel", str(folder), place=False)
    result = run("build", str(folder), "--out", str(folder), place=False)
    assert (result.exit_code, (folder / "bundle.yaml").exists()) == (1, True)


def test_publish_says_what_became_of_the_deltas(
    run: Callable[..., Result], project: Callable[..., Path], tmp_path: Path
) -> None:
    words = "".join(f"export const constant{number} = {number};\n" for number in range(500))
    folder = project(declaration(**PLAIN), {"dist/index.html": "<!doctype html>", "dist/app.js": words})
    first = json.loads(run("publish", str(folder), "--init", "--json", signing=True).output)
    assert first["deltas"] == {"due": 0, "ready": 0, "trouble": ""}
    (folder / "dist/app.js").write_text(words + "more();\n", encoding="utf-8")
    (folder / "bundle.yaml").write_text(declaration(version="1.0.1", **PLAIN), encoding="utf-8")
    told = run("publish", str(folder), "--deltas", "later", signing=True).output.splitlines()
    assert told[0].endswith(" published")
    assert told[-1] == "0 of 1 deltas are there; make the others: h5bundle deltas wealth"
    again = run("publish", str(folder), signing=True).output.splitlines()
    assert again[-1] == "1 of 1 deltas are there"
    assert len(list((tmp_path / "repo" / "deltas").rglob("*.zst"))) == 1
