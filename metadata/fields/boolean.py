"""Know the field type `boolean`: yes or no."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Boolean

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Column, FieldType, Formats, Widget
from xrm.metadata.fields.operators import EQUAL, NOT_EQUAL, PRESENCE
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import BOOLEAN, RuleType

_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class BooleanType(FieldType):
    """Yes or no, with labels of its own when declared."""

    name = "boolean"
    summary = "Yes or no."
    example = {"type": "boolean", "label": "Do not call", "default": False}
    operators = (EQUAL, NOT_EQUAL, *PRESENCE)
    options = {
        "true_label": {"description": "What yes is called.", "type": "string"},
        "false_label": {"description": "What no is called.", "type": "string"},
    }
    messages = {"not_boolean": "{label} must be true or false, not {value}."}

    def rule_type(self, field: Field) -> RuleType:
        return BOOLEAN

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, Boolean()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        yes, no = _labels(field)
        words = {**_WORDS, no.casefold(): False, yes.casefold(): True}

        def parse(value: Any) -> bool | None:
            if value is None or value is True or value is False:
                return value
            if isinstance(value, str):
                if not value:
                    return None
                found = words.get(value.strip().casefold())
                if found is not None:
                    return found
            elif isinstance(value, int) and value in (0, 1):
                return value == 1
            raise self.say("not_boolean", field, value=shown(value))

        return parse

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        if value is None:
            return ""
        yes, no = _labels(field)
        return yes if value else no

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": ["boolean", "null"]}

    def widget(self, field: Field) -> Widget:
        return Widget("boolean")


def _labels(field: Field) -> tuple[str, str]:
    return (
        str(field.options.get("true_label", "Yes")),
        str(field.options.get("false_label", "No")),
    )
