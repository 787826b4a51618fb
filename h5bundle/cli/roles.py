"""Commands for the repository's roles: sign-timestamp."""

from datetime import UTC, datetime
from pathlib import Path

import click

from h5bundle.cli.shared import answer, json_option, keys_option, open_keys, passphrase_option, repository_option
from h5bundle.commands import sign_timestamp
from h5bundle.stores.local import LocalStore


@click.command("sign-timestamp", epilog="Example: h5bundle sign-timestamp --passphrase-file /run/secrets/online")
@repository_option
@keys_option
@passphrase_option
@json_option
def sign_timestamp_command(
    repository: Path,
    keys: Path,
    passphrase_file: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Sign timestamp (and, at half of their time, snapshot and rollout) anew; for a job every few hours."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    renewal = sign_timestamp.run(LocalStore(repository), open_keys(keys, passphrase_file), now=now)
    answer(
        as_json, renewal, [f"signed {', '.join(renewal.roles)}; believed until {renewal.expires:%Y-%m-%d %H:%M} UTC"]
    )


COMMANDS = (sign_timestamp_command,)
