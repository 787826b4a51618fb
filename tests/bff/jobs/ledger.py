"""A job with a table of its own that shows each thing done twice; as a program, a worker that does it slowly."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from itertools import count

from sqlalchemy import Column, Engine, MetaData, String, Table, func, insert, select
from sqlalchemy.orm import Session

from bff.db.engine import open_engine, transaction
from bff.jobs import Batch, Batches, Daily, Job, Turn
from bff.jobs.worker import Worker

BOOKED = Table("booked", MetaData(), Column("slot", String(40)), Column("account", String(40)))
"""No unique key: what is booked twice stands there twice."""
ACCOUNTS = tuple(f"acc_{number:03}" for number in range(40))
SIZE = 5
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
_ids = count()


@dataclass
class Booking:
    """Books each account once a slot, five in a batch."""

    accounts: Sequence[str] = ACCOUNTS
    pause: float = 0.0
    fail_after: int = -1

    def step(self, session: Session, turn: Turn) -> Batch:
        left = sorted(name for name in self.accounts if name > turn.cursor)[:SIZE]
        session.execute(insert(BOOKED), [{"slot": turn.slot, "account": name} for name in left])
        time.sleep(self.pause)
        if turn.done == self.fail_after:
            self.fail_after = -1
            message = "account 6222020000000001 is odd"
            raise ValueError(message)
        finished = left[-1] == max(self.accounts)
        return Batch(left[-1], len(left), finished, len(self.accounts), f"{turn.done + len(left)} booked")

    def job(self) -> Job:
        return Job("test.booking", Daily(clock_time(0, 30)), Batches(self.step))


def worker(engine: Engine, job: Job, now: datetime = NOW, lease: timedelta = timedelta(seconds=60)) -> Worker:
    return Worker(engine, [job], lambda: now, lambda prefix: f"{prefix}_{os.getpid()}_{next(_ids)}", "here", lease)


def booked(engine: Engine) -> list[tuple[str, str]]:
    with transaction(engine, writing=False) as session:
        return [(row.slot, row.account) for row in session.execute(select(BOOKED).order_by(*BOOKED.c))]


def count_booked(engine: Engine) -> int:
    with transaction(engine, writing=False) as session:
        return session.scalar(select(func.count()).select_from(BOOKED)) or 0


if __name__ == "__main__":
    slow = Booking(pause=0.1).job()
    worker(open_engine(sys.argv[1]), slow).turn(slow)
