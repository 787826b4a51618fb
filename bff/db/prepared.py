"""Statements that are made once and go straight to the driver, for the paths that every payment takes.

SQLAlchemy writes each one's text, once for each kind of database, and says how values change on their way in and out;
running it then passes none of its layers, which cost several times what the database does.

Invariants: a statement runs on the session's connection, inside its transaction, after what the session has yet to
write; what the driver raises becomes what SQLAlchemy raises; whoever listens for statements hears of these too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Delete, Dialect, Insert, Row, Select, Update
from sqlalchemy.engine import result_tuple
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

Statement: TypeAlias = Select[Any] | Insert | Update | Delete
_Change: TypeAlias = Callable[[Any], Any]
_CONNECTION: Final = "tidegate.connection"
_REQUIRED: Final = object()
"""Stands where a value must be given each time."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement as one kind of database takes it.

    Attributes:
        text: of the statement.
        places: what stands at each of its places: name, value unless another is given, change on the way in.
        row: makes a row of its columns.
        changes: what each column goes through on the way out; empty when none changes.
    """

    text: str
    places: tuple[tuple[str, Any, _Change | None], ...]
    row: Callable[[Iterable[Any]], Row[Any]]
    changes: tuple[_Change | None, ...]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Give the values in the order of their places."""
        found = []
        for name, value, change in self.places:
            own = given[name] if value is _REQUIRED else given.get(name, value)
            found.append(own if change is None else change(own))
        return found

    def read(self, columns: Sequence[Any]) -> Row[Any]:
        """Give a row as SQLAlchemy would."""
        if not self.changes:
            return self.row(columns)
        pairs = zip(columns, self.changes, strict=True)
        return self.row([value if change is None else change(value) for value, change in pairs])


class Prepared:
    """A statement with named values; an INSERT's are its columns, of which one with a plain default may be left out.

    Lists of values that differ in length (``expanding``) and defaults that are calculated cannot be prepared.
    """

    def __init__(self, statement: Statement, columns: Iterable[str] | None = None) -> None:
        """Take the statement; ``columns`` are those that an UPDATE sets, or an INSERT, which else takes every one."""
        self._statement = statement
        self._columns = _columns(statement) if columns is None and isinstance(statement, Insert) else columns
        self._made: dict[str, _Made] = {}

    def first(self, session: Session, values: Mapping[str, Any]) -> Row[Any] | None:
        """Give the first row, or None."""
        made, cursor = self._run(session, values)
        columns = cursor.fetchone()
        cursor.close()
        return None if columns is None else made.read(columns)

    def one(self, session: Session, values: Mapping[str, Any]) -> Row[Any]:
        """Give the first row.

        Raises:
            NoResultFound: there is none.
        """
        row = self.first(session, values)
        if row is None:
            raise NoResultFound(self._statement.__visit_name__)
        return row

    def all(self, session: Session, values: Mapping[str, Any]) -> list[Row[Any]]:
        """Give every row."""
        made, cursor = self._run(session, values)
        rows = [made.read(columns) for columns in cursor.fetchall()]
        cursor.close()
        return rows

    def changed(self, session: Session, values: Mapping[str, Any]) -> int:
        """Tell how many rows it met: 0 of a conditional UPDATE means that somebody was faster."""
        _, cursor = self._run(session, values)
        met: int = cursor.rowcount
        cursor.close()
        return met

    def inserted(self, session: Session, values: Mapping[str, Any]) -> int:
        """Give the number that the database gave the row."""
        _, cursor = self._run(session, values)
        number: int = cursor.lastrowid
        cursor.close()
        return number

    def many(self, session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it for each of many sets of values."""
        connection = _open(session)
        made = self._of(connection.dialect)
        execute(connection, made.text, [made.values(row) for row in rows], many=True).close()

    def _run(self, session: Session, values: Mapping[str, Any]) -> tuple[_Made, Any]:
        connection = _open(session)
        made = self._of(connection.dialect)
        return made, execute(connection, made.text, made.values(values))

    def _of(self, dialect: Dialect) -> _Made:
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _make(self._statement, self._columns, dialect)
        return made


def _open(session: Session) -> Connection:
    """Give the connection of a session's transaction, to which everything is written that the session has yet to."""
    session.flush()
    if session.in_nested_transaction():
        return session.connection()  # the savepoint is set when its connection is first asked for
    known: Connection | None = session.info.get(_CONNECTION)
    if known is None or not known.in_transaction():
        known = session.info[_CONNECTION] = session.connection()  # asking costs more than most statements
    return known


def execute(connection: Connection, text: str, values: Sequence[Any] = (), *, many: bool = False) -> Any:
    """Run a text on the driver's cursor; give the cursor."""
    cursor = connection.connection.cursor()
    for tell in connection.dispatch.before_cursor_execute:
        tell(connection, cursor, text, values, None, many)
    try:
        if many:
            cursor.executemany(text, values)
        else:
            cursor.execute(text, values)
    except Exception as error:  # noqa: BLE001 SQLAlchemy tells which of them are the driver's
        # only this gives its error, and the end of a connection that broke, as every other statement has them
        connection._handle_dbapi_exception(error, text, None, cursor, None)  # noqa: SLF001 there is no other door to it
    return cursor


def _columns(statement: Insert) -> list[str]:
    """Give the columns of an INSERT's table but a key that the database counts."""
    table = statement.table
    return [str(column.key) for column in table.columns if column is not getattr(table, "autoincrement_column", None)]


def _make(statement: Statement, columns: Iterable[str] | None, dialect: Dialect) -> _Made:
    compiled: Any = statement.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
    required = {name for name, bind in compiled.binds.items() if bind.required}
    expanded = compiled.construct_expanded_state(dict.fromkeys(required))
    given = {name: _REQUIRED if name in required else value for name, value in expanded.parameters.items()}
    if isinstance(statement, Insert):
        given |= _defaults(statement)
    turned = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    turned |= expanded.processors
    places = tuple((name, given[name], turned.get(name)) for name in expanded.positiontup)
    out = list(statement.selected_columns) if isinstance(statement, Select) else []
    changes = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in out)
    row = result_tuple([str(column.key) for column in out])
    return _Made(expanded.statement, places, row, changes if any(changes) else ())


def _defaults(statement: Insert) -> dict[str, Any]:
    """Give the values that an INSERT's columns have when none is given; a calculated one is asked for each time."""
    found: dict[str, Any] = {}
    for column in statement.table.columns:
        default: Any = column.default
        if default is not None and default.is_scalar:
            found[column.key] = default.arg
        elif default is None and column.nullable:
            found[column.key] = None
    return found
