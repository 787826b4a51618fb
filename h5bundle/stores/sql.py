"""A repository in a SQL database: SQLite for the processes of one machine, MariaDB for those of several.

What is written under the lock is one transaction: readers see nothing of it before its end, and nothing is left of it
when the publisher dies. Metadata is a row for each role and version that is never written again; the timestamp that
is served is the highest row. Other objects lie in parts that fit into the smallest packet of any server.
"""

import hashlib
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    and_,
    create_engine,
    delete,
    event,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from h5bundle.errors import LockedError, ObjectMissingError, StoreError
from h5bundle.paths import check_path
from h5bundle.trust import TIMESTAMP

SCHEMES: Final = ("sqlite", "mysql+pymysql", "mariadb+pymysql")
ANSWER_SECONDS: Final = 30
"""How long a server may take over one statement, beyond waiting for a lock."""
IDLE_SECONDS: Final = 900
"""After so long without a word the server gives a publisher up that may have lost its network, and its lock."""
PART_BYTES: Final = 256 * 1024
_SETTINGS: Final = frozenset({"charset", "ssl_ca", "ssl_cert", "ssl_key", "ssl_check_hostname", "unix_socket"})
_BEGIN: Final = "h5bundle_begin"
_VERSIONED: Final = re.compile(r"metadata/([1-9][0-9]{0,17})\.([a-z0-9-]{1,60})\.json")
_NO_TABLE: Final = 1146
_BUSY: Final = frozenset({1020, 1205, 1213})
"""MariaDB: record has changed, lock wait time-out, deadlock."""

_TABLES: Final = MetaData()
_BYTE_BY_BYTE: Final[dict[str, Any]] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mysql_engine": "InnoDB",
}
_BYTES: Final = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_PATH: Final = String(200)
_HEAD: Final = Table(
    "repository_head", _TABLES, Column("id", Integer, primary_key=True, autoincrement=False), **_BYTE_BY_BYTE
)
_METADATA: Final = Table(
    "repository_metadata",
    _TABLES,
    Column("role", String(60), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
    **_BYTE_BY_BYTE,
)
_OBJECT: Final = Table(
    "repository_object",
    _TABLES,
    Column("path", _PATH, primary_key=True),
    Column("digest", String(64), nullable=False),
    **_BYTE_BY_BYTE,
)
_PART: Final = Table(
    "repository_part",
    _TABLES,
    Column("path", _PATH, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
    **_BYTE_BY_BYTE,
)
_STAMP: Final = "timestamp"


class _Held(threading.local):
    """The transaction of the thread that holds the lock, and whether a write in it failed."""

    connection: Connection | None = None
    failed: bool = False


class SqlStore:
    """A repository's tables; safe to use from several threads and processes."""

    def __init__(self, url: str, *, lock_seconds: int) -> None:
        """Name the database; nothing is connected or made before it is needed.

        Args:
            url: SQLAlchemy URL with a driver of ``SCHEMES``.
            lock_seconds: how long to wait for another publisher.

        Raises:
            StoreError: it is no such URL. The message does not repeat it, for it may hold a password.
        """
        parsed = _parsed(url)
        self._file = Path(str(parsed.database)) if parsed.drivername == "sqlite" else None
        self._engine = _open_sqlite(parsed, lock_seconds) if self._file else _open_server(parsed, lock_seconds)
        self._lock_seconds = lock_seconds
        self._held = _Held()
        self._prepared = False

    def read(self, path: str) -> bytes:
        """Read an object in one statement, so that it is whole whoever writes meanwhile."""
        data = _joined(self._rows(path, _reading(check_path(path))))
        if data is None:
            raise ObjectMissingError(detail=f"{path} is not in the repository")
        return data

    def exists(self, path: str) -> bool:
        """Tell whether there is a row of it."""
        table, rows = _place(check_path(path))
        return bool(self._rows(path, select(*table.primary_key).where(rows).limit(1)))

    def put_blob(self, path: str, data: bytes) -> None:
        """Write an object unless it has the same hash already."""
        self.put_blobs({path: data}, lambda _: None)

    def put_blobs(self, blobs: Mapping[str, bytes], done: Callable[[int], object]) -> None:
        """Write many objects in one transaction."""
        for path in blobs:
            check_path(path)
        with self._writing("objects") as connection:
            for number, (path, data) in enumerate(blobs.items(), start=1):
                _put_object(connection, path, data)
                done(number)

    def put_metadata(self, path: str, data: bytes) -> None:
        """Write a version of metadata once, the next timestamp, or another document over what was there.

        Raises:
            StoreError: that version is there with other bytes.
        """
        check_path(path)
        with self._writing(path) as connection:
            _put(connection, path, data)

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write over what was seen; the lock keeps others from coming between."""
        check_path(path)
        with self._writing(path) as connection:
            if _joined(connection.execute(_reading(path)).all()) != previous:
                raise LockedError(detail=f"{path} was changed meanwhile", remedy="look at what is there and try again")
            _put(connection, path, data)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """List what lies below a folder."""
        folder = f"{check_path(prefix.rstrip('/'))}/" if prefix else ""
        objects = select(_OBJECT.c.path).where(_OBJECT.c.path.startswith(folder, autoescape=True))
        found = {str(row[0]) for row in self._rows(prefix, objects)}
        if not folder or folder.startswith("metadata/"):
            for role, version in self._rows(prefix, select(_METADATA.c.role, _METADATA.c.version)):
                found.add(TIMESTAMP if role == _STAMP else f"metadata/{version}.{role}.json")
        return tuple(sorted(path for path in found if path.startswith(folder)))

    def remove(self, path: str) -> None:
        """Remove an object's rows."""
        check_path(path)
        with self._writing(path) as connection:
            _remove(connection, path)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the head row in one transaction, which is committed when the block ends well."""
        if self._held.connection is not None:
            raise LockedError(detail="this thread holds the repository already")
        with _told("the lock of the repository"):
            self._prepare()
            connection = self._engine.connect().execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        try:
            with _told("the lock of the repository"):
                connection.execute(select(_HEAD).with_for_update())
            self._held.connection, self._held.failed = connection, False
            yield
            self._finish(connection)
        except BaseException:
            with suppress(SQLAlchemyError):
                connection.rollback()
            raise
        finally:
            self._held.connection = None
            with suppress(SQLAlchemyError):
                connection.close()

    def _finish(self, connection: Connection) -> None:
        """Commit; what was written before a write failed is not kept without it."""
        if self._held.failed:
            raise StoreError(detail="a write to the repository failed, so none is kept", remedy="publish again")
        with _told(
            "the end of the publication", "look at: h5bundle status; publishing again finishes or changes nothing"
        ):
            connection.commit()

    @contextmanager
    def _writing(self, what: str) -> Iterator[Connection]:
        """Give the transaction of this thread, or one for this write alone."""
        if self._held.connection is None:
            with self.lock(), self._writing(what) as connection:
                yield connection
            return
        try:
            with _told(what):
                yield self._held.connection
        except BaseException:
            self._held.failed = True
            raise

    def _rows(self, what: str, query: Select[Any]) -> Sequence[Any]:
        """Read rows, this thread's own unfinished ones included; no tables are no rows."""
        if self._held.connection is not None:
            with _told(what):
                return self._held.connection.execute(query).all()
        if self._file is not None and not self._file.exists():
            return ()
        with _told(what):
            try:
                with self._engine.connect() as connection:
                    return connection.execute(query).all()
            except DBAPIError as error:
                if _is_table_missing(error):
                    return ()
                raise

    def _prepare(self) -> None:
        """Make tables and head row where there are none; several processes may do so at once."""
        if self._prepared:
            return
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._engine.connect() as connection:
            try:
                ready = connection.execute(select(_HEAD.c.id)).first() is not None
            except DBAPIError as error:
                if not _is_table_missing(error):
                    raise
                ready = False
        if not ready:
            self._make_tables()
        self._prepared = True

    def _make_tables(self) -> None:
        """Make what is missing."""
        with self._engine.connect().execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}) as connection:
            for table in _TABLES.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
            with suppress(IntegrityError):  # another process was faster
                connection.execute(insert(_HEAD), {"id": 1})
            connection.commit()


def _parsed(url: str) -> URL:
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


def _open_sqlite(url: URL, lock_seconds: int) -> Engine:
    """Open a file; BEGIN IMMEDIATE takes the write lock at once, so it is never upgraded."""
    arguments = {"check_same_thread": False, "timeout": lock_seconds}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True)

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: the begin event does
        with suppress(sqlite3.OperationalError):  # busy: another process is just setting this lasting mode
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _open_server(url: URL, lock_seconds: int) -> Engine:
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


def _place(path: str) -> tuple[Table, ColumnElement[bool]]:
    """Give the table of a path, and which of its rows are the object."""
    match = _VERSIONED.fullmatch(path)
    if path == TIMESTAMP:
        return _METADATA, _METADATA.c.role == _STAMP
    if match is None or match[2] == _STAMP:
        return _PART, _PART.c.path == path
    return _METADATA, and_(_METADATA.c.role == match[2], _METADATA.c.version == int(match[1]))


def _reading(path: str) -> Select[Any]:
    """Select an object's bytes in order; of the timestamps the highest."""
    table, rows = _place(path)
    query = select(table.c.data).where(rows)
    if table is _PART:
        return query.order_by(_PART.c.number)
    return query.order_by(_METADATA.c.version.desc()).limit(1)


def _joined(rows: Sequence[Any]) -> bytes | None:
    """Give the bytes that lie in rows, None when there are none."""
    return b"".join(bytes(row[0]) for row in rows) if rows else None


def _put(connection: Connection, path: str, data: bytes) -> None:
    """Insert metadata, or write another document over what was there."""
    table, rows = _place(path)
    if table is _PART:
        _put_object(connection, path, data)
    elif path == TIMESTAMP:
        highest = connection.execute(select(func.max(_METADATA.c.version)).where(rows)).scalar()
        connection.execute(insert(_METADATA), {"role": _STAMP, "version": (highest or 0) + 1, "data": data})
    else:
        present = _joined(connection.execute(_reading(path)).all())
        if present is None:
            version, role = path.removeprefix("metadata/").removesuffix(".json").split(".")
            connection.execute(insert(_METADATA), {"role": role, "version": int(version), "data": data})
        elif present != data:
            raise StoreError(detail=f"{path} is there with other bytes, and a version of metadata is written once")


def _put_object(connection: Connection, path: str, data: bytes) -> None:
    """Write an object in parts; an empty one has an empty part."""
    digest = hashlib.sha256(data).hexdigest()
    if connection.execute(select(_OBJECT.c.digest).where(_OBJECT.c.path == path)).scalar() == digest:
        return
    _remove(connection, path)
    connection.execute(insert(_OBJECT), {"path": path, "digest": digest})
    starts = range(0, len(data) or 1, PART_BYTES)
    parts = [{"path": path, "number": number, "data": data[at : at + PART_BYTES]} for number, at in enumerate(starts)]
    connection.execute(insert(_PART), parts)


def _remove(connection: Connection, path: str) -> None:
    """Delete an object's rows."""
    table, rows = _place(path)
    connection.execute(delete(table).where(rows))
    if table is _PART:
        connection.execute(delete(_OBJECT).where(_OBJECT.c.path == path))


@contextmanager
def _told(what: str, remedy: str = "is the database there? then try again") -> Iterator[None]:
    """Turn a driver's error into one of ours that names the object; drivers repeat neither values nor passwords."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        said = [*getattr(reason, "args", ()), ""]
        if said[0] in _BUSY or "database is locked" in str(said[0]):
            raise LockedError(
                detail="another publisher holds the repository", remedy="wait until it is done and try again"
            ) from error
        words = str(said[1] or said[0]).partition("\n")[0][:200]
        raise StoreError(detail=f"the database does not take or give {what}: {words}", remedy=remedy) from error
    except OSError as error:
        raise StoreError(detail=f"the folder of the database cannot be made: {error.strerror}") from error


def _is_table_missing(error: DBAPIError) -> bool:
    """Tell whether the database holds no repository yet."""
    said = next(iter(getattr(error.orig, "args", ())), "")
    return said == _NO_TABLE or "no such table" in str(said)
