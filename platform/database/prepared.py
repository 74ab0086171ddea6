"""Know how many rows are added with one statement, without building it for each row.

SQLAlchemy makes the parameters of every row of an `executemany` anew from the compiled
statement, which costs more than the database itself. Here it is compiled once, and each
row is a tuple of the converted values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.sql.dml import Insert

Row = Mapping[str, Any]
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A compiled INSERT with a parameter for each column, and how values become them.

    Source: sqlalchemy, `Compiled.positiontup`, `TypeEngine.bind_processor`.
    """

    text: str
    names: tuple[str, ...]
    converts: tuple[tuple[int, Convert], ...]
    """Place and function of the values that the driver does not take as they are."""
    is_positional: bool

    def execute(self, connection: Connection, rows: Sequence[Row]) -> CursorResult[Any]:
        """Add rows; each is a mapping with every name.

        Raises:
            ValueError: a value has no form in its column.
        """
        pick, converts = itemgetter(*self.names), self.converts
        made: list[Any] = []
        for row in rows:
            values = list(pick(row)) if len(self.names) > 1 else [pick(row)]
            for place, convert in converts:
                values[place] = convert(values[place])
            made.append(
                tuple(values)
                if self.is_positional
                else dict(zip(self.names, values, strict=True))
            )
        return connection.exec_driver_sql(self.text, made)


def prepare(
    statement: Insert, dialect: SqlDialect, names: Sequence[str] | None = None
) -> Prepared:
    """Return a statement compiled for a database's driver.

    `names` are the columns it fills when the statement itself does not say so.
    """
    compiled = statement.compile(dialect=dialect, column_keys=names)
    parameters = tuple(compiled.positiontup or compiled.binds)
    converts = []
    for place, name in enumerate(parameters):
        type_ = compiled.binds[name].type.dialect_impl(dialect)
        convert = type_.bind_processor(dialect)
        if convert is not None:
            converts.append((place, convert))
    return Prepared(
        compiled.string, parameters, tuple(converts), is_positional=compiled.positional
    )
