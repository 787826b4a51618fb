"""The command line of retention: the schedule, what is due by it, and erasing that. The front door says where."""

import json
from collections.abc import Mapping
from typing import Final

import click
import msgspec

from bff.db.desk import DESK, Desk
from bff.kinds import business_date
from bff.retention.erasing import Retention
from bff.retention.schedule import schedule_at

_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group(epilog="Example: tidegate retention plan")
def retention() -> None:
    """How long records are kept, what is due to go, and erasing it."""


@retention.command("show", epilog="Example: tidegate retention show --json")
@_JSON
@click.pass_context
def show_command(ctx: click.Context, *, as_json: bool) -> None:
    """Show the schedule in force: how long each class of record is kept, from when on, and why."""
    desk: Desk = ctx.meta[DESK]
    schedule = schedule_at(business_date(desk.clock()))
    if as_json:
        click.echo(msgspec.json.encode(schedule).decode())
        return
    click.echo(f"{schedule.version}, from {schedule.effective_from}: {schedule.source}")
    for name, one in schedule.classes.items():
        kept = f"{one.kept_days:>5} days after {one.clock}, then {one.then}"
        click.echo(f"{name:<24} {one.place:<8} {kept} — {one.source} {one.remark}".rstrip())


@retention.command("plan", epilog="Example: tidegate retention plan --json")
@_JSON
@click.pass_context
def plan_command(ctx: click.Context, *, as_json: bool) -> None:
    """Count what is due now; nothing is erased."""
    desk: Desk = ctx.meta[DESK]
    now = desk.clock()
    _answer(Retention.at(desk.open(), now).plan(now), "due", as_json=as_json)


@retention.command("run", epilog="Example: tidegate retention run --json")
@_JSON
@click.pass_context
def run_command(ctx: click.Context, *, as_json: bool) -> None:
    """Erase what is due, as the server's job does; the evidence tells how much of what."""
    desk: Desk = ctx.meta[DESK]
    now = desk.clock()
    _answer(Retention.at(desk.open(), now).run(now), "erased", as_json=as_json)


def _answer(counts: Mapping[str, int], word: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(counts))
        return
    for name, count in counts.items():
        click.echo(f"{name:<24} {count:>6} {word}")
