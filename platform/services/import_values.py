"""Know how odd texts become values: numbers, money, dates, yes and no as people write.

Detection looks at a sample of a column and says what it found, so that a person sees it
before anything is written. Nothing is guessed for one cell alone.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from xrm.metadata.fields.field_type import ValueProblem

NUMBERS: Final = frozenset({"integer", "decimal", "float", "currency"})
MOMENTS: Final = frozenset({"date", "datetime"})

_DATES: Final = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%y",
    "%m/%d/%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
)
_TIMES: Final = (
    "",
    " %H:%M:%S.%f",
    " %H:%M:%S",
    " %H:%M",
    "T%H:%M:%S.%f",
    "T%H:%M:%S",
    "T%H:%M",
    " %I:%M %p",
    " %I:%M:%S %p",
)
_YES: Final = frozenset(
    {"yes", "y", "true", "t", "1", "x", "on", "ja", "oui", "si", "sí"}
)
_NO: Final = frozenset({"no", "n", "false", "f", "0", "off", "nein", "non", "-"})
_JUNK: Final = re.compile(r"[\s  '’]|[A-Z]{3}\b|[$€£¥₹]")
_EUROPEAN: Final = re.compile(r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$|^[+-]?\d+,\d{1,2}$")
_ENGLISH: Final = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^[+-]?\d+\.\d+$")


def decimal_sign(sample: Iterable[Any]) -> str:
    """Return `.` or `,`: the decimal sign most numbers of a sample are written with."""
    english = european = 0
    for cell in sample:
        text = _JUNK.sub("", str(cell).strip().rstrip("%"))
        english += bool(_ENGLISH.match(text))
        european += bool(_EUROPEAN.match(text) and not _ENGLISH.match(text))
    return "," if european > english else "."


def date_pattern(sample: Iterable[Any]) -> str | None:
    """Return the first `strptime` pattern that every text of a sample fits.

    `None` means that no pattern fits all (or that the cells are dates already). What
    fits both day first and month first is read month first only with slashes.
    """
    texts = [cell.strip() for cell in sample if isinstance(cell, str) and cell.strip()]
    if not texts:
        return None
    for day in _DATES:
        for clock in _TIMES:
            pattern = day + clock
            if all(_fits(text, pattern) for text in texts):
                return pattern
    return None


def _fits(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)  # noqa: DTZ007  # only the shape is asked
    except ValueError:
        return False
    return True


def number(cell: Any, sign: str) -> Decimal | int:
    """Return the number a cell says: `$1,234.50`, `1.234,50 €`, `(12)`, `7 %`.

    Raises:
        ValueProblem: it is not a number.
    """
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, int | Decimal):
        return cell
    if isinstance(cell, float):
        return Decimal(repr(cell))
    text = str(cell).strip()
    bare = text
    negative = bare.startswith("(") and bare.endswith(")")
    bare = _JUNK.sub("", bare.strip("()").strip().removesuffix("%"))
    if bare.endswith("-"):
        negative, bare = True, bare[:-1]
    if sign == ",":
        bare = bare.replace(".", "").replace(",", ".")
    else:
        bare = bare.replace(",", "")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise ValueProblem(f'"{text}" is not a number.', code="not_a_number") from None
    if not value.is_finite():
        raise ValueProblem(f'"{text}" is not a number.', code="not_a_number")
    return -value if negative else value


def moment(cell: Any, pattern: str | None, *, with_time: bool) -> Any:
    """Return a date or a UTC date-time of a cell; ISO texts pass through.

    Raises:
        ValueProblem: the text does not fit the pattern.
    """
    if isinstance(cell, datetime):
        value: Any = cell if cell.tzinfo else cell.replace(tzinfo=UTC)
        return value if with_time else value.date()
    if isinstance(cell, date):
        if with_time:
            return datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
        return cell
    text = str(cell).strip()
    if pattern is None:
        return text
    try:
        parsed = datetime.strptime(text, pattern).replace(tzinfo=UTC)
    except ValueError:
        raise ValueProblem(
            f'"{text}" is not a date written as {pattern}.', code="not_a_date"
        ) from None
    return parsed if with_time else parsed.date()


def boolean(cell: Any) -> bool:
    """Return the yes or no a cell says.

    Raises:
        ValueProblem: it says neither.
    """
    if isinstance(cell, bool):
        return cell
    word = str(cell).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueProblem(f'"{cell}" is neither yes nor no.', code="not_a_boolean")
