"""Know how changes reach the table: stamps, version, one statement for many records.

A version never comes twice, even for a record that is deleted and made again under its
id: it is the moment of the work in microseconds, or one more than the version before.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import RECENT
from xrm.platform.errors import Conflict, NotFound, StaleVersion
from xrm.platform.records import currency, mirror, references, searching
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout
from xrm.platform.records.uniqueness import conflict
from xrm.platform.records.values import invalid, missing_required
from xrm.platform.security import actors
from xrm.rule_engine import core_names

VERSION = "versionnumber"
_START = datetime(1970, 1, 1, tzinfo=UTC)
_FORGOTTEN = Ready(
    delete(RECENT).where(
        RECENT.c.entity == bindparam("xrm_entity"),
        RECENT.c.record == bindparam("xrm_record"),
    )
)
"""Deleted records are no longer among those that people opened."""


def next_version(batch: Batch, before: int | None) -> int:
    """Return the version of a record that is written now."""
    passed = batch.work.now - _START
    moment = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return max(moment, (before or 0) + 1)


def refuse_incomplete(batch: Batch) -> None:
    """Refuse records that lack a required value."""
    for change in batch.changes:
        faults = missing_required(batch.layout, change)
        if faults:
            batch.refuse(change, invalid(batch.layout.entity, faults))
    batch.drop_refused()


def stamp_new(batch: Batch) -> None:
    """Say who makes new records, when, and their first version."""
    work, fields = batch.work, batch.layout.fields
    user = None
    if not work.actor.is_system:
        user = Ref(core_names.USER, work.actor.user_id)
    for change in batch.changes:
        after = change.after
        made = after.get("overriddencreatedon")
        if made is not None:
            after["createdon"], after["overriddencreatedon"] = made, work.now
        elif after.get("createdon") is None:
            after["createdon"] = work.now
        after.setdefault("modifiedon", work.now)
        if user is not None and "createdby" in fields:
            after["createdby"] = after["modifiedby"] = user
        after[VERSION] = next_version(batch, None)


def stamp_changed(batch: Batch) -> None:
    """Say who changes records, when, and their next version."""
    work = batch.work
    user = None
    if not work.actor.is_system:
        user = Ref(core_names.USER, work.actor.user_id)
    for change in batch.changes:
        after = change.after
        after["modifiedon"] = work.now
        after["modifiedby"] = user
        after[VERSION] = next_version(batch, change.was(VERSION))


def insert(batch: Batch) -> None:
    """Add the records of a batch with one statement.

    Raises:
        Conflict: a record of this id or with these key values exists already.
    """
    changes, layout = batch.changes, batch.layout
    if not changes:
        return
    sent: set[str] = set().union(*(change.after for change in changes))
    names = tuple(
        name
        for name in layout.fields
        if name in sent
        and any(change.after.get(name) is not None for change in changes)
    )
    needed = frozenset(names)
    lenient = bool(layout.entity.keys) or any(
        change.raw.get(layout.key) is not None for change in changes
    )
    bind = layout.binder(names)
    rows = []
    for change in changes:
        after = change.after
        for name in needed.difference(after):
            after[name] = None
        rows.append(bind(after))
    connection = batch.work.connection
    added = _perform(connection, layout.insertion(names, lenient=lenient), rows)
    if lenient and added != len(rows):
        raise _taken(batch)
    searching.note_new(batch)
    mirror.insert_rows(batch)
    after_write(batch)


def _perform(
    connection: Connection, statement: Ready, rows: Sequence[dict[str, Any]]
) -> int:
    """Run a statement for each row; return how many records it touched."""
    if len(rows) == 1:
        return statement.change(connection, rows[0])
    return statement.change_many(connection, rows)


def _taken(batch: Batch) -> Conflict:
    """Return the error for the first record that could not be added."""
    layout = batch.layout
    key = layout.table.c[layout.key]
    for change in batch.changes:
        found = conflict(batch.work, layout, change)
        if found is not None:
            return found
    missing = select(key).where(key == batch.changes[0].id)
    is_there = batch.work.connection.execute(missing).first() is not None
    return Conflict(
        f"{layout.entity.label}: a record with the same key was added at this moment. "
        "Look again.",
        code="duplicate_key" if is_there else "duplicate",
        target=layout.entity.name,
    )


def update(batch: Batch) -> None:
    """Change the records of a batch, one statement for each set of changed fields.

    Raises:
        StaleVersion: a record was changed since this batch read it.
        Conflict: the new key values belong to another record.
    """
    layout, connection = batch.layout, batch.work.connection
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in batch.changes:
        before = change.before or {}
        names = tuple(
            n
            for n, v in change.after.items()
            if n in layout.fields and before.get(n) != v
        )
        groups.setdefault(tuple(sorted(names)), []).append(change)
    keyed = {name for names in layout.entity.keys.values() for name in names}
    for names, changes in groups.items():
        bind = layout.binder(names)
        rows: list[dict[str, Any]] = []
        for change in changes:
            row = bind(change.after)
            row["xrm_id"] = change.id
            row["xrm_version"] = change.was(VERSION)
            rows.append(row)
        statement = layout.change(names)
        if keyed.isdisjoint(names):
            changed = _perform(connection, statement, rows)
        else:
            try:
                with connection.begin_nested():
                    changed = _perform(connection, statement, rows)
            except IntegrityError:
                raise _first_conflict(batch, changes) from None
        if changed != len(rows):
            raise stale(batch, changes)
    searching.note_changed(batch)
    mirror.update_rows(batch, groups)
    after_write(batch)


def _first_conflict(batch: Batch, changes: Sequence[Change]) -> Conflict:
    for change in changes:
        found = conflict(batch.work, batch.layout, change)
        if found is not None:
            return found
    return Conflict(
        f"{batch.layout.entity.label}: two of the records would have the same key.",
        code="duplicate_key",
        target=batch.entity,
    )


def remove(batch: Batch) -> None:
    """Remove the records of a batch.

    Raises:
        StaleVersion: a record was changed since this batch read it.
    """
    rows: list[dict[str, Any]] = [
        {"xrm_id": change.id, "xrm_version": change.was(VERSION)}
        for change in batch.changes
    ]
    if not rows:
        return
    removed = _perform(batch.work.connection, batch.layout.removal(), rows)
    if removed != len(rows):
        raise stale(batch, batch.changes)
    mirror.remove_rows(batch)
    gone = [{"xrm_entity": batch.entity, "xrm_record": c.id} for c in batch.changes]
    _perform(batch.work.connection, _FORGOTTEN, gone)
    searching.note_removed(batch)
    after_write(batch)


def after_write(batch: Batch) -> None:
    """Let what is kept of these records be read anew.

    Everybody's rights, when users, teams, units or roles changed; rates of currencies.
    """
    if not batch.changes:
        return
    work, entity = batch.work, batch.entity
    if actors.touches(entity):
        actors.touch(work)
        work.memo.pop("units", None)
    if entity == core_names.CURRENCY:
        currency.forget(work)
    if batch.verb == "delete":
        references.forget(work, entity)


def stale(batch: Batch, changes: Sequence[Change]) -> StaleVersion | NotFound:
    """Return the error for a record that somebody else changed meanwhile."""
    for change in changes:
        now = read_one(batch.work.connection, batch.layout, change.id)
        if now is None:
            return NotFound(f"This {batch.layout.entity.label.lower()} was deleted.")
        if now.get(VERSION) != change.was(VERSION):
            return stale_version(batch.layout, now)
    return stale_version(batch.layout, {})


def stale_version(layout: Layout, now: dict[str, Any]) -> StaleVersion:
    """Return the error for an outdated version; it carries what the record is now."""
    label = layout.entity.label.lower()
    return StaleVersion(
        f"This {label} was changed by somebody else since you read it. "
        "Look at the current values and repeat your change.",
        current_version=now.get(VERSION),
        current=now,
        target=layout.entity.name,
    )


def read_one(connection: Any, layout: Layout, record: UUID) -> dict[str, Any] | None:
    """Return the stored values of a record, `None` when it is not there."""
    row = layout.one().first(connection, {"xrm_id": record})
    return None if row is None else layout.read(row)
