"""Opening a database: which addresses are taken, how long anything may wait, and what its refusals mean.

Publishers wait for SQLite's one write lock by asking for it again and again, each time after a longer pause, so whoever
has just come would go before those who have waited. A turn, the lock of a file beside the database, mends that: who
holds it is the only one that waits for the database, and all others ask for the turn at one pace.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from h5bundle.errors import LockedError, StoreError

SCHEMES: Final = ("sqlite", "mysql+pymysql", "mariadb+pymysql")
ANSWER_SECONDS: Final = 30
"""How long a server may take over one statement, beyond waiting for a lock."""
IDLE_SECONDS: Final = 900
"""After so long without a word the server gives a publisher up that may have lost its network, and its lock."""
BEGIN: Final = "h5bundle_begin"
"""Name of the option of a connection that says how SQLite begins its transactions."""
_SETTINGS: Final = frozenset({"charset", "ssl_ca", "ssl_cert", "ssl_key", "ssl_check_hostname", "unix_socket"})
_NO_TABLE: Final = 1146
_BUSY: Final = frozenset({1020, 1205, 1213})
"""MariaDB: record has changed, lock wait time-out, deadlock."""
_PACE: Final = 0.02


def parsed(url: str) -> URL:
    """Read a URL, with no setting but those that say how to reach a server."""
    remedy = "write sqlite:///folder/file.db or mysql+pymysql://user:password@host/database"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(detail="the address of the database cannot be read", remedy=remedy) from error
    is_file = parsed.drivername == "sqlite"
    if parsed.drivername not in SCHEMES or not parsed.query.keys() <= (frozenset() if is_file else _SETTINGS):
        raise StoreError(detail="the address is of no database that is known, or has an unknown setting", remedy=remedy)
    if parsed.database in {None, "", ":memory:"} or bool(parsed.host) == is_file:
        raise StoreError(detail="the address of the database names no file, or no host or database", remedy=remedy)
    return parsed


def open_sqlite(url: URL, lock_seconds: int) -> Engine:
    """Open a file; BEGIN IMMEDIATE takes the write lock at once, so it is never upgraded."""
    arguments = {"check_same_thread": False, "timeout": lock_seconds}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: the begin event does
        with suppress(sqlite3.OperationalError):  # busy: another process is just setting this lasting mode
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def open_server(url: URL, lock_seconds: int) -> Engine:
    """Open a server, every wait bounded."""
    waits = f"innodb_lock_wait_timeout={lock_seconds}, lock_wait_timeout={lock_seconds}, wait_timeout={IDLE_SECONDS}"
    arguments = {
        "charset": "utf8mb4",
        "connect_timeout": ANSWER_SECONDS,
        "read_timeout": lock_seconds + ANSWER_SECONDS,
        "write_timeout": ANSWER_SECONDS,
        "init_command": f"SET SESSION {waits}",
    }
    return create_engine(
        url, connect_args=arguments, isolation_level="READ COMMITTED", hide_parameters=True, pool_pre_ping=True
    )


@contextmanager
def turn(file: Path, seconds: float) -> Iterator[None]:
    """Hold the turn to wait for a database's write lock; the operating system takes it from a process that dies.

    Args:
        file: of the database; the turn is the lock of a file beside it.
        seconds: how long to wait for it.

    Raises:
        LockedError: others held it all the time.
    """
    end = time.monotonic() + seconds
    with told("the turn of the publishers"):
        descriptor = os.open(file.with_name(f"{file.name}-turn"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(descriptor):
            if time.monotonic() >= end:
                raise locked()
            time.sleep(_PACE)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Take the lock of a file unless another holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def locked() -> LockedError:
    """Make the error of whoever came while another publisher was at work."""
    return LockedError(detail="another publisher holds the repository", remedy="wait until it is done and try again")


@contextmanager
def told(what: str, remedy: str = "is the database there? then try again") -> Iterator[None]:
    """Turn a driver's error into one of ours that names the object; drivers repeat neither values nor passwords."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        said = [*getattr(reason, "args", ()), ""]
        if said[0] in _BUSY or "database is locked" in str(said[0]):
            raise locked() from error
        words = str(said[1] or said[0]).partition("\n")[0][:200]
        raise StoreError(detail=f"the database does not take or give {what}: {words}", remedy=remedy) from error
    except OSError as error:
        raise StoreError(detail=f"the folder of the database cannot be made: {error.strerror}") from error


def is_table_missing(error: DBAPIError) -> bool:
    """Tell whether the database holds no repository yet."""
    said = next(iter(getattr(error.orig, "args", ())), "")
    return said == _NO_TABLE or "no such table" in str(said)
