"""Know whether the records a change points to exist, may be read and may be linked.

One query per target entity, however many records the batch has. On PostgreSQL the query
holds the targets (FOR KEY SHARE) until the commit, so that nobody deletes them
meanwhile: there are no foreign keys. Source: reference/dataverse.md 2.2 (the append
rule).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select, true
from sqlalchemy.sql.selectable import Select

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.errors import Detail
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout, chunks, layout_of
from xrm.platform.records.values import invalid
from xrm.platform.security import access, checks
from xrm.rule_engine import core_names

_MEMO = "linkable"
NEEDS_NO_APPEND = frozenset({core_names.CURRENCY, core_names.UNIT})
"""Entities that every record points to; to name one of theirs needs no privilege."""


def lookups_of(layout: Layout) -> tuple[Field, ...]:
    """Return the lookups a caller may set."""
    return layout.kept(
        "lookups",
        lambda: tuple(
            field
            for field in layout.entity.lookups
            if field.name in layout.fields and not (field.system and field.read_only)
        ),
    )


def check(batch: Batch, *, trusted: bool = False) -> None:
    """Refuse changes that point to nothing, or to what the actor may not link.

    With `trusted` only the being there counts: rules may link what they like.
    """
    lookups = lookups_of(batch.layout)
    trusted = trusted or batch.trusted
    wanted: dict[str, set[UUID]] = {}
    asked: list[tuple[Change, Field, Ref]] = []
    for change in batch.changes:
        after, before = change.after, change.before
        for field in lookups:
            ref = after.get(field.name)
            if ref is None or (before is not None and before.get(field.name) == ref):
                continue
            asked.append((change, field, ref))
            wanted.setdefault(ref.entity, set()).add(ref.id)
    if not asked:
        return
    work = batch.work
    if not trusted and any(
        ref.entity not in NEEDS_NO_APPEND and field.type != "owner"
        for _, field, ref in asked
    ):
        checks.require(work, batch.entity, "append")
    coming = {c.id for c in batch.changes if c.before is None}
    found = {
        entity: linkable(work, entity, ids, trusted=trusted)
        for entity, ids in wanted.items()
    }
    faults: dict[int, list[Detail]] = {}
    for change, field, ref in asked:
        if ref.entity == batch.entity and ref.id in coming:
            continue
        may_append = found[ref.entity].get(ref.id)
        if may_append is None:
            fault = Detail(field.name, "no_record", _no_record(work, field, ref))
        elif not may_append and field.type != "owner":
            fault = Detail(field.name, "append_to", _no_append(work, field, ref))
        else:
            continue
        faults.setdefault(id(change), []).append(fault)
    for change in batch.changes:
        if id(change) in faults:
            batch.refuse(change, invalid(batch.layout.entity, faults[id(change)]))
    batch.drop_refused()


def linkable(
    work: Work, entity: str, ids: Iterable[UUID], *, trusted: bool = False
) -> dict[UUID, bool]:
    """Return which of the ids exist and may be read, and whether they may be linked.

    What was found once in a work is not asked again: it is held. What was found within
    a savepoint counts within it only, for its end may undo it.
    """
    actor = work.actor
    trusted = trusted or actor.is_system
    level = work.connection.get_nested_transaction()
    known: dict[UUID, bool] = work.memo.setdefault(_place(entity, trusted, level), {})
    outer: dict[UUID, bool] = work.memo.get(_place(entity, trusted, None), {})
    if trusted:
        # What the actor may read is there: it need not be asked for again.
        for place in (None, level):
            seen = work.memo.get(_place(entity, False, place), {})
            known.update(dict.fromkeys(seen, True))
    if entity == core_names.USER and not actor.is_system:
        known.setdefault(actor.user_id, True)
    wanted = list(ids)
    unknown = [one for one in wanted if one not in known and one not in outer]
    if unknown:
        statement, parameters = _statement(work, entity, trusted=trusted)
        for part in chunks(unknown):
            wanted_now = {"xrm_ids": part, **parameters}
            for row in work.connection.execute(statement, wanted_now):
                known[row[0]] = bool(row[1])
    return {**outer, **known} if outer and outer is not known else known


def _place(entity: str, trusted: bool, level: Any) -> tuple[Any, ...]:
    return (_MEMO, entity, trusted, level)


def forget(work: Work, entity: str) -> None:
    """Ask anew for records of an entity: some of them are gone."""
    kept = [key for key in work.memo if isinstance(key, tuple)]
    for place in [key for key in kept if key[:2] == (_MEMO, entity)]:
        del work.memo[place]


def _statement(
    work: Work, entity: str, *, trusted: bool
) -> tuple[Select[Any], dict[str, Any]]:
    """Return the statement for this actor's shape of access, and its parameters."""
    layout = layout_of(work.snapshot, entity)
    if trusted:
        return layout.kept("exists", lambda: _targets(layout, true(), true())), {}
    snapshot, actor = work.snapshot, work.actor
    reads = access.shape(snapshot, actor, entity, "read")
    appends = access.ALL
    if entity not in NEEDS_NO_APPEND:
        appends = access.shape(snapshot, actor, entity, "append_to")

    def make() -> Select[Any]:
        table = layout.table
        return _targets(
            layout,
            access.predicate(snapshot, reads, entity, "read", table),
            access.predicate(snapshot, appends, entity, "append_to", table),
        )

    return layout.kept(("linkable", reads, appends), make), {
        **access.parameters(actor, reads, entity, "read"),
        **access.parameters(actor, appends, entity, "append_to"),
    }


def _targets(
    layout: Layout, may_read: ColumnElement[bool], may_append: ColumnElement[bool]
) -> Select[Any]:
    key = layout.table.c[layout.key]
    return (
        select(key, may_append.label("may_append"))
        .where(key.in_(bindparam("xrm_ids", expanding=True)), may_read)
        .with_for_update(read=True, key_share=True)
    )


def _no_record(work: Work, field: Field, ref: Ref) -> str:
    label = work.catalog.entity(ref.entity).label
    return (
        f"{field.label}: there is no {label} with the id {ref.id}, or you may not "
        "see it. Choose another one."
    )


def _no_append(work: Work, field: Field, ref: Ref) -> str:
    label = work.catalog.entity(ref.entity).label
    return (
        f"{field.label}: you may see this {label} but not link records to it "
        "(privilege append to)."
    )
