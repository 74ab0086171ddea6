"""Know what "last month" means: the days or moments of a period, seen from now.

A period is half open: from its first day or moment up to, but not with, its end; `None`
is open. Days are those of the asker's time zone; weeks begin on Monday; the fiscal year
is the calendar year, its periods are quarters.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

Day: TypeAlias = date
Edge: TypeAlias = "date | datetime | None"


class Span(NamedTuple):
    """A period; both edges are days, or both are moments (or open)."""

    start: Edge
    end: Edge


@dataclass(frozen=True, slots=True)
class Clock:
    """Now, and the zone in which days begin."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> Day:
        """Return the day it is for the asker."""
        return self.now.astimezone(self.zone).date()

    def moment(self, day: Day) -> datetime:
        """Return when a day begins for the asker, in UTC."""
        try:
            return datetime.combine(day, time(), self.zone).astimezone(UTC)
        except OverflowError:
            return datetime.combine(day, time(), UTC)


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by name; UTC when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def add_days(day: Day, days: int) -> Day:
    """Return a day so many days later, kept within the calendar."""
    ordinal = day.toordinal() + days
    return date.fromordinal(max(1, min(ordinal, date.max.toordinal())))


def add_months(day: Day, months: int) -> Day:
    """Return the same day of another month, or the last day of a shorter one."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(max(12, min(index, 9999 * 12 + 11)), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_time(moment: datetime, step: timedelta) -> datetime:
    """Return a moment so much later, kept within the calendar."""
    try:
        return moment + step
    except OverflowError:
        year = 9999 if step > timedelta() else 1
        return datetime(year, 1, 1, tzinfo=UTC)


def start_of(period: str, day: Day) -> Day:
    """Return the first day of the week, month, quarter or year of a day."""
    match period:
        case "week":
            return add_days(day, -day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


_MONTHS: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "year": 12}


def shifted(period: str, day: Day, count: int) -> Day:
    """Return a day so many periods later."""
    if period in _MONTHS:
        return add_months(day, _MONTHS[period] * count)
    return add_days(day, count * (7 if period == "week" else 1))


def _whole(period: str, offset: int) -> Callable[[Clock], Span]:
    def span(clock: Clock) -> Span:
        start = shifted(period, start_of(period, clock.today), offset)
        return Span(start, shifted(period, start, 1))

    return span


def _last(period: str) -> Callable[[Clock, int], Span]:
    """From so many periods ago (the whole day) until now; today counts."""

    def span(clock: Clock, count: int) -> Span:
        return Span(shifted(period, clock.today, -count), add_days(clock.today, 1))

    return span


def _next(period: str) -> Callable[[Clock, int], Span]:
    """From tomorrow until the day so many periods ahead, that day too."""

    def span(clock: Clock, count: int) -> Span:
        last = shifted(period, clock.today, count)
        return Span(add_days(clock.today, 1), add_days(last, 1))

    return span


def _older(period: str) -> Callable[[Clock, int], Span]:
    def span(clock: Clock, count: int) -> Span:
        return Span(None, shifted(period, clock.today, -count))

    return span


def _time_ago(unit: timedelta) -> Callable[[Clock, int], Span]:
    return lambda clock, count: Span(
        add_time(clock.now, -_times(unit, count)), clock.now
    )


def _time_ahead(unit: timedelta) -> Callable[[Clock, int], Span]:
    return lambda clock, count: Span(
        clock.now, add_time(clock.now, _times(unit, count))
    )


def _older_time(unit: timedelta) -> Callable[[Clock, int], Span]:
    return lambda clock, count: Span(None, add_time(clock.now, -_times(unit, count)))


def _times(unit: timedelta, count: int) -> timedelta:
    most = timedelta.max // unit
    return unit * max(-most, min(count, most))


_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)

NAMED: Final[Mapping[str, Callable[[Clock], Span]]] = {
    "today": _whole("day", 0),
    "yesterday": _whole("day", -1),
    "tomorrow": _whole("day", 1),
    **{
        f"{word}-{period}": _whole(unit, offset)
        for word, offset in (("this", 0), ("last", -1), ("next", 1))
        for period, unit in (
            ("week", "week"),
            ("month", "month"),
            ("quarter", "quarter"),
            ("year", "year"),
            ("fiscal-period", "quarter"),
            ("fiscal-year", "year"),
        )
    },
    "last-seven-days": lambda clock: _last("day")(clock, 7),
    "next-seven-days": lambda clock: _next("day")(clock, 7),
}
"""Operator → its period; it takes no value."""

COUNTED: Final[Mapping[str, Callable[[Clock, int], Span]]] = {
    "last-x-hours": _time_ago(_HOUR),
    "next-x-hours": _time_ahead(_HOUR),
    "olderthan-x-minutes": _older_time(_MINUTE),
    "olderthan-x-hours": _older_time(_HOUR),
    **{
        f"{word}-x-{period}": make(unit)
        for word, make in (("last", _last), ("next", _next), ("olderthan", _older))
        for period, unit in (
            ("days", "day"),
            ("weeks", "week"),
            ("months", "month"),
            ("years", "year"),
            ("fiscal-periods", "quarter"),
            ("fiscal-years", "year"),
        )
    },
}
"""Operator → its period; it takes a number."""
