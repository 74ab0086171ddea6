"""Know the field type `decimal`: an exact number of up to ten decimals."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from xrm.metadata.entities import Field
from xrm.metadata.fields import display
from xrm.metadata.fields.field_type import (
    Column,
    FieldType,
    Formats,
    OptionFault,
    Widget,
)
from xrm.metadata.fields.numbers import (
    RANGE_MESSAGES,
    RANGE_OPTIONS,
    exact,
    fits_scale,
    json_number,
    to_scale,
)
from xrm.metadata.fields.operators import NUMBERS
from xrm.metadata.fields.storage import ScaledDecimal
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import DECIMAL, RuleType

LIMIT = Decimal(100_000_000_000)
DEFAULT_SCALE = 2


def scale_of(field: Field) -> int:
    """Return the digits after the point."""
    given = field.options.get("scale", DEFAULT_SCALE)
    return given if isinstance(given, int) else DEFAULT_SCALE


def bounds(field: Field, most: Decimal = LIMIT) -> tuple[Decimal, Decimal]:
    """Return the smallest and greatest value; above scale 7 what 64 bits hold."""
    room = Decimal(2**63 - 1).scaleb(-scale_of(field))
    limit = min(most, room)
    low, high = exact(field.options.get("min")), exact(field.options.get("max"))
    return (
        -limit if low is None else max(-limit, low),
        limit if high is None else min(limit, high),
    )


class DecimalType(FieldType):
    """An exact decimal number."""

    name = "decimal"
    summary = "An exact number with 0 to 10 digits after the point."
    limit = LIMIT
    example = {"type": "decimal", "label": "Quantity", "scale": 5, "min": 0}
    operators = NUMBERS
    options = {
        "scale": {
            "description": "Digits after the point, 0 to 10 (2 when left out).",
            "type": "integer",
            "minimum": 0,
            "maximum": 10,
        },
        **RANGE_OPTIONS,
    }
    messages = {
        **RANGE_MESSAGES,
        "too_many_digits": "{label} is {value}; it takes {scale} digits after the "
        "point. Round it first.",
    }

    def rule_type(self, field: Field) -> RuleType:
        return DECIMAL

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, ScaledDecimal(scale_of(field))),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        low, high = bounds(field, self.limit)
        scale = scale_of(field)

        def parse(value: Any) -> Decimal | None:
            if value is None or value == "":
                return None
            number = exact(value)
            if number is None:
                raise self.say("not_number", field, value=shown(value))
            if number < low:
                raise self.say("too_small", field, value=number, min=low)
            if number > high:
                raise self.say("too_great", field, value=number, max=high)
            if not fits_scale(number, scale):
                raise self.say("too_many_digits", field, value=number, scale=scale)
            return to_scale(number, scale)

        return parse

    def to_json(self, field: Field, value: Any) -> Any:
        return None if value is None else json_number(value)

    def column_json(self, field: Field) -> Callable[..., Any]:
        safe = float(10 ** (15 - scale_of(field)))
        return lambda value: json_number(value, safe)

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        if value is None:
            return ""
        text = display.number_text(value, scale_of(field), formats)
        return f"{text} %" if field.unit == "percent" else text

    def json_schema(self, field: Field) -> dict[str, Any]:
        low, high = bounds(field, self.limit)
        return {
            "type": ["number", "string", "null"],
            "minimum": float(low),
            "maximum": float(high),
        }

    def widget(self, field: Field) -> Widget:
        low, high = bounds(field, self.limit)
        step = f"{Decimal(1).scaleb(-scale_of(field)):f}"
        return Widget("number", {"min": f"{low:f}", "max": f"{high:f}", "step": step})

    def check_options(self, field: Field) -> Iterator[OptionFault]:
        low, high = bounds(field, self.limit)
        if low > high:
            yield OptionFault(
                "min",
                f"Field {field.name} has min {low:f} above its max {high:f}.",
                "Swap them, or leave one out.",
            )
