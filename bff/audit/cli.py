"""The commands with which the bank gives out evidence and examines its own chain; only this module prints."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import click
from sqlalchemy import Engine

from bff.audit.examination import Examination, examine
from bff.audit.kept import read_kept
from bff.audit.orders import export_order
from bff.audit.periods import export_between, newest, prove
from bff.db.engine import steady, transaction
from security.errors import EvidenceError
from security.evidence.chain import Signer
from security.evidence.statements import read_checkpoint, write_checkpoint
from security.jwk import PublicJwk

Answer = TypeVar("Answer")
_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_out: Final = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; standard output without."
)


@dataclass(frozen=True, slots=True)
class EvidenceDesk:
    """One opened instance, as far as its evidence goes; ``now`` is when the command was given."""

    engine: Engine
    env: str
    aud: str
    keys: Mapping[str, PublicJwk]
    signer: Signer
    now: datetime

    @property
    def giving(self) -> dict[str, Any]:
        """Give what every export is made with."""
        return {"env": self.env, "keys": self.keys, "signer": self.signer, "now": self.now}


class AtTheDesk(Protocol):
    """Opens the desk, does the work and turns what is wrong into one line."""

    def __call__(self, work: Callable[[EvidenceDesk], Answer]) -> Answer:
        """Do it."""
        ...


def bank_commands(run: AtTheDesk) -> tuple[click.Command, ...]:
    """Give the commands, which all need an instance's database and keys."""
    return (_export(run), _period(run), _checkpoint(run), _prove(run), _check(run))


def _export(run: AtTheDesk) -> click.Command:
    @click.command("export", epilog="Example: evidence export ord_3k… --out order.evidence.json")
    @click.argument("order")
    @click.option("--stretches", is_flag=True, help="Show the chain around the entries too, those of others by hash.")
    @_out
    def export(order: str, out: Path | None, *, stretches: bool) -> None:
        """Write the evidence of ORDER (ord_… or opr_…): all that proves how it came about, and nothing of others."""

        def work(desk: EvidenceDesk) -> bytes:
            with transaction(desk.engine) as session:
                return export_order(session, order_id=order, aud=desk.aud, stretches=stretches, **desk.giving)

        _give(run(work), out, "evidence verify {}")

    return export


def _period(run: AtTheDesk) -> click.Command:
    @click.command(
        "period", epilog="Example: evidence period --since 2026-11-01 --until 2026-12-01 --out november.json"
    )
    @click.option("--since", type=_Instant(), help="Begin after the last checkpoint signed by then (UTC).")
    @click.option("--until", type=_Instant(), help="End with the first checkpoint signed from then on (UTC).")
    @click.option("--bodies", is_flag=True, help="Show what the entries say: it is about customers.")
    @_out
    def period(since: datetime | None, until: datetime | None, out: Path | None, *, bodies: bool) -> None:
        """Write every entry of a period, between two checkpoints; without options, the whole chain."""

        def work(desk: EvidenceDesk) -> bytes:
            with transaction(desk.engine) as session:
                return export_between(session, since=since, until=until, bodies=bodies, **desk.giving)

        _give(run(work), out, "evidence verify {}")

    return period


def _checkpoint(run: AtTheDesk) -> click.Command:
    @click.command("checkpoint", epilog="Example: evidence checkpoint --out 2026-11-23.checkpoint.json")
    @_out
    def checkpoint(out: Path | None) -> None:
        """Sign where the chain stands, for somebody outside to keep."""

        def work(desk: EvidenceDesk) -> bytes:
            with transaction(desk.engine) as session:
                return write_checkpoint(newest(session, desk.signer, desk.now, env=desk.env), env=desk.env)

        _give(run(work), out, "evidence verify {} --anchor audit-jwks.json")

    return checkpoint


def _prove(run: AtTheDesk) -> click.Command:
    @click.command("prove", epilog="Example: evidence prove old.checkpoint.json new.checkpoint.json --out proof.json")
    @click.argument("old", type=_FILE)
    @click.argument("new", type=_FILE)
    @_out
    def prove_command(old: Path, new: Path, out: Path | None) -> None:
        """Prove to whoever keeps the checkpoints OLD and NEW that the chain of NEW goes on from that of OLD."""

        def work(desk: EvidenceDesk) -> bytes:
            (env, before), (other, after) = (read_checkpoint(path.read_bytes()) for path in (old, new))
            if {env, other} != {desk.env}:
                raise EvidenceError(link="checkpoint", detail=f"a checkpoint is of another environment than {desk.env}")
            with transaction(desk.engine, writing=False) as session:
                return prove(session, before, after)

        _give(run(work), out, f"evidence consistency {old} {new} --proof {{}} --anchor audit-jwks.json")

    return prove_command


def _check(run: AtTheDesk) -> click.Command:
    @click.command(
        "check",
        epilog="Example: evidence check --kept 2026-11-23.checkpoint.json. Exit codes: 0 nothing is wrong; 1 something "
        "is, and named; 2 called or configured wrongly.",
    )
    @click.option("--kept", type=_FILE, multiple=True, help="A checkpoint or export that somebody kept; repeatable.")
    @click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
    def check(kept: tuple[Path, ...], *, as_json: bool) -> None:
        """Examine every row of the chain: what was deleted, moved, inserted, edited or written anew is named."""

        def work(desk: EvidenceDesk) -> Examination:
            outside = read_kept([path.read_bytes() for path in kept], desk.keys)
            with transaction(steady(desk.engine), writing=False) as session:
                return examine(session, env=desk.env, keys=desk.keys, kept=outside)

        found = run(work)
        click.echo(json.dumps(asdict(found)) if as_json else _told(found))
        if found.findings:
            raise SystemExit(1)

    return check


class _Instant(click.ParamType[datetime]):
    """A day or an instant, UTC where it does not say otherwise."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read RFC 3339, or a day."""
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant; write 2026-11-23 or 2026-11-23T08:00:00Z", param, ctx)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def _give(data: bytes, out: Path | None, proof: str) -> None:
    if out is None:
        click.echo(data.decode(), nl=False)
        return
    part = out.with_name(f"{out.name}.part")
    try:
        part.write_bytes(data)
        part.replace(out)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}"
        raise click.BadParameter(message, param_hint="--out") from error
    click.echo(f"{out}: {len(data):,} bytes. Prove it with: {proof.format(out)}")


def _told(found: Examination) -> str:
    lines = [f"entry {one.seq}: {one.wrong}: {one.detail}" for one in found.findings]
    ending = "nothing is wrong" if not lines else f"{len(lines)} findings, the first at entry {found.findings[0].seq}"
    return "\n".join([*lines, f"{found.entries:,} entries and {found.checkpoints:,} checkpoints examined: {ending}."])
