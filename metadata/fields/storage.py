"""Know how values are kept in columns where SQLAlchemy's own types lose something.

Money and decimals are scaled integers on SQLite (which has no decimals), NUMERIC on
PostgreSQL. Date-times are UTC and aware in Python on both.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Numeric, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class ScaledDecimal(TypeDecorator[Decimal]):
    """An exact decimal with a fixed number of digits after the point."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.xrm_scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return BIGINT on SQLite, NUMERIC elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(38, self.xrm_scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Scale a value on SQLite.

        Raises:
            ValueError: the value has more digits after the point than the column.
        """
        if value is None or dialect.name != "sqlite":
            return value
        scaled = Decimal(value).scaleb(self.xrm_scale)
        whole = int(scaled)
        if scaled != whole:
            message = f"{value} has more than {self.xrm_scale} digits after the point."
            raise ValueError(message)
        return whole

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Scale back on SQLite."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(value).scaleb(-self.xrm_scale)
        return Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; naive values are refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return TIMESTAMP WITH TIME ZONE on PostgreSQL, text on SQLite."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Convert to UTC; SQLite keeps it without a zone.

        Raises:
            ValueError: the value has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value} has no time zone."
            raise ValueError(message)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def bind_processor(
        self, dialect: Dialect
    ) -> Callable[[datetime | None], Any] | None:
        """Return the function that writes a value; SQLite's texts in one step.

        Raises:
            ValueError: (by the function) the value has no zone.
        """
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def process(value: datetime | None) -> str | None:
            if value is None:
                return None
            moment = self.process_bind_param(value, dialect)
            text: str = moment.isoformat(" ", "microseconds")
            return text

        return process

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """Return the function that reads a column; SQLite's texts in one step."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        read = datetime.fromisoformat

        def process(value: str | None) -> datetime | None:
            return None if value is None else read(value + "+00:00")

        return process

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class NumberSet(TypeDecorator[tuple[int, ...]]):
    """A set of whole numbers in one text: `,1,9,`, so that `LIKE '%,9,%'` finds one.

    Compared with a text (`like`), the column is the text itself.
    """

    impl = Text
    cache_ok = True

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        """Return text for a text, this type for numbers."""
        return Text() if isinstance(value, str) else self

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write the numbers between commas."""
        if value is None:
            return None
        return "," + ",".join(map(str, value)) + ","

    def process_result_value(
        self, value: str | None, dialect: Dialect
    ) -> tuple[int, ...] | None:
        """Read the numbers."""
        if value is None:
            return None
        return tuple(map(int, value.strip(",").split(",")))
