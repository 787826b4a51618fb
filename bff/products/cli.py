"""The command lines of the product team: products, rules and the calendar. The front door says which database."""

from collections import Counter
from pathlib import Path
from typing import Any, Final, cast

import click
from sqlalchemy.orm import Session

from bff.db.engine import retried
from bff.kinds import business_date
from bff.products import decisions
from bff.products.calendar import TradingCalendar, check_upload, read_calendar
from bff.products.drafts import CalendarDrafts
from bff.products.moves import StateDrafts
from bff.products.papers_cli import (
    FILE,
    Words,
    answer,
    comparing,
    desk_of,
    listing,
    proposing,
    reviewing,
    showing,
    tell,
    withdrawing,
)
from h5bundle.cli.own_keys import OwnKey, own_key_option
from h5bundle.cli.shared import json_option, passphrase_option

_CODES: Final = "Exit codes: 0 done; 1 refused, the line says why; 2 called or configured wrongly."
_PRODUCT: Final = Words("product", "products", "JMG-WY90", "2027.1", "wy90.yaml", families=True)
_MOVES: Final = Words("state", "products moves", "JMG-WY90", "CLOSED-OPEN-3f0c9a5e", "", in_force=False)
_RULES: Final = Words("rules", "rules", "wealth", "wealth-2027.1", "rules-2027-01.yaml")
_CALENDAR: Final = Words("calendar", "calendar", "XSHG", "2027-12-31-3f0c9a5e", "trading_days.json")


@click.group(epilog=f"Example: tidegate products list. {_CODES}")
def products() -> None:
    """Products: one person proposes a definition, another checks it, and it is on sale from its day on."""


@products.command("state", epilog="Example: tidegate products state JMG-WY90 RAISING ESTABLISHED --key file:anna.pem")
@click.argument("code")
@click.argument("from_state", metavar="FROM")
@click.argument("to_state", metavar="TO")
@own_key_option
@passphrase_option
@json_option
@click.pass_context
def state_command(
    ctx: click.Context,
    code: str,
    from_state: str,
    to_state: str,
    uri: str,
    passphrase_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Move product CODE from one state of sale to the next: at once where that stops its sale; else it is proposed.

    What was proposed is a paper that another person checks on the same day: `tidegate products moves review`.
    """
    desk = desk_of(ctx)
    papers, own, now = desk.open(), OwnKey.open(uri, passphrase_file), desk.clock()
    drafts = cast("StateDrafts", papers.kinds["state"])
    family = retried(papers.engine, lambda session: drafts.warehouse.family_of(session, code), writing=False)
    move = (code, from_state, to_state)
    if to_state not in family.stopped:
        raw = retried(papers.engine, lambda session: drafts.written(session, *move, now), writing=False)
        tell(papers.propose("state", raw, own, now, family=family.name), as_json=as_json)
        return
    operator = papers.confirm(f"state {from_state} {to_state}", code, own, now)

    def work(session: Session) -> None:
        drafts.warehouse.move(session, family, code, {from_state}, to_state, by=operator.person, now=now)

    retried(papers.engine, work)
    answer({"code": code, "state": to_state, "by": operator.person}, [f"{code} is {to_state}"], as_json=as_json)


@products.group(epilog=f"Example: tidegate products moves list. {_CODES}")
def moves() -> None:
    """Moves of states of sale that do not stop a sale: proposed by `products state`, checked by another person."""


@click.group(epilog=f"Example: tidegate rules list. {_CODES}")
def rules() -> None:
    """Rule packs: limits and periods by date, changed by two people; and why a decision was taken as it was."""


@rules.command("explain", epilog="Example: tidegate rules explain ord_3k… --json")
@click.argument("subject", metavar="ID")
@json_option
@click.pass_context
def explain_command(ctx: click.Context, subject: str, *, as_json: bool) -> None:
    """Explain the decisions on ID: an order, operation, application, account, card, bill, funding or refusal."""
    engine = desk_of(ctx).open().engine
    told = retried(engine, lambda session: decisions.explain(session, subject), writing=False)
    answer(told, (text for one in told for text in _explained(one)), as_json=as_json)


@click.group(epilog=f"Example: tidegate calendar show. {_CODES}")
def calendar() -> None:
    """The calendar of trading days: what it reaches, and uploads that extend or correct it."""


@calendar.command("show", epilog="Example: tidegate calendar show --json")
@json_option
@click.pass_context
def calendar_command(ctx: click.Context, *, as_json: bool) -> None:
    """Show the calendar in force: its span, its source, and how many trading days each year has."""
    days = _calendar(ctx).now
    years = {str(year): count for year, count in sorted(Counter(day.year for day in days.days).items())}
    span = {"first": days.first.isoformat(), "last": days.last.isoformat(), "source": days.source}
    lines = [f"{days.first} to {days.last}", days.source, *(f"{year}  {count}" for year, count in years.items())]
    answer({**span, "tradingDays": years}, lines, as_json=as_json)


@calendar.command("check", epilog="Example: tidegate calendar check trading_days.json")
@click.argument("file", type=FILE)
@json_option
@click.pass_context
def check_command(ctx: click.Context, file: Path, *, as_json: bool) -> None:
    """Tell whether FILE could be proposed now, and what it changes; nothing is kept."""
    in_force, now = _calendar(ctx).now, desk_of(ctx).clock()
    upload = read_calendar(file.read_bytes(), file.name)
    check_upload(in_force, upload, business_date(now))
    changed = sorted(in_force.days ^ in_force.under(upload).days)
    corrected = [day.isoformat() for day in changed if day <= in_force.last]
    new = sum(day > in_force.last for day in changed)
    said = {"first": upload.first.isoformat(), "last": upload.last.isoformat(), "new": new, "corrected": corrected}
    lines = [f"{upload.first} to {upload.last}: {new} trading days are new", *(f"{day} changes" for day in corrected)]
    answer(said, lines, as_json=as_json)


def _calendar(ctx: click.Context) -> TradingCalendar:
    return cast("CalendarDrafts", desk_of(ctx).open().kinds["calendar"]).calendar


def _explained(one: Any) -> list[str]:
    about = " ".join(f"{name} {one[name]}" for name in ("subject", "about", "request", "customer") if one[name])
    head = f"{one['at']} {one['kind']} {one['outcome']}  {about}"
    pack = f"  rules {one['version']} of {one['pack']}"
    read = [
        f"    {name} = {rule['value']}  {rule.get('source', '')} {rule.get('remark', '')}".rstrip()
        for name, rule in one["rules"].items()
    ]
    return [head, pack, *read, *(f"  {name} {value}" for name, value in one["inputs"].items())]


for make in (listing, showing, comparing, proposing, reviewing, withdrawing):
    products.add_command(make(_PRODUCT))
    rules.add_command(make(_RULES))
for make in (listing, showing, reviewing, withdrawing):
    moves.add_command(make(_MOVES))
for make in (listing, proposing, reviewing, withdrawing):
    calendar.add_command(make(_CALENDAR))
