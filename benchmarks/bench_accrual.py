"""End-of-day accrual of 1,000,000 sweep accounts, by the job's own worker, on SQLite and on MariaDB.

The peer is a bare ``INSERT … SELECT`` of the very same rows into a table of the same shape, in transactions of the same
size: nothing is computed, credited, added up or written down about the run. Each round does a day more.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from measuring import DISK, Case, Finding, Sample, arguments, conclude, figure, machine, ratio, report, rounds, show
from sqlalchemy import Engine, text

from bff.db.engine import open_engine, transaction
from bff.db.migrations import migrate
from bff.jobs import Batches, Daily, Job
from bff.jobs.worker import Worker
from bff.products.calendar import TradingCalendar
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse
from bff.sweep import sandbox
from bff.sweep.accrual import RANGE, Accrual
from bff.sweep.jobs import ACCRUE_AT
from bff.sweep.products import FAMILY
from bff.sweep.terms import Terms
from tests.services import Services

ACCOUNTS = 1_000_000
GOAL_SECONDS = 60
FUND = "LMB-A"
FIRST = date(2026, 11, 2)
PUBLISHED = datetime(2026, 11, 27, tzinfo=UTC)
DIGITS = "(SELECT 0 n" + "".join(f" UNION ALL SELECT {digit}" for digit in range(1, 10)) + ")"
NUMBERS = " CROSS JOIN ".join(f"{DIGITS} d{place}" for place in range(6))
NUMBER = "(" + " + ".join(f"d{place}.n * {10**place}" for place in range(6)) + ")"
SHARES = f"100 + ({NUMBER} * 7919) % 9999900"
"""From one yuan to a hundred thousand."""
PADDED = re.compile(re.escape("printf('") + "(acc_|ord_)" + re.escape(f"%026d', {NUMBER})"))
CUSTOMER = f"""INSERT INTO customer (customer_id, name, id_number, mobile, created_at, updated_at)
    VALUES ('cus_1', 'x', 'x', 'x', '{FIRST} 00:00:00', '{FIRST} 00:00:00')"""  # noqa: S608 — our own constants
POSITIONS = f"""INSERT INTO sweep_position
    (fund, account_id, customer_id, shares_fen, locked_fen, pending_fen, income_fen)
    SELECT '{FUND}', printf('acc_%026d', {NUMBER}), 'cus_1', {SHARES}, 0, 0, 0 FROM {NUMBERS} ORDER BY 2"""  # noqa: S608 — as above
MOVEMENTS = f"""INSERT INTO sweep_movement (order_id, fund, account_id, day, shares_fen, at)
    SELECT printf('ord_%026d', {NUMBER}), '{FUND}', printf('acc_%026d', {NUMBER}), '{FIRST}', {SHARES},
    '{FIRST} 00:00:00' FROM {NUMBERS} ORDER BY 3"""  # noqa: S608 — as above
BARE = """CREATE TABLE bare_accrual (
    day DATE NOT NULL, fund VARCHAR(64) NOT NULL, account_id VARCHAR(40) NOT NULL,
    shares_fen BIGINT NOT NULL, amount_fen BIGINT NOT NULL, PRIMARY KEY (day, fund, account_id))"""
COPY = text(
    "INSERT INTO bare_accrual SELECT :as_day, fund, account_id, shares_fen, amount_fen FROM sweep_accrual "
    "WHERE day = :day AND fund = :fund AND account_id > :after AND account_id <= :last"
)
"""The first day's rows again and again, each time as another day's."""


@dataclass(slots=True)
class Measured:
    """One database with its accounts; every sample is of a day more."""

    name: str
    engine: Engine
    accrued: Iterator[int] = field(default_factory=count)
    copied: Iterator[int] = field(default_factory=count)
    cases: list[Case] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Name the cases; the accrual goes first, for the peer copies what its first round wrote."""
        self.cases = [Case(f"{self.name}: accrual", self.accrue), Case(f"{self.name}: bare insert", self.copy)]

    def accrue(self) -> Sample:
        """Accrue the next day of every account."""
        slot = FIRST + timedelta(days=1 + next(self.accrued))
        now = datetime.combine(slot, ACCRUE_AT, UTC)
        terms = Terms(
            Warehouse((FAMILY,)), TradingCalendar.load(), RulePacks.load(Path(sandbox.__file__).parent / "data")
        )
        job = Job("sweep.accrual", Daily(ACCRUE_AT), Batches(Accrual(terms).step))
        worker = Worker(self.engine, [job], lambda: now, lambda prefix: f"{prefix}_{slot}", "bench")
        sample = timed(lambda: worker.run_slot(job, slot.isoformat()))
        with transaction(self.engine, writing=False) as session:
            found = session.execute(
                text("SELECT done, state FROM job_run WHERE slot = :slot"), {"slot": str(slot)}
            ).one()
        assert tuple(found) == (ACCOUNTS, "DONE"), found
        return sample

    def copy(self) -> Sample:
        """Copy the rows of the day that was accrued first, and nothing else."""
        as_day = FIRST + timedelta(days=next(self.copied))

        def work() -> None:
            for first in range(0, ACCOUNTS, RANGE):
                after = account(first - 1) if first else ""
                bounds = {
                    "as_day": str(as_day),
                    "day": str(FIRST),
                    "fund": FUND,
                    "after": after,
                    "last": account(first + RANGE - 1),
                }
                with transaction(self.engine) as session:
                    session.execute(COPY, bounds)

        return timed(work)

    @property
    def findings(self) -> list[Finding]:
        """Give the seconds of a day, and how far the bare insert is ahead."""
        accrual, bare = self.cases
        seconds = ACCOUNTS / accrual.rate
        return [
            Finding(f"{self.name}: seconds for 1,000,000 accounts", seconds, GOAL_SECONDS, at_most=True),
            Finding(f"{self.name}: accrual ÷ bare insert of the same rows", ratio(accrual, bare)),
        ]


def account(number: int) -> str:
    """Give the id of an account."""
    return f"acc_{number:026d}"


def timed(work: Callable[[], object]) -> Sample:
    """Time one pass over all accounts; a server's own work is not this process's."""
    begun, worked = time.perf_counter(), time.process_time()
    work()
    return Sample(ACCOUNTS, time.perf_counter() - begun, cpu=time.process_time() - worked)


def filled(name: str, url: str) -> Measured:
    """Make the tables and a million accounts, each with the movement that gave it its shares."""
    migrate(url)
    engine = open_engine(url, answer_seconds=None)
    for statement in (CUSTOMER, POSITIONS, MOVEMENTS, BARE):
        with transaction(engine) as session:
            session.execute(text(statement if engine.dialect.name == "sqlite" else on_a_server(statement)))
    with transaction(engine) as session:
        warehouse = Warehouse((FAMILY,))
        warehouse.synchronise(session, PUBLISHED)
        products = warehouse.on_sale(session, FAMILY, PUBLISHED.date())
        sandbox.publish(session, tuple(one.definition for one in products), PUBLISHED)
    return Measured(name, engine)


def on_a_server(statement: str) -> str:
    """Spell the padded numbers in ids as MariaDB does."""
    return PADDED.sub(lambda found: f"CONCAT('{found[1]}', LPAD({NUMBER}, 26, '0'))", statement)


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    services = Services()
    tempfile.tempdir = DISK
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        banks = [filled("SQLite", f"sqlite:///{folder / 'bank.db'}")]
        address = services.mariadb(in_memory=False)
        if address is None:
            print("MariaDB is not installed (`make setup-bench` installs it): measured on SQLite only")
        else:
            banks.append(filled("MariaDB", address))
        for bank in banks:
            rounds(bank.cases, given.rounds)
            bank.engine.dispose()
        tell(banks, as_json=given.json)
    finally:
        services.close()
        shutil.rmtree(folder, ignore_errors=True)


def tell(banks: Sequence[Measured], *, as_json: bool) -> None:
    """Print what was found."""
    cases = [case for bank in banks for case in bank.cases]
    findings = [finding for bank in banks for finding in bank.findings]
    if as_json:
        report("accrual", cases, findings)
        return
    print(f"# End-of-day accrual ({machine()})")
    rows: list[tuple[Any, ...]] = [(case.name, figure(case.rate), figure(ACCOUNTS / case.rate)) for case in cases]
    show("Medians of rounds, 1,000,000 accounts", ("Case", "accounts a second", "seconds"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
