"""SIGKILL at the steps of each recurring job; then two workers at once leave the tables of an undisturbed run.

A job is killed with what it puts into the outbox: at each step up to the first that is sent, and at some of the others,
which the orders' own tests take one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from bff.approvals.jobs import jobs as approvals_jobs
from bff.jobs import Every, Job, Whole
from bff.jobs.worker import Worker
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.shelf import shelve
from tests.faults.kinds import Townsfolk
from tests.faults.mortal import LEASES, Moment, Tables, differences
from tests.properties.flaky import BEFORE
from tests.properties.whole import PRODUCT

DAYS = (
    ("outbox", "2026-11-26", "10:35"),
    ("approvals.expiry", "2026-11-26", "10:45"),
    ("sweep.collect", "2026-11-26", "20:00"),
    ("sweep.repay", "2026-11-27", "01:00"),
    ("sweep.income", "2026-11-27", "05:00"),
    ("sweep.accrual", "2026-11-27", "06:00"),
    ("sweep.settle", "2026-11-27", "09:00"),
    ("wealth.confirmation", "2026-11-27", "09:00"),
    ("wealth.life", "2026-11-30", "10:00"),
    ("cards.statements", "2026-12-09", "00:30"),
    ("cards.autopay", "2026-12-28", "09:00"),
    ("cards.due", "2027-01-01", "00:30"),
)
"""Each job, and when it has something to do in this story."""
NEXT = {"wealth.life": ("2026-12-01", "10:00")}
"""When a job runs once more: a product is settled by the first run that finds nobody owed, late or the next day."""
CLOSELY, STRIDE, STEPS = 5, 7, 200
"""Up to which step each is tried, how far apart those after it are, and more of them than there are."""


class Week(Townsfolk):
    """The customers' orders of one Thursday, on which every job has to act in the days that follow."""

    def begin(self, folder: Path) -> None:
        """Place them."""
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
        bank = Week(engine)
        relaying = Job("outbox", Every(5), Whole(lambda: str(bank.relay.run())))
        bank.jobs = (relaying, *approvals_jobs(engine, lambda: bank.now), *bank.jobs)
        bank.worker = Worker(engine, bank.jobs, lambda: bank.now, bank.new_id, "test")
        bank.begin(folder)
        moments = {}
        for name, day, clock in DAYS:
            eve = date.fromisoformat(day) - timedelta(days=1)
            if bank.now.date() < eve:
                bank.at(eve.isoformat(), clock)
                bank.jobs_at(name)
            bank.at(day, clock)
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
    found = bank.tables()
    if isinstance(bank.job(name).schedule, Every):
        del found["job_run"]
    return found


@pytest.mark.parametrize("name", [name for name, _, _ in DAYS])
def test_two_workers_end_what_a_killed_one_began_and_repeat_nothing(story: Story, name: str) -> None:
    bank, moment = story.bank, story.moments[name]

    def work() -> None:
        bank.jobs_at(name)

    bank.back(moment)
    before = bank.tables()
    assert bank.done(bank.fork(work))
    want = left(bank, name)
    assert {*differences(before, want)} - {"job_run"}, "the job has nothing to do in this story"
    for at in (*range(1, CLOSELY), *range(CLOSELY, STEPS, STRIDE)):
        bank.back(moment)
        lived = bank.done(bank.fork(work, at))
        bank.later(seconds=LEASES)
        assert bank.done(*[bank.fork(work) for _ in range(2)])
        assert differences(want, left(bank, name)) == {}
        bank.conserved()
        bank.counted()
        bank.once()
        if lived:
            break
    assert lived
    assert at > 2
