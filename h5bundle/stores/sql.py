"""A repository in a relational database: SQLite in a file, or MariaDB.

Every write is a transaction of its own, durable when the call returns. The timestamp is never changed: each is a row
with a number, and the one with the highest is served. A publisher's lock is a transaction that its own connection
keeps open (a head row on MariaDB, a second file on SQLite), so it ends with its holder; readers take no lock.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects.mysql import LONGBLOB, VARCHAR
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from h5bundle.errors import LockedError, ObjectMissingError, StoreError
from h5bundle.paths import check_path
from h5bundle.trust import TIMESTAMP

WAIT_SECONDS: Final = 10
_ANSWER_SECONDS: Final = 30
_SETTINGS: Final = {
    "sqlite": frozenset[str](),
    "mysql+pymysql": frozenset({"charset", "ssl_ca", "ssl_cert", "ssl_key", "ssl_check_hostname", "unix_socket"}),
}
_MYSQL: Final = ("mysql", "mariadb")
_OPTIONS: Final[dict[str, Any]] = {"mysql_engine": "InnoDB", "mariadb_engine": "InnoDB"}
_PATH: Final = String(255).with_variant(VARCHAR(255, charset="utf8mb4", collation="utf8mb4_bin"), *_MYSQL)
_DATA: Final = LargeBinary().with_variant(LONGBLOB(), *_MYSQL)
_TABLES: Final = MetaData()
_HEAD: Final = Table("h5bundle_head", _TABLES, Column("id", Integer, primary_key=True, autoincrement=False), **_OPTIONS)
_OBJECTS: Final = Table(
    "h5bundle_objects",
    _TABLES,
    Column("path", _PATH, primary_key=True),
    Column("data", _DATA, nullable=False),
    **_OPTIONS,
)
_TIMESTAMPS: Final = Table(
    "h5bundle_timestamps",
    _TABLES,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", _DATA, nullable=False),
    **_OPTIONS,
)
_LATEST: Final = select(_TIMESTAMPS.c.number, _TIMESTAMPS.c.data).order_by(_TIMESTAMPS.c.number.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class SqlStore:
    """A repository's objects as rows; made by ``open_sql``.

    Attributes:
        engine: of the rows.
        locks: of the lock: the same database on MariaDB, a file beside it on SQLite.
    """

    engine: Engine
    locks: Engine
    _mine: threading.local = field(default_factory=threading.local, repr=False)

    def read(self, path: str) -> bytes:
        """Read a row."""
        query = select(_OBJECTS.c.data).where(_OBJECTS.c.path == check_path(path))
        with _failing(f"{path} cannot be read"), self._reading() as connection:
            row = _latest(connection)[1] if path == TIMESTAMP else connection.execute(query).scalar_one_or_none()
        if row is None:
            raise ObjectMissingError(detail=f"{path} is not in the repository")
        return row

    def exists(self, path: str) -> bool:
        """Tell whether there is a row."""
        query = select(func.count()).select_from(_OBJECTS).where(_OBJECTS.c.path == check_path(path))
        if path == TIMESTAMP:
            query = select(func.count()).select_from(_TIMESTAMPS)
        with _failing(f"{path} cannot be looked up"), self._reading() as connection:
            return connection.execute(query).scalar_one() > 0

    def put_blob(self, path: str, data: bytes) -> None:
        """Write a row unless the same bytes are there already."""
        try:
            if self.read(path) == data:
                return
        except ObjectMissingError:
            pass
        self.put_metadata(path, data)

    def put_metadata(self, path: str, data: bytes) -> None:
        """Write a row over what was there; a timestamp becomes the next row."""
        with self._writing(check_path(path)) as connection:
            _write(connection, path, data, _seen(connection, path)[0])

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write over what was seen, in one transaction with the look at it."""
        changed = LockedError(detail=f"{path} was changed meanwhile", remedy="look at what is there and try again")
        try:
            with self._writing(check_path(path)) as connection:
                number, present = _seen(connection, path)
                if present != previous:
                    raise changed
                _write(connection, path, data, number)
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise changed from error
            raise

    def paths(self, prefix: str) -> tuple[str, ...]:
        """List the rows below a folder."""
        folder = check_path(prefix.rstrip("/")) + "/"
        query = select(_OBJECTS.c.path).where(_OBJECTS.c.path.startswith(folder, autoescape=True))
        with _failing(f"{folder} cannot be listed"), self._reading() as connection:
            found = set(connection.execute(query).scalars())
            if TIMESTAMP.startswith(folder) and _latest(connection)[1] is not None:
                found.add(TIMESTAMP)
        return tuple(sorted(path for path in found if path.startswith(folder)))

    def remove(self, path: str) -> None:
        """Remove a row; of the timestamp, all rows."""
        gone = delete(_TIMESTAMPS) if path == TIMESTAMP else delete(_OBJECTS).where(_OBJECTS.c.path == path)
        with self._writing(check_path(path)) as connection:
            connection.execute(gone)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock's transaction open, after waiting for another publisher for a bounded time."""
        with _failing("the lock cannot be had"):
            connection = self.locks.connect()
        try:
            self._take(connection)
            self._mine.lock = connection
            yield
        finally:
            self._mine.lock = None
            connection.close()

    def _take(self, connection: Connection) -> None:
        """Wait for the lock."""
        with _failing("the lock cannot be had"):
            try:
                connection.begin()
                if _is_mysql(self.locks):
                    connection.execute(select(_HEAD.c.id).with_for_update())
            except SQLAlchemyError as error:
                if not _is_busy(error):
                    raise
                raise LockedError(
                    detail="another publisher holds the repository", remedy="wait until it is done and try again"
                ) from error

    def _reading(self) -> AbstractContextManager[Connection]:
        """Give a transaction that only reads."""
        return self.engine.execution_options(reading=True).begin()

    @contextmanager
    def _writing(self, path: str) -> Iterator[Connection]:
        """Give a transaction that writes, unless the lock that this thread took was lost with its connection."""
        held: Connection | None = getattr(self._mine, "lock", None)
        if held is not None:
            try:
                held.execute(text("SELECT 1"))
            except SQLAlchemyError as error:
                raise LockedError(
                    detail="the connection that holds the lock was lost", remedy="publish again"
                ) from error
        with _failing(f"{path} cannot be written"), self.engine.begin() as connection:
            yield connection


def open_sql(address: str, *, wait: int = WAIT_SECONDS) -> SqlStore:
    """Open a database, and make its tables where there are none.

    Args:
        address: of SQLite in a file, or of MariaDB through PyMySQL.
        wait: after how many seconds a held lock is a refusal.

    Raises:
        StoreError: the address is none, or the database cannot be opened.
    """
    url = _url(address)
    engine = _open(url, wait)
    locks = (
        engine if url.database is None or _is_mysql(engine) else _open(url.set(database=f"{url.database}.lock"), wait)
    )
    store = SqlStore(engine, locks)
    with _failing("the database cannot be opened"):
        if not _is_mysql(engine):
            Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        with store._reading() as connection:  # noqa: SLF001 - the maker of the class
            made = inspect(connection).has_table(_HEAD.name) and connection.execute(select(_HEAD.c.id)).first()
        if not made:
            _make(store)
    return store


def _url(address: str) -> URL:
    """Read an address; no refusal repeats it, because it may hold a password."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise _malformed(detail="the address of the database does not read") from error
    if url.drivername not in _SETTINGS or not url.query.keys() <= _SETTINGS[url.drivername]:
        raise _malformed(detail="the address is not that of SQLite or MariaDB, or has a setting that is not known")
    if url.drivername == "sqlite" and (url.host or url.database in {None, "", ":memory:"}):
        raise _malformed(detail="the address of SQLite names no file")
    if url.drivername != "sqlite" and not (url.host and url.database):
        raise _malformed(detail="the address of MariaDB names no host or no database")
    return url


def _malformed(*, detail: str) -> StoreError:
    """Say what is wrong with an address."""
    return StoreError(detail=detail, remedy="write sqlite:///file or mysql+pymysql://user:password@host/database")


def _open(url: URL, wait: int) -> Engine:
    """Give an engine whose waiting is bounded."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": wait}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    seconds = {"connect_timeout": wait, "read_timeout": wait + _ANSWER_SECONDS, "write_timeout": _ANSWER_SECONDS}
    first = f"SET SESSION innodb_lock_wait_timeout = {int(wait)}"
    return create_engine(
        url,
        connect_args={**seconds, "charset": "utf8mb4", "init_command": first},
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_recycle=600,
    )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Leave transactions to this module, and bring every commit to the disk."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    """Begin: a writer says at once that it will write, so that it never has to give way half-way."""
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _make(store: SqlStore) -> None:
    """Make the tables; two processes may do so at once."""
    if _is_mysql(store.engine):
        _make_tables(store.engine)
        return
    with store.lock():
        raw = store.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()
        _make_tables(store.engine)


def _make_tables(engine: Engine) -> None:
    """Make what is not there."""
    ignoring = "IGNORE" if _is_mysql(engine) else "OR IGNORE"
    with engine.begin() as connection:
        for table in _TABLES.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
        connection.execute(insert(_HEAD).prefix_with(ignoring).values(id=1))


def _latest(connection: Connection) -> tuple[int, bytes | None]:
    """Give the number and the bytes of the timestamp that is served."""
    row = connection.execute(_LATEST).first()
    return (0, None) if row is None else (row.number, row.data)


def _seen(connection: Connection, path: str) -> tuple[int, bytes | None]:
    """Give what is there, and of the timestamp its number (which only one writer can follow)."""
    if path == TIMESTAMP:
        return _latest(connection)
    query = select(_OBJECTS.c.data).where(_OBJECTS.c.path == path)
    found = connection.execute(query.with_for_update()).scalar_one_or_none()
    return (0 if found is None else 1, found)


def _write(connection: Connection, path: str, data: bytes, number: int) -> None:
    """Write a row after what was seen: when another writer was quicker, the key refuses it."""
    if path == TIMESTAMP:
        connection.execute(insert(_TIMESTAMPS).values(number=number + 1, data=data))
    elif number:
        connection.execute(update(_OBJECTS).where(_OBJECTS.c.path == path).values(data=data))
    else:
        connection.execute(insert(_OBJECTS).values(path=path, data=data))


def _is_mysql(engine: Engine) -> bool:
    """Tell MariaDB from SQLite."""
    return engine.dialect.name in _MYSQL


def _is_busy(error: SQLAlchemyError) -> bool:
    """Tell whether waiting for another's lock has ended without it."""
    words = str(getattr(error, "orig", error))
    return "database is locked" in words or "1205" in words


@contextmanager
def _failing(what: str) -> Iterator[None]:
    """Turn the database's errors into the store's, without statement, values or address."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or type(error).__name__
        raise StoreError(detail=f"{what}: {reason}", remedy="see that the database runs and try again") from error
    except OSError as error:
        raise StoreError(detail=f"{what}: {error.strerror}") from error
