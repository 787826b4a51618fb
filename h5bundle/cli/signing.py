"""Commands for signing at a distance: what waits on a server, fetching it, and handing it in signed."""

from pathlib import Path
from typing import Any, Final

import click

from h5bundle.cli.remote import Access, access_options
from h5bundle.cli.shared import answer, json_option
from h5bundle.errors import StoreError
from h5bundle.proposals import Listed, decode
from h5bundle.stores.files import write_atomically

WAITING: Final = frozenset({"open", "complete"})


@click.group("signing", epilog="Example: h5bundle signing list --to https://app.bank.example --key anna.http.pem")
def signing_group() -> None:
    """See what waits for signatures on a server, fetch it, and hand it in signed."""


@signing_group.command("list", epilog="Example: h5bundle signing list --all")
@access_options
@click.option("--all", "every", is_flag=True, help="Also those that are promoted, stale or invalid.")
@json_option
def list_command(every: bool, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """List the proposals of a server: who has signed, and who is missing."""
    found = [one for one in Access(**access).open().proposals() if every or one.state in WAITING]
    answer(as_json, {"proposals": found}, [line for one in found for line in _lines(one)] or ["nothing waits"])


@signing_group.command("fetch", epilog="Example: h5bundle signing fetch 04f0e48a… --out 04f0.proposal.json")
@click.argument("name")
@access_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File; NAME.proposal.json if not given.")
@json_option
def fetch_command(name: str, out: Path | None, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """Fetch the proposal NAME, to be read and signed on this machine with h5bundle sign."""
    remote = Access(**access).open()
    full = _full(name, remote.proposals())
    data = remote.proposal(full)
    fetched = decode(data)
    place = out or Path(f"{fetched.name}.proposal.json")
    try:
        write_atomically(place, data)
    except OSError as error:
        raise StoreError(detail=f"{place} cannot be written: {error.strerror}") from error
    answer(
        as_json, {"proposal": fetched.name, "file": str(place)}, [f"{place}", f"next: h5bundle sign {place} --key URI"]
    )


@signing_group.command("submit", epilog="Example: h5bundle signing submit 04f0.proposal.json")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@access_options
@json_option
def submit_command(file: Path, as_json: bool, **access: Any) -> None:  # noqa: FBT001 - click gives flags by name
    """Hand in the signatures of FILE; the server promotes it at once when they are enough."""
    data = file.read_bytes()
    done = Access(**access).open().hand_in(decode(data).name, data)
    answer(as_json, done, _lines(done))


def _full(name: str, found: tuple[Listed, ...]) -> str:
    """Give the whole name that begins so, if there is exactly one; else what was given."""
    names = [one.name for one in found if one.name.startswith(name)]
    return names[0] if len(names) == 1 else name


def _lines(one: Listed) -> list[str]:
    """Say how a proposal stands."""
    head = [f"{one.name}  {one.state}  {', '.join(one.roles)}", f"  {one.proposer}, {one.created}: {one.reason}"]
    return [*head, *(f"  {line}" for line in one.lines)]


COMMANDS = (signing_group,)
