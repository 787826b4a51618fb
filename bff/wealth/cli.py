"""The command line of wealth: net values, and who is a qualified investor. The front door says which database."""

import csv
import json
from datetime import date, datetime
from io import StringIO
from typing import Final, TextIO

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bff.db.desk import DESK, Desk
from bff.db.engine import retried
from bff.kinds import instant
from bff.products.models import Product
from bff.wealth import investors, navs, pricing
from bff.wealth.errors import NavInvalidError
from bff.wealth.products import FAMILY

_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_DAY: Final = click.DateTime(["%Y-%m-%d"])
_COLUMNS: Final = ["product", "date", "nav"]


@click.group(epilog="Example: tidegate wealth nav list JMG-WY90")
def wealth() -> None:
    """Wealth products: their net values, and the qualified investors to whom private ones are sold."""


@wealth.group(epilog="Example: tidegate wealth nav load 2026-11-23.csv")
def nav() -> None:
    """Net values: orders are confirmed by that of their trade date. A value that was written stands."""


@nav.command("set", epilog="Example: tidegate wealth nav set JMG-WY90 2026-11-23 1.0144")
@click.argument("product")
@click.argument("day", type=_DAY, metavar="DAY")
@click.argument("value")
@_JSON
@click.pass_context
def set_command(ctx: click.Context, product: str, day: datetime, value: str, *, as_json: bool) -> None:
    """Write the net value of PRODUCT on DAY."""
    _write(ctx.meta[DESK], [(product, day.date(), value)], as_json=as_json)


@nav.command("load", epilog="Example: tidegate wealth nav load 2026-11-23.csv")
@click.argument("file", type=click.File(encoding="utf-8"))
@_JSON
@click.pass_context
def load_command(ctx: click.Context, file: TextIO, *, as_json: bool) -> None:
    """Write the net values of a CSV file with the columns product, date and nav: all of them, or none."""
    _write(ctx.meta[DESK], _lines(file.read()), as_json=as_json)


@nav.command("list", epilog="Example: tidegate wealth nav list JMG-WY90 --json")
@click.argument("product")
@click.option("--limit", default=20, show_default=True, help="How many at most, the newest.")
@_JSON
@click.pass_context
def list_command(ctx: click.Context, product: str, limit: int, *, as_json: bool) -> None:
    """List the newest net values of PRODUCT, the oldest of them first."""
    desk: Desk = ctx.meta[DESK]
    found = retried(desk.open(), lambda session: navs.history(session, product, limit), writing=False)
    rows = [{"date": day.isoformat(), "nav": pricing.nav_text(value)} for day, value in found]
    click.echo(json.dumps(rows) if as_json else "\n".join(f"{row['date']}  {row['nav']}" for row in rows))


@wealth.command(
    "qualify",
    epilog="Example: tidegate wealth qualify cus_3k… --evidence file-2026-118 --until 2027-11-23 --by chen.yu",
)
@click.argument("customer")
@click.option("--evidence", required=True, help="Where the proof of assets or income is filed; not the proof itself.")
@click.option("--until", required=True, type=_DAY, help="Last day on which it counts.")
@click.option("--by", required=True, help="Your name: stands in the record and in the evidence.")
@_JSON
@click.pass_context
def qualify_command(
    ctx: click.Context, customer: str, evidence: str, until: datetime, by: str, *, as_json: bool
) -> None:
    """Record that CUSTOMER showed that he is a qualified investor."""
    desk: Desk = ctx.meta[DESK]
    last, now = until.date(), desk.clock()

    def work(session: Session) -> None:
        investors.qualify(session, customer, evidence=evidence, by=by, until=last, now=now)

    retried(desk.open(), work)
    told = {"customer": customer, "until": last.isoformat()}
    click.echo(json.dumps(told) if as_json else f"{customer} is a qualified investor until {told['until']}")


@wealth.command("qualifications", epilog="Example: tidegate wealth qualifications --json")
@_JSON
@click.pass_context
def qualifications_command(ctx: click.Context, *, as_json: bool) -> None:
    """List the records of qualified investors, the newest first."""
    desk: Desk = ctx.meta[DESK]
    rows = [
        {
            "customer": row.customer_id,
            "until": row.valid_until.isoformat(),
            "evidence": row.evidence,
            "by": row.entered_by,
            "at": instant(row.entered_at),
        }
        for row in retried(desk.open(), investors.qualifications, writing=False)
    ]
    lines = (
        f"{row['customer']}  until {row['until']}  {row['evidence']}  by {row['by']} at {row['at']}" for row in rows
    )
    click.echo(json.dumps(rows) if as_json else "\n".join(lines) or "nobody is recorded")


def _lines(text: str) -> list[tuple[str, date, str]]:
    reader = csv.DictReader(StringIO(text))
    if reader.fieldnames != _COLUMNS:
        raise NavInvalidError(detail=f"the first line names the columns {','.join(_COLUMNS)}")
    found = []
    for row in reader:
        if None in row or None in row.values():
            raise NavInvalidError(detail=f"line {reader.line_num} has not {len(_COLUMNS)} columns")
        try:
            found.append((row["product"], date.fromisoformat(row["date"]), row["nav"]))
        except ValueError as error:
            raise NavInvalidError(detail=f"line {reader.line_num}: {error}") from error
    return found


def _write(desk: Desk, rows: list[tuple[str, date, str]], *, as_json: bool) -> None:
    now = desk.clock()
    try:
        read = [(product, day, pricing.read_nav(value)) for product, day, value in rows]
    except ValueError as error:
        raise NavInvalidError(detail=str(error)) from error

    def work(session: Session) -> int:
        known = set(session.scalars(select(Product.code).where(Product.family == FAMILY.name)))
        unknown = sorted({product for product, _, _ in read} - known)
        if unknown:
            raise NavInvalidError(detail=f"no wealth product is called {', '.join(unknown)}")
        return sum(navs.publish(session, product, day, value, now) for product, day, value in read)

    new = retried(desk.open(), work)
    told = {"written": new, "known": len(rows) - new}
    click.echo(json.dumps(told) if as_json else f"{new} net values written, {len(rows) - new} were there")
