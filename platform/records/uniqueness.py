"""Know which record already has the id or the key values of another one.

The database's unique indexes decide; this module only finds words for their refusal.
Texts are the same key whatever their case, as in the indexes.
"""

from sqlalchemy import ColumnElement, String, and_, select

from xrm.platform.database.work import Work
from xrm.platform.errors import Conflict
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout, chunks
from xrm.rule_engine.fold import fold
from xrm.rule_engine.to_sql import folded


def refuse_taken_ids(batch: Batch) -> None:
    """Refuse new records whose chosen id belongs to a record, or comes twice."""
    layout = batch.layout
    chosen = [c for c in batch.changes if c.raw.get(layout.key) is not None]
    if not chosen:
        return
    key = layout.table.c[layout.key]
    taken = {
        found
        for part in chunks(change.id for change in chosen)
        for found in batch.work.connection.execute(
            select(key).where(key.in_(part))
        ).scalars()
    }
    for change in chosen:
        if change.id in taken:
            batch.refuse(change, taken_id(layout, change))
        taken.add(change.id)
    batch.drop_refused()


def taken_id(layout: Layout, change: Change) -> Conflict:
    """Return the error for an id that belongs to a record already."""
    return Conflict(
        f"There is already a {layout.entity.label.lower()} with the id {change.id}. "
        "Update it, or leave the id out.",
        code="duplicate_id",
        target=layout.key,
    )


def conflict(work: Work, layout: Layout, change: Change) -> Conflict | None:
    """Return the error for the first key whose values another record has."""
    table, entity = layout.table, layout.entity
    for name, fields in entity.keys.items():
        if any(change.after.get(field) is None for field in fields):
            continue
        found = work.connection.execute(
            select(table.c[layout.key]).where(
                key_matches(layout, {f: change.after[f] for f in fields}),
                table.c[layout.key] != change.id,
            )
        ).scalar()
        if found is None:
            continue
        labels = " and ".join(entity.fields[field].label.lower() for field in fields)
        values = ", ".join(f'"{change.after[field]}"' for field in fields)
        return Conflict(
            f"There is already a {entity.label.lower()} with this {labels}: {values}. "
            "Change the value, or change the other record.",
            code="duplicate_key",
            target=fields[0] if len(fields) == 1 else name,
        )
    return None


def key_matches(layout: Layout, values: dict[str, object]) -> ColumnElement[bool]:
    """Return the condition that finds the record with these key values."""
    conditions: list[ColumnElement[bool]] = []
    for name, value in values.items():
        kind = layout.fields[name]
        field = layout.entity.fields[name]
        for column, part in zip(
            kind.columns(field), kind.to_columns(field, value), strict=True
        ):
            at = layout.table.c[column.name]
            if isinstance(at.type, String) and part is not None:
                dialect = layout.dialect
                conditions.append(folded(at, dialect) == fold(str(part)))
            else:
                conditions.append(at == part)
    return and_(*conditions)
