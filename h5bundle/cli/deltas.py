"""The command for deltas."""

from pathlib import Path

import click

from h5bundle.cli.shared import answer, json_option, open_repository, progress_bar, repository_option
from h5bundle.commands import deltas


@click.command("deltas", epilog="Example: h5bundle deltas wealth --base 1.0.0")
@click.argument("bundle")
@repository_option
@click.option("--base", "bases", multiple=True, help="Version to start from; every release in use when not given.")
@json_option
def deltas_command(
    bundle: str,
    repository: str | Path,
    bases: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Make the deltas to the newest release of BUNDLE."""
    with progress_bar(as_json) as report:
        made = deltas.run(open_repository(repository), bundle, bases=bases, progress=report)
    lines = [f"from {one.base:<12} {_bytes(one.length)}" for one in made]
    answer(as_json, made, lines or [f"no other release of {bundle} is in use"])


def _bytes(length: int | None) -> str:
    """Say how large a delta is."""
    return "none: the files themselves are as small" if length is None else f"{length} bytes"


COMMANDS = (deltas_command,)
