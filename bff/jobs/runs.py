"""The runs in the database: who holds which slot, how far it is, how it ended.

Invariants: a slot is claimed by one conditional INSERT or UPDATE, so one worker holds it at a time; whatever a holder
writes names its lease, so one that was overtaken changes nothing; a daily slot begins when all earlier ones are DONE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bff.db.statements import changed, insert_new
from bff.jobs.definitions import Batch, Every, Job
from bff.jobs.errors import LeaseLostError
from bff.jobs.models import JobRun

RUNNING: Final = "RUNNING"
FAILED: Final = "FAILED"
DONE: Final = "DONE"
FIRST_WAIT: Final = 10
LONGEST_WAIT: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=7)
"""How long the runs of a job that comes every few seconds are kept when they failed or were lost."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who claims: the worker's name, the id of this claim, and how long it lasts without a sign of life."""

    worker: str
    lease: str
    lasting: timedelta


@dataclass(frozen=True, slots=True)
class Claim:
    """A slot that is ours, and where to go on."""

    job: str
    slot: str
    holder: Holder
    attempts: int
    cursor: str
    done: int


def next_slot(session: Session, job: Job, now: datetime) -> str | None:
    """Give the slot to run next, whether or not somebody holds it; None when all that is due is done."""
    if isinstance(job.schedule, Every):
        finished = select(func.max(JobRun.slot)).where(JobRun.job == job.name, JobRun.state == DONE)
        return job.schedule.due(session.scalar(finished), now)
    unfinished = select(func.min(JobRun.slot)).where(JobRun.job == job.name, JobRun.state != DONE)
    return session.scalar(unfinished) or job.schedule.due(
        session.scalar(select(func.max(JobRun.slot)).where(JobRun.job == job.name)), now
    )


def claim(session: Session, job: Job, slot: str, holder: Holder, now: datetime) -> Claim | None:
    """Take a slot that is new, that failed and is due again, or whose holder gave no sign of life; else None."""
    held = {
        "state": RUNNING,
        "worker": holder.worker,
        "lease": holder.lease,
        "seen_at": now,
        "leased_until": now + holder.lasting,
        "error": "",
    }
    row = session.execute(
        select(JobRun.attempts, JobRun.cursor, JobRun.done).where(JobRun.job == job.name, JobRun.slot == slot)
    ).one_or_none()
    if row is None:
        new = {"job": job.name, "slot": slot, "attempts": 1, "started_at": now, "cursor": "", "done": 0, "outcome": ""}
        if not insert_new(session, JobRun, **held, **new, available_at=None, ended_at=None, total=None):
            return None
        if isinstance(job.schedule, Every):
            _tidy(session, job.name, slot, now)
        return Claim(job.name, slot, holder, 1, "", 0)
    free = or_(
        and_(JobRun.state == RUNNING, JobRun.leased_until <= now),
        and_(JobRun.state == FAILED, JobRun.available_at <= now),
    )
    wanted = update(JobRun).where(JobRun.job == job.name, JobRun.slot == slot, JobRun.attempts == row.attempts, free)
    if changed(session, wanted.values(**held, attempts=row.attempts + 1, ended_at=None)) != 1:
        return None
    return Claim(job.name, slot, holder, row.attempts + 1, row.cursor, row.done)


def advance(session: Session, held: Claim, batch: Batch, now: datetime) -> None:
    """Write down what a batch did, in its transaction; this is a sign of life as well.

    Raises:
        LeaseLostError: another worker holds the slot.
    """
    values: dict[str, Any] = {"cursor": batch.cursor, "done": JobRun.done + batch.done, "seen_at": now}
    values |= {"leased_until": now + held.holder.lasting, "outcome": batch.outcome}
    if batch.total is not None:
        values["total"] = batch.total
    if batch.finished:
        values |= {"state": DONE, "ended_at": now}
    _write(session, held, values)


def renew(session: Session, held: Claim, now: datetime) -> None:
    """Give a sign of life."""
    _write(session, held, {"seen_at": now, "leased_until": now + held.holder.lasting})


def fail(session: Session, held: Claim, error: str, now: datetime) -> None:
    """Write down that the run failed; it is tried again after 10 s, then twice as long each time, 5 min at most."""
    wait = min(timedelta(seconds=FIRST_WAIT * 2 ** min(held.attempts - 1, 10)), LONGEST_WAIT)
    _write(session, held, {"state": FAILED, "error": error, "ended_at": now, "available_at": now + wait})


def release(session: Session, held: Claim, now: datetime) -> None:
    """Give the slot back unfinished, for whoever comes next to go on at its cursor."""
    _write(session, held, {"leased_until": now})


def again(session: Session, job: str, slot: str, now: datetime) -> bool:
    """Let a failed run be tried at once; tell whether there is one."""
    wanted = update(JobRun).where(JobRun.job == job, JobRun.slot == slot, JobRun.state == FAILED)
    return changed(session, wanted.values(available_at=now)) == 1


def _write(session: Session, held: Claim, values: Mapping[str, Any]) -> None:
    ours = (JobRun.job == held.job, JobRun.slot == held.slot, JobRun.lease == held.holder.lease)
    if changed(session, update(JobRun).where(*ours, JobRun.state == RUNNING).values(**values)) != 1:
        raise LeaseLostError(detail=f"another worker took over {held.job} {held.slot}")


def _tidy(session: Session, job: str, slot: str, now: datetime) -> None:
    """Forget the finished runs before this one, and after a week the others."""
    over = or_(JobRun.state == DONE, JobRun.seen_at < now - KEPT)
    session.execute(delete(JobRun).where(JobRun.job == job, JobRun.slot < slot, over))
