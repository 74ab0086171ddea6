"""Know the conflict page: what two people wrote, and which of it is kept.

Pure. What nobody but one person changed is put together without a question; where both
changed a field, the person chooses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Ref, ValueProblem
from xrm.platform.records.history import HistoryEntry
from xrm.ui.columns import Row
from xrm.ui.form_fields import FieldSpec, stored
from xrm.ui.form_plan import FormPlan
from xrm.ui.reading import Reader, ago

VERSION = "versionnumber"
UNTOLD = frozenset({VERSION, "modifiedon", "modifiedby"})


@dataclass(frozen=True, slots=True)
class Question:
    """One field that both changed."""

    name: str
    label: str
    was: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """What the conflict page shows."""

    title: str
    record: str
    who: str
    text: str
    address: str
    version: str
    questions: tuple[Question, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...]


def as_it_was(
    entity: Entity, row: Row, entries: Sequence[HistoryEntry], version: int
) -> dict[str, Any] | None:
    """Return the row as it was at a version, by what history says changed since.

    `None` when history does not tell: then everything that differs must be asked.
    """
    was = dict(row)
    later = [e for e in entries if _version(e.after) > version]
    if not later:
        return None
    for entry in reversed(later):
        for name, value in (entry.before or {}).items():
            field = entity.fields.get(name)
            if field is not None and name not in UNTOLD:
                _put(was, field, value)
    return was


def _version(values: Mapping[str, Any] | None) -> int:
    found = (values or {}).get(VERSION)
    return found if isinstance(found, int) else 0


def _put(row: dict[str, Any], field: Field, value: Any) -> None:
    try:
        parsed = field_type(field.type).parse(field, value)
    except ValueProblem:
        return
    if isinstance(parsed, Ref):
        row[field.name] = parsed.id
        row[f"{field.name}_type"] = parsed.entity
        row[f"{field.name}@name"] = None
    elif field.type == "location" and parsed is not None:
        row[field.name], row[f"{field.name}_longitude"] = parsed
    else:
        row[field.name] = parsed


def changed_names(plan: FormPlan, one: Row, other: Row) -> list[str]:
    """Return the fields of a form whose values differ between two rows."""
    return [
        made.field.name
        for made in plan.specs
        if stored(one, made.field) != stored(other, made.field)
    ]


def build(
    entity: Entity,
    plan: FormPlan,
    row: Row,
    base: Row | None,
    values: Mapping[str, Any],
    posted: Mapping[str, Sequence[str]],
    reader: Reader,
    *,
    address: str,
    names: Mapping[tuple[str, UUID], str],
) -> ConflictPage:
    """Return the page: `row` is now, `base` as I read it if known, `values` mine."""
    specs = {made.field.name: made for made in plan.specs}
    theirs = set(values) if base is None else set(changed_names(plan, row, base))
    both = [
        name
        for name in values
        if name in theirs and stored(row, specs[name].field) != values[name]
    ]
    who = str(row.get("modifiedby@name") or "Somebody")
    me = row.get("modifiedby") == reader.user_id
    when = row.get("modifiedon")
    said = f" {ago(when, reader)}" if when else ""
    name = "You" if me else who
    count = len(both)
    if count:
        fields = "one field" if count == 1 else f"{count} fields"
        text = (
            f"Nothing is lost. You both changed {fields}; choose what to keep. "
            "Everything else has been put together."
        )
    else:
        text = (
            "Nothing is lost. You changed different fields, so both changes fit "
            "together."
        )
    return ConflictPage(
        title=f"{name} saved this record{' in another window' if me else ''}{said}",
        record=str(row.get(entity.title or entity.key) or entity.label),
        who="The other window" if me else who,
        text=text,
        address=address,
        version=str(row.get(VERSION)),
        questions=tuple(
            _question(specs[n], row, base, values[n], reader, names) for n in both
        ),
        mine=tuple(specs[n].label for n in values if n not in both),
        theirs=tuple(specs[n].label for n in plan_order(plan, theirs) if n not in both),
        hidden=tuple(
            (key, text)
            for n in values
            for key in (n, f"{n}.text")
            for text in posted.get(key, ())
        ),
    )


def plan_order(plan: FormPlan, names: set[str]) -> list[str]:
    """Return names in the order of the form."""
    return [made.field.name for made in plan.specs if made.field.name in names]


def _question(
    made: FieldSpec,
    row: Row,
    base: Row | None,
    value: Any,
    reader: Reader,
    names: Mapping[tuple[str, UUID], str],
) -> Question:
    mine = dict(row)
    _put(mine, made.field, value)
    if isinstance(value, Ref):
        mine[f"{made.field.name}@name"] = names.get((value.entity, value.id))
    return Question(
        name=made.field.name,
        label=made.label,
        was="not recorded" if base is None else made.text(base, reader) or "empty",
        mine=made.text(mine, reader) or "empty",
        theirs=made.text(row, reader) or "empty",
    )
