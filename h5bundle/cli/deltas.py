"""The command for deltas, and what commands that publish do about them."""

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from h5bundle.cli.shared import answer, json_option, open_repository, progress_bar, repository_option
from h5bundle.commands import deltas
from h5bundle.stores.port import Store

deltas_option = click.option(
    "--deltas",
    "when",
    type=click.Choice(["now", "later"]),
    default="now",
    show_default=True,
    help="Make deltas when the release stands, or leave them to the server or to `h5bundle deltas`.",
)


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


def follow(
    store: Store, bundle: str, digest: str, when: str, *, before: Collection[str], as_json: bool
) -> tuple[dict[str, Any], list[str]]:
    """Make the deltas to a release that stands, unless they are left for later; give what to print of it."""
    with progress_bar(as_json) as report:
        found = deltas.follow(store, bundle, digest, before=before, later=when == "later", progress=report)
    lines = []
    if found.due:
        missing = "" if found.ready == found.due else f"; make the others: h5bundle deltas {bundle}"
        lines.append(f"{found.ready} of {found.due} deltas are there{missing}")
    if found.trouble:
        lines.append(f"not all deltas could be made: {found.trouble}")
    return asdict(found), lines


def _bytes(length: int | None) -> str:
    """Say how large a delta is."""
    return "none: the files themselves are as small" if length is None else f"{length} bytes"


COMMANDS = (deltas_command,)
