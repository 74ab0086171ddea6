"""What a database needs before it can run compiled expressions.

SQLite gets the Python meaning of every function, on each connection; PostgreSQL gets
SQL functions, once. Both get the folding of texts. Knows no SQLAlchemy.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from xrm.rule_engine import moments, numbers
from xrm.rule_engine.fold import (
    SPACELESS,
    bare_letters,
    compare,
    fold,
    marks,
    plain,
)
from xrm.rule_engine.functions import IN_DATABASE
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.numbers import Exact
from xrm.rule_engine.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    INTEGER,
    MONTHS,
    TEXT,
    RuleType,
)

_INT64 = 2**63


# --- values as SQLite stores them -------------------------------------------------


def read_number(value: float | str) -> Exact | None:
    """Return a number from an integer, a real or a decimal text."""
    if isinstance(value, str):
        return Decimal(value)
    return numbers.exact(value)


def write_number(value: Exact) -> int | str:
    """Return a number as an integer when it is one and fits, else as decimal text."""
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    return numbers.plain(value)


def read_datetime(value: str) -> datetime:
    """Return a moment from its text."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def write_datetime(value: datetime) -> str:
    """Return a moment as text, with all six decimals of the second."""
    plain = value.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(sep=" ", timespec="microseconds")


def _whole(value: float | str) -> int | None:
    number = read_number(value)
    return None if number is None else int(number)


def read_duration(value: int) -> timedelta:
    """Return a duration from its microseconds."""
    return moments.MICROSECOND * value


def write_duration(value: timedelta) -> int:
    """Return the microseconds of a duration."""
    return value // moments.MICROSECOND


_READ: dict[RuleType, Callable[[Any], Any]] = {
    TEXT: str,
    DECIMAL: read_number,
    INTEGER: _whole,
    MONTHS: _whole,
    BOOLEAN: bool,
    DATE: date.fromisoformat,
    DATETIME: read_datetime,
    DURATION: read_duration,
}
_WRITE: dict[RuleType, Callable[[Any], Any]] = {
    TEXT: lambda value: value or None,
    DECIMAL: write_number,
    INTEGER: write_number,
    MONTHS: int,
    BOOLEAN: int,
    DATE: date.isoformat,
    DATETIME: write_datetime,
    DURATION: write_duration,
}


def _adapted(function: Function) -> Callable[..., Any]:
    """Return the Python meaning of a function over values as SQLite stores them."""
    readers = [_READ[parameter.type] for parameter in function.parameters]
    write, run, takes_empty = (
        _WRITE[function.result],
        function.python,
        function.takes_empty,
    )
    assert run is not None

    def call(*stored: Any) -> Any:
        values = [
            None if value is None else read(value)
            for read, value in zip(readers, stored, strict=True)
        ]
        if not takes_empty and None in values:
            return None
        result = run(*values)
        return None if result is None else write(result)

    return call


# --- SQLite -----------------------------------------------------------------------


def _fold(value: Any) -> str | None:
    return None if value is None else fold(str(value))


def _plain(value: Any) -> str | None:
    return None if value is None else plain(str(value))


def _unscale(value: int | None, scale: int) -> int | str | None:
    if value is None:
        return None
    return write_number(Decimal(value).scaleb(-scale))


def _compare(left: Any, right: Any) -> int | None:
    if left is None or right is None:
        return None
    first, second = read_number(left), read_number(right)
    if first is None or second is None:
        return None
    return numbers.compare(first, second)


def _in(value: Any, *options: Any) -> bool | None:
    found = [_compare(value, option) for option in options]
    if 0 in found:
        return True
    return None if None in found else False


def _between(value: Any, low: Any, high: Any) -> bool | None:
    lower, upper = _compare(low, value), _compare(value, high)
    if 1 in (lower, upper):
        return False
    return None if lower is None or upper is None else True


class _Aggregate:
    """Collects the numbers of an aggregate."""

    def __init__(self) -> None:
        self.values: list[Exact] = []

    def step(self, value: Any) -> None:
        """Take one number."""
        number = None if value is None else read_number(value)
        if number is not None:
            self.values.append(number)


class _Sum(_Aggregate):
    def finalize(self) -> int | str | None:
        """Return the sum."""
        total = numbers.total(self.values)
        return None if total is None else write_number(total)


class _Smallest(_Aggregate):
    def finalize(self) -> int | str | None:
        """Return the smallest."""
        return write_number(min(self.values)) if self.values else None


class _Largest(_Aggregate):
    def finalize(self) -> int | str | None:
        """Return the largest."""
        return write_number(max(self.values)) if self.values else None


_CALLS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("xrm_fold", 1, _fold),
    ("xrm_plain", 1, _plain),
    ("xrm_unscale", 2, _unscale),
    ("xrm_compare", 2, _compare),
    ("xrm_in", -1, _in),
    ("xrm_between", 3, _between),
    *(
        (function.sql_name, len(function.parameters), _adapted(function))
        for function in IN_DATABASE
    ),
)


def install_sqlite(connection: Any) -> None:
    """Give a connection of the driver the functions, aggregates and collation."""
    for name, count, call in _CALLS:
        connection.create_function(name, count, call, deterministic=True)
    connection.create_aggregate("xrm_sum", 1, _Sum)
    connection.create_aggregate("xrm_smallest", 1, _Smallest)
    connection.create_aggregate("xrm_largest", 1, _Largest)
    connection.create_collation("xrm_fold", compare)


# --- PostgreSQL -------------------------------------------------------------------

_LETTERS = """
DO $xrm$ BEGIN
  IF to_regcollation('xrm_letters') IS NULL THEN
    BEGIN
      CREATE COLLATION xrm_letters (provider = icu, locale = 'und');
    EXCEPTION WHEN OTHERS THEN
      CREATE COLLATION xrm_letters (provider = libc, locale = 'C.UTF-8');
    END;
  END IF;
END $xrm$
"""
"""The letters of all alphabets: of ICU, or of the C library of a server without it."""

_FOLD = (
    "replace(replace(lower(replace(value, 'İ', 'i̇') COLLATE \"xrm_letters\"), "
    "'ς', 'σ'), 'ß', 'ss')"
)


_BARE = bare_letters()
_NEAR = {letter: base for letter, base in _BARE.items() if letter < "\u0180"}
"""Those of western and central Europe: looked through in a tenth of the time."""


def _translated(letters: Mapping[str, str], gone: str = "") -> str:
    return (
        f"translate(folded, '{''.join(letters)}{gone}', '{''.join(letters.values())}')"
    )


_PLAIN = f"""
CREATE OR REPLACE FUNCTION xrm_plain(value text) RETURNS text LANGUAGE plpgsql
IMMUTABLE STRICT PARALLEL SAFE AS $xrm$
DECLARE folded text;
BEGIN
  IF octet_length(value) = char_length(value) THEN
    RETURN lower(value COLLATE "C");
  END IF;
  folded := xrm_fold(value);
  IF folded !~ '[^\\x01-\\u017f]' THEN
    RETURN {_translated(_NEAR)};
  END IF;
  folded := {_translated(_BARE, marks())};
  RETURN regexp_replace(folded, '(?<! )([{SPACELESS}])', ' \\1', 'g');
END $xrm$
"""
"""`plain`; an index asks it for each row that is written, so it takes short ways."""


def _define(signature: str, result: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS {result} LANGUAGE sql "
        f"IMMUTABLE STRICT PARALLEL SAFE AS $xrm$ SELECT {body} $xrm$"
    )


POSTGRESQL_FUNCTIONS: tuple[str, ...] = (
    _LETTERS,
    _define("xrm_fold(value text)", "text", _FOLD),
    _PLAIN,
    _define("xrm_limit(numeric)", "numeric", "CASE WHEN abs($1) < 1e38 THEN $1 END"),
    _define(
        "xrm_place(numeric)",
        "int",
        "greatest(-1000000, least(1000000, trunc($1)))::int",
    ),
    _define(
        "xrm_micros(timestamptz)",
        "bigint",
        "(extract(epoch FROM $1) * 1000000)::bigint",
    ),
    *(function.definition() for function in IN_DATABASE),
)
"""Statements to run in this order; each may be run again."""
