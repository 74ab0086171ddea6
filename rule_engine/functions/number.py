"""Functions on numbers; see `numbers.py` for what a number is."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_UP, Decimal

from xrm.rule_engine import numbers
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.numbers import Exact

_DIGITS = "greatest(0, least(12, xrm_place($2)))"


def _smaller(left: Exact | None, right: Exact | None) -> Exact | None:
    if left is None or right is None:
        return right if left is None else left
    return min(left, right)


def _larger(left: Exact | None, right: Exact | None) -> Exact | None:
    if left is None or right is None:
        return right if left is None else left
    return max(left, right)


def _floor(value: Exact) -> int:
    return int(numbers.round_to(value, 0, ROUND_FLOOR))


def _ceiling(value: Exact) -> int:
    return int(numbers.round_to(value, 0, ROUND_CEILING))


def _quotient(left: Exact, right: Exact) -> int | None:
    if not right:
        return None
    whole = _exact_quotient(left, right)
    return whole if abs(whole) < numbers.LIMIT else None


def _exact_quotient(left: Exact, right: Exact) -> int:
    first, second = numbers.units(left), numbers.units(right)
    quotient = abs(first) // abs(second)
    return quotient if (left < 0) == (right < 0) else -quotient


def _percent(part: Exact, whole: Exact) -> Exact | None:
    hundred = numbers.multiply(part, 100)
    return None if hundred is None else numbers.divide(hundred, whole)


def _percent_of(percent: Exact, whole: Exact) -> Exact | None:
    product = numbers.multiply(percent, whole)
    return None if product is None else numbers.divide(product, 100)


def _clamp(value: Exact, low: Exact, high: Exact) -> Exact:
    return max(low, min(value, high))


def _round_to_multiple(value: Exact, step: Exact) -> Exact | None:
    steps = numbers.divide(value, step)
    if steps is None:
        return None
    return numbers.multiply(numbers.round_to(steps, 0), step)


FUNCTIONS = (
    Function(
        "abs(value: number) -> number",
        "Gives the number without its sign.",
        "abs(-3.5)",
        Decimal("3.5"),
        abs,
        "abs($1)",
    ),
    Function(
        "sign(value: number) -> whole",
        "Gives -1, 0 or 1 for a negative number, zero or a positive number.",
        "sign(-3.5)",
        -1,
        lambda value: (value > 0) - (value < 0),
        "sign($1)",
    ),
    Function(
        "round(value: number, digits: whole = 0) -> number",
        "Rounds to a number of decimals from 0 to 12, halves away from zero.",
        "round(2.345, 2)",
        Decimal("2.35"),
        numbers.round_to,
        f"xrm_limit(round($1, {_DIGITS}))",
    ),
    Function(
        "round_up(value: number, digits: whole = 0) -> number",
        "Rounds away from zero.",
        "round_up(2.341, 2)",
        Decimal("2.35"),
        lambda value, digits: numbers.round_to(value, digits, ROUND_UP),
        f"sign($1) * ceil(abs($1) * 10::numeric ^ {_DIGITS}) / 10::numeric ^ {_DIGITS}",
    ),
    Function(
        "round_down(value: number, digits: whole = 0) -> number",
        "Rounds toward zero.",
        "round_down(2.349, 2)",
        Decimal("2.34"),
        lambda value, digits: numbers.round_to(value, digits, ROUND_DOWN),
        f"trunc($1, {_DIGITS})",
    ),
    Function(
        "floor(value: number) -> whole",
        "Gives the nearest whole number below.",
        "floor(-2.5)",
        -3,
        _floor,
        "floor($1)",
    ),
    Function(
        "ceiling(value: number) -> whole",
        "Gives the nearest whole number above.",
        "ceiling(2.1)",
        3,
        _ceiling,
        "ceil($1)",
    ),
    Function(
        "whole(value: number) -> whole",
        "Leaves out the decimals.",
        "whole(-2.9)",
        -2,
        int,
        "trunc($1)",
    ),
    Function(
        "round_to_multiple(value: number, step: number) -> number",
        "Rounds to the nearest multiple of a step; empty when the step is zero.",
        "round_to_multiple(7.3, 0.5)",
        Decimal("7.5"),
        _round_to_multiple,
        "xrm_multiply(round(xrm_divide($1, $2)), $2)",
    ),
    Function(
        "mod(value: number, divisor: number) -> number",
        "Gives the rest of a division, with the sign of the value.",
        "mod(7, 3)",
        1,
        numbers.modulo,
        "CASE WHEN $2 <> 0 THEN mod($1, $2) END",
    ),
    Function(
        "quotient(value: number, divisor: number) -> whole",
        "Gives the whole part of a division; empty when the divisor is zero.",
        "quotient(7, 2)",
        3,
        _quotient,
        "CASE WHEN $2 <> 0 THEN xrm_limit(div($1, $2)) END",
    ),
    Function(
        "power(base: number, exponent: whole) -> number",
        "Multiplies a number with itself; the exponent is a whole number up to 100.",
        "power(1.1, 2)",
        Decimal("1.21"),
        numbers.power,
        "DECLARE result numeric := 1; BEGIN "
        "IF trunc($2) NOT BETWEEN 0 AND 100 THEN RETURN NULL; END IF; "
        "FOR step IN 1..trunc($2)::int LOOP result := xrm_multiply(result, $1); "
        "END LOOP; RETURN result; END",
        language="plpgsql",
    ),
    Function(
        "sqrt(value: number) -> number",
        "Gives the square root; empty for a negative number.",
        "sqrt(2)",
        Decimal("1.414213562373"),
        numbers.square_root,
        "CASE WHEN $1 >= 0 THEN round(sqrt(round($1, 60)), 12) END",
    ),
    Function(
        "min(first: number, second: number...) -> number",
        "Gives the smallest of the numbers that are not empty.",
        "min(3, 1, empty, 2)",
        1,
        _smaller,
        "least($1, $2)",
        takes_empty=True,
    ),
    Function(
        "max(first: number, second: number...) -> number",
        "Gives the largest of the numbers that are not empty.",
        "max(3, 1, empty, 2)",
        3,
        _larger,
        "greatest($1, $2)",
        takes_empty=True,
    ),
    Function(
        "clamp(value: number, low: number, high: number) -> number",
        "Keeps a number between two limits.",
        "clamp(12, 0, 10)",
        10,
        _clamp,
        "greatest($2, least($1, $3))",
    ),
    Function(
        "percent(part: number, whole: number) -> number",
        "Says how many percent of the whole the part is; empty for a whole of zero.",
        "percent(1, 8)",
        Decimal("12.5"),
        _percent,
        "xrm_divide(xrm_multiply($1, 100), $2)",
    ),
    Function(
        "percent_of(percent: number, whole: number) -> number",
        "Gives so many percent of a number.",
        "percent_of(19, 200)",
        38,
        _percent_of,
        "xrm_divide(xrm_multiply($1, $2), 100)",
    ),
    Function(
        "is_even(value: number) -> boolean",
        "Says whether the number is a multiple of two.",
        "is_even(4)",
        True,
        lambda value: numbers.modulo(value, 2) == 0,
        "mod($1, 2) = 0",
    ),
    Function(
        "is_whole(value: number) -> boolean",
        "Says whether the number has no decimals.",
        "is_whole(4.5)",
        False,
        lambda value: value == int(value),
        "$1 = trunc($1)",
    ),
)
