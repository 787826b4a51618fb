"""The command line of accounts: looking, freezing, and what the core tells of. The front door says which database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bff import audit
from bff.accounts import freeze_book, freezes, repository
from bff.accounts.incoming import CASH, TRANSFER, Notice
from bff.accounts.room import AccountsRoom
from bff.accounts.rules import tail
from bff.db.engine import retried
from bff.errors import NotFoundError
from bff.kinds import SHANGHAI, NewId, instant

ACCOUNTS_DESK: Final = "tidegate.accounts"
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
Result = TypeVar("Result")


def _said(most: int) -> Callable[[click.Context, click.Parameter, str], str]:
    """Make the check of a text that is kept: it says something, and has so many characters at most."""

    def check(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
        if not 0 < len(value.strip()) <= most:
            message = f"say it in 1 to {most} characters"
            raise click.BadParameter(message)
        return value

    return check


_BY: Final = click.option("--by", required=True, callback=_said(64), help="Your name: stands in the evidence.")
_REASON: Final = click.option("--reason", required=True, callback=_said(200), help="Why: stands in the evidence.")
_MOMENT: Final = click.DateTime(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
_JOURNAL: Final = click.argument("journal", callback=_said(64))


@dataclass(frozen=True, slots=True)
class AccountsDesk:
    """What the commands work with: how to open the database and the room's parts, time and chance."""

    open: Callable[[], tuple[Engine, AccountsRoom]]
    clock: Callable[[], datetime]
    new_id: NewId

    def work(self, step: Callable[[Session], Result]) -> Result:
        """Do something in one transaction."""
        return retried(self.open()[0], step)


@click.group(epilog="Example: tidegate accounts show acc_3k…")
def accounts() -> None:
    """Accounts: their state, freezes, checks face to face, incoming transfers and returns."""


@accounts.command("show", epilog="Example: tidegate accounts show acc_3k… --json")
@click.argument("account")
@_JSON
@click.pass_context
def show_command(ctx: click.Context, account: str, *, as_json: bool) -> None:
    """Say of ACCOUNT (its id) its state and every freeze; no number, no name."""
    desk: AccountsDesk = ctx.meta[ACCOUNTS_DESK]
    told = desk.work(lambda session: _told(session, account))
    lines = [f"{account}  class {told['class']}  {told['state']}  number …{told['tail']}"]
    lines += [
        f"frozen {one['at']} by {one['by']}: {one['reason']}; until {one['until'] or 'it is ended'}"
        + (f"; ended {one['ended']}" if one["ended"] else "")
        for one in told["freezes"]
    ]
    _answer(told, lines, as_json=as_json)


@accounts.command(
    "freeze",
    epilog="Example: tidegate accounts freeze acc_3k… --by chen.yu --reason 'court order 17' --until 2026-12-31",
)
@click.argument("account")
@_BY
@_REASON
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="End of the freeze, in Shanghai.")
@_JSON
@click.pass_context
def freeze_command(
    ctx: click.Context, account: str, by: str, reason: str, until: datetime | None, *, as_json: bool
) -> None:
    """Freeze ACCOUNT: no money moves on it, here and at the core, until it is unfrozen or the end has come."""
    desk: AccountsDesk = ctx.meta[ACCOUNTS_DESK]
    now = desk.clock()
    ends = None if until is None else until.replace(tzinfo=SHANGHAI)
    if ends is not None and ends <= now:
        message = "--until has passed"
        raise click.UsageError(message)
    order = freezes.Order(by=by, reason=reason, until=ends)
    freeze_id = desk.work(lambda session: freezes.freeze(session, account, order, now, desk.new_id))
    _answer({"account": account, "freeze": freeze_id}, [f"{account} is frozen ({freeze_id})"], as_json=as_json)


@accounts.command("unfreeze", epilog="Example: tidegate accounts unfreeze acc_3k… --by chen.yu --reason 'order lifted'")
@click.argument("account")
@_BY
@_REASON
@_JSON
@click.pass_context
def unfreeze_command(ctx: click.Context, account: str, by: str, reason: str, *, as_json: bool) -> None:
    """End the freeze of ACCOUNT."""
    desk: AccountsDesk = ctx.meta[ACCOUNTS_DESK]
    now = desk.clock()
    state = desk.work(lambda session: freezes.thaw(session, account, by=by, reason=reason, now=now))
    _answer({"account": account, "state": state}, [f"{account} is {state} again"], as_json=as_json)


@accounts.command(
    "checked", epilog="Example: tidegate accounts checked acc_3k… --by chen.yu --reason 'seen at branch 12'"
)
@click.argument("account")
@_BY
@_REASON
@_JSON
@click.pass_context
def checked_command(ctx: click.Context, account: str, by: str, reason: str, *, as_json: bool) -> None:
    """Write down that the holder of ACCOUNT was seen face to face: it may take money from others, within its limits."""
    desk: AccountsDesk = ctx.meta[ACCOUNTS_DESK]
    now = desk.clock()

    def work(session: Session) -> None:
        if not repository.turn(session, account, (repository.OPEN, repository.DORMANT), face_checked=True):
            raise NotFoundError(detail="there is no such account, or it is frozen or closed")
        body = {"accountId": account, "by": by, "reason": reason}
        audit.append(session, kind="account.face_checked", subject=account, body=body, now=now)

    desk.work(work)
    _answer({"account": account, "faceChecked": True}, [f"{account} may take money from others"], as_json=as_json)


@accounts.command(
    "incoming", epilog="Example: tidegate accounts incoming jnl_9 --to 6299… --from 6298… --fen 5000 --how TRANSFER"
)
@_JOURNAL
@click.option("--to", "payee", required=True, help="The account's number at the core.")
@click.option("--from", "payer", required=True, help="The other side, as the core books it.")
@click.option("--fen", type=click.IntRange(min=1), required=True, help="The amount in fen.")
@click.option("--how", type=click.Choice([TRANSFER, CASH]), default=TRANSFER, show_default=True, help="How it came.")
@click.option("--at", "at", type=_MOMENT, help="When the core booked it, in Shanghai; now when not given.")
@_JSON
@click.pass_context
def incoming_command(
    ctx: click.Context, journal: str, payee: str, payer: str, fen: int, how: str, at: datetime | None, *, as_json: bool
) -> None:
    """Judge an incoming transfer that the core told of as JOURNAL: it is kept, or returned by the rules."""
    desk: AccountsDesk = ctx.meta[ACCOUNTS_DESK]
    _, room = desk.open()
    now = desk.clock()
    booked_at = now if at is None else at.replace(tzinfo=SHANGHAI)
    if booked_at > now:
        message = "the core books nothing in the future"
        raise click.BadParameter(message, param_hint="--at")
    about = {"journal": journal, "payee": payee, "payer": payer, "how": how}
    notice = Notice(**about, amount_fen=fen, booked_at=booked_at)
    state = desk.work(lambda session: room.incoming.told(session, notice, now))
    _answer({"journal": journal, "state": state}, [f"{journal}: {state}"], as_json=as_json)


@accounts.command("return", epilog="Example: tidegate accounts return jnl_9 --by chen.yu --reason 'payee bank refused'")
@_JOURNAL
@_BY
@_REASON
@_JSON
@click.pass_context
def return_command(ctx: click.Context, journal: str, by: str, reason: str, *, as_json: bool) -> None:
    """Have the core reverse JOURNAL of a transfer, an incoming one or a funding; its counters are given back then."""
    desk: AccountsDesk = ctx.meta[ACCOUNTS_DESK]
    _, room = desk.open()
    now = desk.clock()
    kind = desk.work(
        lambda session: room.returns.order(session, journal, desk.new_id("ret"), by=by, reason=reason, now=now)
    )
    _answer({"journal": journal, "kind": kind}, [f"the {kind} of {journal} is being returned"], as_json=as_json)


def _told(session: Session, account_id: str) -> dict[str, Any]:
    row = repository.account(session, account_id)
    if row is None:
        raise NotFoundError(detail="there is no such account")
    return {
        "account": account_id,
        "class": row.account_class,
        "state": row.state,
        "tail": tail(row.number or ""),
        "faceChecked": bool(row.face_checked),
        "freezes": [
            {
                "freeze": one.freeze_id,
                "by": one.ordered_by,
                "reason": one.reason,
                "at": instant(one.frozen_at),
                "until": None if one.until is None else instant(one.until),
                "ended": None if one.thawed_at is None else instant(one.thawed_at),
            }
            for one in freeze_book.history(session, account_id)
        ],
    }


def _answer(told: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    click.echo(json.dumps(told) if as_json else "\n".join(lines))
