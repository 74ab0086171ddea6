"""Know the field type `lookup`: a record of one entity, or of one of several."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import (
    Column,
    FieldType,
    Formats,
    Ref,
    ValueProblem,
    Widget,
)
from xrm.metadata.fields.operators import (
    EQUALITY,
    ME,
    ME_OR_MY_TEAMS,
    MY_UNITS,
    NOT_ME,
)
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.problems import did_you_mean
from xrm.rule_engine.types import Record, RuleType


def read_id(value: Any) -> UUID | None:
    """Return the id of a UUID or its text, `None` for anything else."""
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and len(value) <= 64:
        try:
            return UUID(value.strip())
        except ValueError:
            return None
    return None


class LookupType(FieldType):
    """A pointer to a record.

    The value is a `Ref`. Taken are a `Ref`, a mapping `{entity, id}`, the text
    `entity:id`, and an id alone where there is one target.
    """

    name = "lookup"
    summary = "A pointer to a record of one entity or of one of several."
    example = {"type": "lookup", "label": "Customer", "to": ["account", "contact"]}
    operators = (*EQUALITY, ME, NOT_ME, ME_OR_MY_TEAMS, MY_UNITS)
    options = {}
    messages = {
        "not_a_record": "{label} must be a record's id, not {value}.",
        "no_entity": "{label} may point to {targets}: say which, as "
        "{{entity, id}} or entity:id.",
        "wrong_entity": "{label} cannot point to {value}; it takes {targets}.{hint}",
    }
    takes_targets = True
    can_default = False

    def rule_type(self, field: Field) -> RuleType:
        return Record(tuple(target.entity for target in field.targets))

    def columns(self, field: Field) -> tuple[Column, ...]:
        id_column = Column(field.name, Uuid(as_uuid=True))
        if self.has_type_column(field):
            return (id_column, Column(f"{field.name}_type", String(63)))
        return (id_column,)

    def has_type_column(self, field: Field) -> bool:
        """Say whether a second column `<name>_type` keeps the target's entity."""
        return field.is_polymorphic

    def parser(self, field: Field) -> Callable[[Any], Any]:
        targets = [target.entity for target in field.targets]
        only = targets[0] if len(targets) == 1 else None

        def parse(value: Any) -> Ref | None:
            if value is None or value == "":
                return None
            if type(value) is Ref:
                if value.entity in targets:
                    return value
                raise self._wrong_entity(field, value.entity)
            entity, id_ = only, value
            if isinstance(value, Mapping):
                entity, id_ = value.get("entity", only), value.get("id", value)
                if id_ is None or id_ == "":
                    return None
            elif isinstance(value, str) and ":" in value and "urn:" not in value:
                entity, _, id_ = value.partition(":")
            key = read_id(id_)
            if key is None:
                raise self.say("not_a_record", field, value=shown(id_))
            if entity is None:
                raise self.say("no_entity", field, targets=" or ".join(targets))
            if entity not in targets:
                raise self._wrong_entity(field, entity)
            return Ref(entity, key)

        return parse

    def _wrong_entity(self, field: Field, entity: Any) -> ValueProblem:
        targets = [target.entity for target in field.targets]
        hint = did_you_mean(entity, targets) if isinstance(entity, str) else None
        return self.say(
            "wrong_entity",
            field,
            value=shown(entity),
            targets=" or ".join(targets),
            hint=f" {hint}" if hint else "",
        )

    def to_json(self, field: Field, value: Any) -> Any:
        return None if value is None else value.id

    def column_json(self, field: Field) -> None:
        return None

    def to_rule(self, field: Field, value: Any) -> Any:
        return None if value is None else value.id

    def to_columns(self, field: Field, value: Any) -> tuple[Any, ...]:
        if self.has_type_column(field):
            return (None, None) if value is None else (value.id, value.entity)
        return (None,) if value is None else (value.id,)

    def from_columns(self, field: Field, values: tuple[Any, ...]) -> Any:
        if values[0] is None:
            return None
        if len(values) > 1:
            return Ref(values[1], values[0])
        return Ref(field.targets[0].entity, values[0])

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        return "" if value is None else str(value.id)

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "uuid"}

    def widget(self, field: Field) -> Widget:
        targets = " ".join(target.entity for target in field.targets)
        return Widget("lookup", {"data-targets": targets})
