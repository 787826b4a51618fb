"""The command line of approvals: who is held, and letting one go. The front door says which database."""

import json
from typing import Final

import click
from sqlalchemy.orm import Session

from bff.approvals import decisions, repository
from bff.approvals.errors import HoldUnknownError
from bff.db.desk import DESK, Desk
from bff.db.engine import retried
from bff.kinds import instant

_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group(epilog="Example: tidegate approvals holds")
def approvals() -> None:
    """Customers who said "was not me": nothing is approved for them until the hold is lifted."""


@approvals.command("holds", epilog="Example: tidegate approvals holds --json")
@_JSON
@click.pass_context
def holds_command(ctx: click.Context, *, as_json: bool) -> None:
    """List who is held, since when, and the operation that was refused; the oldest first."""
    desk: Desk = ctx.meta[DESK]
    rows = retried(desk.open(), repository.holds, writing=False)
    told = [
        {"customer": row.customer_id, "operation": row.operation_id, "since": instant(row.placed_at)} for row in rows
    ]
    if as_json:
        click.echo(json.dumps(told))
        return
    for one in told:
        click.echo(f"{one['customer']}  since {one['since']}  refused {one['operation']}")
    if not told:
        click.echo("nobody is held")


@approvals.command(
    "lift", epilog="Example: tidegate approvals lift cus_3k… --by chen.yu --reason 'called back, is safe'"
)
@click.argument("customer")
@click.option("--by", required=True, help="Your name: stands in the evidence.")
@click.option("--reason", required=True, help="Why: stands in the evidence.")
@_JSON
@click.pass_context
def lift_command(ctx: click.Context, customer: str, by: str, reason: str, *, as_json: bool) -> None:
    """Let CUSTOMER approve again."""
    desk: Desk = ctx.meta[DESK]
    now = desk.clock()

    def work(session: Session) -> bool:
        return decisions.lift(session, customer, f"{by}: {reason}", now)

    if not retried(desk.open(), work):
        raise HoldUnknownError(detail=f"customer {customer} is not held: `tidegate approvals holds` lists who is")
    click.echo(json.dumps({"customer": customer, "held": False}) if as_json else f"{customer} may approve again")
