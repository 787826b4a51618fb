"""A repository in a SQL database: SQLite for the processes of one machine, MariaDB for those of several.

What is written under the lock is one transaction: readers see nothing of it before its end, and nothing is left of it
when the publisher dies.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from h5bundle.errors import LockedError, ObjectMissingError, StoreError
from h5bundle.paths import check_path
from h5bundle.stores.sql_engines import BEGIN, is_table_missing, open_server, open_sqlite, parsed, told, turn
from h5bundle.stores.sql_rows import (
    HEAD,
    METADATA,
    OBJECT,
    STAMP,
    TABLES,
    joined,
    place,
    put,
    put_object,
    reading,
    remove,
)
from h5bundle.trust import TIMESTAMP


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
        address = parsed(url)
        self._file = Path(str(address.database)) if address.drivername == "sqlite" else None
        self._engine = open_sqlite(address, lock_seconds) if self._file else open_server(address, lock_seconds)
        self._lock_seconds = lock_seconds
        self._held = _Held()
        self._prepared = False

    def read(self, path: str) -> bytes:
        """Read an object in one statement, so that it is whole whoever writes meanwhile."""
        data = joined(self._rows(path, reading(check_path(path))))
        if data is None:
            raise ObjectMissingError(detail=f"{path} is not in the repository")
        return data

    def exists(self, path: str) -> bool:
        """Tell whether there is a row of it."""
        table, rows = place(check_path(path))
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
                put_object(connection, path, data)
                done(number)

    def put_metadata(self, path: str, data: bytes) -> None:
        """Write a version of metadata once, the next timestamp, or another document over what was there.

        Raises:
            StoreError: that version is there with other bytes.
        """
        check_path(path)
        with self._writing(path) as connection:
            put(connection, path, data)

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write over what was seen; the lock keeps others from coming between."""
        check_path(path)
        with self._writing(path) as connection:
            if joined(connection.execute(reading(path)).all()) != previous:
                raise LockedError(detail=f"{path} was changed meanwhile", remedy="look at what is there and try again")
            put(connection, path, data)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """List what lies below a folder."""
        folder = f"{check_path(prefix.rstrip('/'))}/" if prefix else ""
        objects = select(OBJECT.c.path).where(OBJECT.c.path.startswith(folder, autoescape=True))
        found = {str(row[0]) for row in self._rows(prefix, objects)}
        if not folder or folder.startswith("metadata/"):
            for role, version in self._rows(prefix, select(METADATA.c.role, METADATA.c.version)):
                found.add(TIMESTAMP if role == STAMP else f"metadata/{version}.{role}.json")
        return tuple(sorted(path for path in found if path.startswith(folder)))

    def remove(self, path: str) -> None:
        """Remove an object's rows."""
        check_path(path)
        with self._writing(path) as connection:
            remove(connection, path)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the head row in one transaction, which is committed when the block ends well."""
        if self._held.connection is not None:
            raise LockedError(detail="this thread holds the repository already")
        with told("the lock of the repository"):
            self._prepare()
            connection = self._engine.connect().execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
        try:
            waiting = nullcontext() if self._file is None else turn(self._file, self._lock_seconds)
            with waiting, told("the lock of the repository"):
                connection.execute(select(HEAD).with_for_update())
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
        with told(
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
            with told(what):
                yield self._held.connection
        except BaseException:
            self._held.failed = True
            raise

    def _rows(self, what: str, query: Select[Any]) -> Sequence[Any]:
        """Read rows, this thread's own unfinished ones included; no tables are no rows."""
        if self._held.connection is not None:
            with told(what):
                return self._held.connection.execute(query).all()
        if self._file is not None and not self._file.exists():
            return ()
        with told(what):
            try:
                with self._engine.connect() as connection:
                    return connection.execute(query).all()
            except DBAPIError as error:
                if is_table_missing(error):
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
                ready = connection.execute(select(HEAD.c.id)).first() is not None
            except DBAPIError as error:
                if not is_table_missing(error):
                    raise
                ready = False
        if not ready:
            self._make_tables()
        self._prepared = True

    def _make_tables(self) -> None:
        """Make what is missing."""
        with self._engine.connect().execution_options(**{BEGIN: "BEGIN IMMEDIATE"}) as connection:
            for table in TABLES.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
            with suppress(IntegrityError):  # another process was faster
                connection.execute(insert(HEAD), {"id": 1})
            connection.commit()
