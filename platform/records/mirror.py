"""Know how the list of all activities is kept: one row for each activity, never stale.

The entity of kind `activity_base` has a table of its own with the fields all activities
share, under the same key and version. Every verb on an activity writes both rows in one
transaction, the list's with one statement more; nobody writes the list itself. After a
publish that brings, changes or takes an activity its rows are made anew (`rebuild`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.family import ACTIVITY, ACTIVITY_BASE, type_code_of
from xrm.platform.database import search_publish
from xrm.platform.database.ready import Ready
from xrm.platform.database.work import Work
from xrm.platform.errors import Conflict, Refused
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout, layout_of

TYPE = "activitytypecode"
REASON = "statuscode"
LISTED = 100
"""How many characters of a text are listed when the list does not say."""


def refuse_direct(layout: Layout) -> None:
    """Refuse a verb on the list of all activities.

    Raises:
        Refused: the entity is that list.
    """
    if layout.entity.kind == ACTIVITY_BASE:
        kinds = [e.label.lower() for e in layout.snapshot.catalog.activities]
        raise Refused(
            f"{layout.entity.plural_label} are changed as what they are: "
            f"{', '.join(kinds)}. Open the activity and change it there.",
            code="read_only_list",
            target=layout.entity.name,
        )


def list_of(layout: Layout) -> Layout | None:
    """Return the layout of the list that an entity's records stand in, if any."""
    if layout.entity.kind != ACTIVITY:
        return None
    base = layout.snapshot.catalog.activity_base
    return None if base is None else layout_of(layout.snapshot, base.name)


def insert_rows(batch: Batch) -> None:
    """Add the rows of new activities."""
    base = list_of(batch.layout)
    if base is None:
        return
    rows = [_values(batch.layout.entity, base.entity, c.after) for c in batch.changes]
    names = tuple(
        name for name in base.fields if any(row.get(name) is not None for row in rows)
    )
    bind = base.binder(names)
    made = [bind({name: row.get(name) for name in names}) for row in rows]
    try:
        _perform(batch.work, base.insertion(names), made)
    except IntegrityError:
        raise Conflict(
            f"{batch.layout.entity.label}: another activity has this id. Leave the id "
            "out, or choose a new one.",
            code="duplicate_key",
            target=batch.entity,
        ) from None


def update_rows(
    batch: Batch, groups: Mapping[tuple[str, ...], Sequence[Change]]
) -> None:
    """Change the rows of changed activities; `groups` are changes by changed fields."""
    base = list_of(batch.layout)
    if base is None:
        return
    entity = batch.layout.entity
    for changed, changes in groups.items():
        names = tuple(name for name in changed if name in base.fields)
        bind = base.binder(names)
        rows = [
            {**bind(_values(entity, base.entity, c.after)), "xrm_id": c.id}
            for c in changes
        ]
        _perform(batch.work, _change(base, names), rows)


def remove_rows(batch: Batch) -> None:
    """Remove the rows of activities that go."""
    base = list_of(batch.layout)
    if base is None:
        return
    statement = base.kept(
        "mirror removal",
        lambda: Ready(
            delete(base.table).where(base.table.c[base.key] == bindparam("xrm_id"))
        ),
    )
    _perform(batch.work, statement, [{"xrm_id": c.id} for c in batch.changes])


def rebuild(work: Work, entities: Iterable[str]) -> list[str]:
    """Make the rows of some activities anew; those of activities that went are removed.

    For a publish: the tables hold more, or other, records than the list then. Returned
    is the list's name when its rows may be others than before.
    """
    base = work.catalog.activity_base
    if base is None:
        return []
    touched = set(entities)
    activities = work.catalog.activities
    kinds = [e for e in activities if e.name in touched or base.name in touched]
    codes = [type_code_of(e) for e in activities if e not in kinds]
    layout = layout_of(work.snapshot, base.name)
    kept = layout.table.c[TYPE].in_(codes)
    gone = work.connection.execute(delete(layout.table).where(~kept))
    for entity in kinds:
        source = layout_of(work.snapshot, entity.name)
        work.connection.execute(copying(layout, source))
    if work.dialect == "sqlite":
        search_publish.rebuild(work.connection, work.snapshot, [base.name])
    return [base.name] if kinds or gone.rowcount else []


def copying(base: Layout, source: Layout) -> Insert:
    """Return the statement that lists all records of an activity."""
    columns: dict[str, ColumnElement[Any]] = {}
    for name in base.fields:
        for column in base.columns([name]):
            columns[column] = _source(base, source, name, column)
    made: Insert = insert(base.table).from_select(
        list(columns), select(*(columns[name].label(name) for name in columns))
    )
    return made


def _source(base: Layout, source: Layout, name: str, column: str) -> ColumnElement[Any]:
    """Return what a column of the list holds for records of one activity."""
    table = source.table
    if name == TYPE:
        return literal(type_code_of(source.entity))
    if name == REASON:
        reasons = {s.value: _reason(base.entity, s.value) for s in source.entity.states}
        return case(reasons, value=table.c.statecode)
    if column in table.c:
        longest = _longest(base.entity, name)
        held = table.c[column]
        return held if longest is None else func.substr(held, 1, longest)
    if column == f"{name}_type" and name in table.c:
        target = source.entity.fields[name].targets[0].entity
        return case((table.c[name].is_not(None), target))
    return null()


def kind_of(catalog: Catalog, code: int | None) -> str | None:
    """Return the activity that a number in the list means."""
    found = (e.name for e in catalog.activities if type_code_of(e) == code)
    return next(found, None)


def _values(
    entity: Entity, base: Entity, after: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what the list holds of an activity's values.

    Each activity has status reasons of its own; the list has one for each state, and
    the beginning of long texts.
    """
    made = {
        **after,
        TYPE: type_code_of(entity),
        REASON: _reason(base, after.get("statecode")),
    }
    for name in base.fields:
        longest = _longest(base, name)
        text = after.get(name) if longest is not None else None
        if text is not None and len(text) > (longest or 0):
            made[name] = text[:longest]
    return made


def _longest(base: Entity, name: str) -> int | None:
    """Return how much of a text the list keeps, `None` for other values."""
    field = base.fields[name]
    if field.type != "text":
        return None
    longest: int = field.options.get("max_length", LISTED)
    return longest


def _reason(base: Entity, state: int | None) -> int | None:
    found = base.state(state)
    return None if found is None else found.default_reason.value


def _change(base: Layout, names: tuple[str, ...]) -> Ready:
    return base.kept(
        ("mirror", names),
        lambda: Ready(
            update(base.table)
            .where(base.table.c[base.key] == bindparam("xrm_id"))
            .values({c: bindparam(c) for c in base.columns(names)})
        ),
    )


def _perform(work: Work, statement: Ready, rows: list[dict[str, Any]]) -> None:
    if len(rows) == 1:
        statement.change(work.connection, rows[0])
    elif rows:
        statement.change_many(work.connection, rows)
