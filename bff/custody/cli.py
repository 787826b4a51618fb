"""The command line of four eyes: asking for a change of a key, deciding on it, and moving sealed values."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from bff.custody.models import KeyRequest
from bff.custody.service import Custody
from bff.customers.moving import Moving
from bff.kinds import NewId
from h5bundle.cli.own_keys import OwnKey, own_key_option
from h5bundle.cli.shared import passphrase_option
from security.cli_keys import Kid, KidCommand
from security.keys.changes import Action, frozen
from security.keys.requests import Verdict, decision_message, request_message
from security.public_files import read_public

DESK: Final = "tidegate.custody"
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@dataclass(frozen=True, slots=True)
class CustodyDesk:
    """What the commands work with; ``open`` and ``moving`` open the database."""

    open: Callable[[], Custody]
    moving: Callable[[], Moving]
    clock: Callable[[], datetime]
    new_id: NewId


@click.command(
    "request", cls=KidCommand, epilog="Example: tidegate keys request revoke nb3x… --key file:anna.pem --reason leak"
)
@click.argument("action", type=click.Choice([action.value for action in Action]))
@click.argument("subject", type=Kid())
@own_key_option
@click.option("--reason", required=True, help="Why: stands in the evidence.")
@click.option("--uri", "place", default="", help="With `stage`: take a key of a token or a cloud.")
@click.option(
    "--public",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With `stage`: the cloud key's public half, PEM or JWK.",
)
@passphrase_option
@_JSON
def request_command(
    action: str,
    subject: str,
    uri: str,
    reason: str,
    place: str,
    public: Path | None,
    passphrase_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Ask for ACTION on SUBJECT (a purpose for stage and rotate, else a KID); another operator approves it."""
    desk: CustodyDesk = click.get_current_context().meta[DESK]
    custody, now = desk.open(), desk.clock()
    half = read_public(public).as_dict() if public is not None else {}
    change = frozen(custody.store, Action(action), subject, uri=place, public=half)
    own = OwnKey.open(uri, passphrase_file)
    draft = custody.draft(change, reason=reason, by=own.jkt, request_id=desk.new_id("kreq"), now=now)
    _answer(custody.ask(draft, own.sign(request_message(draft)), now), as_json=as_json)


@click.command("approve", epilog="Example: tidegate keys approve kreq_3k… --key file:boris.pem")
@click.argument("request")
@own_key_option
@passphrase_option
@_JSON
@click.pass_context
def approve_command(ctx: click.Context, request: str, uri: str, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Approve a REQUEST of another operator; the change is made at once. Exit code 1: it could not be made."""
    _decide(ctx, request, Verdict.APPROVE, uri, passphrase_file, as_json=as_json)


@click.command("reject", epilog="Example: tidegate keys reject kreq_3k… --key file:boris.pem")
@click.argument("request")
@own_key_option
@passphrase_option
@_JSON
@click.pass_context
def reject_command(ctx: click.Context, request: str, uri: str, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Reject a REQUEST of another operator."""
    _decide(ctx, request, Verdict.REJECT, uri, passphrase_file, as_json=as_json)


@click.command("requests", epilog="Example: tidegate keys requests --json")
@_JSON
@click.pass_context
def requests_command(ctx: click.Context, *, as_json: bool) -> None:
    """List the requests for changes of keys, the latest first."""
    desk: CustodyDesk = ctx.meta[DESK]
    rows = desk.open().every()
    if as_json:
        click.echo(json.dumps([_members(row) for row in rows]))
        return
    click.echo("\n".join(map(_line, rows)) or "nobody has asked for a change of a key")


@click.command("rewrap", epilog="Example: tidegate keys rewrap --json")
@_JSON
@click.pass_context
def rewrap_command(ctx: click.Context, *, as_json: bool) -> None:
    """Move sealed values and customers' hashes to the present keys, as the server's job does; then old keys can go."""
    desk: CustodyDesk = ctx.meta[DESK]
    done = desk.moving().run()
    said = {"moved": done.moved, "broken": done.broken}
    click.echo(json.dumps(said) if as_json else f"{done.moved} values and hashes moved, {done.broken} do not open")
    if done.broken:
        raise SystemExit(1)


COMMANDS: Final = (request_command, approve_command, reject_command, requests_command, rewrap_command)


def _decide(
    ctx: click.Context, request: str, verdict: Verdict, uri: str, passphrase_file: Path | None, *, as_json: bool
) -> None:
    desk: CustodyDesk = ctx.meta[DESK]
    custody = desk.open()
    row = custody.get(request)
    if not as_json:
        click.echo(f"{_line(row)}\n  {row.statement}", err=True)
    own = OwnKey.open(uri, passphrase_file)
    signature = own.sign(decision_message(row.statement.encode(), verdict, own.jkt))
    done = custody.decide(request, verdict=verdict, by=own.jkt, signature=signature, now=desk.clock())
    _answer(done, as_json=as_json)
    if done.state not in {"PERFORMED", "REJECTED"}:
        raise SystemExit(1)


def _answer(row: KeyRequest, *, as_json: bool) -> None:
    click.echo(json.dumps(_members(row)) if as_json else _line(row))


def _line(row: KeyRequest) -> str:
    said = json.loads(row.statement)
    people = f"{row.asked_person}{f' and {row.decided_person}' if row.decided_person else ''}"
    about = f"{said['action']} {said['subject']}: {said['reason']}  {row.outcome}".rstrip()
    return f"{row.request_id} {row.state:<9} until {row.expires_at:%Y-%m-%d %H:%M} {people}  {about}"


def _members(row: KeyRequest) -> dict[str, Any]:
    said = json.loads(row.statement)
    names = {"id": row.request_id, "state": row.state, "asked": row.asked_person, "decided": row.decided_person}
    about = {name: said[name] for name in ("action", "subject", "before", "reason")}
    return {**names, **about, "until": row.expires_at.isoformat(), "outcome": row.outcome}
