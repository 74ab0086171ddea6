"""Know the contract of a field type: what one file must say about one type.

A type owns its columns, its parsing (one function for every door), its JSON, its display
and its widget. It knows nothing of entities, databases or pages.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import marshmallow
from sqlalchemy.types import TypeEngine

from xrm.metadata.entities import Field
from xrm.rule_engine.types import RuleType


class Ref(NamedTuple):
    """A lookup's value: the entity and key of the record it points to."""

    entity: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a field; the first one has the field's name."""

    name: str
    type: TypeEngine[Any]
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Operator:
    """What a filter may do with a field: `name` in queries, `label` for people.

    `arity` is the number of values: 0, 1, 2, or -1 for a list.
    """

    name: str
    label: str
    arity: int = 1


@dataclass(frozen=True, slots=True)
class Widget:
    """What shows and edits the field: `kind` names a template, `attributes` its HTML."""

    kind: str
    attributes: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Formats:
    """How one person reads values: locale, zone, and patterns (Babel's)."""

    locale: str = "en"
    time_zone: str = "UTC"
    date: str = "medium"
    currency: str = "EUR"


class ValueProblem(ValueError):
    """A value does not fit its field; the message is for the person who sent it."""

    def __init__(self, message: str, *, code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class FieldType(ABC):
    """One type of field."""

    name: ClassVar[str]
    """The word in YAML."""
    summary: ClassVar[str]
    """One sentence for the reference page."""
    example: ClassVar[Mapping[str, Any]]
    """A field declaration that is valid."""
    operators: ClassVar[tuple[Operator, ...]]
    options: ClassVar[Mapping[str, Any]]
    """JSON Schema (`properties`) of its extra keys, each with a description."""
    messages: ClassVar[Mapping[str, str]]
    """Every text a user can meet, by code."""

    @abstractmethod
    def rule_type(self, field: Field) -> RuleType:
        """Return what the rule language sees."""

    @abstractmethod
    def columns(self, field: Field) -> tuple[Column, ...]:
        """Return the columns; none for a type kept elsewhere."""

    @abstractmethod
    def parse(self, field: Field, value: Any) -> Any:
        """Return the stored Python value of anything a caller may send.

        Takes native values unchanged, JSON values and texts. Empty text is `None`.
        A lookup gives a `Ref`.

        Raises:
            ValueProblem: the value does not fit.
        """

    @abstractmethod
    def to_json(self, field: Field, value: Any) -> Any:
        """Return the stored value as orjson can write it (Web API representation)."""

    @abstractmethod
    def display(self, field: Field, value: Any, formats: Formats) -> str:
        """Return the value as a person reads it; empty text for none."""

    def to_rule(self, field: Field, value: Any) -> Any:
        """Return the stored value as the rule language takes it."""
        return value

    def to_columns(self, field: Field, value: Any) -> tuple[Any, ...]:
        """Return the values of `columns`, in their order."""
        return (value,)

    def from_columns(self, field: Field, values: tuple[Any, ...]) -> Any:
        """Return the stored value of the values of `columns`."""
        return values[0]

    @abstractmethod
    def api_field(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Return the marshmallow field that wraps `parse` at the API's door."""

    @abstractmethod
    def json_schema(self, field: Field) -> dict[str, Any]:
        """Return the JSON Schema of `to_json`'s values (OpenAPI)."""

    @abstractmethod
    def widget(self, field: Field) -> Widget:
        """Return the widget of forms and filters."""
