"""The command line of release signers: who may upload, sign and decide. The front door says which database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import Engine

from bff.bundles import signers, uploads
from bff.bundles.signers import Role, Signer
from bff.db.engine import transaction
from security.cli_keys import Kid, KidCommand
from security.public_files import read_public

DESK: Final = "tidegate.signers"


@dataclass(frozen=True, slots=True)
class SignerDesk:
    """What the commands work with.

    Attributes:
        open: opens the database; clock: gives the present instant.
    """

    open: Callable[[], Engine]
    clock: Callable[[], datetime]


def signers_group(desk: SignerDesk) -> click.Group:
    """Give the commands over a desk."""

    def enter(ctx: click.Context) -> None:
        ctx.meta[DESK] = desk

    group = click.Group(
        "signers",
        callback=click.pass_context(enter),
        help="Keys of people: developers, release signers, the security team, the product team.",
        epilog="Example: tidegate signers list",
    )
    for command in (add_command, list_command, revoke_command):
        group.add_command(command)
    return group


@click.command(
    "add",
    epilog="Example: tidegate signers add dev.pub.pem --role developer --person li.na --team travel "
    "--bundle travel --by chen.yu",
)
@click.argument("key", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What the key is for.")
@click.option("--person", required=True, help="Who answers for the key; a CI machine's too.")
@click.option("--team", required=True, help="The person's team.")
@click.option("--bundle", "bundles", multiple=True, help="A bundle that a developer's key may upload; repeatable.")
@click.option("--by", required=True, help="Who registers the key: stands in the evidence.")
@click.pass_context
def add_command(
    ctx: click.Context, key: Path, role: str, person: str, team: str, bundles: tuple[str, ...], by: str
) -> None:
    """Register the public KEY (PEM, or the JWK that `h5bundle keygen` prints)."""
    desk: SignerDesk = ctx.meta[DESK]
    public = read_public(key)
    with transaction(desk.open()) as session:
        added = signers.add(
            session,
            public=public,
            role=Role(role),
            person=person,
            team=team,
            bundles=bundles,
            by=by,
            now=desk.clock(),
        )
    click.echo(_line(added))


@click.command("list", epilog="Example: tidegate signers list --json")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_context
def list_command(ctx: click.Context, *, as_json: bool) -> None:
    """List the registered keys, the revoked ones too."""
    desk: SignerDesk = ctx.meta[DESK]
    with transaction(desk.open(), writing=False) as session:
        found = signers.every(session)
    if as_json:
        click.echo(json.dumps([_members(signer) for signer in found]))
        return
    for signer in found:
        click.echo(_line(signer))
    if not found:
        click.echo("no keys are registered: tidegate signers add KEY --role developer …")


@click.command("revoke", cls=KidCommand, epilog="Example: tidegate signers revoke nb3x… --by chen.yu --reason leaked")
@click.argument("jkt", type=Kid())
@click.option("--by", required=True, help="Who revokes it: stands in the evidence.")
@click.option("--reason", required=True, help="Why: stands in the evidence.")
@click.pass_context
def revoke_command(ctx: click.Context, jkt: str, by: str, reason: str) -> None:
    """Revoke the key with the thumbprint JKT at once; its uploads that are not published are withdrawn."""
    desk: SignerDesk = ctx.meta[DESK]
    now = desk.clock()
    with transaction(desk.open()) as session:
        signers.revoke(session, jkt, by=by, reason=reason, now=now)
        withdrawn = uploads.withdraw_all(session, jkt, reason=f"the key was revoked: {reason}"[:500], now=now)
    click.echo(f"{jkt} REVOKED; {withdrawn} uploads withdrawn")


def _line(signer: Signer) -> str:
    names = ",".join(signer.bundles) or "-"
    return f"{signer.state:<8} {signer.role:<10} {signer.jkt}  {signer.person} ({signer.team})  {names}"


def _members(signer: Signer) -> dict[str, Any]:
    plain = {name: getattr(signer, name) for name in ("jkt", "role", "person", "team", "state", "reason")}
    return {**plain, "bundles": list(signer.bundles), "addedAt": signer.added_at.isoformat()}
