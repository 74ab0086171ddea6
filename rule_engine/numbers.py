"""The numbers of the language: exact decimals, 38 digits before the point, 12 after.

Every calculation gives the exact result rounded half away from zero to 12 decimals.
A result of 39 or more digits before the point is empty, and so is a division by zero.
A float enters a calculation with the value of its shortest decimal notation.
"""

from collections.abc import Iterable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import TypeAlias

Exact: TypeAlias = int | Decimal
DECIMALS = 12
LIMIT = 10**38

# Wide enough to round a quotient of two such numbers correctly.
_CONTEXT = Context(130, ROUND_HALF_UP, MIN_EMIN, MAX_EMAX, traps=[])
_UNIT = Decimal(1).scaleb(-DECIMALS)
_ZERO = Decimal(0)


def settle(value: Decimal) -> Decimal | None:
    """Round to 12 decimals; `None` when the number is too large."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return None
    if exponent < -DECIMALS and abs(value) < LIMIT:
        value = _CONTEXT.normalize(_CONTEXT.quantize(value, _UNIT))
    if not -LIMIT < value < LIMIT:
        return None
    return value or _ZERO


def exact(value: float | Exact | None) -> Exact | None:
    """Return a float as a decimal, other numbers as they are; NaN is empty."""
    if not isinstance(value, float):
        return value
    result = Decimal(repr(value))
    return None if result.is_nan() else result


def settled(value: float) -> Decimal | None:
    """Return a float as a number of the language."""
    result = exact(float(value))
    return None if result is None else settle(Decimal(result))


def _bounded(value: Exact) -> Exact | None:
    return value if -LIMIT < value < LIMIT else None


def add(left: Exact, right: Exact) -> Exact | None:
    """`left + right`."""
    if isinstance(left, int) and isinstance(right, int):
        return _bounded(left + right)
    return _bounded(_CONTEXT.add(left, right) or _ZERO)


def subtract(left: Exact, right: Exact) -> Exact | None:
    """`left - right`."""
    if isinstance(left, int) and isinstance(right, int):
        return _bounded(left - right)
    return _bounded(_CONTEXT.subtract(left, right) or _ZERO)


def multiply(left: Exact, right: Exact) -> Exact | None:
    """`left * right`."""
    if isinstance(left, int) and isinstance(right, int):
        return _bounded(left * right)
    return settle(_CONTEXT.multiply(left, right))


def divide(left: Exact, right: Exact) -> Exact | None:
    """`left / right`; empty when `right` is zero."""
    return settle(_CONTEXT.divide(left, right)) if right else None


def total(values: Iterable[Exact]) -> Exact | None:
    """The sum of numbers; 0 when there are none."""
    result: Exact = 0
    for value in values:
        result = (
            result + value
            if isinstance(result, int) and isinstance(value, int)
            else _CONTEXT.add(result, value)
        )
    return _bounded(result)


def negate(value: Exact) -> Exact:
    """`-value`."""
    return -value if isinstance(value, int) else (_CONTEXT.minus(value) or _ZERO)


def modulo(left: Exact, right: Exact) -> Exact | None:
    """The rest of a division, with the sign of `left`; empty when `right` is zero."""
    if not right:
        return None
    if isinstance(left, int) and isinstance(right, int):
        rest = abs(left) % abs(right)
        return rest if left >= 0 else -rest
    return _CONTEXT.remainder(left, right) or _ZERO


def power(base: Exact, exponent: Exact) -> Exact | None:
    """`base` times itself, for a whole exponent of 0 to 100; else empty.

    Each multiplication rounds, so all databases take the same steps.
    """
    if exponent != int(exponent) or not 0 <= exponent <= 100:
        return None
    result: Exact | None = 1
    for _ in range(int(exponent)):
        result = None if result is None else multiply(result, base)
    return result


def square_root(value: Exact) -> Exact | None:
    """The square root; empty for negative numbers."""
    return None if value < 0 else settle(_CONTEXT.sqrt(value))


def round_to(value: Exact, digits: Exact, rounding: str = ROUND_HALF_UP) -> Exact:
    """Round to a number of decimals from 0 to 12."""
    unit = Decimal(1).scaleb(-max(0, min(int(digits), DECIMALS)))
    result = Decimal(value).quantize(unit, rounding, _CONTEXT)
    return result or _ZERO


def units(value: Exact) -> int:
    """Return the number counted in units of the last decimal."""
    return int(_CONTEXT.scaleb(Decimal(value), DECIMALS))


def compare(left: Exact | float, right: Exact | float) -> int | None:
    """Return -1, 0 or 1; floats count with their shortest decimal notation."""
    first, second = exact(left), exact(right)
    if first is None or second is None:
        return None
    return (first > second) - (first < second)


def plain(value: Exact) -> str:
    """Return the one plain notation of a number: no exponent, no zeros at the end."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
