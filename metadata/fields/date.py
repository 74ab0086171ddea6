"""Know the field type `date`: a day without a time."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date

from xrm.metadata.entities import Field
from xrm.metadata.fields import display
from xrm.metadata.fields.field_type import Column, FieldType, Formats, Widget
from xrm.metadata.fields.operators import EQUALITY, MOMENTS, ORDER
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import DATE, RuleType

_DAY = re.compile(r"(\d{4}-\d\d-\d\d)([T ].*)?", re.ASCII)


def read_day(value: Any) -> date | None:
    """Return the day of an ISO text, a date or a date-time, else `None`."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        text = value.strip()
        found = _DAY.fullmatch(text)
        if found:
            try:
                if found.group(2):
                    return datetime.fromisoformat(text).date()
                return date.fromisoformat(found.group(1))
            except ValueError:
                return None
    return None


class DateType(FieldType):
    """A day of the calendar."""

    name = "date"
    summary = "A day without a time."
    example = {"type": "date", "label": "Birthday"}
    operators = (*MOMENTS, *EQUALITY[:4], *ORDER[:4])
    options = {}
    messages = {"not_date": "{label} must be a date such as 2026-03-31, not {value}."}

    def rule_type(self, field: Field) -> RuleType:
        return DATE

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, Date()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        def parse(value: Any) -> date | None:
            if value is None or value == "":
                return None
            day = read_day(value)
            if day is None:
                raise self.say("not_date", field, value=shown(value))
            return day

        return parse

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "" if value is None else display.date_text(value, formats)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "date"}

    def widget(self, field: Field) -> Widget:
        return Widget("date")
