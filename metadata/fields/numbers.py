"""Know how numbers are read: whole and decimal, exact, from anything a caller sends."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

MOST_DIGITS: Final = 38
_WHOLE = re.compile(r"[+-]?\d{1,38}(\.0{1,38})?", re.ASCII)
_DECIMAL = re.compile(
    r"[+-]?(\d{1,38}(\.\d{0,38})?|\.\d{1,38})([eE][+-]?\d{1,2})?", re.ASCII
)

RANGE_OPTIONS: Final = {
    "min": {"description": "The smallest value allowed.", "type": "number"},
    "max": {"description": "The greatest value allowed.", "type": "number"},
}
RANGE_MESSAGES: Final = {
    "not_number": "{label} must be a number, not {value}.",
    "too_small": "{label} is {value}; the smallest value allowed is {min}.",
    "too_great": "{label} is {value}; the greatest value allowed is {max}.",
}


def whole(value: Any) -> int | None:
    """Return a whole number, or `None` for anything that is not exactly one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        text = value.strip()
        return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, Decimal):
        if not value.is_finite() or value.adjusted() > MOST_DIGITS:
            return None
        return int(value) if value == value.to_integral_value() else None
    return None


def exact(value: Any) -> Decimal | None:
    """Return an exact decimal, or `None` for anything that is not a finite number.

    A float is taken as the shortest text that gives it back, as JSON writes it.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        made = value
    elif isinstance(value, int):
        made = Decimal(value)
    elif isinstance(value, float):
        made = Decimal(repr(value))
    elif isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        try:
            made = Decimal(value.strip())
        except InvalidOperation:
            return None
    else:
        return None
    if not made.is_finite() or made.adjusted() > MOST_DIGITS:
        return None
    return made


def fits_scale(value: Decimal, scale: int) -> bool:
    """Say whether there are at most `scale` digits after the point, zeros aside."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= scale:
        return True
    if value.adjusted() < -MOST_DIGITS and value:
        return False
    return value == round(value, scale)


def to_scale(value: Decimal, scale: int) -> Decimal:
    """Return the value with exactly `scale` digits after the point.

    Dropped digits must be zeros (`fits_scale`).
    """
    return round(value, scale)


def json_number(value: Decimal, safe: float = 1e5) -> int | float | str:
    """Return a JSON number; a text when a float would lose digits.

    Below `safe` no digit can be lost: 15 digits, those after the point included.
    """
    number = float(value)
    if -safe < number < safe or Decimal(repr(number)) == value:
        return number
    return str(value)
