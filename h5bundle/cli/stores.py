"""The command for moving house: copy."""

from datetime import UTC, datetime
from pathlib import Path

import click

from h5bundle.cli.shared import answer, json_option, open_repository, progress_bar
from h5bundle.commands import copy
from h5bundle.stores.opening import shown


@click.command("copy", epilog="Example: h5bundle copy var/repo sqlite:///var/repo.db")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--root", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Trusted root metadata.")
@json_option
def copy_command(source: str, target: str, root: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Verify the repository at FROM and copy all of it to TO; again, to bring over what came since.

    FROM and TO are addresses as --repository takes them: a folder, a database, or a prefix of a bucket.
    """
    if source == target:
        same = "FROM and TO are one place"
        raise click.UsageError(same)
    anchor = None if root is None else root.read_bytes()
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    with progress_bar(as_json) as report:
        done = copy.run(open_repository(source), open_repository(target), now=now, trusted_root=anchor, progress=report)
    size = f"{done.objects} objects ({done.bytes:,} bytes), {done.metadata} versions of metadata"
    state = f"shows timestamp {done.timestamp} {'now' if done.changed else 'already'}"
    answer(as_json, done, [f"{size}: {shown(target)} {state}"])


COMMANDS = (copy_command,)
