"""Know the field type `uniqueid`: an id of 128 bits."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Uuid

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import (
    Column,
    FieldType,
    Formats,
    Operator,
    Widget,
)
from xrm.metadata.fields.lookup import read_id
from xrm.metadata.fields.operators import EQUALITY
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import GUID, RuleType


class UniqueIdType(FieldType):
    """An id, such as the key of every record."""

    name = "uniqueid"
    summary = "A unique id (GUID)."
    example = {"type": "uniqueid", "label": "Source id"}
    operators: ClassVar[tuple[Operator, ...]] = EQUALITY
    options = {}
    messages = {
        "not_an_id": "{label} must be an id such as "
        "6f1c9f3e-8a5b-4f0e-9d0c-0d6a3c1b2a4f, not {value}."
    }

    def rule_type(self, field: Field) -> RuleType:
        return GUID

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, Uuid(as_uuid=True)),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        def parse(value: Any) -> UUID | None:
            if value is None or value == "":
                return None
            found = read_id(value)
            if found is None:
                raise self.say("not_an_id", field, value=shown(value))
            return found

        return parse

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "" if value is None else str(value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "uuid"}

    def widget(self, field: Field) -> Widget:
        return Widget("text", {"maxlength": "36"})
