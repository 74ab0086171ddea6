"""Know how a SELECT that is asked again and again runs without SQLAlchemy's share.

SQLAlchemy makes a context, a cursor result and its metadata anew for each execution,
which costs as much as SQLite's answer for one record. Here a statement is compiled once
and run on the driver's own cursor: the same text, the same conversion of values, the
same listeners, the same errors.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]
Rows = Sequence[tuple[Any, ...]]


class Reading:
    """A SELECT whose values are all parameters; it is compiled when first run.

    One that lists its values within the text (an expanding IN) runs as ever.
    """

    __slots__ = ("_made", "_row", "statement")

    def __init__(self, statement: sa.Select[Any]) -> None:
        self.statement = statement
        self._made: dict[str, _Compiled | None] = {}
        self._row: Any = None

    def one(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Return the first row, its values as attributes named like the columns.

        Raises:
            NoResultFound: there is none.
        """
        found = self.rows(connection, values)
        if not found:
            raise sa.exc.NoResultFound
        if self._row is None:
            names = [column.key for column in self.statement.selected_columns]
            self._row = namedtuple("Row", names, rename=True)
        return self._row._make(found[0])

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """Return all rows, each a tuple in the order of the columns.

        Raises:
            DBAPIError: the driver refused, as from `Connection.execute`.
        """
        dialect = connection.dialect
        try:
            made = self._made[dialect.name]
        except KeyError:
            made = self._made[dialect.name] = _compiled(self.statement, dialect)
        if made is None:
            found = connection.execute(self.statement, dict(values))
            return found.fetchall()  # type: ignore[return-value]  # a Row is a tuple
        return made.run(connection, values)


@dataclass(slots=True)
class _Compiled:
    """A statement as text, and how its values and its answers are converted."""

    text: str
    names: tuple[str, ...]
    is_positional: bool
    constants: Mapping[str, Any]
    binds: Mapping[str, Convert]
    types: tuple[Any, ...]
    results: list[tuple[int, Convert]] | None = None
    """Place and function of the columns that are converted; known when first run."""

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        given = {**self.constants, **values}
        for name, convert in self.binds.items():
            given[name] = convert(given[name])
        sent: Any = given
        if self.is_positional:
            sent = tuple([given[name] for name in self.names])
        if not connection.in_transaction():
            connection.begin()
        cursor = connection.connection.cursor()
        told = connection.engine.dispatch
        if told.before_cursor_execute:
            told.before_cursor_execute(connection, cursor, self.text, sent, None, False)
        try:
            cursor.execute(self.text, sent)
            rows = cursor.fetchall()
            described = cursor.description
            if told.after_cursor_execute:
                told.after_cursor_execute(
                    connection, cursor, self.text, sent, None, False
                )
        except connection.dialect.loaded_dbapi.Error as fault:
            raise self._wrapped(connection, cursor, sent, fault) from fault
        finally:
            cursor.close()
        return self._converted(rows, connection.dialect, described)

    def _wrapped(
        self, connection: Connection, cursor: Any, sent: Any, fault: Exception
    ) -> BaseException:
        dialect = connection.dialect
        is_lost = dialect.is_disconnect(
            fault, connection.connection.dbapi_connection, cursor
        )
        wrapped = sa.exc.DBAPIError.instance(
            self.text,
            sent,
            fault,
            dialect.loaded_dbapi.Error,
            connection_invalidated=is_lost,
            dialect=dialect,
        )
        if is_lost:
            connection.invalidate(fault)
        return wrapped

    def _converted(self, rows: Rows, dialect: SqlDialect, described: Any) -> Rows:
        results = self.results
        if results is None:
            found = [
                (place, type_.dialect_impl(dialect).result_processor(dialect, code[1]))
                for place, (type_, code) in enumerate(
                    zip(self.types, described, strict=True)
                )
            ]
            results = self.results = [(p, make) for p, make in found if make]
        if not rows or not results:
            return rows
        if len(rows) == 1:
            row = list(rows[0])
            for place, convert in results:
                row[place] = convert(row[place])
            return [tuple(row)]
        columns: list[Any] = list(zip(*rows, strict=True))
        for place, convert in results:
            columns[place] = map(convert, columns[place])
        return list(zip(*columns, strict=True))


def _compiled(statement: sa.Select[Any], dialect: SqlDialect) -> _Compiled | None:
    """Return the statement for a driver; None if its text depends on its values."""
    made = statement.compile(dialect=dialect)
    assert isinstance(made, SQLCompiler)
    if made.literal_execute_params or made.post_compile_params:
        return None
    binds = {}
    for name, bind in made.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            binds[name] = convert
    return _Compiled(
        made.string,
        tuple(made.positiontup or ()),
        made.positional,
        {n: b.effective_value for n, b in made.binds.items() if not b.required},
        binds,
        tuple(column.type for column in statement.selected_columns),
    )
