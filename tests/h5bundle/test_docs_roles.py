"""The page on roles names only commands and options that there are, and every one that belongs to it."""

import re
from pathlib import Path

import click
import pytest

from h5bundle.cli import main, proposals, roles

PAGE = Path("docs/roles.md").read_text(encoding="utf-8")
LINES = re.findall(r"(?:`|\$ |^)(h5bundle [a-z-]+[^`\n#]*)", PAGE, re.MULTILINE)


def leaf(words: list[str]) -> click.Command:
    command = main.commands[words[1]]
    return command.commands.get(words[2], command) if isinstance(command, click.Group) else command


@pytest.mark.parametrize("line", sorted(set(LINES)))
def test_what_is_shown_can_be_typed(line: str) -> None:
    words = [*line.split(), ""]
    known = {option for parameter in leaf(words).params for option in parameter.opts}
    assert [word for word in words if re.fullmatch(r"--[a-z-]+", word) and word not in known] == []


def test_every_command_of_these_rooms_is_shown() -> None:
    named = [command.name for command in (*roles.COMMANDS, *proposals.COMMANDS)]
    named += [f"propose {name}" for name in proposals.propose_group.commands]
    assert [name for name in named if f"h5bundle {name}" not in PAGE and f"`{name}`" not in PAGE] == []
