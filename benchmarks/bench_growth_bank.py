"""How a bank's purchase, transfer and statement hold as it grows, on SQLite and on MariaDB.

Two banks stand on each database, a small and a large one, filled set-based with the ledger's invariants held. The same
cases run on both in turn; each statement stands beside a read of one account by its primary key. ``--accounts 1000000
--postings 10000000`` is the size that the goals speak of; the default is a tenth of a tenth, for everyday.
"""

import argparse
import itertools
import logging
import random  # noqa: TID251 — which accounts a round takes; the seed is fixed
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bank import Bank, Client, open_bank
from filling import BUSY, Filled, fill
from measuring import DISK, Case, Finding, Sample, conclude, each, figure, machine, report, rounds, show
from sqlalchemy import Engine, bindparam, create_engine, func, select, text
from sqlalchemy.engine import make_url

from bff.core_bank.models import CoreAccountRow, CorePostingRow
from bff.db.base import table_of
from bff.db.engine import transaction
from tests.services import Services

SMALL = (1_000, 10_000)
CALLS = 200
"""Transfers, statements and reads of a round."""
PURCHASES = 16
"""Purchases of a round, within one device's day."""
POOL = "SET GLOBAL innodb_buffer_pool_size = 2 * 1024 * 1024 * 1024"
"""As an operator would give it; MariaDB's own default is 128 MiB."""
_account = table_of(CoreAccountRow)
_BY_KEY = select(_account).where(_account.c.number == bindparam("wanted"))


@dataclass
class Grown:
    """One bank of one size, and its cases."""

    name: str
    bank: Bank
    filled: Filled
    client: Client
    chance: random.Random = field(default_factory=lambda: random.Random(6))  # noqa: S311 — picks accounts, no secret
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Make the cases."""
        self.purchase = Case(f"{self.name}: purchase", self._purchases)
        self.transfer = Case(f"{self.name}: transfer", lambda: self._each(self._transfer))
        self.statement = Case(f"{self.name}: statement of a customer", lambda: self._each(self._statement))
        self.busiest = Case(f"{self.name}: statement of the busiest account", lambda: self._each(self._busiest))
        self.read = Case(f"{self.name}: read by primary key", lambda: self._each(self._read))

    @property
    def cases(self) -> list[Case]:
        """Give the cases."""
        return [self.purchase, self.transfer, self.statement, self.busiest, self.read]

    def _each(self, work: Callable[[str], object]) -> Sample:
        return each(self.chance.choices(self.filled.numbers, k=CALLS), work)

    def _purchases(self) -> Sample:
        self.bank.next_day()
        return each([self.client.signed() for _ in range(PURCHASES)], self._settled)

    def _settled(self, approval: dict[str, str]) -> None:
        assert self.client.approve(approval), "the relay left a purchase to its next sweep"

    def _transfer(self, number: str) -> None:
        names = {"sequence": f"growth.{next(self.numbers)}", "payer": BUSY, "payee": number}
        self.bank.instance.core.transfer(**names, amount=1, currency="CNY", memo="benchmark")

    def _statement(self, number: str) -> None:
        assert self.bank.instance.core.statement(number).lines

    def _busiest(self, _number: str) -> None:
        assert len(self.bank.instance.core.statement(BUSY).lines) == 50

    def _read(self, number: str) -> None:
        with transaction(self.bank.instance.engine, writing=False) as session:
            session.execute(_BY_KEY, {"wanted": number}).one()

    def check(self) -> None:
        """Hold some accounts' balances to be the sums of their postings, the busiest one's too."""
        sums = select(func.sum(CorePostingRow.amount)).where(CorePostingRow.account == bindparam("who"))
        with transaction(self.bank.instance.engine, writing=False) as session:
            for number in [BUSY, *self.chance.choices(self.filled.numbers, k=20)]:
                kept = session.execute(_BY_KEY, {"wanted": number}).one().balance
                assert kept == int(session.execute(sums, {"who": number}).scalar_one()), number


@dataclass(frozen=True)
class Pair:
    """A small and a large bank on one database."""

    name: str
    small: Grown
    large: Grown

    @property
    def cases(self) -> list[Case]:
        """Give each case beside the same one of the other bank."""
        return [case for two in zip(self.small.cases, self.large.cases, strict=True) for case in two]

    def findings(self) -> list[Finding]:
        """Give the ratios: medians of times of one over those of the other in the same round."""
        small, large, name = self.small, self.large, self.name
        return [
            Finding(f"{name}: purchase, large ÷ small", slower(large.purchase, small.purchase), 1.2, at_most=True),
            Finding(f"{name}: transfer, large ÷ small", slower(large.transfer, small.transfer), 1.2, at_most=True),
            Finding(f"{name}: statement of a customer in ms, large", middle(large.statement), 20, at_most=True),
            Finding(f"{name}: statement of the busiest in ms, large", middle(large.busiest), 20, at_most=True),
            Finding(f"{name}: statement of a customer ÷ read by key, large", slower(large.statement, large.read)),
            Finding(f"{name}: statement of the busiest ÷ read by key, large", slower(large.busiest, large.read)),
            Finding(f"{name}: statement of the busiest, large ÷ small", slower(large.busiest, small.busiest)),
            Finding(f"{name}: read by key, large ÷ small", slower(large.read, small.read)),
        ]


def middle(case: Case) -> float:
    """Give the median in milliseconds."""
    return case.quantile(0.5) * 1000


def slower(case: Case, peer: Case) -> float:
    """Give how many times a case's median is its peer's."""
    return case.quantile(0.5) / peer.quantile(0.5)


def grown(name: str, folder: Path, size: tuple[int, int], database: str = "") -> Grown:
    """Open a bank on one database and fill it."""
    begun = time.perf_counter()
    bank = open_bank(folder, people=1, database=database)
    client = bank.client(0)
    filled = fill(bank.instance.engine, *size)
    label = f"{name}, {filled.accounts:,} accounts, {filled.postings:,} postings"
    print(f"{label}: filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    return Grown(label, bank, filled, client)


def pair(name: str, folder: Path, size: tuple[int, int], databases: Sequence[str] = ("", "")) -> Pair:
    """Open a small bank and a large one."""
    return Pair(
        name,
        grown(name, folder / f"{name}-small", SMALL, databases[0]),
        grown(name, folder / f"{name}-large", size, databases[1]),
    )


def two_databases(address: str) -> tuple[str, str]:
    """Give the server's database and a second one, with a pool into which the busy part of the large one fits."""
    engine: Engine = create_engine(address)
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE grown CHARACTER SET utf8mb4"))
        connection.execute(text(POOL))
    engine.dispose()
    return address, make_url(address).set(database="grown").render_as_string(hide_password=False)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default 5)")
    parser.add_argument("--accounts", type=int, default=20_000, help="accounts of the large bank")
    parser.add_argument("--postings", type=int, default=200_000, help="postings of the large bank")
    parser.add_argument("--only", choices=("SQLite", "MariaDB"), help="measure one database alone")
    return parser.parse_args()


def main() -> None:
    given = read_arguments()
    logging.getLogger().setLevel(logging.ERROR)
    services = Services()
    tempfile.tempdir = DISK
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    size = (given.accounts, given.postings)
    pairs: list[Pair] = []
    try:
        if given.only != "MariaDB":
            pairs.append(measured(pair("SQLite", folder, size), given))
        address = None if given.only == "SQLite" else services.mariadb(in_memory=False)
        if address is not None:
            pairs.append(measured(pair("MariaDB", folder, size, two_databases(address)), given))
        elif given.only != "SQLite":
            print("MariaDB is not installed (`make setup-bench` installs it): measured on SQLite only")
        if given.json:
            cases = [case for one in pairs for case in one.cases]
            report("growth of a bank", cases, [finding for one in pairs for finding in one.findings()])
    finally:
        services.close()
        shutil.rmtree(folder, ignore_errors=True)


def measured(banks: Pair, given: argparse.Namespace) -> Pair:
    """Run the rounds, hold the books to be right afterwards, and print what was found."""
    rounds(banks.cases, given.rounds)
    for grown_bank in (banks.small, banks.large):
        grown_bank.check()
    if not given.json:
        print(f"# Growth of a bank on {banks.name} ({machine()})")
        rows = [(case.name, figure(middle(case)), figure(case.quantile(0.95) * 1000)) for case in banks.cases]
        show("Medians of rounds", ("Case", "p50 ms", "p95 ms"), rows)
        conclude(banks.findings())
    return banks


if __name__ == "__main__":
    main()
