"""A signed purchase against a bare double-entry write and against the disk itself, on SQLite and on MariaDB.

A purchase is the approve call through the bus: verification, counter, limit, order, quota, evidence and outbox in one
transaction, then the relay to the embedded core with its own commits, and the answer with the settled order.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bank import Bank, Client, Counter, open_bank
from double_entry import Bare
from measuring import (
    DISK,
    Case,
    Finding,
    Sample,
    arguments,
    conclude,
    each,
    figure,
    machine,
    ratio,
    repeated,
    report,
    rounds,
    show,
    thrift,
    together,
)
from sqlalchemy import Engine, text

from tests.services import Services

CLIENTS = 16
ALONE = 20
"""Purchases of one client in a round."""
EACH = 4
"""Purchases of each of many clients in a round."""
SECONDS = 0.3


@dataclass
class Measured:
    """The cases of one database."""

    name: str
    bank: Bank
    clients: Sequence[Client]
    counter: Counter
    disk: Case
    purchases: int = 0
    unsettled: int = 0

    def __post_init__(self) -> None:
        """Make the cases."""
        engine = self.bank.instance.engine
        bare = Bare(engine, CLIENTS)
        self.bare = Case(f"{self.name}: bare double entry, 1 client", lambda: bare.alone(SECONDS))
        self.bares = Case(f"{self.name}: bare double entry, {CLIENTS} clients", lambda: bare.crowd(SECONDS))
        self.alone = Case(f"{self.name}: purchase, 1 client", lambda: self._purchases(self.clients[:1], ALONE))
        self.crowd = Case(f"{self.name}: purchase, {CLIENTS} clients", lambda: self._purchases(self.clients, EACH))

    @property
    def cases(self) -> list[Case]:
        """Give the cases, each beside its peer."""
        return [self.disk, self.bare, self.alone, self.bares, self.crowd]

    def _purchases(self, clients: Sequence[Client], count: int) -> Sample:
        self.bank.next_day()
        unsettled: list[bool] = []
        ready = [(client, [client.signed() for _ in range(count)]) for client in clients]
        sample = together([_spend(client, approvals, unsettled) for client, approvals in ready])
        self.unsettled += len(unsettled)
        self.purchases += sample.count
        return sample

    def counted(self) -> tuple[int, int, int]:
        """Give statements, transactions, and transactions that write, of one purchase."""
        approval = self.clients[0].signed()
        self.counter.clear()
        self.clients[0].approve(approval)
        return self.counter.statements, self.counter.commits, self.counter.changing

    def findings(self, goal: float, tail: float | None) -> list[Finding]:
        """Give the ratios."""
        name, disk = self.name, self.disk
        found = [
            Finding(f"{name}: purchase, 1 client ÷ single-stream fdatasync", ratio(self.alone, disk)),
            Finding(f"{name}: purchase, {CLIENTS} clients ÷ single-stream fdatasync", ratio(self.crowd, disk), goal),
            Finding(f"{name}: purchase ÷ bare double entry, 1 client", ratio(self.alone, self.bare), 0.5),
            Finding(f"{name}: purchase ÷ bare double entry, {CLIENTS} clients", ratio(self.crowd, self.bares), 0.5),
            Finding(f"{name}: the same, of CPU time, 1 client", thrift(self.alone, self.bare)),
            Finding(f"{name}: bare double entry, {CLIENTS} clients ÷ fdatasync", ratio(self.bares, disk)),
        ]
        if tail is not None:
            late = self.crowd.quantile(0.99) * 1000
            found.append(Finding(f"{name}: p99 of a purchase in ms, {CLIENTS} clients", late, tail, at_most=True))
        return found


def _spend(client: Client, approvals: Sequence[Any], unsettled: list[bool]) -> Callable[[], Sample]:
    def approve(approval: Any) -> None:
        if not client.approve(approval):
            unsettled.append(True)

    return lambda: each(approvals, approve)


def flush_case(folder: Path) -> Case:
    """Append a page and have the disk confirm it, again and again."""
    file = os.open(folder / "flush", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def once() -> None:
        os.write(file, b"x" * 4096)
        os.fdatasync(file)

    return Case("fdatasync, one stream", lambda: repeated(once, SECONDS))


def measured(name: str, folder: Path, database: str = "") -> Measured:
    """Open a bank on one database, with its clients."""
    bank = open_bank(folder / name, people=CLIENTS, database=database)
    counter = Counter()
    counter.watch(bank.instance.engine)
    clients = [bank.client(number) for number in range(CLIENTS)]
    return Measured(name, bank, clients, counter, flush_case(folder / name))


def durable(engine: Engine) -> bool:
    """Tell whether the server flushes at every commit."""
    with engine.connect() as connection:
        return connection.execute(text("SELECT @@innodb_flush_log_at_trx_commit")).scalar_one() == 1


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    logging.getLogger("bff.outbox.relay").setLevel(logging.CRITICAL)  # what it could not settle is counted below
    services = Services()
    tempfile.tempdir = DISK
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        banks = [measured("SQLite", folder)]
        address = services.mariadb(in_memory=False)
        if address is None:
            print("MariaDB is not installed (`make setup-bench` installs it): measured on SQLite only")
        else:
            banks.append(measured("MariaDB", folder, address))
            assert durable(banks[1].bank.instance.engine)
        for bank in banks:
            rounds(bank.cases, given.rounds)
        tell(banks, as_json=given.json)
    finally:
        services.close()
        shutil.rmtree(folder, ignore_errors=True)


def tell(banks: Sequence[Measured], *, as_json: bool) -> None:
    """Print what was found."""
    counts = {bank.name: bank.counted() for bank in banks}
    left = {bank.name: f"{bank.unsettled} of {bank.purchases}" for bank in banks}
    findings = [
        *banks[0].findings(1.2, 10.0),
        *(finding for bank in banks[1:] for finding in bank.findings(0.8, None)),
    ]
    if as_json:
        report(
            "purchase",
            [case for bank in banks for case in bank.cases],
            findings,
            {"statements": counts, "leftToSweep": left},
        )
        return
    print(f"# Signed purchase ({machine()})")
    rows = [
        (
            case.name,
            figure(case.rate),
            *(figure(seconds * 1000) for seconds in (case.quantile(0.5), case.quantile(0.99), case.cost)),
        )
        for bank in banks
        for case in bank.cases
    ]
    show("Medians of rounds", ("Case", "per second", "p50 ms", "p99 ms", "CPU ms each"), rows)
    show(
        "What one purchase asks of the database",
        ("Database", "statements", "transactions", "of these change something", "purchases left to the next sweep"),
        [(name, *count, left[name]) for name, count in counts.items()],
    )
    conclude(findings)


if __name__ == "__main__":
    main()
