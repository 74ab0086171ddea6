"""Know filters in words: chips, and the form that adds one.

Operators and their words come from the field types. Here stands only how a value is
asked for and how a condition reads as a sentence.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Formats, Operator, ValueProblem
from xrm.platform.query.query import Compare, Condition
from xrm.rule_engine import core_names
from xrm.ui.list_state import Filter, ListState

CHOICES = frozenset({"choice", "state", "status", "multichoice"})
WORDS: Mapping[str, str] = {"eq": "is", "ne": "is not"}
"""Operators that read shorter in a chip than in the list of operators."""
COUNTED: Mapping[str, str] = {
    "last-x-days": "was in the last",
    "next-x-days": "is in the next",
    "olderthan-x-days": "is older than",
}
"""Operators that take a number of days, and how they read before it."""
PERSONAL = frozenset({"eq-userid", "ne-userid", "eq-useroruserteams"})
"""Operators about whoever asks; they fit lookups to users."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter as a sentence, with the addresses that change and remove it."""

    label: str
    words: str
    value: str
    edit: str
    remove: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a select."""

    value: str
    label: str
    selected: bool = False


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The form that adds a filter: first the field, then how and what."""

    action: str
    hidden: tuple[tuple[str, str], ...]
    fields: tuple[Choice, ...]
    is_open: bool = False
    field: str = ""
    label: str = ""
    operators: tuple[Choice, ...] = ()
    kind: str = ""
    """How the value is asked for: text, number, date, choice, boolean, record."""
    options: tuple[Choice, ...] = ()


def filterable(entity: Entity, readable: frozenset[str]) -> list[Field]:
    """Return the fields a person may filter by, in the order of their labels."""
    found = [
        field
        for field in entity.fields.values()
        if field.name in readable
        and field.searchable
        and field.name != entity.key
        and "base_of" not in field.options
        and operators_of(field)
    ]
    return sorted(found, key=lambda field: (field.system, field.label.casefold()))


def operators_of(field: Field) -> tuple[Operator, ...]:
    """Return the operators that a form can ask values for."""
    every = field_type(field.type).operators
    if field.is_lookup:
        return tuple(
            o
            for o in every
            if o.name in ("eq", "ne", "null", "not-null")
            or (o.name in PERSONAL and names_people(field))
        )
    return tuple(o for o in every if o.arity < 2)


def condition(entity: Entity, one: Filter) -> Condition | None:
    """Return what the query asks for, `None` for a filter that cannot be used."""
    field = entity.fields.get(one.field)
    if field is None:
        return None
    known = {operator.name: operator for operator in field_type(field.type).operators}
    operator = known.get(one.op)
    if operator is None:
        return None
    if operator.arity == 0:
        return Compare(one.field, one.op)
    if not _has_values(operator, one):
        return None
    if field.is_lookup and one.op in ("eq", "ne"):
        return _of_record(field, one)
    return Compare(one.field, one.op, one.values)


def _of_record(field: Field, one: Filter) -> Condition | None:
    """A record is meant by its id, or by what its title contains."""
    ids = [value.rpartition(":")[2] for value in one.values]
    if all(len(value) == 36 and value.count("-") == 4 for value in ids):
        return Compare(one.field, one.op, tuple(ids))
    op = "contains" if one.op == "eq" else "not-contains"
    return Compare(f"{one.field}@name", op, one.values[:1])


def _has_values(operator: Operator, one: Filter) -> bool:
    if operator.arity == -1:
        return bool(one.values)
    return len(one.values) == operator.arity


def chips(
    entity: Entity,
    state: ListState,
    formats: Formats,
    title_of: Callable[[str, str], str | None] = lambda field, value: None,
) -> tuple[Chip, ...]:
    """Return the filters of a list in words.

    `title_of` names the record that a filter on a lookup means.
    """
    made = []
    for one in state.filters:
        field = entity.fields.get(one.field)
        if field is None or condition(entity, one) is None:
            continue
        made.append(
            Chip(
                label=field.label,
                words=words(field, one.op),
                value=value_words(field, one, formats, title_of),
                edit=state.first().address(add=field.name),
                remove=state.without(one).address(),
            )
        )
    return tuple(made)


def names_people(field: Field) -> bool:
    """Say whether a lookup may point to users."""
    return any(target.entity == core_names.USER for target in field.targets)


def words(field: Field, op: str) -> str:
    """Return an operator inside a sentence."""
    if op in COUNTED:
        return COUNTED[op]
    if field.type in CHOICES or field.is_lookup or field.type == "boolean":
        short = WORDS.get(op)
        if short:
            return short
    found = {o.name: o.label for o in field_type(field.type).operators}
    return found.get(op, op)


def value_words(
    field: Field,
    one: Filter,
    formats: Formats,
    title_of: Callable[[str, str], str | None],
) -> str:
    """Return the values of a filter as a person reads them."""
    operators = {o.name: o for o in field_type(field.type).operators}
    if operators[one.op].arity == 0:
        return ""
    if one.op in COUNTED:
        return f"{one.values[0]} {'day' if one.values[0] == '1' else 'days'}"
    return " or ".join(shown(field, value, formats, title_of) for value in one.values)


def shown(
    field: Field,
    value: str,
    formats: Formats,
    title_of: Callable[[str, str], str | None],
) -> str:
    """Return one value of a filter as a person reads it."""
    if field.is_lookup:
        return title_of(field.name, value) or value
    kind = field_type(field.type)
    try:
        return kind.display(field, kind.parse(field, value), formats) or value
    except ValueProblem:
        return value


def form(entity: Entity, state: ListState, readable: frozenset[str]) -> FilterForm:
    """Return the form that adds a filter."""
    if not state.adding:
        return FilterForm(state.path, (), ())
    fields = filterable(entity, readable)
    chosen = next((field for field in fields if field.name == state.adding), None)
    choices = tuple(Choice(f.name, f.label, f is chosen) for f in fields)
    base = FilterForm(state.path, state.pairs(), choices, is_open=True)
    if chosen is None:
        return base
    return FilterForm(
        action=state.path,
        hidden=state.pairs(),
        fields=choices,
        is_open=True,
        field=chosen.name,
        label=chosen.label,
        operators=tuple(
            Choice(o.name, words(chosen, o.name)) for o in operators_of(chosen)
        ),
        kind=_kind(chosen),
        options=tuple(_options(chosen)),
    )


def _kind(field: Field) -> str:
    if field.type in CHOICES:
        return "choice"
    if field.is_lookup:
        return "record"
    if field.type in ("integer", "decimal", "float", "currency"):
        return "number"
    if field.type in ("date", "datetime"):
        return "date"
    return "boolean" if field.type == "boolean" else "text"


def _options(field: Field) -> Iterable[Choice]:
    if field.type in CHOICES and field.choices:
        return [Choice(str(o.value), o.label) for o in field.choices.options]
    if field.type == "boolean":
        kind = field_type(field.type)
        return [
            Choice(text, kind.display(field, value, Formats()))
            for text, value in (("true", True), ("false", False))
        ]
    return ()
