"""Dates, date-times and durations: arithmetic that never fails.

A date-time is aware and in UTC; a date in a calculation with date-times means its
start in UTC. Results outside the years 1 to 9999 are empty. Adding months keeps the
day, or takes the last day of a shorter month.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
LONGEST = timedelta(days=10_000_000)

M = TypeVar("M", date, datetime)


def start_of_day(day: date) -> datetime:
    """Return the moment at which a day begins in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def day_of(moment: datetime) -> date:
    """Return the day of a moment in UTC."""
    return moment.astimezone(UTC).date()


def shift(moment: M, duration: timedelta) -> M | None:
    """Add a duration; a date takes its whole days."""
    try:
        return moment + duration
    except OverflowError:
        return None


def shift_months(moment: M, months: int) -> M | None:
    """Add calendar months."""
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        return None
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def make_date(year: int, month: int, day: int) -> date | None:
    """Return a date, or `None` when there is no such day."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def make_datetime(
    year: int, month: int, day: int, hour: int, minute: int
) -> datetime | None:
    """Return a moment in UTC, or `None` when there is none."""
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def duration(amount: Decimal | int, unit: timedelta) -> timedelta | None:
    """Return so many units, to the microsecond below; `None` beyond `LONGEST`."""
    count = Decimal(amount) * (unit // MICROSECOND)
    if abs(count) > LONGEST // MICROSECOND:
        return None
    return MICROSECOND * int(count)


def limited(value: timedelta) -> timedelta | None:
    """Return the duration unless it is longer than `LONGEST`."""
    return value if -LONGEST <= value <= LONGEST else None


def months_between(first: date, second: date) -> int:
    """Return the whole calendar months from one date to another, toward zero."""
    months = (second.year - first.year) * 12 + second.month - first.month
    if months > 0 and second.day < first.day:
        return months - 1
    if months < 0 and second.day > first.day:
        return months + 1
    return months


def parse_date(text: str) -> date | None:
    """Read `2024-01-31`; `None` when the text is no date."""
    if len(text) != 10 or not text.isascii():
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_datetime(text: str) -> datetime | None:
    """Read `2024-01-31`, `2024-01-31 08:30[:15]`, with `T` and a zone if you like."""
    if not text.isascii() or len(text) < 10 or text[4:5] != "-":
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
