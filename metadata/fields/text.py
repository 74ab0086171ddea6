"""Know the field type `text`: one line or several, with a format."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import String, Text

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import (
    Column,
    FieldType,
    Formats,
    OptionFault,
    Widget,
)
from xrm.metadata.fields.operators import TEXTS
from xrm.metadata.fields.texts import TEXT_MESSAGES, bad_character, shown
from xrm.rule_engine.types import TEXT, RuleType

DEFAULT_LENGTH = 100
LINE_LIMIT = 4_000
AREA_LIMIT = 1_048_576
FORMATS = ("text", "email", "phone", "url", "text_area", "ticker")

_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?!\d)")
_WIDGETS = {"email": "email", "phone": "tel", "url": "url", "text_area": "textarea"}


def max_length(field: Field) -> int:
    """Return how many characters a text field takes."""
    given = field.options.get("max_length")
    if isinstance(given, int):
        return given
    return 2_000 if field.options.get("format") == "text_area" else DEFAULT_LENGTH


class TextType(FieldType):
    """A text, kept as it was sent; an empty one is no value."""

    name = "text"
    summary = "A text of up to 4,000 characters, 1,048,576 as text area."
    example = {"type": "text", "label": "Topic", "max_length": 300}
    operators = TEXTS
    options = {
        "max_length": {
            "description": "Characters allowed: 1 to 4000 (text area: to 1048576).",
            "type": "integer",
            "minimum": 1,
            "maximum": AREA_LIMIT,
        },
        "format": {
            "description": "What the text is: decides its check, link and keyboard.",
            "enum": list(FORMATS),
        },
    }
    messages = {
        **TEXT_MESSAGES,
        "bad_email": "{label} must be an e-mail address such as name@example.com, "
        "not {value}.",
        "bad_url": "{label} must be a web address such as https://example.com, "
        "not {value}.",
    }

    def rule_type(self, field: Field) -> RuleType:
        return TEXT

    def columns(self, field: Field) -> tuple[Column, ...]:
        length = max_length(field)
        kind = String(length) if length <= LINE_LIMIT else Text()
        return (Column(field.name, kind),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        limit = max_length(field)
        format_ = field.options.get("format", "text")

        def parse(value: Any) -> str | None:
            if value is None or value == "":
                return None
            if not isinstance(value, str):
                if not _is_number(value):
                    raise self.say("not_text", field, value=shown(value))
                value = str(value)
            if len(value) > limit:
                raise self.say("too_long", field, length=len(value), max_length=limit)
            code = bad_character(value)
            if code:
                raise self.say("bad_character", field, number=code)
            if format_ == "email" and not _EMAIL.fullmatch(value.strip()):
                raise self.say("bad_email", field, value=shown(value))
            if format_ == "url" and not _is_web_address(value):
                raise self.say("bad_url", field, value=shown(value))
            return str(value)

        return parse

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return value or ""

    def json_schema(self, field: Field) -> dict[str, Any]:
        schema: dict[str, Any] = {
            "type": ["string", "null"],
            "maxLength": max_length(field),
        }
        format_ = {"email": "email", "url": "uri-reference"}.get(
            field.options.get("format", "")
        )
        return {**schema, "format": format_} if format_ else schema

    def widget(self, field: Field) -> Widget:
        kind = _WIDGETS.get(field.options.get("format", ""), "text")
        return Widget(kind, {"maxlength": str(max_length(field))})

    def check_options(self, field: Field) -> Iterator[OptionFault]:
        length = field.options.get("max_length")
        is_area = field.options.get("format") == "text_area"
        if isinstance(length, int) and length > LINE_LIMIT and not is_area:
            yield OptionFault(
                "max_length",
                f"Field {field.name} has max_length {length}; a text of format "
                f"{field.options.get('format', 'text')} takes at most 4000.",
                "Set format: text_area, or max_length to 4000 or less.",
            )


def _is_number(value: Any) -> bool:
    """Say whether a value is a number that can be taken as its text."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_web_address(value: str) -> bool:
    """Say whether a link may be made of it: no spaces, scheme http, https, ftp."""
    text = value.strip()
    if any(c.isspace() for c in text):
        return False
    scheme = _SCHEME.match(text)
    return scheme is None or scheme.group(1).lower() in ("http", "https", "ftp")
