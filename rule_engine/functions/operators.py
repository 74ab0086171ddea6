"""The operators of the language, as functions without a name in rule texts."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from xrm.rule_engine import moments, numbers
from xrm.rule_engine.budget import check_text
from xrm.rule_engine.functions.registry import Function


def _join(left: str | None, right: str | None) -> str:
    return check_text((left or "") + (right or ""))


def _operator(
    signature: str,
    python: object,
    postgresql: str,
    *,
    takes_empty: bool = False,
    language: str = "sql",
) -> Function:
    assert callable(python)
    return Function(
        signature,
        "",
        "",
        None,
        python,
        postgresql,
        takes_empty,
        family="operator",
        language=language,
    )


def _settle_float(value: float) -> Decimal | None:
    return numbers.settled(value)


def _shift_date(day: date, duration: timedelta) -> date | None:
    return moments.shift(day, duration)


def _shift_datetime(moment: datetime, duration: timedelta) -> datetime | None:
    return moments.shift(moment, duration)


def _shift_date_months(day: date, months: int) -> date | None:
    return moments.shift_months(day, months)


def _shift_datetime_months(moment: datetime, months: int) -> datetime | None:
    return moments.shift_months(moment, months)


def _between_dates(left: date, right: date) -> timedelta:
    return left - right


def _between_datetimes(left: datetime, right: datetime) -> timedelta:
    return left - right


def _add_durations(left: timedelta, right: timedelta) -> timedelta | None:
    return moments.limited(left + right)


def _negate_duration(value: timedelta) -> timedelta:
    return -value


def _add_months(left: int, right: int) -> int:
    return left + right


_DAY = 86_400_000_000
_DAYS = f"floor($2::numeric / {_DAY})"
_MONTHS_LATER = (
    "CASE WHEN extract(year FROM {0}) * 12 + extract(month FROM {0}) - 1 + $2 "
    "BETWEEN 12 AND 119999 THEN {1} END"
)

ADD = _operator(
    "add(left: number, right: number) -> number", numbers.add, "xrm_limit($1 + $2)"
)
SUBTRACT = _operator(
    "subtract(left: number, right: number) -> number",
    numbers.subtract,
    "xrm_limit($1 - $2)",
)
MULTIPLY = _operator(
    "multiply(left: number, right: number) -> number",
    numbers.multiply,
    "xrm_limit(round($1 * $2, 12))",
)
DIVIDE = _operator(
    "divide(left: number, right: number) -> number",
    numbers.divide,
    "CASE WHEN $2 <> 0 THEN xrm_limit(sign($1) * sign($2) * 0.000000000001 * "
    "div(2000000000000 * abs($1) + abs($2), 2 * abs($2))) END",
)
NEGATE = _operator("negate(value: number) -> number", numbers.negate, "-$1")
JOIN = _operator(
    "join(left: text, right: text) -> text",
    _join,
    "coalesce($1, '') || coalesce($2, '')",
    takes_empty=True,
)
SHIFT_DATE = _operator(
    "shift_date(day: date, by: duration) -> date",
    _shift_date,
    f"CASE WHEN ($1 - DATE '0001-01-01') + {_DAYS} BETWEEN 0 AND 3652058 "
    f"THEN $1 + {_DAYS}::int END",
)
SHIFT_DATETIME = _operator(
    "shift_datetime(moment: datetime, by: duration) -> datetime",
    _shift_datetime,
    "CASE WHEN xrm_micros($1) + $2 BETWEEN -62135596800000000 AND 253402300799999999 "
    "THEN (($1 AT TIME ZONE 'UTC') + make_interval(days => div($2::numeric, "
    f"{_DAY})::int, secs => mod($2, {_DAY})::float8 / 1000000)) AT TIME ZONE 'UTC' END",
)
SHIFT_DATE_MONTHS = _operator(
    "shift_date_months(day: date, by: months) -> date",
    _shift_date_months,
    _MONTHS_LATER.format("$1", "($1 + make_interval(months => $2::int))::date"),
)
SHIFT_DATETIME_MONTHS = _operator(
    "shift_datetime_months(moment: datetime, by: months) -> datetime",
    _shift_datetime_months,
    _MONTHS_LATER.format(
        "($1 AT TIME ZONE 'UTC')",
        "(($1 AT TIME ZONE 'UTC') + make_interval(months => $2::int)) "
        "AT TIME ZONE 'UTC'",
    ),
)
BETWEEN_DATES = _operator(
    "between_dates(left: date, right: date) -> duration",
    _between_dates,
    f"($1 - $2)::bigint * {_DAY}",
)
BETWEEN_DATETIMES = _operator(
    "between_datetimes(left: datetime, right: datetime) -> duration",
    _between_datetimes,
    "xrm_micros($1) - xrm_micros($2)",
)
ADD_DURATIONS = _operator(
    "add_durations(left: duration, right: duration) -> duration",
    _add_durations,
    f"CASE WHEN abs($1::numeric + $2) <= {_DAY}0000000 THEN $1 + $2 END",
)
NEGATE_DURATION = _operator(
    "negate_duration(value: duration) -> duration", _negate_duration, "-$1"
)
ADD_MONTHS = _operator(
    "add_month_counts(left: months, right: months) -> months", _add_months, "$1 + $2"
)
START_OF_DAY = _operator(
    "start_of_day(day: date) -> datetime",
    moments.start_of_day,
    "$1::timestamp AT TIME ZONE 'UTC'",
)
SETTLE = _operator(
    "settle(value: number) -> number", _settle_float, "xrm_limit(round($1, 12))"
)

OPERATORS = (
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    NEGATE,
    JOIN,
    SHIFT_DATE,
    SHIFT_DATETIME,
    SHIFT_DATE_MONTHS,
    SHIFT_DATETIME_MONTHS,
    BETWEEN_DATES,
    BETWEEN_DATETIMES,
    ADD_DURATIONS,
    NEGATE_DURATION,
    ADD_MONTHS,
    START_OF_DAY,
    SETTLE,
)
