"""The commands that every kind of paper has: list, show, diff, propose, review, withdraw."""

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from bff.errors import NotFoundError
from bff.kinds import business_date, instant
from bff.products.models import Paper
from bff.products.papers import Entry, Papers, in_force
from h5bundle.cli.own_keys import OwnKey, own_key_option
from h5bundle.cli.shared import json_option, passphrase_option

DESK: Final = "tidegate.papers"
DAY: Final = click.DateTime(["%Y-%m-%d"])
FILE: Final = click.Path(dir_okay=False, exists=True, path_type=Path)


@dataclass(frozen=True, slots=True)
class PaperDesk:
    """What the commands work with; ``open`` opens the database with the papers of this server."""

    open: Callable[[], Papers]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Words:
    """How the commands of one kind are shown: its group, what stands in examples, whether a version is in force."""

    kind: str
    group: str
    code: str
    version: str
    file: str
    families: bool = False
    in_force: bool = True

    def example(self, command: str, rest: str) -> str:
        """Give a command's example."""
        return f"Example: tidegate {self.group} {command} {rest}".rstrip()


def desk_of(ctx: click.Context) -> PaperDesk:
    """Give the desk that the front door put into the context."""
    found: PaperDesk = ctx.meta[DESK]
    return found


def listing(words: Words) -> click.Command:
    """Make ``list``."""
    every = "List every version: what ships, and what was proposed, checked, refused or withdrawn."
    moves = "List every move that was proposed, and whether it was checked, refused or withdrawn."

    @click.command("list", help=every if words.in_force else moves, epilog=words.example("list", "--json"))
    @json_option
    @click.pass_context
    def list_command(ctx: click.Context, *, as_json: bool) -> None:
        desk = desk_of(ctx)
        found, today = desk.open().entries(words.kind), business_date(desk.clock())
        counting = {id(in_force(found, code, today)) for code in {one.draft.code for one in found}}
        rows = [members(entry) | ({"inForce": id(entry) in counting} if words.in_force else {}) for entry in found]
        answer(rows, map(line, found), as_json=as_json)

    return list_command


def showing(words: Words) -> click.Command:
    """Make ``show``."""
    rest = f"{words.code} --on 2027-01-01" if words.in_force else f"{words.code} --version {words.version}"
    chosen = "This version, proposed ones too" + ("; that in force when not given." if words.in_force else ".")
    on_day = click.option("--on", "day", type=DAY, help="In force on this business date; today when not given.")

    @click.command("show", epilog=words.example("show", rest))
    @click.argument("code")
    @click.option("--version", required=not words.in_force, help=chosen)
    @json_option
    @click.pass_context
    def show_command(
        ctx: click.Context, code: str, version: str | None, day: datetime | None = None, *, as_json: bool
    ) -> None:
        """Show CODE in full with the SHA-256 that a checker names."""
        desk = desk_of(ctx)
        entries = desk.open().entries(words.kind)
        on = business_date(desk.clock()) if day is None else day.date()
        entry = _wanted(entries, code, version, on)
        answer(
            {**members(entry), "text": json.loads(entry.draft.text)},
            [f"# {line(entry)}", f"# sha256 {entry.sha256}", page(entry)],
            as_json=as_json,
        )

    return on_day(show_command) if words.in_force else show_command


def comparing(words: Words) -> click.Command:
    """Make ``diff``."""

    @click.command("diff", epilog=words.example("diff", f"{words.code} {words.version}"))
    @click.argument("code")
    @click.argument("version")
    @click.option("--with", "other", help="The version to compare with; that in force today when not given.")
    @json_option
    @click.pass_context
    def diff_command(ctx: click.Context, code: str, version: str, other: str | None, *, as_json: bool) -> None:
        """Show what VERSION of CODE changes."""
        desk = desk_of(ctx)
        entries, today = desk.open().entries(words.kind), business_date(desk.clock())
        new = _wanted(entries, code, version, today)
        old = in_force(entries, code, today) if other is None else _wanted(entries, code, other, today)
        before = [] if old is None else page(old).splitlines()
        names = ("nothing" if old is None else old.draft.version, version)
        lines = list(difflib.unified_diff(before, page(new).splitlines(), *names, lineterm=""))
        head = {"code": code, "from": None if old is None else old.draft.version, "to": version}
        answer({**head, "sha256": new.sha256, "diff": lines}, [*lines, f"sha256 {new.sha256}"], as_json=as_json)

    return diff_command


def proposing(words: Words) -> click.Command:
    """Make ``propose``."""
    family = click.option("--family", required=True, help="The family of the product, such as wealth.")
    rest = f"{words.file} {'--family wealth ' if words.families else ''}--key file:anna.pem"

    @click.command("propose", epilog=words.example("propose", rest))
    @click.argument("file", type=FILE)
    @own_key_option
    @passphrase_option
    @json_option
    @click.pass_context
    def propose_command(
        ctx: click.Context, file: Path, uri: str, passphrase_file: Path | None, *, as_json: bool, family: str = ""
    ) -> None:
        """Propose what stands in FILE; nothing of it counts before another person has checked it."""
        desk = desk_of(ctx)
        papers, own = desk.open(), OwnKey.open(uri, passphrase_file)
        made = papers.propose(words.kind, file.read_bytes(), own, desk.clock(), file=file.name, family=family)
        tell(made, as_json=as_json)

    return family(propose_command) if words.families else propose_command


def reviewing(words: Words) -> click.Command:
    """Make ``review``."""
    rest = f"{words.code} {words.version} --sha256 3f0c9a5e --key file:boris.pem"

    @click.command("review", epilog=words.example("review", rest))
    @click.argument("code")
    @click.argument("version")
    @click.option("--sha256", required=True, help="SHA-256 of what you saw, 8 digits at least: `show` gives it.")
    @click.option("--refuse", "reason", help="Refuse it, for this reason; it is taken when not given.")
    @own_key_option
    @passphrase_option
    @json_option
    @click.pass_context
    def review_command(
        ctx: click.Context,
        code: str,
        version: str,
        sha256: str,
        reason: str | None,
        uri: str,
        passphrase_file: Path | None,
        *,
        as_json: bool,
    ) -> None:
        """Check VERSION of CODE that another person made: it counts from its day on, or is refused."""
        desk = desk_of(ctx)
        papers = desk.open()
        seen: dict[str, Any] = {"sha256": sha256, "hand": OwnKey.open(uri, passphrase_file), "now": desk.clock()}
        if reason is None:
            done = papers.check(words.kind, code, version, **seen)
        else:
            done = papers.refuse(words.kind, code, version, reason=reason, **seen)
        tell(done, as_json=as_json)

    return review_command


def withdrawing(words: Words) -> click.Command:
    """Make ``withdraw``."""
    rest = f"{words.code} {words.version} --reason 'a wrong date' --key file:anna.pem"

    @click.command("withdraw", epilog=words.example("withdraw", rest))
    @click.argument("code")
    @click.argument("version")
    @click.option("--reason", required=True, help="Why: stands in the evidence.")
    @own_key_option
    @passphrase_option
    @json_option
    @click.pass_context
    def withdraw_command(
        ctx: click.Context,
        code: str,
        version: str,
        reason: str,
        uri: str,
        passphrase_file: Path | None,
        *,
        as_json: bool,
    ) -> None:
        """Take back VERSION of CODE that you proposed and nobody has decided on."""
        desk = desk_of(ctx)
        papers, own = desk.open(), OwnKey.open(uri, passphrase_file)
        done = papers.withdraw(words.kind, code, version, hand=own, reason=reason, now=desk.clock())
        tell(done, as_json=as_json)

    return withdraw_command


def members(entry: Entry) -> dict[str, Any]:
    """Give a version as JSON tells it, without its text."""
    draft = entry.draft
    what = {"code": draft.code, "version": draft.version, "family": draft.family, "state": entry.state}
    people = {"maker": entry.maker, "checker": entry.checker or None, "reason": entry.reason}
    at = None if entry.checked_at is None else instant(entry.checked_at)
    return {**what, "validFrom": draft.valid_from.isoformat(), "sha256": entry.sha256, **people, "decidedAt": at}


def line(entry: Entry) -> str:
    """Give a version as one line."""
    people = entry.maker + (f" and {entry.checker}" if entry.checker else "")
    draft = entry.draft
    said = f"{draft.code:<20} {draft.version:<22} {entry.state:<9} from {draft.valid_from} {people}  {entry.reason}"
    return said.rstrip()


def page(entry: Entry) -> str:
    """Give a text so that a person can read it, and two of them can be compared line by line."""
    return msgspec.yaml.encode(json.loads(entry.draft.text)).decode().rstrip()


def answer(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Print an answer."""
    click.echo(msgspec.json.encode(value).decode() if as_json else "\n".join(lines))


def tell(paper: Paper, *, as_json: bool) -> None:
    """Print how a paper stands."""
    told: dict[str, str | None] = {
        "code": paper.code,
        "version": paper.version,
        "state": paper.state,
        "sha256": paper.digest,
    }
    told |= {"validFrom": paper.valid_from.isoformat(), "maker": paper.maker, "checker": paper.checker}
    head = f"{paper.code} {paper.version} is {paper.state}, from {paper.valid_from}"
    answer(told, [head, f"sha256 {paper.digest}"], as_json=as_json)


def _wanted(entries: Sequence[Entry], code: str, version: str | None, day: date) -> Entry:
    if version is None:
        found = in_force(entries, code, day)
    else:
        found = next((one for one in entries if (one.draft.code, one.draft.version) == (code, version)), None)
    if found is None:
        said = f"nothing of {code[:64]} counts on {day}" if version is None else f"{code[:64]} has no {version[:64]}"
        raise NotFoundError(detail=f"{said}; the list shows what there is")
    return found
