"""Values of the language in SQL: their column types and constants on both databases.

On SQLite numbers that are no column are decimal texts, moments are texts, durations
are microseconds; on PostgreSQL they have native types.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from xrm.rule_engine import sql_support
from xrm.rule_engine.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    EMPTY,
    FLOAT,
    GUID,
    INTEGER,
    MONTHS,
    TEXT,
    Choice,
    Number,
    Record,
    RuleType,
)


class ExactNumber(TypeDecorator[Any]):
    """A number of the language; `whole` ones come back as `int`."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, whole: bool = False) -> None:
        super().__init__()
        self.whole = whole

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, NUMERIC elsewhere."""
        kind = sa.Text() if dialect.name == "sqlite" else sa.Numeric()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Write a number."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return str(sql_support.write_number(value))
        return Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read a number."""
        if value is None:
            return None
        number = sql_support.read_number(value)
        return int(number) if self.whole and number is not None else _decimal(number)


def _decimal(number: int | Decimal | None) -> Decimal | None:
    return None if number is None else Decimal(number)


class Day(TypeDecorator[date]):
    """A date."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, DATE elsewhere."""
        kind = sa.Text() if dialect.name == "sqlite" else sa.Date()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        """Write a date."""
        return value.isoformat() if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Read a date."""
        return date.fromisoformat(value) if isinstance(value, str) else value


class Moment(TypeDecorator[datetime]):
    """A date-time, aware and in UTC."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, TIMESTAMP WITH TIME ZONE elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write a moment."""
        if value is None or dialect.name != "sqlite":
            return value
        return sql_support.write_datetime(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read a moment."""
        if isinstance(value, str):
            return sql_support.read_datetime(value)
        # In UTC at once: a session's zone has moments that equal no other.
        return None if value is None else value.astimezone(UTC)


class Span(TypeDecorator[timedelta]):
    """A duration, stored as microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> Any:
        """Write a duration."""
        return None if value is None else sql_support.write_duration(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        """Read a duration."""
        return None if value is None else sql_support.read_duration(value)


_TYPES: Mapping[RuleType, TypeEngine[Any]] = {
    TEXT: sa.Text(),
    BOOLEAN: sa.Boolean(),
    DATE: Day(),
    DATETIME: Moment(),
    DURATION: Span(),
    GUID: sa.Uuid(),
    FLOAT: sa.Double(),
    INTEGER: ExactNumber(whole=True),
    MONTHS: ExactNumber(whole=True),
    EMPTY: sa.Text(),
}


def sql_type(kind: RuleType) -> TypeEngine[Any]:
    """Return the column type that holds values of a type."""
    if isinstance(kind, Choice):
        return sa.Integer()
    if isinstance(kind, Record):
        return sa.Uuid()
    found = _TYPES.get(kind)
    if found is None:
        assert isinstance(kind, Number), kind
        return ExactNumber()
    return found


def constant(value: Any, kind: RuleType, dialect: str) -> sa.ColumnElement[Any]:
    """Return a constant; NULL gets its type too, where the database asks for it."""
    if value is None:
        return sa.null() if dialect == "sqlite" else sa.cast(sa.null(), sql_type(kind))
    return sa.literal(value, sql_type(kind))
