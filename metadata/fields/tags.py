"""Know the field type `tags`: free words."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Text

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Column, FieldType, Formats, Widget
from xrm.metadata.fields.operators import CONTAINS, NOT_CONTAINS, PRESENCE
from xrm.metadata.fields.texts import TEXT_MESSAGES, bad_character, shown
from xrm.rule_engine.types import TEXT, RuleType

MOST_TAGS = 100
MOST_CHARACTERS = 100


class TagsType(FieldType):
    """Words that people put on a record; each once, whatever its case.

    Kept as one text, `,vip,gold,`, which is also what a rule sees: `tags contains
    ",vip,"` asks for the whole word. JSON has a list.
    """

    name = "tags"
    summary = "Free words, each once."
    example = {"type": "tags", "label": "Tags"}
    operators = (CONTAINS, NOT_CONTAINS, *PRESENCE)
    options = {}
    messages = {
        **TEXT_MESSAGES,
        "not_tags": "{label} must be a list of words, not {value}.",
        "too_many": "{label} has {count} tags; at most 100 are allowed.",
        "too_long": "{label} has a tag of {length} characters; "
        "at most {max_length} are allowed.",
    }
    can_default = False
    can_key = False
    can_sort = False

    def rule_type(self, field: Field) -> RuleType:
        return TEXT

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, Text()),)

    def parse(self, field: Field, value: Any) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            words = value.split(",")
        elif isinstance(value, (list, tuple)) and all(
            isinstance(item, str) for item in value
        ):
            words = [word for item in value for word in item.split(",")]
        else:
            raise self.say("not_tags", field, value=shown(value))
        kept: dict[str, str] = {}
        for word in words:
            tag = " ".join(word.split())
            if not tag:
                continue
            if len(tag) > MOST_CHARACTERS:
                raise self.say(
                    "too_long", field, length=len(tag), max_length=MOST_CHARACTERS
                )
            code = bad_character(tag)
            if code:
                raise self.say("bad_character", field, number=code)
            kept.setdefault(tag.casefold(), tag)
        if len(kept) > MOST_TAGS:
            raise self.say("too_many", field, count=len(kept))
        return f",{','.join(kept.values())}," if kept else None

    def to_json(self, field: Field, value: Any) -> Any:
        return None if value is None else _words(value)

    def column_json(self, field: Field) -> Callable[..., Any]:
        return _words

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "" if value is None else ", ".join(_words(value))

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": ["array", "null"], "items": {"type": "string"}}

    def widget(self, field: Field) -> Widget:
        return Widget("tags")


def _words(value: str) -> list[str]:
    return value.strip(",").split(",")
