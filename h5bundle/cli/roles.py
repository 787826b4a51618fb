"""Commands for the repository's roles and their keys: init, new-key, public-key, sign-timestamp."""

from datetime import UTC, datetime
from pathlib import Path

import click

from h5bundle.cli.proposals import by_option, keep, out_option, why_option
from h5bundle.cli.shared import (
    answer,
    json_option,
    keys_option,
    open_keys,
    open_repository,
    passphrase_option,
    read_secret,
    repository_option,
)
from h5bundle.commands import init, sign_timestamp
from h5bundle.commands import sign as signing
from h5bundle.errors import ProjectError
from h5bundle.keys import TEAMS, name_key, open_key, read_public, write_key, write_public
from h5bundle.proposal_words import standing_lines
from h5bundle.proposals import encode
from h5bundle.stores.files import write_atomically


@click.command("init", epilog="Example: h5bundle init roles.yaml --by anna --why 'the bank begins'")
@click.argument("roles", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@repository_option
@by_option
@why_option
@out_option
@json_option
def init_command(
    roles: Path,
    repository: str | Path,
    by: str,
    why: str,
    out: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Propose a repository as ROLES says: thresholds, lifetimes, and the public keys of every role."""

    def read(name: str) -> bytes:
        try:
            return (roles.parent / name).read_bytes()
        except OSError as error:
            raise ProjectError(detail=f"{name}, which {roles} names, cannot be read: {error.strerror}") from error

    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    store = open_repository(repository)
    text = roles.read_text(encoding="utf-8")
    options = init.InitOptions(text=text, name=roles.name, read=read, proposer=by, reason=why)
    proposal = init.run(options, store, now=now)
    reading = signing.read(encode(proposal), trusted_root=None, now=now)
    place = keep(store, proposal, out)
    lines = [*reading.lines, *standing_lines(reading.demands), f"written to {place}: h5bundle sign {place} --key URI"]
    answer(as_json, {"proposal": proposal.name, "file": str(place), "roles": list(proposal.roles)}, lines)


@click.command("new-key", epilog="Example: h5bundle new-key anna.pem")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@json_option
def new_key_command(file: Path, passphrase_file: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Make your own key in FILE, encrypted with a passphrase; a key in a token is made with the vendor's tool."""
    key = write_key(file, read_secret(passphrase_file, "New passphrase of the key"))
    answer(as_json, {"file": str(file), "key": key.keyid}, [f"{file}  {key.keyid}"])


@click.command(
    "public-key", epilog="Example: h5bundle public-key file:anna.pem --holder anna --team security --out a.json"
)
@click.argument("uri")
@click.option("--team", type=click.Choice(sorted(TEAMS)), help="The holder's team; widening needs one of security.")
@click.option("--holder", default="", help="Whom to ask for a signature.")
@passphrase_option
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@json_option
def public_key_command(
    uri: str,
    team: str | None,
    holder: str,
    passphrase_file: Path | None,
    out: Path,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Write the public half of the key at URI, to be put into a role by whoever proposes it."""
    signer = open_key(uri, read_secret(passphrase_file, "Passphrase or PIN of the key"))
    data = write_public(signer.public_key, team=team or "", holder=holder)
    key = read_public(data, name=str(out))
    write_atomically(out, data)
    answer(as_json, {"file": str(out), "key": key.keyid}, [f"{out}  {name_key(key)} {key.keyid}"])


@click.command("sign-timestamp", epilog="Example: h5bundle sign-timestamp --passphrase-file /run/secrets/online")
@repository_option
@keys_option
@passphrase_option
@json_option
def sign_timestamp_command(
    repository: str | Path,
    keys: Path,
    passphrase_file: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Sign timestamp (and, at half of their time, snapshot and rollout) anew; for a job every few hours."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    renewal = sign_timestamp.run(open_repository(repository), open_keys(keys, passphrase_file), now=now)
    answer(
        as_json, renewal, [f"signed {', '.join(renewal.roles)}; believed until {renewal.expires:%Y-%m-%d %H:%M} UTC"]
    )


COMMANDS = (init_command, new_key_command, public_key_command, sign_timestamp_command)
