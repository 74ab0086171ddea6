"""Functions that move along the calendar: so many days on, the edges of a month."""

from calendar import monthrange
from datetime import date, datetime, timedelta

from xrm.rule_engine import moments
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.numbers import Exact

_DAY = 86_400_000_000
SPANS = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}


def _month_start(day: date, months: int) -> date:
    return day.replace(month=months, day=1)


def _end(day: date, month: int) -> date:
    return date(day.year, month, monthrange(day.year, month)[1])


def _quarter_month(day: date) -> int:
    return (day.month - 1) // 3 * 3 + 1


def _start_of_week(day: date) -> date | None:
    return moments.shift(day, timedelta(days=1 - day.isoweekday()))


def _end_of_week(day: date) -> date | None:
    return moments.shift(day, timedelta(days=7 - day.isoweekday()))


def _add(unit: timedelta, moment: datetime, amount: Exact) -> datetime | None:
    span = moments.duration(amount, unit)
    return None if span is None else moments.shift(moment, span)


def _add_date(days: int, day: date, amount: int) -> date | None:
    if abs(amount) > 4_000_000:
        return None
    return moments.shift(day, timedelta(days=days * amount))


def _add_months(step: int, day: date, amount: int) -> date | None:
    return moments.shift_months(day, step * amount) if abs(amount) < 200_000 else None


def _shifts() -> tuple[Function, ...]:
    """The functions `add_days` … for dates."""
    found = []
    for unit, days in (("days", 1), ("weeks", 7)):
        found.append(
            Function(
                f"add_{unit}(day: date, count: whole) -> date",
                f"Adds so many {unit} to a date.",
                f"add_{unit}(date(2024, 2, 28), 2)",
                date(2024, 2, 28) + timedelta(days=2 * days),
                lambda day, count, days=days: _add_date(days, day, count),
                f"xrm_shift_date($1, CASE WHEN abs(trunc($2)) <= 4000000 "
                f"THEN trunc($2)::bigint * {days * _DAY} END)",
            )
        )
    for unit, months, gives in (
        ("months", 1, date(2024, 2, 29)),
        ("years", 12, date(2025, 1, 31)),
    ):
        found.append(
            Function(
                f"add_{unit}(day: date, count: whole) -> date",
                f"Adds so many {unit} to a date; a day that a month lacks becomes its "
                "last day.",
                f"add_{unit}(date(2024, 1, 31), 1)",
                gives,
                lambda day, count, step=months: _add_months(step, day, count),
                f"CASE WHEN abs(trunc($2)) < 200000 "
                f"THEN xrm_shift_date_months($1, trunc($2) * {months}) END",
            )
        )
    for unit, gives_at in (("minutes", "08:02"), ("hours", "10:00")):
        span = SPANS[unit]
        found.append(
            Function(
                f"add_{unit}(moment: datetime, count: number) -> datetime",
                f"Adds so many {unit} to a date-time.",
                f"add_{unit}(datetime(2024, 1, 31, 8, 0), 2)",
                moments.parse_datetime(f"2024-01-31 {gives_at}"),
                lambda moment, count, span=span: _add(span, moment, count),
                f"xrm_shift_datetime($1, xrm_{unit}($2))",
            )
        )
    return tuple(found)


def _edges() -> tuple[Function, ...]:
    """The functions `start_of_month` … for dates."""
    day = "date(2024, 5, 15)"
    parts = (
        ("start_of_month", lambda d: d.replace(day=1), date(2024, 5, 1)),
        ("end_of_month", lambda d: _end(d, d.month), date(2024, 5, 31)),
        (
            "start_of_quarter",
            lambda d: _month_start(d, _quarter_month(d)),
            date(2024, 4, 1),
        ),
        ("end_of_quarter", lambda d: _end(d, _quarter_month(d) + 2), date(2024, 6, 30)),
        ("start_of_year", lambda d: _month_start(d, 1), date(2024, 1, 1)),
        ("end_of_year", lambda d: _end(d, 12), date(2024, 12, 31)),
        ("start_of_week", _start_of_week, date(2024, 5, 13)),
        ("end_of_week", _end_of_week, date(2024, 5, 19)),
    )
    spans = {
        "month": "1 month",
        "quarter": "3 months",
        "year": "1 year",
        "week": "7 days",
    }
    found = []
    for name, python, gives in parts:
        edge, _, unit = name.rpartition("_of_")
        start = f"date_trunc('{unit}', $1::timestamp)"
        sql = start if edge == "start" else f"{start} + interval '{spans[unit]} -1 day'"
        if unit == "week":
            weekday = "extract(isodow FROM $1)::int"
            days = f"1 - {weekday}" if edge == "start" else f"7 - {weekday}"
            sql = f"xrm_shift_date($1, ({days})::bigint * {_DAY})"
        found.append(
            Function(
                f"{name}(day: date) -> date",
                f"Gives the {'first' if edge == 'start' else 'last'} day of the {unit}"
                f"{', Monday to Sunday' if unit == 'week' else ''}.",
                f"{name}({day})",
                gives,
                python,
                f"({sql})::date",
            )
        )
    return tuple(found)


SHIFTS = _shifts()
EDGES = _edges()
