"""Functions on dates, date-times and durations; date-times are taken in UTC."""

from calendar import isleap, monthrange
from datetime import date, timedelta
from decimal import Decimal

from xrm.rule_engine import moments, numbers
from xrm.rule_engine.functions.calendar import EDGES, SHIFTS, SPANS
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.numbers import Exact

_DAY = 86_400_000_000
_LONGEST = f"{_DAY}0000000"


def _micros(span: timedelta) -> int:
    return span // moments.MICROSECOND


def _part(name: str, sentence: str, example: str, gives: int, sql: str) -> Function:
    """One function that takes a date apart."""
    return Function(
        f"{name}(day: date) -> whole", sentence, example, gives, _PARTS[name], sql
    )


def _time_part(name: str, example: str, gives: int) -> Function:
    return Function(
        f"{name}(moment: datetime) -> whole",
        f"Gives the {name} of a date-time, in UTC.",
        example,
        gives,
        lambda moment: getattr(moment, name),
        f"trunc(extract({name} FROM $1 AT TIME ZONE 'UTC'))",
    )


_PARTS = {
    "year": lambda day: day.year,
    "quarter": lambda day: (day.month + 2) // 3,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "week": lambda day: day.isocalendar()[1],
    "weekday": lambda day: day.isoweekday(),
    "day_of_year": lambda day: day.timetuple().tm_yday,
    "days_in_month": lambda day: monthrange(day.year, day.month)[1],
}


def _days_between(first: date, second: date) -> int:
    return (second - first).days


def _workdays_before(day: date) -> int:
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(rest, 5)


def _workdays_between(first: date, second: date) -> int:
    return _workdays_before(second) - _workdays_before(first)


def _towards_zero(value: timedelta, unit: timedelta) -> int:
    whole = abs(value) // unit
    return whole if value >= timedelta(0) else -whole


def _age(birthday: date, today: date) -> int:
    return _towards_zero_years(moments.months_between(birthday, today))


def _towards_zero_years(months: int) -> int:
    return months // 12 if months >= 0 else -(-months // 12)


def _earlier(left: date | None, right: date | None) -> date | None:
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)


def _later(left: date | None, right: date | None) -> date | None:
    if left is None or right is None:
        return right if left is None else left
    return max(left, right)


def _amount(unit: str) -> Function:
    span = SPANS[unit]
    sql = f"trunc($1 * {_micros(span)})"
    return Function(
        f"{unit}(count: number) -> duration",
        f"Gives a duration of so many {unit}.",
        f"text(total_days({unit}(14)))",
        numbers.plain(numbers.divide(14 * _micros(span), _DAY) or 0),
        lambda count: moments.duration(count, span),
        f"CASE WHEN abs({sql}) <= {_LONGEST} THEN {sql} END",
    )


def _total(unit: str, gives: Exact) -> Function:
    span = _micros(SPANS[unit])
    return Function(
        f"total_{unit}(span: duration) -> number",
        f"Gives a duration in {unit}, with decimals.",
        f"total_{unit}(36 hours)",
        gives,
        lambda value: numbers.divide(_micros(value), span),
        f"xrm_divide($1::numeric, {span})",
    )


def _between(unit: str, example: str, gives: int) -> Function:
    span = SPANS[unit]
    return Function(
        f"{unit}_between(first: datetime, second: datetime) -> whole",
        f"Counts the whole {unit} from one moment to another.",
        example,
        gives,
        lambda first, second: _towards_zero(second - first, span),
        f"div(xrm_micros($2)::numeric - xrm_micros($1), {_micros(span)})",
    )


_WORKDAYS = (
    "(div(({0} - DATE '0001-01-01'), 7) * 5 "
    "+ least(mod(({0} - DATE '0001-01-01'), 7), 5))"
)
_MONTHS = (
    "(extract(year FROM $2) - extract(year FROM $1)) * 12 "
    "+ extract(month FROM $2) - extract(month FROM $1)"
)
_MONTHS_BETWEEN = (
    f"CASE WHEN {_MONTHS} > 0 AND extract(day FROM $2) < extract(day FROM $1) "
    f"THEN {_MONTHS} - 1 WHEN {_MONTHS} < 0 AND "
    f"extract(day FROM $2) > extract(day FROM $1) THEN {_MONTHS} + 1 ELSE {_MONTHS} END"
)
_IS_DATE = (
    r"$1 ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' "
    "AND left($1, 4) <> '0000' "
    "AND right($1, 2)::int <= xrm_days_in_month((left($1, 8) || '01')::date)"
)
_NUMBERS_MAKE_DATE = (
    "CASE WHEN trunc($1) BETWEEN 1 AND 9999 AND trunc($2) BETWEEN 1 AND 12 AND "
    "trunc($3) BETWEEN 1 AND 31 AND trunc($3) <= xrm_days_in_month("
    "make_date(trunc($1)::int, trunc($2)::int, 1)) "
    "THEN make_date(trunc($1)::int, trunc($2)::int, trunc($3)::int) END"
)
_AT = "date(2024, 5, 15)"

FUNCTIONS = (
    Function(
        "today() -> date",
        "Gives the day of today, in the time zone of the user.",
        "today() is empty",
        False,
        fact="today",
    ),
    Function(
        "now() -> datetime",
        "Gives this moment.",
        "now() is empty",
        False,
        fact="now",
    ),
    _part(
        "days_in_month",
        "Counts the days of the month.",
        "days_in_month(date(2024, 2, 1))",
        29,
        "extract(day FROM date_trunc('month', $1::timestamp) "
        "+ interval '1 month -1 day')",
    ),
    _part("year", "Gives the year.", f"year({_AT})", 2024, "extract(year FROM $1)"),
    _part(
        "quarter",
        "Gives the quarter, 1 to 4.",
        f"quarter({_AT})",
        2,
        "extract(quarter FROM $1)",
    ),
    _part(
        "month",
        "Gives the month, 1 to 12.",
        f"month({_AT})",
        5,
        "extract(month FROM $1)",
    ),
    _part(
        "day", "Gives the day of the month.", f"day({_AT})", 15, "extract(day FROM $1)"
    ),
    _part(
        "week",
        "Gives the ISO number of the week.",
        f"week({_AT})",
        20,
        "extract(week FROM $1)",
    ),
    _part(
        "weekday",
        "Gives the day of the week, 1 for Monday to 7 for Sunday.",
        f"weekday({_AT})",
        3,
        "extract(isodow FROM $1)",
    ),
    _part(
        "day_of_year",
        "Gives the day of the year, 1 to 366.",
        f"day_of_year({_AT})",
        136,
        "extract(doy FROM $1)",
    ),
    _time_part("hour", "hour(datetime(2024, 5, 15, 8, 30))", 8),
    _time_part("minute", "minute(datetime(2024, 5, 15, 8, 30))", 30),
    _time_part("second", "second(datetime(2024, 5, 15, 8, 30))", 0),
    Function(
        "date(year: whole, month: whole, day: whole) -> date",
        "Gives a date; empty when there is no such day.",
        "date(2024, 2, 30) is empty",
        True,
        moments.make_date,
        _NUMBERS_MAKE_DATE,
    ),
    Function(
        "date(moment: datetime) -> date",
        "Gives the day of a date-time, in UTC.",
        "date(datetime(2024, 5, 15, 23, 59))",
        date(2024, 5, 15),
        moments.day_of,
        "($1 AT TIME ZONE 'UTC')::date",
        variant="_of",
    ),
    Function(
        "date(text: text) -> date",
        "Reads a date written as 2024-01-31; empty when the text is none.",
        'date("2024-01-31")',
        date(2024, 1, 31),
        moments.parse_date,
        f"CASE WHEN {_IS_DATE} THEN $1::date END",
        variant="_from",
    ),
    Function(
        "datetime(year: whole, month: whole, day: whole, hour: whole = 0, "
        "minute: whole = 0) -> datetime",
        "Gives a date-time in UTC; empty when there is none.",
        "hour(datetime(2024, 5, 15, 8, 30))",
        8,
        moments.make_datetime,
        "CASE WHEN trunc($4) BETWEEN 0 AND 23 AND trunc($5) BETWEEN 0 AND 59 THEN "
        "(xrm_date($1, $2, $3)::timestamp + make_interval(hours => trunc($4)::int, "
        "mins => trunc($5)::int)) AT TIME ZONE 'UTC' END",
    ),
    Function(
        "start_of_day(moment: datetime) -> datetime",
        "Gives the moment at which the day begins, in UTC.",
        "hour(start_of_day(datetime(2024, 5, 15, 8, 30)))",
        0,
        lambda moment: moments.start_of_day(moments.day_of(moment)),
        "date_trunc('day', $1 AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'",
        variant="_of",
    ),
    *EDGES,
    Function(
        "days_between(first: date, second: date) -> whole",
        "Counts the days from one date to another.",
        "days_between(date(2024, 2, 28), date(2024, 3, 1))",
        2,
        _days_between,
        "$2 - $1",
    ),
    Function(
        "weeks_between(first: date, second: date) -> whole",
        "Counts the whole weeks from one date to another.",
        "weeks_between(date(2024, 1, 1), date(2024, 1, 16))",
        2,
        lambda first, second: _towards_zero(second - first, timedelta(weeks=1)),
        "div($2 - $1, 7)",
    ),
    Function(
        "months_between(first: date, second: date) -> whole",
        "Counts the whole months from one date to another.",
        "months_between(date(2024, 1, 31), date(2024, 3, 1))",
        1,
        moments.months_between,
        _MONTHS_BETWEEN,
    ),
    Function(
        "years_between(first: date, second: date) -> whole",
        "Counts the whole years from one date to another: an age.",
        "years_between(date(2000, 5, 16), date(2024, 5, 15))",
        23,
        _age,
        f"div(({_MONTHS_BETWEEN}), 12)",
    ),
    _between("hours", f"hours_between({_AT}, datetime(2024, 5, 15, 8, 30))", 8),
    _between("minutes", f"minutes_between({_AT}, datetime(2024, 5, 15, 1, 30))", 90),
    Function(
        "workdays_between(first: date, second: date) -> whole",
        "Counts the days from Monday to Friday, the first included, the second not.",
        "workdays_between(date(2024, 5, 17), date(2024, 5, 21))",
        2,
        _workdays_between,
        f"{_WORKDAYS.format('$2')} - {_WORKDAYS.format('$1')}",
    ),
    Function(
        "is_weekend(day: date) -> boolean",
        "Says whether the day is a Saturday or Sunday.",
        "is_weekend(date(2024, 5, 18))",
        True,
        lambda day: day.isoweekday() > 5,
        "extract(isodow FROM $1) > 5",
    ),
    Function(
        "is_leap_year(day: date) -> boolean",
        "Says whether the year has 366 days.",
        f"is_leap_year({_AT})",
        True,
        lambda day: isleap(day.year),
        "xrm_days_in_month(make_date(extract(year FROM $1)::int, 2, 1)) = 29",
    ),
    Function(
        "earliest(first: datetime, second: datetime...) -> datetime",
        "Gives the earliest of the date-times that are not empty.",
        "year(earliest(datetime(2025, 1, 1), empty, datetime(2024, 1, 1)))",
        2024,
        _earlier,
        "least($1, $2)",
        takes_empty=True,
    ),
    Function(
        "latest(first: datetime, second: datetime...) -> datetime",
        "Gives the latest of the date-times that are not empty.",
        "year(latest(datetime(2025, 1, 1), empty, datetime(2024, 1, 1)))",
        2025,
        _later,
        "greatest($1, $2)",
        takes_empty=True,
    ),
    _amount("minutes"),
    _amount("hours"),
    _amount("days"),
    _amount("weeks"),
    Function(
        "months(count: whole) -> months",
        "Gives a duration of so many calendar months.",
        "date(2024, 1, 31) + months(1)",
        date(2024, 2, 29),
        lambda count: count if abs(count) < 200_000 else None,
        "CASE WHEN abs(trunc($1)) < 200000 THEN trunc($1) END",
    ),
    Function(
        "years(count: whole) -> months",
        "Gives a duration of so many calendar years.",
        "date(2024, 2, 29) + years(1)",
        date(2025, 2, 28),
        lambda count: count * 12 if abs(count) < 200_000 else None,
        "CASE WHEN abs(trunc($1)) < 200000 THEN trunc($1) * 12 END",
    ),
    *SHIFTS,
    _total("minutes", 2160),
    _total("hours", 36),
    _total("days", Decimal("1.5")),
)
