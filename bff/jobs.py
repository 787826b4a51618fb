"""Work that comes round by itself: each job in its turn, none of them able to end the others."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One recurring piece of work; it opens its own transactions and may run in several processes at once."""

    name: str
    seconds: float
    work: Callable[[], object]


def run_jobs(jobs: Sequence[Job], stop: threading.Event, monotonic: Callable[[], float], step: float = 0.5) -> None:
    """Run each job when it is due, at once for the first time, until ``stop`` is set."""
    due = {job.name: monotonic() for job in jobs}
    while not stop.is_set():
        for job in jobs:
            if monotonic() >= due[job.name]:
                _run(job)
                due[job.name] = monotonic() + job.seconds
        stop.wait(step)


def _run(job: Job) -> None:
    try:
        job.work()
    except Exception:  # noqa: BLE001 — the other jobs, and the next round of this one, go on
        _log.exception("job %s failed; it runs again in %s s", job.name, job.seconds)
