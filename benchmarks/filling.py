"""Filling the real tables with so many accounts and postings, set-based: what a bank looks like after years.

The rows hold the ledger's invariants: every journal sums to zero, every balance is the sum of its postings, the
postings of an account follow each other in time. Each journal moves ``AMOUNT`` fen from the bank's own account
``BUSY`` to one customer's, the customers in turn, so half of all postings are ``BUSY``'s. Ids spread over the
whole range that the house's own come from, so that new rows land among old ones everywhere and not at an index's end.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from bff.core_bank.models import CorePostingRow
from bff.db.base import table_of
from bff.db.engine import open_engine

BUSY = "629800000000000000"
AMOUNT = 100
CHUNK = 100_000
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PREFIXES = len(_ALPHABET) ** 3
_OPTIONS = {
    "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-200000"),
    "mysql": (
        "SET SESSION sql_mode='PIPES_AS_CONCAT'",
        "SET SESSION foreign_key_checks=0",
        "SET SESSION unique_checks=0",
        "SET GLOBAL innodb_flush_log_at_trx_commit=2",
    ),
}
_AFTER = {"sqlite": (), "mysql": ("SET GLOBAL innodb_flush_log_at_trx_commit=1",)}
_COUNT = {
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT {low} UNION ALL SELECT n + 1 FROM c WHERE n + 1 < {high}) "
    "SELECT n FROM c",
    "mysql": "SELECT seq AS n FROM seq_{low}_to_{last}",
}
_AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', 1735689600 + c.n * 10, 'unixepoch')",
    "mysql": "TIMESTAMP('2025-01-01') + INTERVAL (c.n * 10) SECOND",
}
_NUMBERED = """INSERT INTO {table} (n, k, at)
    SELECT c.n, p.p || substr('000000000000' || c.n, -12), {at} FROM ({numbers}) c
    JOIN bench_prefix p ON p.i = (c.n * {prefixes} - (c.n * {prefixes}) % {total}) / {total}"""
_PEOPLE = (
    (
        "INSERT INTO customer (customer_id, name, id_number, mobile, created_at, updated_at) "
        "SELECT 'cus_' || k, {blob}, {blob}, {blob}, at, at FROM bench_account WHERE n >= {low} AND n < {high}"
    ),
    (
        "INSERT INTO account (account_id, customer_id, account_class, state, number, currency, card, card_tail, "
        "bank_zh, bank_en, balance_fen, available_fen, opened_at, observed_at) SELECT 'acc_' || k, 'cus_' || k, "
        "'II', 'OPEN', '6299' || k, 'CNY', {blob}, '0000', '望潮银行', 'Wangchao Bank', {balance}, {balance}, at, at "
        "FROM bench_account WHERE n >= {low} AND n < {high}"
    ),
    (
        "INSERT INTO device (device_id, state, level, platform, model_name, app_id, app_version, pop_jkt, tx_jkt, "
        "pop_x, pop_y, tx_x, tx_y, customer_id, last_seq, registered_at, bound_at) SELECT 'dev_' || k, 'ACTIVE', "
        "'L2', 'ANDROID', 'bench', 'bench', '1.0.0', k || 'p', k || 't', {half}, {half}, {half}, {half}, "
        "'cus_' || k, 1, at, at FROM bench_account WHERE n >= {low} AND n < {high}"
    ),
    (
        "INSERT INTO suitability_profile (customer_id, level, assessed_at, valid_until) "
        "SELECT 'cus_' || k, 'C3', at, at FROM bench_account WHERE n >= {low} AND n < {high}"
    ),
    (
        "INSERT INTO core_account (number, kind, holder, currency, balance, held, state, opened_at, moved_at) "
        "SELECT '6299' || a.k, 'CLASS_II', 'cus_' || a.k, 'CNY', {balance}, 0, 'OPEN', a.at, j.at "
        "FROM bench_account a JOIN bench_journal j ON j.n = a.n + {last_round} WHERE a.n >= {low} AND a.n < {high}"
    ),
)
_BANK = (
    "INSERT INTO core_account (number, kind, holder, currency, balance, held, state, opened_at, moved_at) "
    "SELECT '{busy}', 'INTERNAL', 'bench', 'CNY', -{paid}, 0, 'OPEN', at, at "
    "FROM bench_journal WHERE n = {journals} - 1"
)
_MOVEMENTS = (
    (
        "INSERT INTO core_journal (id, memo, reverses, at) SELECT 'jnl_' || k, 'benchmark', NULL, at "
        "FROM bench_journal WHERE n >= {low} AND n < {high}"
    ),
    (
        "INSERT INTO core_posting (id, journal, account, amount, currency, balance_after, at) "
        "SELECT {base} + 2 * j.n + s.side, 'jnl_' || j.k, CASE s.side WHEN 0 THEN '{busy}' ELSE '6299' || a.k END, "
        "CASE s.side WHEN 0 THEN -{amount} ELSE {amount} END, 'CNY', "
        "CASE s.side WHEN 0 THEN -{amount} * (j.n + 1) "
        "ELSE {amount} * (1 + (j.n - j.n % {accounts}) / {accounts}) END, j.at "
        "FROM bench_journal j JOIN bench_account a ON a.n = j.n % {accounts} "
        "JOIN (SELECT 0 AS side UNION ALL SELECT 1) s "
        "WHERE j.n >= {low} AND j.n < {high} ORDER BY j.n, s.side"
    ),
    (
        "INSERT INTO core_execution (sequence, verb, content_hash, status, reason, receipt, at) "
        "SELECT 'ord_' || k || '.buy', 'transfer', {hash}, 'S', '', {receipt} || k, at "
        "FROM bench_journal WHERE n >= {low} AND n < {high}"
    ),
)
_BUILT = ("bench_prefix", "bench_account", "bench_journal")


@dataclass(frozen=True, slots=True)
class Filled:
    """What a bank was filled with; ``numbers`` are some of its customers' accounts, spread over all."""

    accounts: int
    postings: int
    numbers: tuple[str, ...]


def fill(engine: Engine, accounts: int, postings: int, sample: int = 5000) -> Filled:
    """Write accounts with their people and devices, and their postings; give numbers of some accounts.

    Args:
        engine: of a bank that was prepared.
        accounts: how many.
        postings: how many at least; half of them are the customers', the same number for each.
        sample: how many numbers to give at most.
    """
    rounds = max(1, math.ceil(postings / 2 / accounts))
    journals = accounts * rounds
    with _loading(engine) as connection:
        _count(connection, accounts, journals)
        facts = {
            **_texts(),
            "accounts": accounts,
            "journals": journals,
            "busy": BUSY,
            "amount": AMOUNT,
            "balance": AMOUNT * rounds,
            "paid": AMOUNT * journals,
            "last_round": accounts * (rounds - 1),
            "base": 10**6,
        }
        _run(connection, _PEOPLE, facts, accounts)
        connection.exec_driver_sql(_escaped(connection, _BANK.format(**facts)))
        connection.commit()
        with _unindexed(connection, table_of(CorePostingRow)):
            _run(connection, _MOVEMENTS, facts, journals)
        step = max(1, accounts // sample)
        found = connection.execute(text("SELECT k FROM bench_account WHERE n % :step = 0"), {"step": step})
        numbers = tuple(f"6299{row.k}" for row in found)
        for table in _BUILT:
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.commit()
        connection.exec_driver_sql("ANALYZE" if engine.dialect.name == "sqlite" else "ANALYZE TABLE core_posting")
        connection.commit()
    return Filled(accounts, 2 * journals, numbers)


def _run(connection: Connection, statements: Sequence[str], facts: Mapping[str, Any], total: int) -> None:
    """Run statements over all numbers, so many at a time, each time committed."""
    for low in range(0, total, CHUNK):
        for statement in statements:
            whole = statement.format(**facts, low=low, high=min(low + CHUNK, total))
            connection.exec_driver_sql(_escaped(connection, whole))
        connection.commit()


def _texts() -> dict[str, str]:
    """Give literals of the lengths that real rows have."""
    receipt = '{"sequence":"' + "x" * 320 + '","reference":"'
    return {"blob": f"x'{'5a' * 76}'", "half": f"'{'A' * 43}'", "hash": f"'{'0' * 64}'", "receipt": f"'{receipt}'"}


def _escaped(connection: Connection, statement: str) -> str:
    return statement if connection.dialect.name == "sqlite" else statement.replace("%", "%%")


def _count(connection: Connection, accounts: int, journals: int) -> None:
    """Number accounts and journals, each with a key that ascends with its number over the whole range, and a time."""
    dialect = connection.dialect.name
    connection.exec_driver_sql("CREATE TABLE bench_prefix (i INTEGER PRIMARY KEY, p CHAR(3))")
    rows = [{"i": i, "p": "".join(three)} for i, three in enumerate(product(sorted(_ALPHABET), repeat=3))]
    connection.execute(text("INSERT INTO bench_prefix (i, p) VALUES (:i, :p)"), rows)
    for table, total in (("bench_account", accounts), ("bench_journal", journals)):
        connection.exec_driver_sql(
            f"CREATE TABLE {table} (n INTEGER PRIMARY KEY, k VARCHAR(20) {_BINARY[dialect]}, at DATETIME)"
        )
        for low in range(0, total, CHUNK * 10):
            high = min(low + CHUNK * 10, total)
            numbers = _COUNT[dialect].format(low=low, high=high, last=high - 1)
            statement = _NUMBERED.format(table=table, at=_AT[dialect], numbers=numbers, prefixes=_PREFIXES, total=total)
            connection.exec_driver_sql(_escaped(connection, statement))
            connection.commit()


_BINARY = {"sqlite": "", "mysql": "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"}


@contextmanager
def _loading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that need not be durable meanwhile, and is thrown away afterwards."""
    dialect = engine.dialect.name
    loader = open_engine(engine.url, answer_seconds=None)  # an index over millions of rows takes its time
    with loader.connect() as connection:
        if dialect == "sqlite":
            connection.rollback()
            raw: Any = connection.connection.dbapi_connection
            for option in _OPTIONS[dialect]:
                raw.execute(option)
        else:
            for option in _OPTIONS[dialect]:
                connection.exec_driver_sql(option)
        yield connection
        for option in _AFTER[dialect]:
            connection.exec_driver_sql(option)
        connection.commit()
        if dialect == "sqlite":
            connection.rollback()
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    loader.dispose()


@contextmanager
def _unindexed(connection: Connection, table: Table) -> Iterator[None]:
    """Take away the index whose keys come in no order while rows are loaded, and what stands on it."""
    (index,) = (one for one in table.indexes if len(one.columns) > 1)
    server = connection.dialect.name != "sqlite"
    keys = [key for key in table.foreign_key_constraints if key.column_keys == ["account"]] if server else []
    for key in keys:
        connection.execute(DropConstraint(key))
    index.drop(connection)
    connection.commit()
    yield
    index.create(connection)
    for key in keys:
        connection.execute(AddConstraint(key))
    connection.commit()
