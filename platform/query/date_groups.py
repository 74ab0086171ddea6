"""Know how SQL finds the period of a date or moment: the day on which it begins.

PostgreSQL knows time zones. SQLite does not, so it calls `xrm_period`, which every
connection gets from `install`, for what lies so near the ends of a month that the zone
decides; the text of all others says it.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    type_coerce,
)

from xrm.platform.query.periods import start_of, zone_of
from xrm.platform.query.query import Period

DAY: Final = len("2026-01-31")
HOUR: Final = len("2026-01-31 12")
MONTHLY: Final = ("month", "quarter", "year")
"""Periods that begin with a month: no zone moves the 2nd to the 27th out of theirs."""
QUARTERS: Final = (("01", "04"), ("04", "07"), ("07", "10"))
"""The first month of the quarters but the last, and that of the next one."""


def period_start(
    value: ColumnElement[Any],
    period: Period,
    dialect: str,
    *,
    is_moment: bool,
    zone: str | None,
) -> ColumnElement[Any]:
    """Return the first day of the period in which a value lies."""
    if dialect == "sqlite":
        return _on_sqlite(type_coerce(value, Text()), period, zone)
    if is_moment:
        value = func.timezone(literal(zone_of(zone or "UTC").key, Text()), value)
    if period == "day":
        return cast(value, Date())
    return cast(func.date_trunc(literal(period, Text()), value), Date())


def _on_sqlite(
    raw: ColumnElement[Any], period: Period, zone: str | None
) -> ColumnElement[Any]:
    called = func.xrm_period(
        raw, literal(period, Text()), literal(zone or "", Text()), type_=Date()
    )
    if period not in MONTHLY:
        return called

    def part(first: int, length: int) -> ColumnElement[Any]:
        start: ColumnElement[int] = literal_column(str(first))
        size: ColumnElement[int] = literal_column(str(length))
        return func.substr(raw, start, size, type_=Text())

    def text(word: str) -> ColumnElement[Any]:
        return literal_column(f"'{word}'", Text())

    month = part(6, 2)
    begun: ColumnElement[Any] = {
        "month": month,
        "quarter": case(
            *((month < text(end), text(begin)) for begin, end in QUARTERS),
            else_=text("10"),
        ),
        "year": text("01"),
    }[period]
    return case(
        (
            part(9, 2).between(text("02"), text("27")),
            type_coerce(part(1, 5) + begun + text("-01"), Date()),
        ),
        else_=called,
    )


def install(connection: Any) -> None:
    """Give a SQLite connection (of the driver) the function `xrm_period`."""
    connection.create_function("xrm_period", 3, _period, deterministic=True)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return zone_of(name)


def _period(text: str | None, period: str, zone: str) -> str | None:
    """Return the first day of the period of a day or moment, as SQLite calls it.

    It is called for each row, so an hour whose ends lie in one period is kept.
    """
    if text is None:
        return None
    if len(text) <= DAY:
        return _of_moment(text, period, "")
    return _of_hour(text[:HOUR], period, zone) or _of_moment(text, period, zone)


@lru_cache(maxsize=65_536)
def _of_hour(hour: str, period: str, zone: str) -> str | None:
    first = _of_moment(f"{hour}:00:00.000000", period, zone)
    last = _of_moment(f"{hour}:59:59.999999", period, zone)
    return first if first == last else None


@lru_cache(maxsize=8_192)
def _of_moment(text: str, period: str, zone: str) -> str:
    moment = datetime.fromisoformat(text)
    if zone:
        moment = moment.replace(tzinfo=UTC).astimezone(_zone(zone))
    return start_of(period, moment.date()).isoformat()
