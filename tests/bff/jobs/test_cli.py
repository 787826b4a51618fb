"""The commands: what an operator sees of runs, and running and retrying by hand."""

import json
from datetime import timedelta

import click
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from bff.errors import BffError
from bff.jobs import Every, Job, Whole
from bff.jobs.cli import DESK, JobDesk, jobs
from tests.bff.jobs.ledger import NOW, Booking, booked, worker


def call(engine: Engine, job: Job, *arguments: str) -> Result:
    @click.group()
    @click.pass_context
    def program(ctx: click.Context) -> None:
        ctx.meta[DESK] = JobDesk(lambda: engine, lambda: worker(engine, job), lambda: NOW)

    program.add_command(jobs)
    return CliRunner().invoke(program, ["jobs", *arguments])


def refusal(result: Result) -> str:
    assert isinstance(result.exception, BffError)
    return result.exception.code


def test_a_run_by_hand_fails_is_seen_is_retried_and_is_done(engine: Engine) -> None:
    job = Booking(fail_after=10).job()
    assert "daily at 00:30" in call(engine, job, "list").output
    assert "never ran" in call(engine, job, "list").output
    assert refusal(call(engine, job, "run", job.name, "--date", "2026-11-24")) == "JOB_NOT_DUE"
    assert "FAILED   10/40      ValueError" in call(engine, job, "run", job.name).output
    assert refusal(call(engine, job, "run", job.name)) == "JOB_BUSY"
    assert call(engine, job, "retry", job.name).exit_code == 0
    done = json.loads(call(engine, job, "run", job.name, "--date", "2026-11-25", "--json").output)
    assert (done["state"], done["done"], done["total"], done["attempts"], done["error"]) == ("DONE", 40, 40, 2, "")
    assert len(booked(engine)) == 40
    assert json.loads(call(engine, job, "runs", "--json").output) == [done]
    assert json.loads(call(engine, job, "show", job.name, "--json").output) == done
    assert refusal(call(engine, job, "run", job.name)) == "JOB_NOT_DUE"
    assert refusal(call(engine, job, "retry", job.name)) == "JOB_UNKNOWN"
    assert refusal(call(engine, job, "show", job.name, "--date", "2026-11-24")) == "JOB_UNKNOWN"
    assert refusal(call(engine, job, "run", "no.such")) == "JOB_UNKNOWN"


def test_a_failed_run_of_seconds_is_not_retried_for_the_next_one_takes_it_up(engine: Engine) -> None:
    job = Job("often", Every(60), Whole(lambda: 1 / 0))
    assert "ZeroDivisionError" in call(engine, job, "run", "often").output
    assert refusal(call(engine, job, "retry", "often")) == "JOB_NOT_DUE"


def test_a_day_whose_days_before_are_open_is_not_run_by_hand(engine: Engine) -> None:
    job = Booking().job()
    worker(engine, job, NOW - timedelta(days=2)).turn(job)
    assert refusal(call(engine, job, "run", job.name, "--date", "2026-11-25")) == "JOB_NOT_DUE"
    assert "2026-11-24" in call(engine, job, "run", job.name).output
