"""Know what a change of a record does to its children, as the relationships declare.

delete: children go too, lose their link, or forbid it. assign: children follow to the
new owner (all, the active ones, or those of the old owner). reparent: a child that gets
another parent follows to that parent's owner. Each of them takes the children through
the verb's own steps, so that their rules run and their history is kept; the actor's
rights do not stand in the way. Source: reference/dataverse.md 1.9.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, null, select
from sqlalchemy.sql.selectable import Select

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Cascade
from xrm.metadata.family import ACTIVITY_BASE
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.errors import Detail, Refused
from xrm.platform.records import links
from xrm.platform.records.change import Batch, Change, Verb
from xrm.platform.records.layout import Layout, chunks, layout_of
from xrm.platform.records.ownership import OWNER
from xrm.platform.records.values import invalid

MAX_DEPTH = 16
"""How many relationships one change may run along."""
NAMED = 3
"""How many of the records that forbid a deletion are named."""

Follow = Callable[[Work, Layout, Verb, Sequence[Change], str], None]


@contextmanager
def deeper(work: Work, entity: str, verb: str) -> Iterator[None]:
    """Go one relationship further.

    Raises:
        Refused: the chain is longer than `MAX_DEPTH`.
    """
    chain: list[str] = work.memo.setdefault("cascade", [])
    chain.append(entity)
    try:
        if len(chain) > MAX_DEPTH:
            named = " → ".join(work.catalog.entity(one).label for one in chain)
            raise Refused(
                f"This {verb} runs along more than {MAX_DEPTH} relationships: {named}. "
                "Do it in parts, from the lowest record up.",
                code="cascade_depth",
                target=entity,
            )
        yield
    finally:
        chain.pop()


def children_of(layout: Layout) -> tuple[Child, ...]:
    """Return the relationships to children that have a column for the link.

    The list of all activities follows the activities themselves.
    """
    return layout.kept(
        "children",
        lambda: tuple(
            child
            for child in layout.snapshot.catalog.children(layout.entity.name)
            if child.field.is_stored
            and layout.snapshot.catalog.entity(child.entity).kind != ACTIVITY_BASE
        ),
    )


# --- assign and reparent ----------------------------------------------------------


def follow(batch: Batch, change_records: Follow) -> None:
    """Carry new owners to the children whose relationship says so."""
    if OWNER not in batch.layout.fields:
        return
    moved = [
        change
        for change in batch.changes
        if change.before is not None
        and change.has_changed(OWNER)
        and change.after.get(OWNER) is not None
    ]
    if not moved:
        return
    for child in children_of(batch.layout):
        how = child.target.on_assign
        other = layout_of(batch.work.snapshot, child.entity)
        if how == "none" or OWNER not in other.fields or child.field.type == "owner":
            continue
        _carry(batch, child, other, how, moved, change_records)


def _carry(
    batch: Batch,
    child: Child,
    other: Layout,
    how: Cascade,
    moved: Sequence[Change],
    change_records: Follow,
) -> None:
    by_parent = {change.id: change for change in moved}
    found = linked(batch.work, child, batch.entity, by_parent)
    changes = []
    for parent, record, owner, state in found:
        change = by_parent[parent]
        old, new = change.was(OWNER), change.after[OWNER]
        if how == "active" and state not in (0, None):
            continue
        if how == "user_owned" and (old is None or owner != old.id):
            continue
        if owner != new.id:
            changes.append(Change(record, {OWNER: new}))
    cause = f"Assignment of {batch.layout.entity.label}"
    with deeper(batch.work, child.entity, "assignment"):
        change_records(batch.work, other, "assign", changes, cause)


def reparent(batch: Batch) -> None:
    """Let records that get another parent follow to the owner of that parent.

    It stands in the record's own change: `ownership.fill` takes the unit from it.
    """
    if OWNER not in batch.layout.fields:
        return
    for name, target in _reparenting(batch.layout):
        wanted: dict[UUID, list[Change]] = {}
        for change in batch.changes:
            ref = change.after.get(name)
            if (
                change.before is not None
                and ref is not None
                and ref.entity == target.entity
                and change.has_changed(name)
                and not change.has_changed(OWNER)
            ):
                wanted.setdefault(ref.id, []).append(change)
        if not wanted:
            continue
        parents = layout_of(batch.work.snapshot, target.entity)
        if OWNER not in parents.fields:
            continue
        for parent, owner, kind in owners(batch.work, parents, wanted):
            for change in wanted[parent]:
                if owner is not None and _follows(batch, change, target.on_reparent):
                    change.after[OWNER] = Ref(kind, owner)


def _follows(batch: Batch, change: Change, how: Cascade) -> bool:
    if how == "active":
        return change.after.get("statecode") in (0, None)
    if how == "user_owned":
        owner = change.was(OWNER)
        return owner is not None and owner.id in batch.work.actor.principals
    return True


def _reparenting(layout: Layout) -> tuple[tuple[str, Any], ...]:
    return layout.kept(
        "reparenting",
        lambda: tuple(
            (lookup.name, target)
            for lookup in layout.entity.lookups
            if lookup.type != "owner" and lookup.name in layout.fields
            for target in lookup.targets
            if target.on_reparent != "none"
            and target.entity in layout.snapshot.catalog.entities
        ),
    )


def owners(work: Work, layout: Layout, ids: Iterable[UUID]) -> Iterator[Any]:
    """Give id, owner and kind of owner of records."""
    table = layout.table
    for part in chunks(ids):
        yield from work.connection.execute(
            select(table.c[layout.key], table.c[OWNER], table.c[f"{OWNER}_type"]).where(
                table.c[layout.key].in_(part)
            )
        )


# --- trees --------------------------------------------------------------------------


def refuse_loops(batch: Batch) -> None:
    """Refuse a parent that is the record itself or stands below it."""
    name = batch.layout.entity.hierarchy
    if name is None or name not in batch.layout.fields:
        return
    for change in batch.changes:
        ref = change.after.get(name)
        if ref is None or change.before is None or not change.has_changed(name):
            continue
        if change.id in ancestors(batch.work, batch.layout, name, ref.id):
            label = batch.layout.entity.fields[name].label
            fault = Detail(
                name,
                "loop",
                f"{label}: a record cannot stand below itself. Choose another one.",
            )
            batch.refuse(change, invalid(batch.layout.entity, [fault]))
    batch.drop_refused()


def ancestors(work: Work, layout: Layout, lookup: str, start: UUID) -> set[UUID]:
    """Return a record and all records above it."""
    table = layout.table

    def make() -> Select[Any]:
        above = (
            select(table.c[layout.key], table.c[lookup])
            .where(table.c[layout.key] == bindparam("xrm_id"))
            .cte("above", recursive=True)
        )
        higher = table.alias()
        above = above.union(
            select(higher.c[layout.key], higher.c[lookup]).where(
                higher.c[layout.key] == above.c[lookup]
            )
        )
        return select(above.c[layout.key])

    statement = layout.kept(("ancestors", lookup), make)
    return set(work.connection.execute(statement, {"xrm_id": start}).scalars())


# --- delete -------------------------------------------------------------------------


def before_delete(batch: Batch, change_records: Follow, delete_records: Follow) -> None:
    """Delete, unlink or refuse because of the children, then part all pairs.

    What forbids the deletion is looked for first, so that nothing is done in vain.
    """
    work, layout = batch.work, batch.layout
    ids = {change.id: change for change in batch.changes}
    children = children_of(layout)
    for child in children:
        if child.target.on_delete == "restrict":
            _refuse_linked(batch, child, list(ids))
    cause = f"Deletion of {layout.entity.label}"
    for child in children:
        if child.target.on_delete == "restrict":
            continue
        found = linked(work, child, batch.entity, ids)
        other = layout_of(work.snapshot, child.entity)
        records = [
            record
            for _, record, _, _ in found
            if not (child.entity == batch.entity and record in ids)
        ]
        with deeper(work, child.entity, "deletion"):
            if child.target.on_delete == "cascade":
                changes = [Change(record) for record in records]
                delete_records(work, other, "delete", changes, cause)
            else:
                empty = {child.field.name: None}
                changes = [Change(record, empty) for record in records]
                change_records(work, other, "update", changes, cause)
    part_pairs(batch)


def _refuse_linked(batch: Batch, child: Child, ids: Sequence[UUID]) -> None:
    work = batch.work
    other = layout_of(work.snapshot, child.entity)
    found = 0
    records: list[UUID] = []
    own = set(ids) if child.entity == batch.entity else set()
    count = other.kept(
        ("count linked", child.field.name, batch.entity),
        lambda: _linked(other, child, batch.entity, func.count()),
    )
    for part in chunks(ids):
        here = work.connection.execute(count, {"xrm_ids": part}).scalar_one()
        if here:
            found += here
            for _, record, _, _ in linked(work, child, batch.entity, part):
                if record not in own:
                    records.append(record)
                else:
                    found -= 1
    if found <= 0:
        return
    label = other.entity.label if found == 1 else other.entity.plural_label
    named = ", ".join(f'"{title}"' for title in titles(work, other, records[:NAMED]))
    more = ", …" if found > NAMED else ""
    this = "this" if len(ids) == 1 else "one of these"
    raise Refused(
        f"{found:,} {label} still point to {this} "
        f"{batch.layout.entity.label.lower()} ({child.field.label}): {named}{more}. "
        "Delete or change them first.",
        code="restricted",
        target=child.entity,
    )


def titles(work: Work, layout: Layout, ids: Iterable[UUID]) -> list[str]:
    """Return how records are called; those without a title by their id."""
    name = layout.entity.title
    table = layout.table
    column = table.c.get(name) if name else None
    if column is None:
        return [str(one) for one in ids]
    rows = work.connection.execute(
        select(table.c[layout.key], column).where(table.c[layout.key].in_(list(ids)))
    )
    found = {row[0]: row[1] for row in rows}
    return sorted(str(found.get(one) or one) for one in ids)


def linked(
    work: Work, child: Child, parent: str, ids: Iterable[UUID]
) -> list[tuple[UUID, UUID, UUID | None, int | None]]:
    """Return the children of records: parent, child, the child's owner and state."""
    other = layout_of(work.snapshot, child.entity)
    statement = other.kept(
        ("linked", child.field.name, parent), lambda: _linked(other, child, parent)
    )
    return [
        (row[0], row[1], row[2], row[3])
        for part in chunks(ids)
        for row in work.connection.execute(statement, {"xrm_ids": part})
    ]


def _linked(
    layout: Layout, child: Child, parent: str, counted: Any = None
) -> Select[Any]:
    table = layout.table
    lookup = table.c[child.field.name]
    if counted is not None:
        made = select(counted).select_from(table)
    else:
        made = select(
            lookup,
            table.c[layout.key],
            table.c[OWNER] if OWNER in table.c else null(),
            table.c["statecode"] if "statecode" in table.c else null(),
        ).order_by(table.c[layout.key])
    made = made.where(lookup.in_(bindparam("xrm_ids", expanding=True)))
    type_column = table.c.get(f"{child.field.name}_type")
    return made if type_column is None else made.where(type_column == parent)


def part_pairs(batch: Batch) -> None:
    """Remove the pairs of records that go, with the history of the other ends."""
    for link in batch.work.catalog.relationships.values():
        if batch.entity in (link.first, link.second):
            links.part_all(
                batch.work, link, batch.entity, [c.id for c in batch.changes]
            )
