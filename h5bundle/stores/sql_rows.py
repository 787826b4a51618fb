"""The tables of a repository in a database, and how an object's path becomes rows.

Metadata is a row for each role and version that is never written again; the timestamp that is served is the highest
row. Other objects lie in parts that fit into the smallest packet of any server. Connections come from the caller.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import mysql

from h5bundle.errors import StoreError
from h5bundle.trust import TIMESTAMP

PART_BYTES: Final = 256 * 1024
_VERSIONED: Final = re.compile(r"metadata/([1-9][0-9]{0,17})\.([a-z0-9-]{1,60})\.json")

TABLES: Final = MetaData()
_BYTE_BY_BYTE: Final[dict[str, Any]] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mysql_engine": "InnoDB",
}
_BYTES: Final = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_PATH: Final = String(200)
HEAD: Final = Table(
    "repository_head", TABLES, Column("id", Integer, primary_key=True, autoincrement=False), **_BYTE_BY_BYTE
)
METADATA: Final = Table(
    "repository_metadata",
    TABLES,
    Column("role", String(60), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
    **_BYTE_BY_BYTE,
)
OBJECT: Final = Table(
    "repository_object",
    TABLES,
    Column("path", _PATH, primary_key=True),
    Column("digest", String(64), nullable=False),
    **_BYTE_BY_BYTE,
)
PART: Final = Table(
    "repository_part",
    TABLES,
    Column("path", _PATH, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", _BYTES, nullable=False),
    **_BYTE_BY_BYTE,
)
STAMP: Final = "timestamp"


def place(path: str) -> tuple[Table, ColumnElement[bool]]:
    """Give the table of a path, and which of its rows are the object."""
    match = _VERSIONED.fullmatch(path)
    if path == TIMESTAMP:
        return METADATA, METADATA.c.role == STAMP
    if match is None or match[2] == STAMP:
        return PART, PART.c.path == path
    return METADATA, and_(METADATA.c.role == match[2], METADATA.c.version == int(match[1]))


def reading(path: str) -> Select[Any]:
    """Select an object's bytes in order; of the timestamps the highest."""
    table, rows = place(path)
    query = select(table.c.data).where(rows)
    if table is PART:
        return query.order_by(PART.c.number)
    return query.order_by(METADATA.c.version.desc()).limit(1)


def joined(rows: Sequence[Any]) -> bytes | None:
    """Give the bytes that lie in rows, None when there are none."""
    return b"".join(bytes(row[0]) for row in rows) if rows else None


def put(connection: Connection, path: str, data: bytes) -> None:
    """Insert metadata, or write another document over what was there."""
    table, rows = place(path)
    if table is PART:
        put_object(connection, path, data)
    elif path == TIMESTAMP:
        highest = connection.execute(select(func.max(METADATA.c.version)).where(rows)).scalar()
        connection.execute(insert(METADATA), {"role": STAMP, "version": (highest or 0) + 1, "data": data})
    else:
        present = joined(connection.execute(reading(path)).all())
        if present is None:
            version, role = path.removeprefix("metadata/").removesuffix(".json").split(".")
            connection.execute(insert(METADATA), {"role": role, "version": int(version), "data": data})
        elif present != data:
            raise StoreError(detail=f"{path} is there with other bytes, and a version of metadata is written once")


def put_object(connection: Connection, path: str, data: bytes) -> None:
    """Write an object in parts; an empty one has an empty part."""
    digest = hashlib.sha256(data).hexdigest()
    if connection.execute(select(OBJECT.c.digest).where(OBJECT.c.path == path)).scalar() == digest:
        return
    remove(connection, path)
    connection.execute(insert(OBJECT), {"path": path, "digest": digest})
    starts = range(0, len(data) or 1, PART_BYTES)
    parts = [{"path": path, "number": number, "data": data[at : at + PART_BYTES]} for number, at in enumerate(starts)]
    connection.execute(insert(PART), parts)


def remove(connection: Connection, path: str) -> None:
    """Delete an object's rows."""
    table, rows = place(path)
    connection.execute(delete(table).where(rows))
    if table is PART:
        connection.execute(delete(OBJECT).where(OBJECT.c.path == path))
