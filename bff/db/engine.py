"""Opening engines and transactions: the one place that knows how SQLite and MariaDB differ.

Invariants: every writing transaction on SQLite starts with BEGIN IMMEDIATE, so it never has to upgrade a read lock;
writers of one process queue on a lock instead of polling the file. MariaDB runs READ COMMITTED; a deadlock or a lock
time-out is retried by whoever opened the transaction (``retried``), never by a handler.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Final, TypeVar

from pymysql.constants.SERVER_STATUS import SERVER_STATUS_IN_TRANS
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from bff.db.errors import DatabaseBusyError
from bff.db.prepared import execute

Result = TypeVar("Result")

LOCK_SECONDS: Final = 10
"""How long anybody waits for a lock before the call is refused."""
ROW_LOCK_SECONDS: Final = 3
"""The same for one row on a server, since such a wait is tried again."""
ANSWER_SECONDS: Final = 30
"""How long a server may take over one statement before the connection is given up."""
IDLE_SECONDS: Final = 1.0
"""How long a server's connection may lie unused before it is tried out once more."""
ATTEMPTS: Final = 6
"""How often a transaction is tried when the database chose it as a deadlock's victim."""
_DEADLOCKS: Final = frozenset({1020, 1205, 1213})
"""MariaDB: record has changed, lock wait time-out, deadlock."""
_WRITER: Final = "tidegate_writer"
_BEGIN: Final = "tidegate_begin"
_READING: Final = "tidegate_reading"
_GLANCING: Final = "tidegate_glancing"
_LAIN: Final = "tidegate_lain"


def open_engine(url: str | URL, *, answer_seconds: int | None = ANSWER_SECONDS) -> Engine:
    """Open the engine of a database URL: ``sqlite:////var/lib/tidegate.db`` or ``mysql+pymysql://…``.

    Args:
        url: of the database.
        answer_seconds: how long a server may take over one statement; None for migrations, which may rewrite tables.

    Returns:
        An engine whose pool, pragmas and isolation fit the house; opening it connects to nothing yet. Its errors name
        no values: these may be card numbers, and errors are logged.
    """
    parsed = make_url(url)
    return _open_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _open_server(parsed, answer_seconds)


def _open_sqlite(url: URL) -> Engine:
    in_memory = url.database in {None, "", ":memory:"}
    pool: dict[str, Any] = {"poolclass": StaticPool} if in_memory else _pool(QueuePool)
    options = {_WRITER: threading.RLock() if in_memory else threading.Lock(), _BEGIN: "BEGIN IMMEDIATE"}
    arguments = {"check_same_thread": False, "timeout": LOCK_SECONDS}
    engine = create_engine(url, connect_args=arguments, execution_options=options, hide_parameters=True, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "checkin", _end_sqlite)
    reading, glancing = (engine.execution_options(**{_BEGIN: begin}) for begin in ("BEGIN", ""))
    engine.update_execution_options(**{_READING: reading, _GLANCING: glancing})
    return engine


def _open_server(url: URL, answer_seconds: int | None) -> Engine:
    arguments = {
        "charset": "utf8mb4",
        "connect_timeout": LOCK_SECONDS,
        "read_timeout": answer_seconds,
        "write_timeout": answer_seconds,
        "init_command": f"SET SESSION innodb_lock_wait_timeout={ROW_LOCK_SECONDS}",
    }
    engine = create_engine(
        url,
        connect_args=arguments,
        isolation_level="READ COMMITTED",
        paramstyle="format",
        hide_parameters=True,
        **_pool(QueuePool),
    )
    event.listen(engine, "checkout", partial(_wake, engine))
    event.listen(engine, "checkin", _lay_down)
    return engine


def _pool(poolclass: type[QueuePool]) -> dict[str, Any]:
    # what ended its transaction, as all do, need not be rolled back once more; `_end` finds what did not
    given = {"poolclass": poolclass, "pool_reset_on_return": None}
    return {**given, "pool_size": 16, "max_overflow": 16, "pool_timeout": LOCK_SECONDS}


def _wake(engine: Engine, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Have a connection that lay for a while show that its server still knows it; the pool opens another if not."""
    if time.monotonic() - record.info.get(_LAIN, 0.0) <= IDLE_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _lay_down(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[_LAIN] = time.monotonic()
    _end(connection, connection is not None and connection.server_status & SERVER_STATUS_IN_TRANS)


def _end_sqlite(connection: Any, _record: object) -> None:
    _end(connection, connection is not None and connection.in_transaction)


def _end(connection: Any, left: object) -> None:
    """Undo a transaction whose owner forgot it: the next one to get the connection must not go on with it."""
    if left:
        connection.rollback()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: the begin event does
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={LOCK_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, "BEGIN")
    if begin:
        execute(connection, begin).close()


@contextmanager
def transaction(engine: Engine, *, writing: bool = True) -> Iterator[Session]:
    """Run one transaction: commit when the block ends, roll back when it raises.

    Args:
        engine: from ``open_engine``.
        writing: False for a transaction that only reads; on SQLite it then takes no write lock.

    Raises:
        DatabaseBusyError: the write lock was not free within ``LOCK_SECONDS``.
    """
    bound = engine if writing else engine.get_execution_options().get(_READING, engine)
    guard = _writer(engine) if writing else nullcontext()
    with guard, Session(bound, expire_on_commit=False) as session, session.begin():
        yield session


def glance(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """Read so that each statement sees what is committed when it begins; nothing is written, nothing committed.

    For the few reads by primary key that every call makes: on SQLite a transaction around them costs more than they do.
    """
    with engine.get_execution_options().get(_GLANCING, engine).connect() as connection:
        return work(connection)


def steady(engine: Engine) -> Engine:
    """Give the engine for a reading transaction whose every statement sees the state that its first one saw.

    SQLite's transactions are so anyhow; a server's see what others commit meanwhile, unless they are asked not to.
    """
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")


@contextmanager
def _writer(engine: Engine) -> Iterator[None]:
    lock = engine.get_execution_options().get(_WRITER)
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=LOCK_SECONDS):
        raise DatabaseBusyError(detail="the write lock was not free in time")
    try:
        yield
    finally:
        lock.release()


def retried(
    engine: Engine,
    work: Callable[[Session], Result],
    *,
    writing: bool = True,
    pause: Callable[[float], None] = time.sleep,
) -> Result:
    """Run ``work`` in a transaction of its own, again when the database asks for it.

    Args:
        engine: from ``open_engine``.
        work: takes the session; must have no effect outside it, for it may run several times.
        writing: as for ``transaction``.
        pause: waits so many seconds between two attempts.

    Raises:
        DatabaseBusyError: every attempt lost.
    """
    for attempt in range(ATTEMPTS):
        try:
            with transaction(engine, writing=writing) as session:
                return work(session)
        except DBAPIError as error:
            if not is_transient(error):
                raise
            pause(0.005 * 2**attempt)
    raise DatabaseBusyError(detail=f"the transaction lost {ATTEMPTS} times against others")


def is_transient(error: DBAPIError) -> bool:
    """Tell whether the same transaction may succeed when tried again."""
    arguments = getattr(error.orig, "args", ())
    if arguments and arguments[0] in _DEADLOCKS:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)


def ping(engine: Engine) -> None:
    """Ask the database for a sign of life; raises what the driver raises when there is none."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
