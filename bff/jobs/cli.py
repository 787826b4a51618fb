"""The command line of jobs: what there is, how runs went, running, retrying. The front door says which database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import click
import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bff.db.engine import retried, transaction
from bff.jobs import runs
from bff.jobs.definitions import Every, Job
from bff.jobs.errors import JobBusyError, JobNotDueError, JobUnknownError
from bff.jobs.models import JobRun
from bff.jobs.worker import Worker, job_of
from bff.kinds import instant

DESK: Final = "tidegate.jobs"
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
_DATE: Final = click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The business date of the run.")


@dataclass(frozen=True, slots=True)
class JobDesk:
    """What the commands work with; ``open`` opens the database, ``worker`` one with its jobs."""

    open: Callable[[], Engine]
    worker: Callable[[], Worker]
    clock: Callable[[], datetime]


@click.group(epilog="Example: tidegate jobs list")
def jobs() -> None:
    """Recurring work: what there is and how each run went. `tidegate worker` does it."""


@jobs.command("list", epilog="Example: tidegate jobs list --json")
@_JSON
@click.pass_context
def list_command(ctx: click.Context, *, as_json: bool) -> None:
    """List the jobs with their schedules and the newest run of each."""
    worker: Worker = ctx.meta[DESK].worker()
    with transaction(worker.engine, writing=False) as session:
        found = [(job.name, _when(job), _newest(session, job.name)) for job in worker.jobs]
    rows = [{"job": name, "when": when, "last": last} for name, when, last in found]
    lines = (f"{name:<22} {when:<16} {_line(last) if last else 'never ran'}" for name, when, last in found)
    _answer(rows, lines, as_json=as_json)


@jobs.command("runs", epilog="Example: tidegate jobs runs --json")
@click.argument("name", required=False)
@click.option("--limit", default=50, show_default=True, help="How many at most.")
@_JSON
@click.pass_context
def runs_command(ctx: click.Context, name: str | None, limit: int, *, as_json: bool) -> None:
    """List runs (of job NAME), the newest first."""
    desk: JobDesk = ctx.meta[DESK]
    wanted = select(JobRun).order_by(JobRun.started_at.desc(), JobRun.job).limit(limit)
    with transaction(desk.open(), writing=False) as session:
        rows = [_told(row) for row in session.scalars(wanted if name is None else wanted.where(JobRun.job == name))]
    _answer(rows, (f"{row['job']:<22} {_line(row)}" for row in rows), as_json=as_json)


@jobs.command("show", epilog="Example: tidegate jobs show checkpoint --json")
@click.argument("name")
@_DATE
@_JSON
@click.pass_context
def show_command(ctx: click.Context, name: str, day: datetime | None, *, as_json: bool) -> None:
    """Show the newest run of job NAME, or that of a date, in full."""
    desk: JobDesk = ctx.meta[DESK]
    with transaction(desk.open(), writing=False) as session:
        row = _newest(session, name, None if day is None else day.date())
    if row is None:
        raise JobUnknownError(detail=f"{name} has no such run")
    _answer(row, (f"{key:<13} {'-' if value in {None, ''} else value}" for key, value in row.items()), as_json=as_json)


@jobs.command("run", epilog="Example: tidegate jobs run sweep")
@click.argument("name")
@_DATE
@_JSON
@click.pass_context
def run_command(ctx: click.Context, name: str, day: datetime | None, *, as_json: bool) -> None:
    """Run the next slot of job NAME here and now, as a worker would; --date makes sure which one that is."""
    worker: Worker = ctx.meta[DESK].worker()
    job = job_of(worker.jobs, name)
    with transaction(worker.engine, writing=False) as session:
        slot = runs.next_slot(session, job, worker.clock())
    if slot is None or (day is not None and slot != day.date().isoformat()):
        raise JobNotDueError(detail=f"the next slot of {name} is {slot}" if slot else f"nothing of {name} is due")
    if not worker.run_slot(job, slot):
        raise JobBusyError(detail=f"{name} {slot} is held by a worker, or waits after a failure: `tidegate jobs retry`")
    with transaction(worker.engine, writing=False) as session:
        row = _told(session.get_one(JobRun, (name, slot)))
    _answer(row, [f"{name} {_line(row)}"], as_json=as_json)


@jobs.command("retry", epilog="Example: tidegate jobs retry wealth.confirmation --date 2026-11-26")
@click.argument("name")
@_DATE
@_JSON
@click.pass_context
def retry_command(ctx: click.Context, name: str, day: datetime | None, *, as_json: bool) -> None:
    """Let the failed run of a daily job NAME (of a date) be tried at once instead of after its wait."""
    desk: JobDesk = ctx.meta[DESK]

    def work(session: Session) -> str | None:
        failed = select(JobRun.slot).where(JobRun.job == name, JobRun.state == runs.FAILED).order_by(JobRun.slot)
        slot = session.scalar(failed.limit(1)) if day is None else day.date().isoformat()
        if slot is not None and not _is_day(slot):
            message = (
                f"{name} comes again by itself, and that run takes this one up; `tidegate jobs run {name}` does it now"
            )
            raise JobNotDueError(detail=message)
        return slot if slot is not None and runs.again(session, name, slot, desk.clock()) else None

    slot = retried(desk.open(), work)
    if slot is None:
        raise JobUnknownError(detail=f"{name} has no such failed run")
    _answer({"job": name, "slot": slot}, [f"{name} {slot} is tried again by the next worker"], as_json=as_json)


def _is_day(slot: str) -> bool:
    return "T" not in slot


def _when(job: Job) -> str:
    if isinstance(job.schedule, Every):
        return f"every {job.schedule.seconds} s"
    return f"daily at {job.schedule.at:%H:%M}"


def _newest(session: Session, name: str, day: date | None = None) -> dict[str, Any] | None:
    wanted = select(JobRun).where(JobRun.job == name).order_by(JobRun.slot.desc()).limit(1)
    row = session.scalar(wanted if day is None else wanted.where(JobRun.slot == day.isoformat()))
    return None if row is None else _told(row)


def _told(row: JobRun) -> dict[str, Any]:
    def moment(value: datetime | None) -> str | None:
        return None if value is None else instant(value)

    return {
        "job": row.job,
        "slot": row.slot,
        "state": row.state,
        "done": row.done,
        "total": row.total,
        "outcome": row.outcome,
        "error": row.error,
        "attempts": row.attempts,
        "worker": row.worker,
        "started": moment(row.started_at),
        "seen": moment(row.seen_at),
        "leased until": moment(row.leased_until),
        "again from": moment(row.available_at) if row.state == runs.FAILED else None,
        "ended": moment(row.ended_at),
        "cursor": row.cursor,
    }


def _line(row: dict[str, Any]) -> str:
    progress = f"{row['done']}/{'?' if row['total'] is None else row['total']}"
    return f"{row['slot']:<21} {row['state']:<8} {progress:<10} {row['error'] or row['outcome']}".rstrip()


def _answer(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    click.echo(msgspec.json.encode(value).decode() if as_json else "\n".join(lines))
