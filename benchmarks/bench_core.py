"""The ledger's committed transfers against a bare committed double-entry write, on SQLite and on MariaDB.

The limit is what any double-entry core does for one transfer: one row of a journal, two of its postings and two
balances, prepared once, in one durable transaction of the same engine, and nothing else. The ledger besides recognises
repeats, resolves cards, checks state, currency and cover, and keeps a receipt. Clients pay from own accounts to
own accounts; the third case lets all of them pay into one account, as a sale of wealth products does.
"""

import itertools
import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from double_entry import RICH, Bare
from measuring import (
    DISK,
    Case,
    Finding,
    Sample,
    arguments,
    conclude,
    figure,
    machine,
    ratio,
    repeated,
    report,
    rounds,
    show,
    together,
)
from sqlalchemy import Engine, func, select

from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.models import CoreAccountRow, CorePostingRow
from bff.core_bank.network import load_sandbox
from bff.db.base import Base
from bff.db.engine import open_engine, transaction
from tests.services import Services

CLIENTS = 16
SECONDS = 0.4


@dataclass
class Measured:
    """The cases of one database."""

    name: str
    engine: Engine
    numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Make tables, accounts and cases."""
        Base.metadata.create_all(self.engine)
        self.core = EmbeddedCore(self.engine, lambda: datetime.now(UTC), self._id, lambda card: {"i1": f"card:{card}"})  # noqa: TID251 — a benchmark's clock
        bank = load_sandbox()
        self.core.seed(bank)
        self.payers = [self._opened(f"payer{number}", bank.opening) for number in range(CLIENTS)]
        self.payees = [self._opened(f"payee{number}", bank.opening) for number in range(CLIENTS)]
        bare = Bare(self.engine, CLIENTS)
        self.bare = Case(f"{self.name}: bare write, 1 client", lambda: bare.alone(SECONDS))
        self.alone = Case(f"{self.name}: transfer, 1 client", lambda: repeated(lambda: self._pay(0, 0), SECONDS))
        self.bares = Case(f"{self.name}: bare write, {CLIENTS} clients", lambda: bare.crowd(SECONDS))
        self.crowd = Case(
            f"{self.name}: transfer, {CLIENTS} clients", lambda: self._crowd(lambda client: self._pay(client, client))
        )
        self.hot = Case(
            f"{self.name}: transfer into one account, {CLIENTS} clients",
            lambda: self._crowd(lambda client: self._pay(client, 0)),
        )

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{next(self.numbers):026}"

    def _opened(self, name: str, opening: str) -> str:
        opened = self.core.open_account(sequence=f"open.{name}", kind="CLASS_II", holder=name, currency="CNY")
        number = opened.reference
        whole = {"payer": opening, "payee": number, "amount": RICH, "currency": "CNY", "memo": "benchmark"}
        self.core.transfer(sequence=f"fund.{name}", **whole)
        return number

    def _pay(self, payer: int, payee: int) -> None:
        self.core.transfer(
            sequence=self._id("seq"),
            payer=self.payers[payer],
            payee=self.payees[payee],
            amount=1,
            currency="CNY",
            memo="benchmark",
        )

    def _crowd(self, work: Callable[[int], None]) -> Sample:
        return together([lambda client=client: repeated(lambda: work(client), SECONDS) for client in range(CLIENTS)])

    @property
    def cases(self) -> list[Case]:
        """Give the cases, each beside its peer."""
        return [self.bare, self.alone, self.bares, self.crowd, self.hot]

    def findings(self) -> list[Finding]:
        """Give the ratios."""
        return [
            Finding(f"{self.name}: transfer ÷ bare write, 1 client", ratio(self.alone, self.bare)),
            Finding(f"{self.name}: transfer ÷ bare write, {CLIENTS} clients", ratio(self.crowd, self.bares)),
            Finding(f"{self.name}: transfer into one account ÷ bare write", ratio(self.hot, self.bares)),
        ]

    def check(self) -> None:
        """Hold what was measured to be right: every balance is the sum of its postings."""
        sums = select(CorePostingRow.account, func.sum(CorePostingRow.amount)).group_by(CorePostingRow.account)
        with transaction(self.engine, writing=False) as session:
            kept = {row[0]: row[1] for row in session.execute(select(CoreAccountRow.number, CoreAccountRow.balance))}
            found = {row[0]: int(row[1]) for row in session.execute(sums)}
        assert {number: balance for number, balance in kept.items() if balance} == {
            number: total for number, total in found.items() if total
        }


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    logging.getLogger().setLevel(logging.ERROR)
    services = Services()
    tempfile.tempdir = DISK
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        banks = [Measured("SQLite", open_engine(f"sqlite:///{folder / 'core.db'}"))]
        address = services.mariadb(in_memory=False)
        if address is None:
            print("MariaDB is not installed (`make setup-bench` installs it): measured on SQLite only")
        else:
            banks.append(Measured("MariaDB", open_engine(address)))
        for bank in banks:
            rounds(bank.cases, given.rounds)
            bank.check()
        tell(banks, as_json=given.json)
        for bank in banks:
            bank.engine.dispose()
    finally:
        services.close()
        shutil.rmtree(folder, ignore_errors=True)


def tell(banks: Sequence[Measured], *, as_json: bool) -> None:
    """Print what was found."""
    cases = [case for bank in banks for case in bank.cases]
    findings = [finding for bank in banks for finding in bank.findings()]
    if as_json:
        report("core", cases, findings, {})
        return
    print(f"# Embedded ledger ({machine()})")
    rows = [
        (case.name, figure(case.rate), figure(case.quantile(0.5) * 1000), figure(case.quantile(0.99) * 1000))
        for case in cases
    ]
    show("Medians of rounds", ("Case", "per second", "p50 ms", "p99 ms"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
