"""The command line of the server's own keys: list, make, rotate, revoke, publish. The front door says which store."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import click

from security.errors import KeyStoreError
from security.keys import KeyStore

_DASHED: Final = re.compile(r"-[A-Za-z0-9_-]{42}")
"""A thumbprint (RFC 7638) that begins with a hyphen, as one in 64 does, and looks like an option."""
_MARK: Final = "kid:"


class KidCommand(click.Command):
    """A command that takes a kid as it was copied, with whatever it begins."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Mark kids that the parser would take for options."""
        return super().parse_args(ctx, [_MARK + word if _DASHED.fullmatch(word) else word for word in args])


class Kid(click.ParamType[str]):
    """A key's id."""

    name = "kid"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take the mark away again."""
        del param, ctx
        return value.removeprefix(_MARK)


@dataclass(frozen=True, slots=True)
class KeyDesk:
    """What the commands work with.

    Attributes:
        open: opens the store; clock: gives the present instant.
        unturning: purposes whose key cannot be followed by another, for data hangs on it.
        lasting: purposes whose keys cannot be revoked, for data could never be read again.
    """

    open: Callable[[], KeyStore]
    clock: Callable[[], datetime]
    unturning: frozenset[str]
    lasting: frozenset[str]


@click.group(epilog="Example: tidegate keys list")
def keys() -> None:
    """The server's own keys: list, make, rotate, revoke. Running instances take every change over at once."""


@keys.command("list", epilog="Example: tidegate keys list")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def list_(desk: KeyDesk, *, as_json: bool) -> None:
    """List the keys with their states, and what is due."""
    store = desk.open()
    records = sorted(store.records(), key=lambda record: (record.purpose, record.changed))
    if as_json:
        names = ("purpose", "state", "kid", "alg")
        click.echo(json.dumps([{name: str(getattr(record, name)) for name in names} for record in records]))
        return
    if not records:
        click.echo(
            "no keys here yet: `tidegate prepare` makes a sandbox's, `tidegate keys generate PURPOSE` a single one"
        )
    for record in records:
        click.echo(f"{record.purpose:<18} {record.state:<12} {record.kid}  since {record.changed:%Y-%m-%d %H:%M}")
    for entry in store.calendar(desk.clock()):
        mark = "DUE SOON" if entry.urgent else "later"
        click.echo(f"{mark:<9} {entry.due:%Y-%m-%d} {entry.action} {entry.purpose} {entry.kid}")


@keys.command(epilog="Example: tidegate keys generate access-token")
@click.argument("purpose")
@click.pass_obj
def generate(desk: KeyDesk, purpose: str) -> None:
    """Make a key for PURPOSE: ACTIVE when it is the first, else STAGED until `rotate`."""
    key = desk.open().generate(purpose, desk.clock())
    click.echo(f"{key.kid} {key.state}")


@keys.command(epilog="Example: tidegate keys rotate access-token")
@click.argument("purpose")
@click.pass_obj
def rotate(desk: KeyDesk, purpose: str) -> None:
    """Make the staged key of PURPOSE active, or a new one; the present one only verifies from now on."""
    if purpose in desk.unturning:
        message = f"{purpose} keys do not rotate: every record is found by the present one, and nothing indexes anew"
        raise KeyStoreError(detail=message, code="KEY_STATE")
    key = desk.open().rotate(purpose, desk.clock())
    click.echo(f"{key.kid} {key.state}")


@keys.command(cls=KidCommand, epilog="Example: tidegate keys revoke nb3x… --confirm nb3x…")
@click.argument("kid", type=Kid())
@click.option("--confirm", type=Kid(), required=True, help="The KID once more: revoking cannot be taken back.")
@click.pass_obj
def revoke(desk: KeyDesk, kid: str, confirm: str) -> None:
    """Revoke a key at once: nothing that it signed is accepted any more."""
    if confirm != kid:
        message = "--confirm must repeat the KID"
        raise click.BadParameter(message)
    store = desk.open()
    if any(record.kid == kid and record.purpose in desk.lasting for record in store.records()):
        message = f"{kid} is not revoked: what it sealed or indexed could never be read again; see docs/security.md"
        raise KeyStoreError(detail=message, code="KEY_STATE")
    store.revoke(kid, desk.clock())
    click.echo(f"{kid} REVOKED")


@keys.command(epilog="Example: tidegate keys jwks audit-checkpoint > audit-jwks.json")
@click.argument("purpose")
@click.pass_obj
def jwks(desk: KeyDesk, purpose: str) -> None:
    """Give the public keys of PURPOSE as a JWK set; `evidence verify --anchor` takes that of audit-checkpoint."""
    click.echo(json.dumps(desk.open().jwks(purpose)))
