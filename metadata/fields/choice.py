"""Know the field type `choice`: one of the options of a list."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sqlalchemy import Integer

from xrm.metadata.choices import ChoiceList, choice_list
from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import (
    Column,
    FieldType,
    Formats,
    Operator,
    Widget,
)
from xrm.metadata.fields.numbers import whole
from xrm.metadata.fields.operators import EQUALITY
from xrm.metadata.fields.texts import shown
from xrm.rule_engine.problems import did_you_mean
from xrm.rule_engine.types import Choice, RuleType

NO_OPTIONS = choice_list("none", ())


def options_of(field: Field) -> ChoiceList:
    """Return the field's options; none when its list does not exist."""
    return field.choices or NO_OPTIONS


def numbers_by_label(field: Field) -> dict[str, int]:
    """Return the stored number of every label, as the rule language takes them."""
    return {option.label: option.value for option in options_of(field).options}


def find_option(options: ChoiceList, value: Any) -> int | None:
    """Return the stored number of a number, its text, or a label."""
    number = value if type(value) is int else whole(value)
    if number is not None and number in options.by_value:
        return number
    if isinstance(value, str):
        option = options.find(value.strip()) or next(
            (o for o in options.options if o.external_value == value), None
        )
        return option.value if option else None
    return None


def is_written_as_name(field: Field) -> bool:
    """Say whether the API writes the external values of the options."""
    return field.options.get("written_as") == "external_value"


class ChoiceType(FieldType):
    """One listed value: its number is stored, its label is shown and used in rules."""

    name = "choice"
    summary = "One of the options of a list."
    example = {"type": "choice", "label": "Rating", "choices": ["Hot", "Warm", "Cold"]}
    operators: ClassVar[tuple[Operator, ...]] = EQUALITY
    options: ClassVar[Mapping[str, Any]] = {
        "written_as": {
            "description": "external_value: the API writes an option's name in "
            "another system instead of its number.",
            "enum": ["number", "external_value"],
        }
    }
    messages = {
        "not_an_option": "{label} has no option {value}.{hint}",
    }
    takes_choices = True

    def rule_type(self, field: Field) -> RuleType:
        return Choice(options_of(field).name, numbers_by_label(field))

    def columns(self, field: Field) -> tuple[Column, ...]:
        return (Column(field.name, Integer()),)

    def parser(self, field: Field) -> Callable[[Any], Any]:
        options = options_of(field)
        known = options.by_value

        def parse(value: Any) -> int | None:
            if value is None or value == "":
                return None
            if type(value) is int and value in known:
                return value
            found = find_option(options, value)
            if found is None:
                raise self.not_an_option(field, value)
            return found

        return parse

    def not_an_option(self, field: Field, value: Any) -> Exception:
        """Return the problem of a value that is not in the list."""
        labels = [option.label for option in options_of(field).options]
        hint = did_you_mean(value, labels) if isinstance(value, str) else None
        if hint is None and labels:
            hint = f"Options: {', '.join(labels[:12])}{', …' if labels[12:] else ''}."
        return self.say(
            "not_an_option", field, value=shown(value), hint=f" {hint}" if hint else ""
        )

    def display(self, field: Field, value: Any, formats: Formats) -> str:
        if value is None:
            return ""
        return options_of(field).label_of(value) or str(value)

    def to_json(self, field: Field, value: Any) -> Any:
        if value is None or not is_written_as_name(field):
            return value
        option = options_of(field).by_value.get(value)
        return value if option is None else option.external_value or value

    def column_json(self, field: Field) -> Callable[..., Any] | None:
        return super().column_json(field) if is_written_as_name(field) else None

    def json_schema(self, field: Field) -> dict[str, Any]:
        values = [
            self.to_json(field, option.value) for option in options_of(field).options
        ]
        return {"enum": [*values, None]}

    def widget(self, field: Field) -> Widget:
        return Widget("choice")
