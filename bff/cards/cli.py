"""The command line of credit cards: what waits for a reviewer, his decisions, and a sandbox acquirer's messages.

Invariant: a person's data is printed by ``show`` alone, whose use stands in the evidence; nothing here logs it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click
from sqlalchemy.orm import Session

from bff.cards.acquiring import Purchase
from bff.cards.applications import DOCUMENTS
from bff.cards.repository import CASH, PURCHASE
from bff.cards.room import Cards
from bff.db.engine import retried
from bff.kinds import instant
from bff.outbox import Settlement

DESK: Final = "tidegate.cards"
"""Where a command's context keeps what opens the room."""
Result = TypeVar("Result")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_BY: Final = click.option("--by", required=True, help="Your name: stands in the evidence.")
_WHY: Final = click.option("--why", required=True, help="Why, without personal data.")
_AMOUNT: Final = click.option("--fen", type=click.IntRange(min=1), required=True, help="Amount in fen.")
_REFERENCE: Final = click.option("--reference", help="The acquirer's number; the same again changes nothing.")


@dataclass(frozen=True, slots=True)
class _Desk:
    """The room, opened for one command."""

    room: Cards

    def at(self) -> Settlement:
        return Settlement(self.room.given.clock(), self.room.given.new_id)

    def do(self, work: Callable[[Session], Result], *, writing: bool = True) -> Result:
        return retried(self.room.given.engine, work, writing=writing)


def _desk(ctx: click.Context) -> _Desk:
    opened: Callable[[], Cards] = ctx.meta[DESK]
    return _Desk(opened())


def _say(as_json: bool, told: dict[str, Any], line: str) -> None:  # noqa: FBT001 — a switch of the command line
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else line)


@click.group(epilog="Example: tidegate cards queue")
def cards() -> None:
    """Credit cards: review applications, and play the acquirer in a sandbox."""


@cards.command("queue", epilog="Example: tidegate cards queue --json")
@_JSON
@click.pass_context
def queue_command(ctx: click.Context, *, as_json: bool) -> None:
    """List what waits for a reviewer, the oldest first; without personal data."""
    desk = _desk(ctx)
    rows = desk.do(desk.room.reviewing.queue, writing=False)
    told = [
        {
            "application": row.application_id,
            "product": row.product,
            "submitted": instant(row.submitted_at),
            "proposedLineFen": row.line_fen,
        }
        for row in rows
    ]
    lines = [
        f"{one['application']}  {one['product']}  {one['submitted']}  line {one['proposedLineFen']}" for one in told
    ]
    click.echo(json.dumps(told) if as_json else "\n".join(lines) or "nothing waits for review")


@cards.command("show", epilog="Example: tidegate cards show cap_3k… --by chen.yu")
@click.argument("application")
@_BY
@click.pass_context
def show_command(ctx: click.Context, application: str, by: str) -> None:
    """Show APPLICATION in clear, as JSON; that you looked stands in the evidence."""
    desk = _desk(ctx)
    shown = desk.do(lambda session: desk.room.reviewing.show(session, application, by, desk.at()))
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


@cards.command("approve", epilog="Example: tidegate cards approve cap_3k… --by chen.yu --why 'papers hold'")
@click.argument("application")
@_BY
@_WHY
@click.option("--line", type=click.IntRange(min=1), help="Credit line in fen; what the rules proposed when not given.")
@_JSON
@click.pass_context
def approve_command(
    ctx: click.Context, application: str, by: str, why: str, line: int | None, *, as_json: bool
) -> None:
    """Approve APPLICATION: its account is opened and its card is made."""
    desk = _desk(ctx)
    reviewing = desk.room.reviewing
    card = desk.do(lambda session: reviewing.approve(session, application, by, why, line, desk.at()))
    _say(as_json, {"application": application, "card": card}, f"{application} is approved; card {card} is being made")


@cards.command("decline", epilog="Example: tidegate cards decline cap_3k… --by chen.yu --why 'income not shown'")
@click.argument("application")
@_BY
@_WHY
@_JSON
@click.pass_context
def decline_command(ctx: click.Context, application: str, by: str, why: str, *, as_json: bool) -> None:
    """Decline APPLICATION."""
    desk = _desk(ctx)
    desk.do(lambda session: desk.room.reviewing.decline(session, application, by, why, desk.at()))
    _say(as_json, {"application": application, "state": "DECLINED"}, f"{application} is declined")


@cards.command("ask-more", epilog="Example: tidegate cards ask-more cap_3k… --by chen.yu --why … income_proof")
@click.argument("application")
@click.argument("kinds", nargs=-1, required=True, type=click.Choice(DOCUMENTS))
@_BY
@_WHY
@_JSON
@click.pass_context
def ask_more_command(
    ctx: click.Context, application: str, kinds: tuple[str, ...], by: str, why: str, *, as_json: bool
) -> None:
    """Ask the applicant of APPLICATION for documents of these KINDS."""
    desk = _desk(ctx)
    desk.do(lambda session: desk.room.reviewing.ask_more(session, application, by, why, kinds, desk.at()))
    _say(as_json, {"application": application, "asked": list(kinds)}, f"{application} waits for {', '.join(kinds)}")


@cards.command("authorise", epilog="Example: tidegate cards authorise crd_3k… --fen 12800 --merchant 书店")
@click.argument("card")
@_AMOUNT
@click.option("--merchant", required=True, help="Who sells.")
@click.option("--cash", is_flag=True, help="A cash advance.")
@_REFERENCE
@_JSON
@click.pass_context
def authorise_command(
    ctx: click.Context, card: str, fen: int, merchant: str, reference: str | None, *, cash: bool, as_json: bool
) -> None:
    """Hold credit on CARD, as an acquirer does."""
    name = _authorise(_desk(ctx), card, fen, merchant, reference, cash=cash)
    _say(as_json, {"reference": name, "state": "HELD"}, f"{name} holds {fen} fen")


@cards.command("post", epilog="Example: tidegate cards post crd_3k… --fen 12800 --merchant 书店")
@click.argument("card")
@_AMOUNT
@click.option("--merchant", required=True, help="Who sells.")
@click.option("--cash", is_flag=True, help="A cash advance.")
@_REFERENCE
@_JSON
@click.pass_context
def post_command(
    ctx: click.Context, card: str, fen: int, merchant: str, reference: str | None, *, cash: bool, as_json: bool
) -> None:
    """Authorise and post a purchase on CARD, as an acquirer does."""
    desk = _desk(ctx)
    name = _authorise(desk, card, fen, merchant, reference, cash=cash)
    desk.do(lambda session: desk.room.acquiring.post(session, name, None, desk.at().now))
    _say(as_json, {"reference": name, "state": "POSTED"}, f"{name} posted {fen} fen")


@cards.command("reverse", epilog="Example: tidegate cards reverse acq_3k…")
@click.argument("reference")
@_JSON
@click.pass_context
def reverse_command(ctx: click.Context, reference: str, *, as_json: bool) -> None:
    """Give back what the authorisation REFERENCE holds."""
    desk = _desk(ctx)
    desk.do(lambda session: desk.room.acquiring.reverse(session, reference))
    _say(as_json, {"reference": reference, "state": "REVERSED"}, f"{reference} holds nothing any more")


@cards.command("refund", epilog="Example: tidegate cards refund acq_3k… --fen 12800")
@click.argument("purchase")
@_AMOUNT
@_REFERENCE
@_JSON
@click.pass_context
def refund_command(ctx: click.Context, purchase: str, fen: int, reference: str | None, *, as_json: bool) -> None:
    """Take the posted PURCHASE back, in whole or in part."""
    desk = _desk(ctx)
    name = reference or desk.room.given.new_id("ref")
    desk.do(lambda session: desk.room.acquiring.refund(session, name, purchase, fen, desk.at().now))
    _say(as_json, {"reference": name, "refunded": purchase}, f"{name} refunded {fen} fen")


def _authorise(desk: _Desk, card: str, fen: int, merchant: str, reference: str | None, *, cash: bool) -> str:
    name = reference or desk.room.given.new_id("acq")
    asked = Purchase(name, CASH if cash else PURCHASE, fen, merchant)
    desk.room.acquiring.authorise(desk.room.given.engine, card, asked, desk.at().now)
    return name
