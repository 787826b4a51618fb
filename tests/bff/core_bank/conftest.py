"""Ledgers for the tests: always on SQLite, on MariaDB too when the run has one."""

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bff.core_bank import books
from bff.core_bank.esb.adapter import EsbCore
from bff.core_bank.esb.faults import Script
from bff.core_bank.esb.front import Front
from bff.core_bank.esb.transport import HttpTransport
from bff.core_bank.esb.wire import wire_of
from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.models import (
    CoreAccountRow,
    CoreExecutionRow,
    CoreHoldRow,
    CoreJournalRow,
    CorePostingRow,
)
from bff.core_bank.network import SandboxBank, load_sandbox
from bff.core_bank.port import CoreReceipt, CoreRefusedError
from bff.db.base import Base
from bff.db.engine import open_engine
from tests.bff.core_bank.fronts import served
from tests.bff.db.engines import fresh_engine

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TABLES = [model.__table__ for model in (CoreAccountRow, CoreJournalRow, CorePostingRow, CoreHoldRow, CoreExecutionRow)]


def numbered() -> Callable[[str], str]:
    counter, lock = itertools.count(), threading.Lock()

    def new_id(prefix: str) -> str:
        with lock:
            return f"{prefix}_{next(counter):08}"

    return new_id


@dataclass(frozen=True)
class Bank:
    """A core with the sandbox's accounts, and shortcuts for tests."""

    engine: Engine
    core: EmbeddedCore | EsbCore
    ledger: EmbeddedCore
    sandbox: SandboxBank

    @property
    def card(self) -> str:
        return self.sandbox.people[0].card

    @property
    def raising(self) -> str:
        return self.sandbox.internal_account("wealth.raising").number

    def account(self, name: str, fen: int = 0, *, kind: str = "CLASS_II", max_balance: int | None = None) -> str:
        number = self.core.open_account(
            sequence=f"open.{name}", kind=kind, holder=name, currency="CNY", max_balance=max_balance
        ).reference
        if fen:
            self.core.transfer(
                sequence=f"fund.{name}", payer=self.card, payee=number, amount=fen, currency="CNY", memo="入金"
            )
        return number

    def pay(self, sequence: str, payer: str, payee: str, fen: int, memo: str = "") -> CoreReceipt:
        return self.core.transfer(sequence=sequence, payer=payer, payee=payee, amount=fen, currency="CNY", memo=memo)

    def check_books(self) -> None:
        """Every journal sums to zero; balances and holds kept equal balances and holds recomputed."""
        with Session(self.engine) as session:
            journals = session.scalars(select(CoreJournalRow.id)).all()
            assert [journal for journal in journals if sum(p.amount for p in books.postings_of(session, journal))] == []
            for account in session.scalars(select(CoreAccountRow)):
                assert account.balance == recomputed_balance(session, account.number)
                assert_running(session, account)
                active = select(CoreHoldRow.amount).where(
                    CoreHoldRow.account == account.number, CoreHoldRow.state == "ACTIVE"
                )
                assert account.held == sum(session.scalars(active))
                assert account.kind == "INTERNAL" or account.balance >= account.held
            assert sum(session.scalars(select(CoreAccountRow.balance))) == 0

    def reason(self, call: Callable[[], object]) -> str:
        """Give the reason of a refusal."""
        with pytest.raises(CoreRefusedError) as caught:
            call()
        return caught.value.reason


def assert_running(session: Session, account: CoreAccountRow) -> None:
    """Each posting keeps the balance that it left, and none is earlier than the one before."""
    mine = select(CorePostingRow).where(CorePostingRow.account == account.number).order_by(CorePostingRow.id)
    balance, moved = 0, None
    for posting in session.scalars(mine):
        balance += posting.amount
        assert posting.balance_after == balance
        assert moved is None or posting.at >= moved
        moved = posting.at
        journal = session.get(CoreJournalRow, posting.journal)
        assert journal is not None
        assert journal.at == moved
    assert account.moved_at == moved
    assert account.max_balance is None or account.balance <= account.max_balance


def recomputed_balance(session: Session, number: str) -> int:
    """Give the sum of an account's postings, which its kept balance must equal."""
    wanted = select(func.coalesce(func.sum(CorePostingRow.amount), 0)).where(CorePostingRow.account == number)
    return int(session.scalar(wanted) or 0)


def made(engine: Engine, clock: Callable[[], datetime] = lambda: NOW) -> Bank:
    Base.metadata.create_all(engine, tables=TABLES)
    ledger = EmbeddedCore(engine, clock, numbered(), lambda card: {"i1": f"card:{card}"})
    bank = Bank(engine, ledger, ledger, load_sandbox())
    ledger.seed(bank.sandbox)
    return bank


@contextmanager
def behind_esb(bank: Bank, wire: str) -> Iterator[Bank]:
    """Give the same bank through the adapter, over HTTP, in one of the wire formats."""
    written = wire_of(wire, lambda: NOW)
    with served(Front(bank.ledger, written, Script()), silence=0.1) as address:
        core = EsbCore(HttpTransport(address, seconds=30), written, numbered())
        yield replace(bank, core=core)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Engine]:
    """Give one database of MariaDB for all tests; each test empties it."""
    url = os.environ.get("TIDEGATE_TEST_MARIADB")  # noqa: TID251 — the run's own switch
    if not url:
        pytest.skip("TIDEGATE_TEST_MARIADB names no server")
    name = f"core_{os.getpid()}"
    server = open_engine(url)
    with server.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    engine = open_engine(make_url(url).set(database=name))
    yield engine
    engine.dispose()
    with server.begin() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    server.dispose()


def emptied(engine: Engine) -> Engine:
    """Empty the tables; TRUNCATE passes by the triggers, so the bff's own database user must not have it."""
    Base.metadata.create_all(engine, tables=TABLES)
    with engine.begin() as connection:
        connection.execute(text("SET FOREIGN_KEY_CHECKS=0"))
        for table in TABLES:
            connection.execute(text(f"TRUNCATE TABLE {table.name}"))
        connection.execute(text("SET FOREIGN_KEY_CHECKS=1"))
    return engine


@pytest.fixture(params=["sqlite", "esb", "iso20022", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    if request.param == "mariadb":
        yield made(emptied(request.getfixturevalue("mariadb")))
        return
    with fresh_engine("sqlite", tmp_path) as engine:
        if request.param == "sqlite":
            yield made(engine)
        else:
            with behind_esb(made(engine), request.param) as bank:
                yield bank
