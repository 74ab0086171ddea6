"""Know the field type `rich_text`: HTML; the platform cleans it before it is stored."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Text

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Column, FieldType, Formats, Widget
from xrm.metadata.fields.operators import CONTAINS, NOT_CONTAINS, PRESENCE
from xrm.metadata.fields.texts import TEXT_MESSAGES, bad_character, shown
from xrm.rule_engine.types import TEXT, RuleType

LIMIT = 1_048_576


class RichTextType(FieldType):
    """A formatted text (HTML)."""

    name = "rich_text"
    summary = "A formatted text (HTML) of up to 1,048,576 characters."
    example = {"type": "rich_text", "label": "Body", "max_length": 20_000}
    operators = (CONTAINS, NOT_CONTAINS, *PRESENCE)
    options = {
        "max_length": {
            "description": "Characters allowed, mark-up included: 1 to 1048576.",
            "type": "integer",
            "minimum": 1,
            "maximum": LIMIT,
        }
    }
    messages = TEXT_MESSAGES
    can_key = False
    can_sort = False

    def rule_type(self, field: Field) -> RuleType:
        return TEXT

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, Text()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        limit = field.options.get("max_length", LIMIT)

        def parse(value: Any) -> str | None:
            if value is None or value == "":
                return None
            if not isinstance(value, str):
                raise self.say("not_text", field, value=shown(value))
            if len(value) > limit:
                raise self.say("too_long", field, length=len(value), max_length=limit)
            code = bad_character(value)
            if code:
                raise self.say("bad_character", field, number=code)
            return value

        return parse

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return value or ""

    def json_schema(self, field: Field) -> dict[str, Any]:
        limit = field.options.get("max_length", LIMIT)
        return {"type": ["string", "null"], "maxLength": limit}

    def widget(self, field: Field) -> Widget:
        return Widget("rich_text")
