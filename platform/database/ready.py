"""Know how a statement that runs again and again runs without SQLAlchemy's share.

SQLAlchemy makes a context, a result and its metadata anew for each execution, and the
parameters of each row of many, which costs as much as the database's answer. Here a
statement is compiled once and run on the driver's own cursor: the same text, the same
conversion of values, the same listeners, the same errors.

Source: sqlalchemy, `Compiled.positiontup`, `TypeEngine.bind_processor` and
`result_processor`.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]
Rows = Sequence[tuple[Any, ...]]
Row = Mapping[str, Any]
LEAST_COPIED = 20
"""From how many rows on a COPY is worth its two further messages."""
Statement = sa.Select[Any] | sa.Insert | sa.Update | sa.Delete


class Ready:
    """A statement whose values are all parameters; it is compiled when first run.

    One that lists its values within the text (an expanding IN) gets places for them
    when it is run; one whose values stand in the text themselves runs as ever. `names`
    are the columns an INSERT fills when it does not say so itself. With `copies` it is
    an INSERT of exactly the columns its parameters are named after, without conditions:
    PostgreSQL takes many such rows by COPY, in a third of the time.

    One that `forgets` is run on one kind of database only, and keeps its text alone: an
    aliased table of a hundred columns that a statement holds on to is 100 kB.
    """

    __slots__ = (
        "_copies",
        "_forgets",
        "_keys",
        "_made",
        "_names",
        "_row",
        "statement",
    )

    def __init__(
        self,
        statement: Statement,
        names: Sequence[str] | None = None,
        *,
        copies: bool = False,
        forgets: bool = False,
    ) -> None:
        self.statement: Statement | None = statement
        self._forgets = forgets
        self._names = names
        self._copies = copies
        self._made: dict[str, _Compiled | None] = {}
        self._keys: tuple[str, ...] = ()
        if isinstance(statement, sa.Select):
            self._keys = tuple(str(c.key) for c in statement.selected_columns)
        self._row: Any = None

    def rows(self, connection: Connection, values: Row) -> Rows:
        """Return all rows, each a tuple in the order of the columns.

        Raises:
            DBAPIError: the driver refused, as from `Connection.execute`.
        """
        made = self._compiled(connection.dialect)
        if made is None:
            found = connection.execute(self._whole, dict(values))
            return [tuple(row) for row in found]
        return made.rows(connection, values)

    def first(self, connection: Connection, values: Row) -> dict[str, Any] | None:
        """Return the first row by names of columns, `None` when there is none."""
        found = self.rows(connection, values)
        return dict(zip(self._keys, found[0], strict=True)) if found else None

    def one(self, connection: Connection, values: Row) -> Any:
        """Return the first row, its values as attributes named like the columns.

        For the platform's own tables: a field may have a name that no attribute has.

        Raises:
            NoResultFound: there is none.
        """
        found = self.rows(connection, values)
        if not found:
            raise sa.exc.NoResultFound
        if self._row is None:
            make: Any = namedtuple  # its fields are known at run time
            self._row = make("Row", self._keys)
        return self._row._make(found[0])

    def scalar(self, connection: Connection, values: Row) -> Any:
        """Return the first value of the first row, `None` when there is none."""
        found = self.rows(connection, values)
        return found[0][0] if found else None

    def change(self, connection: Connection, values: Row) -> int:
        """Return how many records the statement added, changed or removed."""
        made = self._compiled(connection.dialect)
        if made is None:
            return connection.execute(self._whole, dict(values)).rowcount
        return made.change(connection, values)

    def change_many(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Do the same for many rows; each has every name.

        Raises:
            ValueError: a value has no form in its column.
        """
        made = self._compiled(connection.dialect)
        if made is None:
            found = connection.execute(self._whole, [dict(row) for row in rows])
            return found.rowcount
        return made.change_many(connection, rows)

    def _compiled(self, dialect: SqlDialect) -> "_Compiled | None":
        try:
            return self._made[dialect.name]
        except KeyError:
            return self._compile(dialect)

    def _compile(self, dialect: SqlDialect) -> "_Compiled | None":
        statement = self.statement
        if statement is None:  # another thread has just compiled and forgotten it
            return self._made[dialect.name]
        made = _compiled(statement, dialect, self._names)
        if made is not None and self._copies and dialect.name == "postgresql":
            assert isinstance(statement, sa.Insert)
            made.copy = _copy(statement.table, made.names, dialect)
        kept = self._made.setdefault(dialect.name, made)
        if self._forgets and kept is not None:
            self.statement = None
        return kept

    @property
    def _whole(self) -> Statement:
        """Return the statement, which is not forgotten where it is needed."""
        assert self.statement is not None
        return self.statement


@dataclass(slots=True)
class _Compiled:
    """A statement as text, and how its values and its answers are converted."""

    text: str
    names: tuple[str, ...]
    is_positional: bool
    constants: Row
    binds: Mapping[str, Convert]
    types: tuple[Any, ...]
    results: list[tuple[int, Convert]] | None = None
    """Place and function of the columns that are converted; known when first run."""
    copy: str = ""
    """The COPY that adds many rows, where the driver has one."""
    lists: Mapping[str, str] = field(default_factory=dict)
    """Parameters that are lists, with what stands in the text for an empty one."""

    def rows(self, connection: Connection, values: Row) -> Rows:
        """Run it and return its rows."""
        text, sent = self._asked(values)
        with self._cursor(connection, sent, text) as cursor:
            cursor.execute(text, sent)
            found = cursor.fetchall()
            if self.results is None:  # a description costs more than a row
                self.results = self._conversions(connection.dialect, cursor.description)
        return _converted(found, self.results)

    def change(self, connection: Connection, values: Row) -> int:
        """Run it and return how many rows it touched."""
        text, sent = self._asked(values)
        with self._cursor(connection, sent, text) as cursor:
            cursor.execute(text, sent)
            touched: int = cursor.rowcount
        return touched

    def change_many(self, connection: Connection, rows: Sequence[Row]) -> int:
        """Run it for each row and return how many rows it touched."""
        if self.lists:
            return sum(self.change(connection, row) for row in rows)
        if self.copy and len(rows) >= LEAST_COPIED:
            return self._copied(connection, rows)
        sent: list[Any] = list(self._bound(rows))
        if not self.is_positional:
            sent = [dict(zip(self.names, row, strict=True)) for row in sent]
        with self._cursor(connection, sent) as cursor:
            cursor.executemany(self.text, sent)
            touched: int = cursor.rowcount
        return touched

    def _copied(self, connection: Connection, rows: Sequence[Row]) -> int:
        with self._cursor(connection, []) as cursor:
            with cursor.copy(self.copy) as copy:
                for row in self._bound(rows):
                    copy.write_row(row)
            touched: int = cursor.rowcount
        return touched

    @contextmanager
    def _cursor(
        self, connection: Connection, sent: Any, text: str = ""
    ) -> Iterator[Any]:
        """Give a cursor in the connection's transaction; faults are SQLAlchemy's."""
        text = text or self.text
        if not connection.in_transaction():
            connection.begin()
        cursor = connection.connection.cursor()
        told = connection.engine.dispatch
        is_many = isinstance(sent, list)
        if told.before_cursor_execute:
            told.before_cursor_execute(connection, cursor, text, sent, None, is_many)
        try:
            yield cursor
            if told.after_cursor_execute:
                told.after_cursor_execute(connection, cursor, text, sent, None, is_many)
        except connection.dialect.loaded_dbapi.Error as fault:
            raise _wrapped(connection, cursor, text, sent, fault) from fault
        finally:
            cursor.close()

    def _asked(self, values: Row) -> tuple[str, Any]:
        """Return the text and what is sent with it."""
        if not self.lists:
            return self.text, self._sent(values)
        given = {**self.constants, **values}
        text = self.text
        parts: dict[str, list[Any]] = {}
        for name, empty in self.lists.items():
            convert = self.binds.get(name)
            found = given.pop(name)
            items = [convert(v) for v in found] if convert else list(found)
            parts[name] = items
            marks = [f"%({name}_{i})s" for i in range(len(items))]
            if self.is_positional:
                marks = ["?"] * len(items)
            text = text.replace(_place_of(name), ", ".join(marks) or empty)
        for name, convert in self.binds.items():
            if name not in self.lists:
                given[name] = convert(given[name])
        if self.is_positional:
            single = ([given[n]] if n in given else parts[n] for n in self.names)
            return text, tuple(chain.from_iterable(single))
        for name, items in parts.items():
            given.update({f"{name}_{i}": value for i, value in enumerate(items)})
        return text, given

    def _sent(self, values: Row) -> Any:
        given = {**self.constants, **values}
        for name, convert in self.binds.items():
            given[name] = convert(given[name])
        if self.is_positional:
            return tuple([given[name] for name in self.names])
        return given

    def _bound(self, rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
        """Give the values of rows as the driver takes them, in the order of names."""
        if self.constants:
            rows = [{**self.constants, **row} for row in rows]
        columns: list[Iterable[Any]] = []
        for name in self.names:
            column = map(itemgetter(name), rows)
            convert = self.binds.get(name)
            columns.append(column if convert is None else _each(convert, column))
        return zip(*columns, strict=True)

    def _conversions(
        self, dialect: SqlDialect, described: Any
    ) -> list[tuple[int, Convert]]:
        found = [
            (place, type_.dialect_impl(dialect).result_processor(dialect, code[1]))
            for place, (type_, code) in enumerate(
                zip(self.types, described, strict=True)
            )
        ]
        return [(place, convert) for place, convert in found if convert]


def _each(convert: Convert, values: Iterable[Any]) -> Iterator[Any]:
    """Give the values converted; one that comes again and again only once."""
    last, made = object(), None
    for value in values:
        if value is not last:
            last, made = value, convert(value)
        yield made


def _converted(rows: Rows, results: Sequence[tuple[int, Convert]]) -> Rows:
    """Return rows with the values of some places converted."""
    if not rows or not results:
        return rows
    if len(rows) == 1:
        row = list(rows[0])
        for place, convert in results:
            value = row[place]
            if value is not None:
                row[place] = convert(value)
        return [tuple(row)]
    columns: list[Any] = list(zip(*rows, strict=True))
    for place, convert in results:
        columns[place] = map(convert, columns[place])
    return list(zip(*columns, strict=True))


def _copy(table: Any, names: Sequence[str], dialect: SqlDialect) -> str:
    """Return PostgreSQL's COPY of these columns from the client."""
    quote = dialect.identifier_preparer
    columns = ", ".join(quote.quote(name) for name in names)
    return f"COPY {quote.format_table(table)} ({columns}) FROM STDIN"


def _wrapped(
    connection: Connection, cursor: Any, text: str, sent: Any, fault: Any
) -> BaseException:
    """Return the driver's fault as SQLAlchemy's; let a lost connection go."""
    dialect = connection.dialect
    raw = connection.connection.dbapi_connection
    is_lost = dialect.is_disconnect(fault, raw, cursor)
    wrapped: BaseException = sa.exc.DBAPIError.instance(
        text,
        sent,
        fault,
        dialect.loaded_dbapi.Error,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    if is_lost:
        connection.invalidate(fault)
    return wrapped


def _compiled(
    statement: Statement, dialect: SqlDialect, names: Sequence[str] | None
) -> _Compiled | None:
    """Return the statement for a driver; None if its text depends on its values."""
    made = statement.compile(dialect=dialect, column_keys=names)
    assert isinstance(made, SQLCompiler)
    lists = {made.bind_names[bind]: bind for bind in made.post_compile_params}
    is_plain = all(
        _place_of(name) in made.string and not isinstance(bind.type, sa.types.TupleType)
        for name, bind in lists.items()
    )
    if made.literal_execute_params or not is_plain:
        return None
    empty_of: Any = made.visit_empty_set_op_expr  # SQLAlchemy gives it no types
    empty = {name: empty_of([b.type], b.expand_op) for name, b in lists.items()}
    binds = {}
    for name, bind in made.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            binds[name] = convert
    types: tuple[Any, ...] = ()
    if isinstance(statement, sa.Select):
        types = tuple(column.type for column in statement.selected_columns)
    return _Compiled(
        made.string,
        tuple(made.positiontup or made.binds),
        made.positional,
        {n: b.effective_value for n, b in made.binds.items() if not b.required},
        binds,
        types,
        lists=empty,
    )


def _place_of(name: str) -> str:
    """Return what SQLAlchemy leaves in a text where the places of a list go.

    Source: sqlalchemy, `SQLCompiler.bindparam_string`.
    """
    return f"__[POSTCOMPILE_{name}]"
