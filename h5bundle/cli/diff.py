"""The command ``diff``: two releases beside each other, with what widens marked; exit codes like diff(1)."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from h5bundle.cli.shared import answer, error_line, json_option, open_repository, repository_option
from h5bundle.commands import diff
from h5bundle.errors import H5BundleError

DIFFERENT: Final = 1
TROUBLE: Final = 2
_SHOWN: Final = 40


@click.command(
    "diff",
    epilog="Example: h5bundle diff wealth@1.0.0 h5bundle/apps/wealth. Exit codes: 0 same, 1 different, 2… trouble.",
)
@click.argument("first")
@click.argument("second")
@repository_option
@click.option("--all", "every", is_flag=True, help="Name every file, however many there are.")
@json_option
def diff_command(first: str, second: str, repository: str | Path, every: bool, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Tell what SECOND asks for and carries that FIRST did not.

    Each is a project's folder, a .zip or .manifest.json that pack wrote, or bundle@version in the repository.
    """
    try:
        found = diff.run(first, second, open_repository(repository))
    except H5BundleError as error:
        click.echo(error_line(error), err=True)
        sys.exit(max(error.exit_status, TROUBLE))
    document = {**asdict(found), "same": found.same, "widens": found.widens}
    answer(as_json, document, [*_heading(found), *map(_change, found.changes), *_files(found, every=every)])
    if not found.same:
        sys.exit(DIFFERENT)


def _heading(found: diff.Difference) -> list[str]:
    """Give the first line."""
    before, after = found.size
    cost = f"{before:,} → {after:,} bytes, {found.download:,} to download" if not found.same else "the same"
    return [f"{found.before} → {found.after}: {cost}"]


def _change(change: diff.Change) -> str:
    """Give one line of what is declared; what widens stands out."""
    name = f" {change.name}" if change.name else ""
    values = {(True, True): f": {change.before} → {change.after}", (False, True): " added", (True, False): " removed"}
    said = values[bool(change.before), bool(change.after)]
    if said == " added" and change.after not in {change.name, "1"}:
        said = f" added: {change.after}"
    line = f"{change.what}{name}{said}"
    return click.style(f"! {line} (widens)", fg="red", bold=True) if change.widens else f"  {line}"


def _files(found: diff.Difference, *, every: bool) -> list[str]:
    """Give the files."""
    lines = []
    for file in found.files:
        if file.before is None:
            lines.append(f"+ {file.path} ({file.after:,})")
        elif file.after is None:
            lines.append(f"- {file.path} ({file.before:,})")
        else:
            lines.append(f"~ {file.path} ({file.before:,} → {file.after:,})")
    more = len(lines) - _SHOWN
    return lines if every or more <= 0 else [*lines[:_SHOWN], f"  and {more} more files; --all names them"]


COMMANDS = (diff_command,)
