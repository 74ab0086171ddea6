"""Know the field type `float`: an approximate number."""

import math
from collections.abc import Callable
from typing import Any

from sqlalchemy import Double

from xrm.metadata.entities import Field
from xrm.metadata.fields import display
from xrm.metadata.fields.decimal import LIMIT
from xrm.metadata.fields.field_type import Column, FieldType, Formats, Widget
from xrm.metadata.fields.numbers import RANGE_MESSAGES, RANGE_OPTIONS, exact
from xrm.metadata.fields.operators import NUMBERS
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import FLOAT, RuleType


class FloatType(FieldType):
    """A number of 64 bits, for measurements; never for money."""

    name = "float"
    summary = "An approximate number, for measurements."
    example = {"type": "float", "label": "Latitude", "min": -90, "max": 90}
    operators = NUMBERS
    options = {
        "scale": {
            "description": "Digits shown after the point, 0 to 15 (5 when left out).",
            "type": "integer",
            "minimum": 0,
            "maximum": 15,
        },
        **RANGE_OPTIONS,
    }
    messages = RANGE_MESSAGES
    can_key = False

    def rule_type(self, field: Field) -> RuleType:
        return FLOAT

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, Double()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        low, high = _bounds(field)

        def parse(value: Any) -> float | None:
            if value is None or value == "":
                return None
            number = exact(value)
            if number is None:
                raise self.say("not_number", field, value=shown(value))
            made = float(number)
            if made < low:
                raise self.say("too_small", field, value=made, min=low)
            if made > high:
                raise self.say("too_great", field, value=made, max=high)
            return made + 0.0

        return parse

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        if value is None or not math.isfinite(value):
            return ""
        return display.float_text(value, field.options.get("scale", 5), formats)

    def json_schema(self, field: Field) -> dict[str, Any]:
        low, high = _bounds(field)
        return {"type": ["number", "null"], "minimum": low, "maximum": high}

    def widget(self, field: Field) -> Widget:
        low, high = _bounds(field)
        return Widget("number", {"min": f"{low:g}", "max": f"{high:g}", "step": "any"})


def _bounds(field: Field) -> tuple[float, float]:
    low, high = field.options.get("min"), field.options.get("max")
    limit = float(LIMIT)
    return (
        -limit if low is None else float(low),
        limit if high is None else float(high),
    )
