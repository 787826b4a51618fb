"""SIGKILL at the steps of each recurring job; then two workers at once leave the tables of an undisturbed run.

A job is killed with what it puts into the outbox: at each step up to the first that is sent, and at some of the others,
which the orders' own tests take one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bff.approvals.jobs import jobs as approvals_jobs
from bff.jobs import Every, Job, Whole
from bff.jobs.worker import Worker
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.shelf import shelve
from tests.faults.kinds import Townsfolk
from tests.faults.mortal import INTERLEAVED, LEASES, Moment, Tables, differences
from tests.properties.flaky import BEFORE
from tests.properties.whole import PRODUCT

DAYS = {
    "outbox": ("2026-11-26", "10:35"),
    "approvals.expiry": ("2026-11-26", "10:45"),
    "sweep.collect": ("2026-11-26", "20:00"),
    "sweep.repay": ("2026-11-27", "01:00"),
    "sweep.income": ("2026-11-27", "05:00"),
    "sweep.accrual": ("2026-11-27", "06:00"),
    "sweep.settle": ("2026-11-27", "09:00"),
    "wealth.confirmation": ("2026-11-27", "09:00"),
    "wealth.life": ("2026-11-30", "10:00"),
    "cards.statements": ("2026-12-09", "00:30"),
    "cards.autopay": ("2026-12-28", "09:00"),
    "cards.due": ("2027-01-01", "00:30"),
}
"""Each job, and when it has something to do in this story."""
NEXT = {"wealth.life": ("2026-12-01", "10:00")}
"""When a job runs once more: a product is settled by the first run that finds nobody owed, late or the next day."""
ENDS = {
    "account_funding": {"DONE": 7},
    "account_transfer": {},
    "card_entry": {"LATE": 1, "PURCHASE": 2, "REPAYMENT": 1},
    "card_repayment": {"DONE": 1},
    "sweep_order": {
        "COLLECT CONFIRMED": 2,
        "FAST PAID": 3,
        "NORMAL PAID": 2,
        "PURCHASE CONFIRMED": 3,
        "SIGNING SIGNED": 2,
    },
    "wealth_order": {"CONFIRMED": 7},
    "wealth_redemption": {"PAID": 4},
}
"""How each room's orders stand after all of them."""
CLOSELY, STRIDE, STEPS = 5, 7, 200
"""Up to which step each is tried, how far apart those after it are, and more of them than there are."""


class Week(Townsfolk):
    """The customers' orders of one Thursday, on which every job has to act in the days that follow."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        super().__init__(engine)
        relaying = Job("outbox", Every(5), Whole(lambda: str(self.relay.run())))
        self.jobs = (relaying, *approvals_jobs(engine, lambda: self.now), *self.jobs)
        self.worker = Worker(engine, self.jobs, lambda: self.now, self.new_id, "test")
        self._order(folder)

    def stand_before(self, name: str) -> None:
        """Let the time pass up to a job's hour."""
        day, clock = DAYS[name]
        eve = date.fromisoformat(day) - timedelta(days=1)
        if self.now.date() < eve:
            self.at(eve.isoformat(), clock)
            self.jobs_at(name)
        self.at(day, clock)

    def _order(self, folder: Path) -> None:
        shelve(self, folder, matures_on="2026-11-30")
        self.waiting.activate()
        self.waiting.spend(100_000)
        self.owing.autopay()
        for who in (0, 1):
            phone = self.phone(who)
            self.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 5_000_000})
            self.buy(phone, 1_000_000, PRODUCT)
            self.buy(phone, 5_000_000, "JMG-TEST")
            shares = {"product": PRODUCT, "accountId": phone.account_id, "shares": "1000.00"}
            self.signed(phone, "wealth.redeem.prepare", shares)
            for mode in ("fast", "normal"):
                self.take(phone, 20_000, mode)
        self.prepare(self.phone(0), 1_000_000, PRODUCT)  # nobody signs it
        for _ in range(3):
            self.core.break_next(BEFORE)
        self.put(self.phone(0), 40_000)
        self.take(self.phone(1), 10_000)
        self.buy(self.phone(1), 1_000_000, PRODUCT)
        self.publish("1.0203", "2026-11-26", "JMG-TEST")


@dataclass(frozen=True)
class Story:
    """The bank, and where it stands before each job."""

    bank: Week
    moments: dict[str, Moment]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("jobs")
    with fresh_engine("sqlite", folder) as engine:
        bank, moments = Week(engine, folder), {}
        for name in DAYS:
            bank.stand_before(name)
            moments[name] = bank.moment(name)
            bank.jobs_at(name)
        assert bank.sql("SELECT job FROM job_run WHERE state <> 'DONE'") == []
        bank.era = "r"
        yield Story(bank, moments)


def left(bank: Week, name: str) -> Tables:
    """Give the tables at the end; a job that comes every few seconds leaves the run that was killed behind."""
    if name in NEXT:
        bank.at(*NEXT[name])
        bank.jobs_at(name)
    found = bank.tables(INTERLEAVED)
    if isinstance(bank.job(name).schedule, Every):
        del found["job_run"]
    return found


@pytest.mark.parametrize("name", DAYS)
def test_two_workers_end_what_a_killed_one_began_and_repeat_nothing(story: Story, name: str) -> None:
    bank, moment = story.bank, story.moments[name]
    bank.back(moment)
    before = bank.tables(INTERLEAVED)
    assert bank.done(bank.fork(lambda: bank.jobs_at(name)))
    want = left(bank, name)
    assert {*differences(before, want)} - {"job_run"}, "the job has nothing to do in this story"
    for at in (*range(1, CLOSELY), *range(CLOSELY, STEPS, STRIDE)):
        bank.back(moment)
        lived = killed_and_taken_over(bank, name, at)
        assert differences(want, left(bank, name)) == {}
        if lived:
            break
    assert lived
    assert at > 2


@pytest.mark.mariadb
def test_a_week_on_mariadb_in_which_each_job_is_killed_once(tmp_path: Path) -> None:
    with fresh_engine("mariadb", tmp_path) as engine:
        bank = Week(engine, tmp_path)
        bank.era = "r"
        for name in DAYS:
            bank.stand_before(name)
            assert not killed_and_taken_over(bank, name, 2)
        assert bank.sql("SELECT topic FROM outbox_message WHERE state = 'PENDING'") == []
        every = {job.name for job in bank.jobs if isinstance(job.schedule, Every)}
        assert {name for (name,) in bank.sql("SELECT job FROM job_run WHERE state <> 'DONE'")} <= every
        assert bank.ends() == ENDS


def killed_and_taken_over(bank: Week, name: str, at: int) -> bool:
    """Kill a job's process at a step and have two others end it; tell whether it had no such step."""
    lived = bank.done(bank.fork(lambda: bank.jobs_at(name), at))
    bank.later(seconds=LEASES)
    assert bank.done(*[bank.fork(lambda: bank.jobs_at(name)) for _ in range(2)])
    bank.conserved()
    bank.counted()
    bank.once()
    return lived
