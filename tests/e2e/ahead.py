"""Days that pass for the sweep of a running sandbox: its jobs are done on a clock that is ahead of the server's.

``python -m tests.e2e.ahead 2026-12-01``: everything up to that day, whose own income people have yet to enter;
``python -m tests.e2e.ahead 2026-12-02 'sweep income list' 'jobs list'``: commands of the bank on that day.
"""

import sys
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

import app
from bff.jobs.worker import Worker, job_of
from bff.kinds import SHANGHAI, business_date

MORNING = time(10)


def at(day: date) -> datetime:
    """The instant at which the day's jobs are due."""
    return datetime.combine(day, MORNING, SHANGHAI).astimezone(UTC)


class Ahead:
    """A clock that is set from day to day."""

    def __init__(self) -> None:
        self.now = app.clock()

    def __call__(self) -> datetime:
        return self.now


def run_due(worker: Worker, name: str) -> None:
    """Do every slot of a job that is due."""
    while worker.turn(job_of(worker.jobs, name)):
        pass


def pass_days(clock: Ahead, last: date) -> None:
    """Do the sweep's jobs of every day up to ``last``, and deliver what they left in the outbox."""
    instance = app.open_prepared(app.read_settings())
    worker = app.worker_of(instance)
    day = business_date(clock())
    while day < last:
        day += timedelta(days=1)
        clock.now = at(day)
        for name in ("sweep.repay", "sweep.income", "sweep.settle", "sweep.accrual"):
            run_due(worker, name)
        instance.house.relay.run()


def command(words: str) -> None:
    """Do a command of the bank; one that fails ends the process."""
    try:
        app.cli(words.split())
    except SystemExit as end:
        if end.code:
            raise


def main(day: date, commands: list[str]) -> None:
    """Pass days, or do commands on a day."""
    clock = Ahead()
    with patch.object(app, "clock", clock):
        if not commands:
            pass_days(clock, day)
        for words in commands:
            clock.now = at(day)
            command(words)


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]), sys.argv[2:])
