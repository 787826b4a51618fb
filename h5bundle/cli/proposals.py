"""Commands for changes that people sign: propose, sign, merge, proposals, promote."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from h5bundle.changes import KeyChange
from h5bundle.cli.deltas import deltas_option, follow
from h5bundle.cli.shared import (
    answer,
    json_option,
    keys_option,
    live_from,
    open_keys,
    open_repository,
    passphrase_option,
    read_secret,
    repository_option,
)
from h5bundle.commands import promote, propose
from h5bundle.commands import sign as signing
from h5bundle.errors import ProjectError
from h5bundle.formats import Key
from h5bundle.keys import open_key, read_public
from h5bundle.proposal_words import standing_lines
from h5bundle.proposals import Proposal, decode, encode, join
from h5bundle.quorum import Demand
from h5bundle.stores.files import write_atomically
from h5bundle.stores.port import Store

by_option = click.option("--by", required=True, help="Your name, for the signers.")
why_option = click.option("--why", required=True, help="The reason, for the signers.")
out_option = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; NAME.proposal.json when not given."
)
key_files = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group(
    "propose", epilog="Example: h5bundle propose keys root --add f.json --threshold 3 --by anna --why 'f joins'"
)
def propose_group() -> None:
    """Propose a change to roles that people sign; nothing changes before it is signed and promoted."""


@propose_group.command(
    "keys", epilog="Example: h5bundle propose keys app-wealth --remove 1f2e3d4c --by anna --why lost"
)
@click.argument("role")
@click.option("--add", multiple=True, type=key_files, help="File of a public key that comes (h5bundle public-key).")
@click.option("--remove", multiple=True, help="Id of a key that goes; eight digits are enough.")
@click.option("--replace-all", is_flag=True, help="Every key goes that is not added.")
@click.option("--threshold", type=click.IntRange(min=1), help="How many must sign.")
@repository_option
@by_option
@why_option
@out_option
@json_option
def propose_keys_command(  # noqa: PLR0913, PLR0917 - click gives options by name
    role: str,
    add: tuple[Path, ...],
    remove: tuple[str, ...],
    replace_all: bool,  # noqa: FBT001 - click gives flags by name
    threshold: int | None,
    repository: str | Path,
    by: str,
    why: str,
    out: Path | None,
    as_json: bool,  # noqa: FBT001 - the same
) -> None:
    """Change the keys or the threshold of ROLE: root, targets, rollout, or app-BUNDLE, which is made if need be."""
    change = KeyChange(add=_keys(add), remove=remove, threshold=threshold, replace=replace_all)
    _propose(lambda store, author: propose.keys(store, role, change, author), repository, by, why, out, as_json)


@propose_group.command(
    "online", epilog="Example: h5bundle propose online --begin new.json --by anna --why 'yearly swap'"
)
@click.option("--begin", type=key_files, help="File of the public key that comes: old and new sign from now on.")
@click.option("--end", is_flag=True, help="Only the key that came last signs from now on.")
@repository_option
@by_option
@why_option
@out_option
@json_option
def propose_online_command(
    begin: Path | None,
    end: bool,  # noqa: FBT001 - click gives flags by name
    repository: str | Path,
    by: str,
    why: str,
    out: Path | None,
    as_json: bool,  # noqa: FBT001 - the same
) -> None:
    """Swap the key of snapshot and timestamp: --begin, wait until caches are cold, --end."""
    if (begin is None) != end:
        choose = "give either --begin KEY or --end"
        raise click.UsageError(choose)

    def make(store: Store, author: propose.Author) -> Proposal:
        if begin is None:
            return propose.online_end(store, author)
        return propose.online_begin(store, KeyChange(add=_keys((begin,))), author)

    _propose(make, repository, by, why, out, as_json)


@propose_group.command(
    "withdraw", epilog="Example: h5bundle propose withdraw wealth 1.4.0 --by anna --why 'wrong fees'"
)
@click.argument("bundle")
@click.argument("version")
@repository_option
@by_option
@why_option
@out_option
@json_option
def propose_withdraw_command(
    bundle: str,
    version: str,
    repository: str | Path,
    by: str,
    why: str,
    out: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Take the release VERSION of BUNDLE off its role and out of its rollout."""
    _propose(lambda store, author: propose.withdraw(store, bundle, version, author), repository, by, why, out, as_json)


@propose_group.command("renew", epilog="Example: h5bundle propose renew targets app-wealth --by anna --why expiry")
@click.argument("roles", nargs=-1, required=True)
@repository_option
@by_option
@why_option
@out_option
@json_option
def propose_renew_command(
    roles: tuple[str, ...],
    repository: str | Path,
    by: str,
    why: str,
    out: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Sign ROLES anew as they are, because their time is running out."""
    _propose(lambda store, author: propose.renew(store, roles, author), repository, by, why, out, as_json)


@click.command("sign", epilog="Example: h5bundle sign 4be1.proposal.json --key file:anna.pem --root 1.root.json")
@click.argument("proposal", type=key_files)
@click.option(
    "--key", "uri", required=True, help="URI of your key: file:anna.pem, or hsm:token=…;object=…?module-path=…"
)
@click.option("--root", type=key_files, help="A root that you trust; only a repository's first proposal has none.")
@click.option("--yes", is_flag=True, help="Do not ask; for ceremonies where another has read the words.")
@passphrase_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; PROPOSAL when not given.")
@json_option
def sign_command(
    proposal: Path,
    uri: str,
    root: Path | None,
    yes: bool,  # noqa: FBT001 - click gives flags by name
    passphrase_file: Path | None,
    out: Path | None,
    as_json: bool,  # noqa: FBT001 - the same
) -> None:
    """Read what PROPOSAL changes, and sign it with one key; needs nothing but the file, the key and a trusted root."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    trusted = None if root is None else root.read_bytes()
    reading = signing.read(proposal.read_bytes(), trusted_root=trusted, now=now)
    for line in (*reading.lines, *standing_lines(reading.demands)):
        click.echo(line, err=as_json)
    if not yes:
        click.confirm("Sign this?", abort=True, err=True)
    signer = open_key(uri, read_secret(passphrase_file, "Passphrase or PIN of the key"))
    signed, roles = signing.add(reading, signer)
    write_atomically(out or proposal, encode(signed))
    answer(
        as_json,
        {"proposal": signed.name, "key": signer.public_key.keyid, "signed": roles, "file": str(out or proposal)},
        [f"signed {', '.join(roles)} with {signer.public_key.keyid[:8]}: {out or proposal}"],
    )


@click.command("merge", epilog="Example: h5bundle merge anna/4be1.proposal.json boris/4be1.proposal.json")
@click.argument("files", nargs=-1, required=True, type=key_files)
@repository_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write as well.")
@json_option
def merge_command(files: tuple[Path, ...], repository: str | Path, out: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Join the signatures of FILES, which were signed in parallel, and keep them with the repository."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    joined, found = signing.merge([path.read_bytes() for path in files], open_repository(repository), now=now)
    if out is not None:
        write_atomically(out, encode(joined))
    answer(as_json, {"proposal": joined.name, "missing": sum(each.missing for each in found)}, _waiting(joined, found))


@click.command("proposals", epilog="Example: h5bundle proposals --all")
@repository_option
@click.option("--all", "every", is_flag=True, help="Also those that are promoted, stale or invalid.")
@click.option(
    "--clear", "days", type=click.IntRange(0, 3660), help="Remove those first, if they were made so many days ago."
)
@json_option
def proposals_command(repository: str | Path, every: bool, days: int | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """List what waits for signatures or for promotion: who has signed, and who is missing."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    cleared: tuple[str, ...] = ()
    if days is not None:
        cleared = signing.clear(open_repository(repository), now=now, kept=timedelta(days=days))
    found = [
        each for each in signing.run(open_repository(repository), now=now) if every or each.state in signing.WAITING
    ]
    lines: list[str] = [f"cleared {name}" for name in cleared]
    for listed in found:
        lines.append(f"{listed.name}  {listed.state}  {', '.join(listed.roles)}")
        lines.append(f"  {listed.proposer}, {listed.created}: {listed.reason}")
        lines += [f"  {line}" for line in listed.lines]
    answer(as_json, {"proposals": found, "cleared": cleared}, lines or ["nothing waits"])


@click.command("promote", epilog="Example: h5bundle promote 4be1 --passphrase-file /run/secrets/online")
@click.argument("proposal")
@repository_option
@keys_option
@passphrase_option
@click.option("--catalogue", type=key_files, help="Operations of the bank, as JSON, for the release trains.")
@deltas_option
@json_option
def promote_command(
    proposal: str,
    repository: str | Path,
    keys: Path,
    passphrase_file: Path | None,
    catalogue: Path | None,
    when: str,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Make PROPOSAL (a file, or the beginning of its name) what stands; needs the online keys."""
    store, place = open_repository(repository), Path(proposal)
    if place.is_file():
        chosen = decode(place.read_bytes())
        if store.exists(chosen.path):
            chosen = join(chosen, decode(store.read(chosen.path)))
    else:
        chosen = propose.find(store, proposal)
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    live = live_from(catalogue)
    done = promote.run(chosen, store, open_keys(keys, passphrase_file), now=now, live=live)
    roles = ", ".join(f"{role} v{version}" for role, version in done.roles.items())
    if not as_json:  # before deltas are made: whatever happens to them, this is so
        answer(as_json, done, [f"{roles} {'stand now' if done.changed else 'stood already'}"])
    made: dict[str, Any] | None = None
    lines: list[str] = []
    if done.release is not None:
        made, lines = follow(store, *done.release, when, before=done.before, as_json=as_json)
    answer(as_json, {**asdict(done), "deltas": made}, lines)


def keep(store: Store, proposal: Proposal, out: Path | None) -> Path:
    """Write a proposal into the store and into a file for the signers."""
    with store.lock():
        proposal = propose.save(store, proposal)
    place = out or Path(f"{proposal.name}.proposal.json")
    write_atomically(place, encode(proposal))
    return place


def _propose(
    make: Callable[[Store, propose.Author], Proposal],
    repository: str | Path,
    by: str,
    why: str,
    out: Path | None,
    as_json: bool,  # noqa: FBT001 - one of two ways to say it
) -> None:
    """Make a proposal, keep it and say where it is."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    store = open_repository(repository)
    proposal = make(store, propose.Author(name=by, reason=why, now=now))
    place = keep(store, proposal, out)
    reading = signing.read(encode(proposal), trusted_root=_first_root(proposal), now=now)
    lines = (*reading.lines, *standing_lines(reading.demands), f"written to {place}: h5bundle sign {place} --key URI")
    answer(as_json, {"proposal": proposal.name, "file": str(place), "roles": list(proposal.roles)}, list(lines))


def _first_root(proposal: Proposal) -> bytes:
    """Give the root that the proposer's own repository begins with."""
    return proposal.roots[0].encode()


def _waiting(proposal: Proposal, found: tuple[Demand, ...]) -> list[str]:
    """Say how a proposal stands, and what comes next."""
    missing = sum(each.missing for each in found)
    following = f"{missing} signatures are missing" if missing else f"next: h5bundle promote {proposal.name}"
    return [proposal.name, *standing_lines(found), following]


def _keys(files: tuple[Path, ...]) -> tuple[Key, ...]:
    """Read files of public keys."""
    try:
        return tuple(read_public(path.read_bytes(), name=str(path)) for path in files)
    except UnicodeDecodeError as error:
        raise ProjectError(detail="a file of a public key is no text") from error


COMMANDS = (propose_group, sign_command, merge_command, proposals_command, promote_command)
