"""Commands that the documents show exist with their options; every command explains itself."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app import cli
from h5bundle.cli import main as h5bundle
from native_bridge.cli import main as bridge
from security.cli import evidence

ROOT = Path(__file__).parents[2]
CLIS: dict[str, click.Command] = {"tidegate": cli, "evidence": evidence, "h5bundle": h5bundle, "bridge": bridge}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
TICKS = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"^(?:\$ )?(?:[A-Z_]+=(?:'[^']*'|\S*) )*(?:\.venv/bin/)?(" + "|".join(CLIS) + r") (\S.*)$")


def commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    for name, below in sorted(getattr(command, "commands", {}).items()):
        yield from commands(f"{path} {name}", below)


EVERY = [pair for name, command in CLIS.items() for pair in commands(name, command)]


def shown(text: str) -> Iterator[str]:
    """Give what a page shows as typed: lines of fenced blocks, joined at their backslashes, and words in backticks."""
    for block in FENCE.findall(text):
        yield from block.replace("\\\n", "").splitlines()
    for word in TICKS.findall(FENCE.sub("", text)):
        yield from word.split(" && ")


def calls() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for line in shown(page.read_text(encoding="utf-8")):
            match = CALL.match(line.split("  #")[0].strip())
            if match:
                found.append((f"{match[1]} {match[2]}", page.name))
    return found


def words_of(call: str) -> list[str]:
    words = shlex.split(call.replace("…", "x"))
    return words[: next((at for at, word in enumerate(words) if word in {">", "|", "&&", "<"}), len(words))]


def resolve(words: list[str]) -> tuple[str, click.Command, list[str]]:
    """Follow a call's words down to its command; give the words that are left."""
    path, command, left = words[0], CLIS[words[0]], words[1:]
    while isinstance(command, click.Group) and left and not left[0].startswith("-"):
        assert left[0] in command.commands, f"`{path}` has no command {left[0]}"
        path, command, left = f"{path} {left[0]}", command.commands[left[0]], left[1:]
    return path, command, left


def unknown_options(command: click.Command, words: list[str]) -> list[str]:
    known = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
    known |= {"--help", *command.context_settings.get("help_option_names", [])}
    return [word for word in words if word.startswith("-") and word != "-" and word.split("=")[0] not in known]


@pytest.mark.parametrize(("call", "page"), sorted(set(calls())))
def test_a_command_in_the_documents_exists(call: str, page: str) -> None:
    path, command, left = resolve(words_of(call))
    assert unknown_options(command, left) == [], f"{page}: {path}"


def test_the_documents_show_commands_of_every_program() -> None:
    assert {words_of(call)[0] for call, _ in calls()} >= {"tidegate", "evidence", "h5bundle"}
    assert len(calls()) > 40


def test_a_wrong_command_would_be_found() -> None:
    with pytest.raises(AssertionError, match="has no command jwks"):
        resolve(["tidegate", "jwks", "audit-checkpoint"])
    _, command, left = resolve(["tidegate", "bundles", "--yaml"])
    assert unknown_options(command, left) == ["--yaml"]


def test_a_complete_example_has_the_arguments_that_its_command_asks_for() -> None:
    """In a fenced block nothing may be missing: the command's own parser takes it."""
    broken = []
    for page in PAGES:
        for block in FENCE.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", "").splitlines():
                match = CALL.match(line.split("  #")[0].strip())
                if match is None:
                    continue
                path, command, left = resolve(words_of(f"{match[1]} {match[2]}"))
                needed = [item for item in command.params if item.required and isinstance(item, click.Argument)]
                plain = [word for word in left if not word.startswith("-")]
                if len(plain) < len(needed) or (isinstance(command, click.Group) and "--help" not in left):
                    broken.append(f"{page.name}: {path}: {line}")
    assert broken == []


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[path for path, _ in EVERY])
def test_every_command_explains_itself(path: str, command: click.Command) -> None:
    assert command.help, "a command says what it does"
    options = [item for item in command.params if isinstance(item, click.Option)]
    assert [item.name for item in options if not item.help] == []
    assert "Example: " in (command.epilog or ""), f"{path} --help shows no example"


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[path for path, _ in EVERY])
def test_the_example_of_a_command_is_a_call_of_it(path: str, command: click.Command) -> None:
    example = (command.epilog or "").partition("Example: ")[2].partition(". Exit codes")[0].split(" && ")[0]
    match = CALL.match(example)
    assert match is not None, example
    found, resolved, left = resolve(words_of(f"{match[1]} {match[2]}"))
    assert isinstance(command, click.Group) or found == path
    assert unknown_options(resolved, left) == []


@pytest.mark.parametrize("name", CLIS)
def test_every_program_tells_its_exit_codes(name: str) -> None:
    help_page = CliRunner().invoke(CLIS[name], ["-h"]).output
    codes = set(re.findall(r"(?<![\w.])([0-4]) [a-z]", re.sub(r"\s+", " ", help_page).partition("Exit codes")[2]))
    assert codes == ({"0", "1", "2", "3", "4"} if name == "h5bundle" else {"0", "1", "2"})


def test_a_command_that_does_not_exist_is_a_wrong_call() -> None:
    assert [CliRunner().invoke(command, ["no-such-command"]).exit_code for command in CLIS.values()] == [2, 2, 2, 2]


def test_every_document_is_listed() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert sorted(pages - set(re.findall(r"\]\(([\w.-]+\.md)\)", index))) == []
