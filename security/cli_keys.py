"""The command line of the server's own keys. The front door says which store, who may change it, and who is told."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from security.keys import KeyRecord, KeyStore
from security.keys.ceremony import procedure, record_of
from security.keys.changes import Action, Guard, frozen, perform
from security.public_files import read_jwk_set, read_public

_DASHED: Final = re.compile(r"-[A-Za-z0-9_-]{42}|-[A-Za-z0-9_-]{23}")
"""An id of a signing or of a secret key that begins with a hyphen, as one in 64 does, and looks like an option."""
_MARK: Final = "kid:"


class KidCommand(click.Command):
    """A command that takes a kid as it was copied, with whatever it begins."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Mark kids that the parser would take for options."""
        return super().parse_args(ctx, [_MARK + word if _DASHED.fullmatch(word) else word for word in args])


class Kid(click.ParamType[str]):
    """A key's id."""

    name = "kid"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take the mark away again."""
        del param, ctx
        return value.removeprefix(_MARK)


@dataclass(frozen=True, slots=True)
class KeyDesk:
    """What the commands work with.

    Attributes:
        open: opens the store; clock: gives the present instant.
        guard: what data forbids.
        permit: raises when a change needs a second person.
        tell: has what changed written into the evidence, with the words that say why.
        witnessed: has a ceremony's record written there.
    """

    open: Callable[[], KeyStore]
    clock: Callable[[], datetime]
    guard: Guard
    permit: Callable[[Action], None]
    tell: Callable[[str], None]
    witnessed: Callable[[Mapping[str, Any]], None]

    def change(self, action: Action, subject: str, **more: Any) -> KeyRecord:
        """Do a change that one person may make, and have it told."""
        self.permit(action)
        store = self.open()
        record = perform(store, frozen(store, action, subject, **more), self.clock(), self.guard)
        self.tell(f"tidegate keys {action}")
        return record


_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group(
    epilog="Example: tidegate keys list. Exit codes: 0 done; 1 refused, or `verify` found a fault, the line says why; "
    "2 called or configured wrongly."
)
def keys() -> None:
    """The server's own keys, from staged to destroyed. Running instances take every change over at once."""


@keys.command("list", epilog="Example: tidegate keys list")
@_JSON
@click.pass_obj
def list_(desk: KeyDesk, *, as_json: bool) -> None:
    """List the keys with their states, and what is due."""
    store = desk.open()
    records = sorted(store.records(), key=lambda record: (record.purpose, record.changed))
    if as_json:
        click.echo(json.dumps([_members(record) for record in records]))
        return
    if not records:
        click.echo(
            "no keys here yet: `tidegate prepare` makes a sandbox's, `tidegate keys rotate PURPOSE` a single one"
        )
    for record in records:
        click.echo(f"{record.purpose:<18} {record.state:<12} {record.kid}  since {record.changed:%Y-%m-%d %H:%M}")
    _calendar(store, desk.clock())


@keys.command(epilog="Example: tidegate keys calendar --json")
@_JSON
@click.pass_obj
def calendar(desk: KeyDesk, *, as_json: bool) -> None:
    """Show what is to be done with which key from when; the server's own job does it then."""
    store, now = desk.open(), desk.clock()
    if as_json:
        names = ("purpose", "kid", "action", "urgent")
        found = [
            {name: getattr(entry, name) for name in names} | {"due": entry.due.isoformat()}
            for entry in store.calendar(now)
        ]
        click.echo(json.dumps(found))
        return
    _calendar(store, now)


@keys.command(epilog="Example: tidegate keys stage access-token --uri 'hsm:token=bank;object=at2?module-path=/p.so'")
@click.argument("purpose")
@click.option("--uri", default="", help="Take a key of a token (hsm:…) or a cloud (awskms:… and others) instead.")
@click.option(
    "--public",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The cloud key's public half, PEM or JWK.",
)
@_JSON
@click.pass_obj
def stage(desk: KeyDesk, purpose: str, uri: str, public: Path | None, *, as_json: bool) -> None:
    """Make the next key of PURPOSE: verifiers know it from now on, and it signs from `activate` or `rotate`."""
    half = read_public(public).as_dict() if public is not None else {}
    _said(desk.change(Action.STAGE, purpose, uri=uri, public=half), as_json=as_json)


@keys.command(cls=KidCommand, epilog="Example: tidegate keys activate nb3x…")
@click.argument("kid", type=Kid())
@_JSON
@click.pass_obj
def activate(desk: KeyDesk, kid: str, *, as_json: bool) -> None:
    """Let the staged key sign; the one that did only verifies from now on."""
    _said(desk.change(Action.ACTIVATE, kid), as_json=as_json)


@keys.command(epilog="Example: tidegate keys rotate access-token")
@click.argument("purpose")
@_JSON
@click.pass_obj
def rotate(desk: KeyDesk, purpose: str, *, as_json: bool) -> None:
    """Make the staged key of PURPOSE active, or a new one; the present one only verifies from now on."""
    _said(desk.change(Action.ROTATE, purpose), as_json=as_json)


@keys.command(cls=KidCommand, epilog="Example: tidegate keys revoke nb3x… --confirm nb3x…")
@click.argument("kid", type=Kid())
@click.option("--confirm", type=Kid(), required=True, help="The KID once more: revoking cannot be taken back.")
@_JSON
@click.pass_obj
def revoke(desk: KeyDesk, kid: str, confirm: str, *, as_json: bool) -> None:
    """Revoke a key at once: nothing that it signed is accepted any more."""
    _repeated(kid, confirm)
    _said(desk.change(Action.REVOKE, kid), as_json=as_json)


@keys.command(cls=KidCommand, epilog="Example: tidegate keys retire nb3x…")
@click.argument("kid", type=Kid())
@_JSON
@click.pass_obj
def retire(desk: KeyDesk, kid: str, *, as_json: bool) -> None:
    """End the verifying of a key, once nothing that it signed can be good any more."""
    _said(desk.change(Action.RETIRE, kid), as_json=as_json)


@keys.command(cls=KidCommand, epilog="Example: tidegate keys destroy nb3x… --confirm nb3x…")
@click.argument("kid", type=Kid())
@click.option("--confirm", type=Kid(), required=True, help="The KID once more: destroying cannot be taken back.")
@_JSON
@click.pass_obj
def destroy(desk: KeyDesk, kid: str, confirm: str, *, as_json: bool) -> None:
    """Delete the private part of a retired or revoked key; a token or cloud destroys its own."""
    _repeated(kid, confirm)
    _said(desk.change(Action.DESTROY, kid), as_json=as_json)


@keys.command(epilog="Example: tidegate keys jwks audit-checkpoint > audit-jwks.json")
@click.argument("purpose")
@click.option("--json", "as_json", is_flag=True, help="The same: the answer is JSON in any case.")
@click.pass_obj
def jwks(desk: KeyDesk, purpose: str, *, as_json: bool) -> None:
    """Give the public keys of PURPOSE as a JWK set; `evidence verify --anchor` takes that of audit-checkpoint."""
    del as_json
    click.echo(json.dumps(desk.open().jwks(purpose)))


@keys.command(epilog="Example: tidegate keys ceremony access-token --witness anna --witness boris --record seen.json")
@click.argument("purpose")
@click.option("--witness", "witnesses", multiple=True, help="Who saw it; at least two. Without, the steps are printed.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="File to write the record to.")
@_JSON
@click.pass_obj
def ceremony(desk: KeyDesk, purpose: str, witnesses: tuple[str, ...], record: Path | None, *, as_json: bool) -> None:
    """Print the steps of a witnessed change of PURPOSE's key; with witnesses, record what stands in the evidence."""
    store = desk.open()
    if not witnesses:
        steps = procedure(purpose, store.records())
        lines = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
        click.echo(json.dumps(steps) if as_json else lines)
        return
    seen = record_of(purpose, store.records(), store.check(), witnesses, desk.clock())
    desk.witnessed(seen)
    if record is not None:
        record.write_text(json.dumps(seen, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(seen) if as_json else f"recorded: {seen['digest']}, seen by {', '.join(seen['witnesses'])}")


@keys.command(epilog="Example: tidegate keys verify --published access-token=https://bank.example/jwks.json --json")
@click.option(
    "--published",
    multiple=True,
    metavar="PURPOSE=PLACE",
    help="A file or address with the JWK set that PURPOSE's verifiers have; repeatable.",
)
@_JSON
@click.pass_obj
def verify(desk: KeyDesk, published: tuple[str, ...], *, as_json: bool) -> None:
    """Look the keys over: index, files, states, whether each signs as it should, and what verifiers were given."""
    store = desk.open()
    faults = list(store.check())
    for pair in published:
        purpose, is_pair, place = pair.partition("=")
        if not is_pair:
            message = f"{pair} is not PURPOSE=PLACE"
            raise click.BadParameter(message)
        faults += _differences(store, purpose, read_jwk_set(place))
    click.echo(json.dumps({"ok": not faults, "faults": faults}) if as_json else "\n".join(faults) or "nothing is wrong")
    if faults:
        raise SystemExit(1)


def _differences(store: KeyStore, purpose: str, published: Mapping[str, Any]) -> list[str]:
    mine = {line["kid"]: line for line in store.jwks(purpose)["keys"]}
    missing = [f"{purpose} {kid}: verifies, and is not published" for kid in mine if kid not in published]
    stale = [f"{purpose} {kid}: is published, and does not verify" for kid in published if kid not in mine]
    other = [
        f"{purpose} {kid}: is published with another key" for kid in mine if published.get(kid, mine[kid]) != mine[kid]
    ]
    return [*missing, *stale, *other]


def _calendar(store: KeyStore, now: datetime) -> None:
    for entry in store.calendar(now):
        mark = "DUE" if now >= entry.due else "DUE SOON" if entry.urgent else "later"
        click.echo(f"{mark:<9} {entry.due:%Y-%m-%d} {entry.action} {entry.purpose} {entry.kid}")


def _repeated(kid: str, confirm: str) -> None:
    if confirm != kid:
        message = "--confirm must repeat the KID"
        raise click.BadParameter(message)


def _said(record: KeyRecord, *, as_json: bool) -> None:
    click.echo(json.dumps(_members(record)) if as_json else f"{record.kid} {record.state}")


def _members(record: KeyRecord) -> dict[str, str]:
    return {name: str(getattr(record, name)) for name in ("purpose", "state", "kid", "alg")} | {
        "changed": record.changed.isoformat()
    }
