"""Know the contract of a field type: what one file must say about one type.

A type owns its columns, its parsing (one function for every door), its JSON, its
display and its widget. It knows nothing of entities, databases or pages.

JSON values are what `orjson.dumps(…, option=orjson.OPT_UTC_Z)` writes: ids, dates and
aware date-times stay as they are, because orjson writes them faster than Python can.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
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
    """What shows and edits the field: `kind` names a template, then its HTML."""

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


@dataclass(frozen=True, slots=True)
class OptionFault:
    """An option of a field declaration that does not fit; `key` says which."""

    key: str
    message: str
    hint: str | None = None


class ParsedField(marshmallow.fields.Field[Any]):
    """The marshmallow field of every type: `parse` decides, marshmallow reports."""

    def __init__(self, type_: "FieldType", field: Field, **more: Any) -> None:
        super().__init__(allow_none=True, **more)
        self.xrm_parse = type_.parser(field)
        self.xrm_type = type_
        self.xrm_field = field

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> Any:
        try:
            return self.xrm_parse(value)
        except ValueProblem as fault:
            raise marshmallow.ValidationError(fault.message) from fault

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return self.xrm_type.to_json(self.xrm_field, value)


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
    """Every text a user can meet, by code; `{label}` and others are filled in."""
    takes_choices: ClassVar[bool] = False
    """Whether a declaration may say `choices`."""
    takes_targets: ClassVar[bool] = False
    """Whether a declaration may say `to` and the keys of its relationships."""
    declarable: ClassVar[bool] = True
    """Whether a solution may declare it (system fields have types of their own)."""
    can_default: ClassVar[bool] = True
    can_key: ClassVar[bool] = True
    """Whether it may be part of an alternate key."""
    can_sort: ClassVar[bool] = True

    @abstractmethod
    def rule_type(self, field: Field) -> RuleType:
        """Return what the rule language sees."""

    @abstractmethod
    def columns(self, field: Field) -> tuple[Column, ...]:
        """Return the columns; none for a type kept elsewhere."""

    def parse(self, field: Field, value: Any) -> Any:
        """Return the stored Python value of anything a caller may send.

        Takes native values unchanged, JSON values and texts. Empty text is `None`.
        A lookup gives a `Ref`. A type says `parse` or, to be fast, `parser`.

        Raises:
            ValueProblem: the value does not fit.
        """
        return self.parser(field)(value)

    def to_json(self, field: Field, value: Any) -> Any:
        """Return the stored value as orjson can write it (Web API representation)."""
        return value

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

    def parser(self, field: Field) -> Callable[[Any], Any]:
        """Return `parse` for one field; a type that is used often makes a fast one."""
        return partial(self.parse, field)

    def column_json(self, field: Field) -> Callable[..., Any] | None:
        """Return the function from the values of `columns` to JSON, for generated code.

        It is called only when the first value is not `None`. `None` instead of a
        function means that the first value is written as it stands.
        """
        if type(self).to_json is FieldType.to_json:
            return None
        return partial(self.to_json, field)

    def check_options(self, field: Field) -> Iterator[OptionFault]:
        """Give the options of a declaration that contradict each other."""
        yield from ()

    def say(self, code: str, field: Field, **words: Any) -> "ValueProblem":
        """Return the problem of this code, its message filled in."""
        text = self.messages[code].format(label=field.label, **words)
        return ValueProblem(text, code=code)

    def api_field(self, field: Field) -> marshmallow.fields.Field[Any]:
        """Return the marshmallow field that wraps `parse` at the API's door."""
        return ParsedField(self, field)

    @abstractmethod
    def json_schema(self, field: Field) -> dict[str, Any]:
        """Return the JSON Schema of `to_json`'s values (OpenAPI)."""

    @abstractmethod
    def widget(self, field: Field) -> Widget:
        """Return the widget of forms and filters."""
