"""A worker: looks which slots are due, claims them and does their work, until it is told to stop.

Invariants: a job that fails ends neither the worker nor another job; when told to stop, a worker finishes its batch and
gives the slot back.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bff.db.engine import retried
from bff.errors import BffError
from bff.jobs import runs
from bff.jobs.definitions import LEASE, Batch, Batches, Job, Turn, Whole
from bff.jobs.errors import JobUnknownError, LeaseLostError
from bff.jobs.runs import Claim, Holder
from bff.kinds import Clock, NewId

_log: Final = logging.getLogger(__name__)
LOOK: Final = timedelta(seconds=10)
"""How long a worker at most relies on what it saw of a job."""
OUTCOME_LENGTH: Final = 400


@dataclass(frozen=True, slots=True)
class Worker:
    """Does the jobs of one process; any number may run at once on one database."""

    engine: Engine
    jobs: Sequence[Job]
    clock: Clock
    new_id: NewId
    name: str
    lease: timedelta = LEASE
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, step: float = 0.5) -> None:
        """Work until ``stop`` is set: one thread for each lane."""
        lanes: dict[str, list[Job]] = {}
        for job in self.jobs:
            lanes.setdefault(job.lane, []).append(job)
        threads = [
            threading.Thread(target=self._lane, args=(jobs, step), daemon=True, name=f"jobs-{lane}")
            for lane, jobs in lanes.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _lane(self, jobs: Sequence[Job], step: float) -> None:
        wake: dict[str, datetime] = {}
        while not self.stop.is_set():
            for job in jobs:
                now = self.clock()
                if not self.stop.is_set() and now >= wake.get(job.name, now):
                    wake[job.name] = self._wake(job, now)
            self.stop.wait(step)

    def _wake(self, job: Job, now: datetime) -> datetime:
        """Do what is due of a job and tell when to look again."""
        try:
            if self.turn(job):
                return now
        except Exception:  # noqa: BLE001 — the other jobs, and the next round of this one, go on
            _log.exception("job %s cannot begin; looked at again in %s s", job.name, LOOK.seconds)
        return min(now + LOOK, job.schedule.look_again(now))

    def turn(self, job: Job) -> str | None:
        """Run the slot of a job that is next, if it is free; give the slot that was run."""
        now = self.clock()
        slot = retried(self.engine, lambda session: runs.next_slot(session, job, now), writing=False)
        return slot if slot is not None and self.run_slot(job, slot) else None

    def run_slot(self, job: Job, slot: str) -> bool:
        """Claim a slot and work at it; False when another worker holds it or it waits for its next attempt."""
        holder = Holder(self.name, self.new_id("run"), self.lease)
        held = retried(self.engine, lambda session: runs.claim(session, job, slot, holder, self.clock()))
        if held is None:
            return False
        try:
            self._work(job, held)
        except LeaseLostError as error:
            _log.warning("job %s: %s", job.name, error.detail)
        except Exception as error:  # noqa: BLE001 — whatever it was stands in the run, which is tried again
            _log.exception("job %s failed in slot %s, attempt %d", job.name, slot, held.attempts)
            self._fail(held, error)
        return True

    def _work(self, job: Job, held: Claim) -> None:
        if isinstance(job.work, Batches):
            self._batches(job.work, held)
            return
        with self._alive(held):
            result = _whole(job.work)
        batch = Batch(cursor="", done=1, total=1, finished=True, outcome=result)
        retried(self.engine, lambda session: runs.advance(session, held, batch, self.clock()))

    def _batches(self, work: Batches, held: Claim) -> None:
        cursor, done = held.cursor, held.done
        while not self.stop.is_set():
            turn = Turn(held.slot, cursor, done, self.clock())

            def step(session: Session, turn: Turn = turn) -> Batch:
                batch = work.step(session, turn)
                runs.advance(session, held, batch, self.clock())
                return batch

            batch = retried(self.engine, step)
            if batch.finished:
                return
            cursor, done = batch.cursor, done + batch.done
        retried(self.engine, lambda session: runs.release(session, held, self.clock()))

    @contextmanager
    def _alive(self, held: Claim) -> Iterator[None]:
        """Renew the lease while work goes on that writes no progress."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self.lease.total_seconds() / 3):
                with suppress(SQLAlchemyError, BffError):  # the next beat, or the end, finds out
                    retried(self.engine, lambda session: runs.renew(session, held, self.clock()))

        thread = threading.Thread(target=beat, daemon=True, name=f"beat-{held.job}")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _fail(self, held: Claim, error: Exception) -> None:
        words = error.code if isinstance(error, BffError) else type(error).__name__  # texts may quote data
        with suppress(LeaseLostError):
            retried(self.engine, lambda session: runs.fail(session, held, words, self.clock()))


def named(jobs: Sequence[Job]) -> Mapping[str, Job]:
    """Give the jobs by their names.

    Raises:
        ValueError: two have one name.
    """
    found = {job.name: job for job in jobs}
    if len(found) != len(jobs):
        message = "two jobs have one name"
        raise ValueError(message)
    return found


def job_of(jobs: Sequence[Job], name: str) -> Job:
    """Give a job.

    Raises:
        JobUnknownError: there is none of that name.
    """
    try:
        return named(jobs)[name]
    except KeyError:
        raise JobUnknownError(detail=f"there is no job {name}: {', '.join(sorted(named(jobs)))}") from None


def _whole(work: Whole) -> str:
    result = work.work()
    return result[:OUTCOME_LENGTH] if isinstance(result, str) else ""
