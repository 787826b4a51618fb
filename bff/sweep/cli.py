"""The command line of the sweep: the funds' income, entered by one person and approved by another."""

import csv
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from sqlalchemy.orm import Session

from bff.db.desk import DESK, Desk
from bff.db.engine import retried
from bff.kinds import business_date
from bff.products.warehouse import Warehouse
from bff.sweep.errors import IncomeRefusedError
from bff.sweep.income import Figures, approve, entered, propose
from bff.sweep.products import FAMILY
from bff.sweep.rules import decimals_text, four_decimals

Result = TypeVar("Result")
COLUMNS: Final = ("day", "income", "yield")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_BY: Final = click.option("--by", required=True, help="Your name: stands in the evidence.")
_FUND: Final = click.argument("fund")
_DAY: Final = click.argument("day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY")


@click.group(epilog="Example: tidegate sweep income list")
def sweep() -> None:
    """利民宝: the daily figures of its funds."""


@sweep.group(epilog="Example: tidegate sweep income approve LMB-A 2026-11-23 --by lin.wei")
def income() -> None:
    """Income per 10,000 shares and 7-day yield: the end of a day waits until both are approved."""


@income.command("set", epilog="Example: tidegate sweep income set LMB-A 2026-11-23 0.4321 1.5760 --by chen.yu")
@_FUND
@_DAY
@click.argument("per_ten_thousand", metavar="INCOME")
@click.argument("seven_day", metavar="YIELD")
@_BY
@_JSON
@click.pass_context
def set_command(
    ctx: click.Context, fund: str, day: datetime, per_ten_thousand: str, seven_day: str, by: str, *, as_json: bool
) -> None:
    """Enter the INCOME in yuan per 10,000 shares and the 7-day YIELD in per cent of FUND on DAY."""
    figures = Figures(fund, day.date(), four_decimals(per_ten_thousand), four_decimals(seven_day))
    _propose(ctx, [figures], by)
    _say([figures], "entered; another person approves it", as_json=as_json)


@income.command("load", epilog="Example: tidegate sweep income load LMB-A november.csv --by chen.yu")
@_FUND
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_BY
@_JSON
@click.pass_context
def load_command(ctx: click.Context, fund: str, file: Path, by: str, *, as_json: bool) -> None:
    """Enter the days of FUND in a CSV FILE with the columns day, income and yield: all of them or none."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    figures = [_read(fund, row) for row in rows]
    _propose(ctx, figures, by)
    _say(figures, "entered; another person approves it", as_json=as_json)


@income.command("approve", epilog="Example: tidegate sweep income approve LMB-A 2026-11-23 --by lin.wei")
@_FUND
@_DAY
@_BY
@_JSON
@click.pass_context
def approve_command(ctx: click.Context, fund: str, day: datetime, by: str, *, as_json: bool) -> None:
    """Approve what another person entered for FUND on DAY."""
    now = ctx.meta[DESK].clock()
    approved = _work(ctx, lambda session: approve(session, fund, day.date(), by=by, now=now))
    _say([approved], "approved", as_json=as_json)


@income.command("list", epilog="Example: tidegate sweep income list --json")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many lines.")
@_JSON
@click.pass_context
def list_command(ctx: click.Context, limit: int, *, as_json: bool) -> None:
    """List the newest days, whether approved or not."""
    rows = _work(ctx, lambda session: entered(session, limit), writing=False)
    told = [
        {**_shown(Figures(row.fund, row.day, row.income_e4, row.yield_e4)), "state": row.state, "maker": row.maker}
        | {"checker": row.checker}
        for row in rows
    ]
    if as_json:
        click.echo(json.dumps(told))
        return
    for one in told:
        by = f"{one['maker']}, {one['checker']}" if one["checker"] else str(one["maker"])
        click.echo(f"{one['fund']}  {one['day']}  {one['income']}  {one['yield']} %  {one['state']}  {by}")


def _propose(ctx: click.Context, figures: list[Figures], by: str) -> None:
    now = ctx.meta[DESK].clock()

    def work(session: Session) -> None:
        products = Warehouse((FAMILY,)).on_sale(session, FAMILY, business_date(now))
        funds = {fund for product in products for fund in product.definition.funds}
        for one in figures:
            if one.fund not in funds:
                raise IncomeRefusedError(detail=f"there is no fund {one.fund}: {', '.join(sorted(funds))}")
            if one.day > business_date(now):
                raise IncomeRefusedError(detail=f"{one.day} has not come yet")
            propose(session, one, by=by, now=now)

    _work(ctx, work)


def _work(ctx: click.Context, work: Callable[[Session], Result], *, writing: bool = True) -> Result:
    desk: Desk = ctx.meta[DESK]
    return retried(desk.open(), work, writing=writing)


def _read(fund: str, row: dict[str, str]) -> Figures:
    try:
        day, per_ten_thousand, seven_day = (row[name].strip() for name in COLUMNS)
        return Figures(fund, date.fromisoformat(day), four_decimals(per_ten_thousand), four_decimals(seven_day))
    except (KeyError, AttributeError, ValueError) as error:
        raise IncomeRefusedError(detail=f"a line needs the columns {', '.join(COLUMNS)}: {error}") from error


def _shown(figures: Figures) -> dict[str, Any]:
    numbers = {"income": decimals_text(figures.income_e4), "yield": decimals_text(figures.yield_e4)}
    return {"fund": figures.fund, "day": figures.day.isoformat(), **numbers}


def _say(figures: list[Figures], done: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_shown(one) for one in figures]))
        return
    for one in figures:
        shown = _shown(one)
        click.echo(f"{shown['fund']} {shown['day']}: {shown['income']} yuan, {shown['yield']} %: {done}")
