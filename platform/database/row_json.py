"""Know how the values of a row become one JSON text and come back, inside the database.

Values keep the form the database itself holds (a UUID of SQLite stays 32 digits), since
they come back to the same database. Nothing passes through Python, so a table of a
million rows is one statement. Arrays are nested by groups of 80: functions take at most
100 arguments on PostgreSQL and 127 on older SQLite.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from xrm.platform.database.engine import Dialect
from xrm.platform.database.shape_values import ColumnShape

Element: TypeAlias = sa.ColumnElement[Any]
GROUP = 80


def plain_table(name: str, columns: Sequence[ColumnShape]) -> sa.TableClause:
    """Return a table whose columns give and take what the database itself holds."""
    return sa.table(name, *(sa.column(c.name, _Held()) for c in columns))


class _Held(sa.types.UserDefinedType[Any]):
    """The type of a value that is passed on as the database holds it."""

    cache_ok = True


def to_json(
    table: sa.TableClause, columns: Sequence[ColumnShape], dialect: Dialect
) -> Element:
    """Return the expression that gives the columns of a row as one JSON array."""
    sqlite = dialect == "sqlite"
    values = [
        _exact(table.c[c.name])
        if sqlite and isinstance(c.type, sa.Float)
        else table.c[c.name]
        for c in columns
    ]
    build = sa.func.json_array if sqlite else sa.func.jsonb_build_array
    return build(*(build(*values[i : i + GROUP]) for i in _starts(len(values))))


def _exact(number: Element) -> Element:
    """Return a float of SQLite as text with all its digits; its JSON has only 15."""
    text = sa.func.printf("%!.17g", number)
    return sa.case((number.is_(sa.null()), sa.null()), else_=text)


def from_json(
    document: Element, position: int, column: ColumnShape, dialect: Dialect
) -> Element:
    """Return the expression that gives one column back of a JSON array."""
    group, place = divmod(position, GROUP)
    if dialect == "sqlite":
        value = sa.func.json_extract(document, f"$[{group}][{place}]")
        if isinstance(column.type, sa.Float):
            return sa.cast(value, sa.REAL())
        return value
    inner = sa.type_coerce(document, JSONB())[group]
    return sa.cast(sa.func.jsonb_array_element_text(inner, place), column.type)


def record_text(table: sa.TableClause, key: str, dialect: Dialect) -> Element:
    """Return a row's key as text."""
    if dialect == "sqlite":
        return table.c[key]
    return sa.cast(table.c[key], sa.Text())


def record_key(text: Element, dialect: Dialect) -> Element:
    """Return the key that a text of `record_text` stands for."""
    if dialect == "sqlite":
        return text
    return sa.cast(text, sa.Uuid())


def _starts(count: int) -> range:
    return range(0, count, GROUP)
