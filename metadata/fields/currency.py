"""Know the field type `currency`: an exact amount of money."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from xrm.metadata.entities import Field
from xrm.metadata.fields import display
from xrm.metadata.fields.decimal import DecimalType, scale_of
from xrm.metadata.fields.field_type import Column, Formats, Widget
from xrm.metadata.fields.numbers import RANGE_OPTIONS, json_number
from xrm.metadata.fields.storage import ScaledDecimal
from xrm.rule_engine.types import CURRENCY, RuleType

STORED_SCALE = 4
"""Amounts are kept with four digits, so that a scale can change without a rewrite."""


class CurrencyType(DecimalType):
    """An amount in the currency of its record, exact to the last digit."""

    name = "currency"
    summary = "An exact amount of money, 0 to 4 digits after the point."
    example = {"type": "currency", "label": "Est. revenue", "min": 0}
    options = {
        "scale": {
            "description": "Digits after the point, 0 to 4 (2 when left out).",
            "type": "integer",
            "minimum": 0,
            "maximum": 4,
        },
        "base_of": {
            "description": "Set by the platform: the amount this one is the base of.",
            "type": "string",
        },
        **RANGE_OPTIONS,
    }
    limit = Decimal("922337203685477.5807")

    def rule_type(self, field: Field) -> RuleType:
        return CURRENCY

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, ScaledDecimal(STORED_SCALE)),)

    def column_json(self, field: Field) -> Callable[..., Any]:
        return lambda value: json_number(value, 1e11)

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return (
            "" if value is None else display.money_text(value, scale_of(field), formats)
        )

    def widget(self, field: Field) -> Widget:
        return Widget("currency", super().widget(field).attributes)
