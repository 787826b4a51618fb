"""The command line of devices: blocking one, or every device of a model. The front door says which database."""

import json
from typing import Final

import click
from sqlalchemy.orm import Session

from bff.db.desk import DESK, Desk
from bff.db.engine import retried
from bff.devices import fleet
from bff.devices.fleet import Order

_BY: Final = click.option("--by", required=True, help="Your name: stands in the evidence.")
_REASON: Final = click.option("--reason", required=True, help="Why: stands in the evidence.")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group(epilog="Example: tidegate devices block-model 'Phone X1' --by chen.yu --reason 'its key store is broken'")
def devices() -> None:
    """Customers' devices: block one, or all of a model."""


@devices.command("block", epilog="Example: tidegate devices block dev_3k… --by chen.yu --reason stolen")
@click.argument("device")
@_BY
@_REASON
@_JSON
@click.pass_context
def block_command(ctx: click.Context, device: str, by: str, reason: str, *, as_json: bool) -> None:
    """Block DEVICE: its sessions and approvals are refused from the next call."""
    desk: Desk = ctx.meta[DESK]
    order, now = Order(by=by, reason=reason), desk.clock()
    retried(desk.open(), lambda session: fleet.block(session, device, order, now))
    click.echo(json.dumps({"device": device, "state": "BLOCKED"}) if as_json else f"{device} is blocked")


@devices.command("block-model", epilog="Example: tidegate devices block-model 'Phone X1' --by chen.yu --reason leak")
@click.argument("model")
@_BY
@_REASON
@_JSON
@click.pass_context
def block_model_command(ctx: click.Context, model: str, by: str, reason: str, *, as_json: bool) -> None:
    """Block every device that registered as MODEL, exactly so written, and refuse new ones."""
    desk: Desk = ctx.meta[DESK]
    order, now = Order(by=by, reason=reason), desk.clock()

    def work(session: Session) -> int:
        return fleet.block_model(session, model, order, now)

    blocked = retried(desk.open(), work)
    said = f"{blocked} devices of {model} are blocked; new ones are refused"
    click.echo(json.dumps({"model": model, "blocked": blocked}) if as_json else said)


@devices.command("allow-model", epilog="Example: tidegate devices allow-model 'Phone X1' --by chen.yu --reason mended")
@click.argument("model")
@_BY
@_REASON
@_JSON
@click.pass_context
def allow_model_command(ctx: click.Context, model: str, by: str, reason: str, *, as_json: bool) -> None:
    """Let devices of MODEL register again; those that were blocked stay blocked."""
    desk: Desk = ctx.meta[DESK]
    order, now = Order(by=by, reason=reason), desk.clock()
    retried(desk.open(), lambda session: fleet.allow_model(session, model, order, now))
    click.echo(json.dumps({"model": model, "allowed": True}) if as_json else f"devices of {model} may register again")
