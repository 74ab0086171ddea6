"""Know the field type `integer`: a whole number, also as duration, language or zone."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import BigInteger, Integer

from xrm.metadata.entities import Field
from xrm.metadata.fields import display
from xrm.metadata.fields.field_type import (
    Column,
    FieldType,
    Formats,
    OptionFault,
    Widget,
)
from xrm.metadata.fields.numbers import RANGE_MESSAGES, whole
from xrm.metadata.fields.operators import NUMBERS
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import INTEGER, RuleType

FORMATS = ("number", "duration", "language", "time_zone")


def bounds(field: Field) -> tuple[int, int]:
    """Return the smallest and the greatest value of an integer field."""
    half = 2**63 if field.options.get("size") == "big" else 2**31
    low, high = field.options.get("min"), field.options.get("max")
    return (
        max(-half, low) if isinstance(low, int) else -half,
        min(half - 1, high) if isinstance(high, int) else half - 1,
    )


class IntegerType(FieldType):
    """A whole number of 32 bits, of 64 with `size: big`."""

    name = "integer"
    summary = "A whole number between -2,147,483,648 and 2,147,483,647."
    example = {"type": "integer", "label": "Probability", "min": 0, "max": 100}
    operators = NUMBERS
    options = {
        "min": {"description": "The smallest value allowed.", "type": "integer"},
        "max": {"description": "The greatest value allowed.", "type": "integer"},
        "size": {
            "description": "big: 64 bits instead of 32.",
            "enum": ["normal", "big"],
        },
        "format": {
            "description": "How it is shown; a duration is in minutes.",
            "enum": list(FORMATS),
        },
    }
    messages = {
        **RANGE_MESSAGES,
        "not_number": "{label} must be a whole number, not {value}.",
    }

    def rule_type(self, field: Field) -> RuleType:
        return INTEGER

    def columns(self, field: Field) -> tuple[Column, ...]:
        is_big = field.options.get("size") == "big"
        return (Column(field.name, BigInteger() if is_big else Integer()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        low, high = bounds(field)

        def parse(value: Any) -> int | None:
            if value is None or value == "":
                return None
            number = value if type(value) is int else whole(value)
            if number is None:
                raise self.say("not_number", field, value=shown(value))
            if number < low:
                raise self.say("too_small", field, value=number, min=low)
            if number > high:
                raise self.say("too_great", field, value=number, max=high)
            return number

        return parse

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        if value is None:
            return ""
        format_ = field.options.get("format")
        if format_ == "duration":
            return _duration(value)
        if format_ in ("language", "time_zone"):
            return str(value)
        text = display.number_text(value, 0, formats)
        return f"{text} %" if field.unit == "percent" else text

    def json_schema(self, field: Field) -> dict[str, Any]:
        low, high = bounds(field)
        return {"type": ["integer", "null"], "minimum": low, "maximum": high}

    def widget(self, field: Field) -> Widget:
        low, high = bounds(field)
        if field.options.get("format") == "duration":
            return Widget("duration", {"min": str(max(0, low)), "step": "1"})
        return Widget("number", {"min": str(low), "max": str(high), "step": "1"})

    def check_options(self, field: Field) -> Iterator[OptionFault]:
        low, high = bounds(field)
        if low > high:
            yield OptionFault(
                "min",
                f"Field {field.name} has min {low} above its max {high}.",
                "Swap them, or leave one out.",
            )


def _duration(minutes: int) -> str:
    """Return minutes as days, hours and minutes."""
    sign, left = ("-", -minutes) if minutes < 0 else ("", minutes)
    days, left = divmod(left, 1440)
    hours, left = divmod(left, 60)
    parts = [f"{n} {u}" for n, u in ((days, "d"), (hours, "h"), (left, "min")) if n]
    return sign + " ".join(parts) if parts else "0 min"
