"""Know the page that changes many records: which fields, to which values.

Pure. Fields are chosen one by one; each has the widget its form has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Formats, ValueProblem
from xrm.metadata.forms import Cell
from xrm.ui import form_values
from xrm.ui.filters import Choice
from xrm.ui.form_fields import FieldModel, field_model, lock_of, spec
from xrm.ui.form_values import Typed
from xrm.ui.reading import Reader, lower_first

MOST_FIELDS = 20
NOT_IN_BULK = frozenset({"image", "file", "rich_text"})


@dataclass(frozen=True, slots=True)
class BulkEdit:
    """The page."""

    title: str
    text: str
    action: str
    hidden: tuple[tuple[str, str], ...]
    back: str
    fields: tuple[FieldModel, ...]
    offered: tuple[Choice, ...]
    button: str
    fault: str = ""


def able(entity: Entity, readable: frozenset[str]) -> list[Field]:
    """Return the fields that can be changed in many records at once."""
    found = [
        field
        for field in entity.fields.values()
        if field.name in readable
        and field.name != "ownerid"
        and field.type not in NOT_IN_BULK
        and not lock_of(field, read_only=False)[0]
    ]
    return sorted(found, key=lambda field: field.label.casefold())


def chosen(
    entity: Entity, names: Sequence[str], readable: frozenset[str]
) -> list[Field]:
    """Return the fields that were chosen, each once."""
    offered = {field.name: field for field in able(entity, readable)}
    known = dict.fromkeys(name for name in names if name in offered)
    return [offered[name] for name in known][:MOST_FIELDS]


def build(
    entity: Entity,
    count: int,
    fields: Sequence[Field],
    readable: frozenset[str],
    reader: Reader,
    *,
    typed: Typed,
    posted: Mapping[str, Sequence[str]],
    choices: Mapping[str, tuple[Choice, ...]],
    action: str,
    hidden: tuple[tuple[str, str], ...],
    back: str,
    address: str,
    most: int,
    fault: str = "",
) -> BulkEdit:
    """Return the page."""
    things = lower_first(entity.label if count == 1 else entity.plural_label)
    models = []
    for field in fields:
        made = spec(entity, Cell(field.name))
        if made is None:
            continue
        found = typed.faults.get(field.name)
        models.append(
            field_model(
                made,
                None,
                reader,
                typed=posted,
                faults=(found,) if found else (),
                address=address,
                options=choices.get(field.name),
            )
        )
    names = {field.name for field in fields}
    later = count > most
    return BulkEdit(
        title=f"Edit {count:,} {things}",
        text="Each record is changed as if you had changed it on its form: rules and "
        "rights hold for each of them, and one that is refused says why."
        + (" This many are changed in the background." if later else ""),
        action=action,
        hidden=hidden,
        back=back,
        fields=tuple(models),
        offered=tuple(
            Choice(field.name, field.label)
            for field in able(entity, readable)
            if field.name not in names
        ),
        button=f"Change {count:,} {things}",
        fault=fault,
    )


def read(
    fields: Sequence[Field], posted: Mapping[str, Sequence[str]], formats: Formats
) -> Typed:
    """Return the values typed; a field left empty is emptied."""
    typed = form_values.read(fields, posted, None, formats)
    for field in fields:
        name = field.name
        if name in typed.values or name in typed.faults or name in typed.names:
            continue
        text = form_values.posted_text(field, posted)
        try:
            given = form_values.to_value(field, text, formats)
            typed.values[name] = field_type(field.type).parse(field, given)
        except ValueProblem as problem:
            typed.faults[name] = problem.message
        if typed.values.get(name) is None and field.is_required:
            typed.values.pop(name, None)
            typed.faults[name] = f"{field.label} cannot be emptied."
    return typed
