"""Runs: one holder for each slot, nothing done twice, on with the cursor after a crash, an identical table."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bff.db.engine import retried, transaction
from bff.jobs import Every, Job, Whole, runs
from bff.jobs.models import JobRun
from bff.jobs.runs import Holder
from tests.bff.jobs.ledger import ACCOUNTS, NOW, Booking, booked, count_booked, worker

SLOT = "2026-11-25"
ONCE = [(SLOT, name) for name in ACCOUNTS]


def run_of(engine: Engine, slot: str = SLOT, job: str = "test.booking") -> JobRun:
    with transaction(engine, writing=False) as session:
        return session.get_one(JobRun, (job, slot))


def together(number: int, work: object) -> None:
    assert callable(work)
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_64_that_claim_a_slot_one_gets_it(engine: Engine) -> None:
    won: list[str] = []
    gate = threading.Barrier(64)

    def race() -> None:
        mine = Holder("w", threading.current_thread().name, timedelta(seconds=60))
        gate.wait()
        held = retried(engine, lambda session: runs.claim(session, Booking().job(), SLOT, mine, NOW))
        won.extend([] if held is None else [held.holder.lease])

    together(64, race)
    assert won == [run_of(engine).lease]


def test_an_abandoned_slot_goes_to_one_of_many_after_its_lease(engine: Engine) -> None:
    job, won = Booking().job(), []
    gone = Holder("gone", "gone", timedelta(seconds=60))
    retried(engine, lambda session: runs.claim(session, job, SLOT, gone, NOW))

    def race(after: timedelta) -> None:
        mine = Holder("w", threading.current_thread().name, timedelta(seconds=60))
        held = retried(engine, lambda session: runs.claim(session, job, SLOT, mine, NOW + after))
        won.extend([] if held is None else [held.holder.lease])

    together(4, lambda: race(timedelta(seconds=59)))
    assert won == []
    together(16, lambda: race(timedelta(seconds=60)))
    assert won == [run_of(engine).lease]


def test_two_schedulers_at_once_and_a_rerun_give_the_table_of_one(engine: Engine) -> None:
    job = Booking().job()
    together(2, lambda: worker(engine, job).turn(job))
    assert booked(engine) == ONCE
    assert worker(engine, job).turn(job) is None
    run = run_of(engine)
    assert (run.state, run.done, run.total, run.outcome) == ("DONE", 40, 40, "40 booked")


def test_after_sigkill_in_the_middle_another_goes_on_at_the_cursor(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-m", "tests.bff.jobs.ledger", url])
    end = time.monotonic() + 30
    while count_booked(engine) < 10 and time.monotonic() < end:
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = count_booked(engine)
    assert 10 <= before < 40
    job = Booking().job()
    assert worker(engine, job).turn(job) is None, "its lease is not over"
    assert worker(engine, job, NOW + timedelta(seconds=61)).turn(job) == SLOT
    assert booked(engine) == ONCE
    assert (run_of(engine).attempts, run_of(engine).done) == (2, 40)


def test_a_failure_rolls_its_batch_back_and_is_tried_again_from_there(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    job = Booking(fail_after=10).job()
    assert worker(engine, job).turn(job) == SLOT
    run = run_of(engine)
    assert (run.state, run.error, run.done, count_booked(engine)) == ("FAILED", "ValueError", 10, 10)
    assert "failed in slot 2026-11-25" in caplog.text
    assert worker(engine, job, NOW + timedelta(seconds=9)).turn(job) is None
    assert worker(engine, job, NOW + timedelta(seconds=10)).turn(job) == SLOT
    assert booked(engine) == ONCE


def test_who_was_overtaken_writes_nothing(engine: Engine) -> None:
    late = Booking()

    def overtaken(session: Session, turn: object) -> object:
        batch = late.step(session, turn)
        session.execute(update(JobRun).values(lease="somebody else's"))
        return batch

    job = late.job()
    object.__setattr__(job.work, "step", overtaken)
    assert worker(engine, job).turn(job) == SLOT
    assert booked(engine) == []


def test_missed_days_are_caught_up_in_order_and_a_failed_one_holds_the_next_back(engine: Engine) -> None:
    booking = Booking(fail_after=0)
    job = booking.job()
    booking.fail_after = -1
    worker(engine, job, NOW - timedelta(days=3)).turn(job)
    booking.fail_after = 0
    assert worker(engine, job).turn(job) == "2026-11-23"
    assert worker(engine, job).turn(job) is None, "the 24th waits for the 23rd"
    retried(engine, lambda session: runs.again(session, job.name, "2026-11-23", NOW))
    assert [worker(engine, job).turn(job) for _ in range(4)] == ["2026-11-23", "2026-11-24", "2026-11-25", None]
    assert len(booked(engine)) == 4 * 40


def test_told_to_stop_a_worker_ends_its_batch_and_another_goes_on_at_once(engine: Engine) -> None:
    booking = Booking()
    job = booking.job()
    first = worker(engine, job)
    ended = booking.step

    def stop_after_two(session: Session, turn: object) -> object:
        if turn.done == 5:
            first.stop.set()
        return ended(session, turn)

    object.__setattr__(job.work, "step", stop_after_two)
    first.turn(job)
    assert count_booked(engine) == 10
    assert worker(engine, booking.job()).turn(job) == SLOT
    assert booked(engine) == ONCE


def test_work_in_one_go_keeps_its_slot_while_it_lasts(engine: Engine) -> None:
    seen: list[datetime] = []
    job = Job("whole", Every(60), Whole(lambda: time.sleep(0.3) or "slept"))
    busy = worker(engine, job, lease=timedelta(seconds=0.15))
    ticking = [NOW]

    def clock() -> datetime:
        ticking[0] += timedelta(microseconds=1)
        seen.append(ticking[0])
        return ticking[0]

    object.__setattr__(busy, "clock", clock)
    busy.turn(job)
    with transaction(engine, writing=False) as session:
        run = session.scalars(select(JobRun)).one()
    assert (run.state, run.outcome) == ("DONE", "slept")
    assert len(seen) >= 5, "two for the claim, one for the end, and a beat every 50 ms"


def test_runs_of_seconds_leave_one_row_and_a_worker_does_each_lane(engine: Engine) -> None:
    done: list[str] = []
    job = Job("often", Every(1), Whole(lambda: done.append("x")))
    for second in range(5):
        worker(engine, job, datetime(2026, 11, 25, 2, 0, second, tzinfo=UTC)).turn(job)
    with transaction(engine, writing=False) as session:
        assert session.scalars(select(JobRun.slot)).all() == ["2026-11-25T02:00:04Z"]
    assert len(done) == 5
    both = threading.Barrier(3, timeout=10)
    lanes = [Job(lane, Every(3600), Whole(both.wait), lane) for lane in ("slow", "main")]
    working = worker(engine, lanes[0])
    object.__setattr__(working, "jobs", lanes)
    thread = threading.Thread(target=working.run)
    thread.start()
    both.wait()  # passes only when both lanes work at the same time
    working.stop.set()
    thread.join(10)
    assert not thread.is_alive()
