"""Know how SQL finds the period of a date or moment: the day on which it begins.

PostgreSQL knows time zones. SQLite does not, so it calls `xrm_local_day`, which every
connection gets from `install`.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    Text,
    cast,
    func,
    literal,
    type_coerce,
)

from xrm.platform.query.periods import start_of, zone_of
from xrm.platform.query.query import Period

DAY: Final = len("2026-01-31")
HOUR: Final = len("2026-01-31 12")


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
        raw = type_coerce(value, Text())
        zoned = literal(zone or "", Text())
        unit = literal(period, Text())
        return func.xrm_period(raw, unit, zoned, type_=Date())
    if is_moment:
        value = func.timezone(literal(zone_of(zone or "UTC").key, Text()), value)
    if period == "day":
        return cast(value, Date())
    return cast(func.date_trunc(literal(period, Text()), value), Date())


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
