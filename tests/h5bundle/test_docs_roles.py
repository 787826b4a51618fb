"""The page on roles shows every command of its rooms; that what it shows can be typed is held with all documents."""

from pathlib import Path

from h5bundle.cli import proposals, roles

PAGE = Path("docs/roles.md").read_text(encoding="utf-8")


def test_every_command_of_these_rooms_is_shown() -> None:
    named = [command.name for command in (*roles.COMMANDS, *proposals.COMMANDS)]
    named += [f"propose {name}" for name in proposals.propose_group.commands]
    assert [name for name in named if f"h5bundle {name}" not in PAGE and f"`{name}`" not in PAGE] == []
