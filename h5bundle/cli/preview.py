"""The command preview: a QR code by which a named tester opens one release."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from h5bundle import qr
from h5bundle.cli.shared import (
    answer,
    json_option,
    keys_option,
    open_keys,
    open_repository,
    passphrase_option,
    repository_option,
)
from h5bundle.commands import preview
from h5bundle.commands import rollout as changing
from h5bundle.previews import APP_LINK
from h5bundle.rollout import Change
from h5bundle.stores.files import write_atomically

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_file = click.Path(path_type=Path, dir_okay=False)


def _hashes(_ctx: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Take hashed install ids alone: a plain one in the policy would be readable by everybody."""
    for one in values:
        if _HASH.fullmatch(one) is None:
            message = f"{one!r} is no hash of an install id; the app shows it: 64 digits and letters a to f"
            raise click.BadParameter(message)
    return values


@click.command("preview", epilog="Example: h5bundle preview wealth 1.5.0 --png preview.png")
@click.argument("bundle")
@click.argument("version")
@repository_option
@click.option("--app-link", default=APP_LINK, show_default=True, help="Address that the bank's app understands.")
@click.option("--png", type=_file, help="File to draw the code into.")
@click.option("--svg", type=_file, help="File to draw the code into.")
@click.option(
    "--add-tester",
    "testers",
    multiple=True,
    callback=_hashes,
    metavar="HASH",
    help="Name this installation a tester first, as its app shows it; repeatable; with --by and --why.",
)
@click.option("--by", help="Who adds the testers.")
@click.option("--why", help="Why they are added.")
@keys_option
@passphrase_option
@json_option
def preview_command(
    bundle: str,
    version: str,
    app_link: str,
    repository: str | Path,
    testers: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 - click gives flags by name
    **given: Any,
) -> None:
    """Show a QR code by which a named tester opens VERSION of BUNDLE; the code itself grants nothing."""
    store = open_repository(repository)
    if testers:
        if not given["by"] or not given["why"]:
            message = "--add-tester changes the signed policy: say --by and --why"
            raise click.UsageError(message)
        now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
        alter = preview.with_testers(version, testers, Change(given["by"], given["why"]))
        changing.run(bundle, alter, store, open_keys(given["keys"], given["passphrase_file"]), now=now)
    made = preview.run(store, bundle, version, app_link)
    for kind in ("png", "svg"):
        if given[kind] is not None:
            write_atomically(given[kind], qr.picture(made.link, kind))
    lines = [click.style(line, fg="black", bg="bright_white") for line in qr.half_blocks(made.link)]
    lines += [made.link, f"{bundle}@{version}#{made.digest}", _for_whom(made)]
    answer(as_json, made, lines)


def _for_whom(made: preview.PreviewLink) -> str:
    """Say who can open it."""
    if made.testers:
        return f"opens on {made.testers} named installations, and on no other"
    command = f"h5bundle testers {made.bundle} {made.version} --hashed --add HASH --by NAME --why WHY"
    return f"nobody is named yet: scan it, and add the hash that the app shows: {command}"


COMMANDS = (preview_command,)
