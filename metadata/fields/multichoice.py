"""Know the field type `multichoice`: several of the options of a list."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from xrm.metadata.entities import Field
from xrm.metadata.fields.choice import (
    ChoiceType,
    find_option,
    numbers_by_label,
    options_of,
)
from xrm.metadata.fields.field_type import Column, Formats, Operator, Widget
from xrm.metadata.fields.operators import (
    CONTAINS_VALUES,
    NOT_CONTAINS_VALUES,
    PRESENCE,
)
from xrm.metadata.fields.storage import NumberSet
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.types import MultiChoice, RuleType

MOST_CHOSEN = 150


class MultiChoiceType(ChoiceType):
    """Several listed values, each once, in the order of their numbers.

    A tuple of numbers in Python, the text `,1,9,` in the column, `"1,9"` in JSON.
    """

    name = "multichoice"
    summary = "Several of the options of a list."
    example = {
        "type": "multichoice",
        "label": "Interests",
        "choices": ["Rent", "Buy", "Build"],
    }
    operators: ClassVar[tuple[Operator, ...]] = (
        CONTAINS_VALUES,
        NOT_CONTAINS_VALUES,
        *PRESENCE,
    )
    options = {}
    messages = {
        **ChoiceType.messages,
        "not_a_list": "{label} must be a list of options, not {value}.",
        "too_many": "{label} has {count} options chosen; at most 150 are allowed.",
    }
    can_key = False
    can_sort = False

    def rule_type(self, field: Field) -> RuleType:
        return MultiChoice(options_of(field).name, numbers_by_label(field))

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, NumberSet()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        options = options_of(field)

        def parse(value: Any) -> tuple[int, ...] | None:
            if value is None or value == "":
                return None
            if isinstance(value, str):
                whole_text = options.find(value.strip())
                items: Iterable[Any] = (
                    [whole_text.value] if whole_text else value.strip(",").split(",")
                )
            elif isinstance(value, (list, tuple, set, frozenset)):
                items = value
            elif isinstance(value, int) and not isinstance(value, bool):
                items = [value]
            else:
                raise self.say("not_a_list", field, value=shown(value))
            chosen: set[int] = set()
            for item in items:
                found = find_option(options, item)
                if found is None:
                    raise self.not_an_option(
                        field, item.strip() if isinstance(item, str) else item
                    )
                chosen.add(found)
            if len(chosen) > MOST_CHOSEN:
                raise self.say("too_many", field, count=len(chosen))
            return tuple(sorted(chosen)) or None

        return parse

    def to_json(self, field: Field, value: Any) -> Any:
        return None if value is None else ",".join(map(str, value))

    def column_json(self, field: Field) -> Callable[..., Any]:
        return lambda value: ",".join(map(str, value))

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        options = options_of(field)
        return "; ".join(options.label_of(item) or str(item) for item in value or ())

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": ["string", "null"], "pattern": r"^-?\d+(,-?\d+)*$"}

    def widget(self, field: Field) -> Widget:
        return Widget("multichoice")
