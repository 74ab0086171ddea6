"""Know the verb update; assign and set state are updates of certain fields."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from xrm.metadata.fields.field_type import Ref
from xrm.platform.automation.triggers import after_rules, before_rules, queue_later
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound
from xrm.platform.records import (
    admission,
    attached,
    cascades,
    history,
    mirror,
    ownership,
    parties,
    references,
    states,
    writing,
)
from xrm.platform.records.change import Batch, Change, Outcome, Step, Verb
from xrm.platform.records.create import create_together
from xrm.platform.records.derived import rollups
from xrm.platform.records.layout import Layout, Lock, chunks, layout_of
from xrm.platform.records.pipeline import PART, OnError, run, run_many, run_one
from xrm.platform.records.plans import goes_alone
from xrm.platform.records.settling import formulas
from xrm.platform.records.values import invalid, parse_given, refuse_read_only
from xrm.platform.security import checks

VERSION = writing.VERSION


def require(batch: Batch) -> None:
    """Refuse an actor who may not change records of this entity."""
    mirror.refuse_direct(batch.layout)
    if not batch.trusted:
        checks.require(batch.work, batch.entity, needed_verb(batch.verb))


def needed_verb(verb: Verb) -> str:
    """Return the privilege a verb needs."""
    return {"assign": "assign", "delete": "delete"}.get(verb, "write")


def load(batch: Batch) -> None:
    """Read the values that were sent."""
    for change in batch.changes:
        faults = parties.take(batch, change) + parse_given(batch, change)
        if faults:
            batch.refuse(change, invalid(batch.layout.entity, faults))
    batch.drop_refused()


def fetch(batch: Batch) -> None:
    """Read the records and hold them; refuse outdated, hidden and closed ones."""
    layout = batch.layout
    found = locked(batch.work, layout, [c.id for c in batch.changes], "change")
    for change in batch.changes:
        change.before = found.get(change.id)
    admit(batch)
    for change in batch.changes:
        before = change.before
        assert before is not None
        faults = refuse_read_only(batch, change)
        change.after = {**before, **change.given}
        faults += states.settle(layout.entity, change)
        faults += states.check(batch, change)
        if faults:
            batch.refuse(change, invalid(layout.entity, faults))
    batch.drop_refused()
    parties.compare(batch)
    batch.changes = [c for c in batch.changes if c.after != c.before or c.party_changes]
    cascades.reparent(batch)
    ownership.fill(batch)
    ownership.check(batch)
    references.check(batch)
    attached.check(batch)
    cascades.refuse_loops(batch)


def locked(
    work: Work, layout: Layout, ids: Sequence[UUID], lock: Lock
) -> dict[UUID, dict[str, Any]]:
    """Return the stored values of records, held until the commit."""
    if len(ids) == 1:
        one = layout.one(lock).first(work.connection, {"xrm_id": ids[0]})
        return {} if one is None else {ids[0]: layout.read(one)}
    made: dict[UUID, dict[str, Any]] = {}
    for part in chunks(ids):
        rows = work.connection.execute(layout.several(lock), {"xrm_ids": part})
        for row in rows.mappings():
            values = layout.read(row)
            made[values[layout.key]] = values
    return made


def admit(batch: Batch) -> None:
    """Refuse records that are not there, not within reach, or not of the version."""
    layout = batch.layout
    for change in batch.changes:
        if change.before is None:
            batch.refuse(change, not_found(layout, change.id))
    batch.drop_refused()
    admission.admit(batch, needed_verb(batch.verb))
    for change in batch.changes:
        before = change.before
        if (
            before is not None
            and change.if_version is not None
            and before[VERSION] != change.if_version
        ):
            batch.refuse(change, writing.stale_version(layout, before))
    batch.drop_refused()


def not_found(layout: Layout, record: object) -> NotFound:
    """Return the error for a record that is not there or not to be seen."""
    return NotFound(
        f"There is no {layout.entity.label} with the id {record}, "
        "or you may not see it.",
        target=layout.entity.name,
    )


def write(batch: Batch) -> None:
    """Stamp and change the records."""
    writing.refuse_incomplete(batch)
    if not batch.changes:
        return
    batch.reports = False
    writing.stamp_changed(batch)
    writing.update(batch)
    parties.write(batch, create_together, _remove_together)
    cascades.follow(batch, change_together)


UPDATE: tuple[Step, ...] = (
    require,
    load,
    fetch,
    before_rules,
    formulas,
    write,
    after_rules,
    rollups,
    history.write,
    queue_later,
)
ASSIGN = UPDATE
SET_STATE = UPDATE


def _held(batch: Batch) -> None:
    """Read the rows that go, and hold them."""
    ids = [change.id for change in batch.changes]
    found = locked(batch.work, batch.layout, ids, "delete")
    batch.changes = [change for change in batch.changes if change.id in found]
    for change in batch.changes:
        change.before = found[change.id]
        change.after = dict(found[change.id])


REMOVE: tuple[Step, ...] = (
    _held,
    before_rules,
    writing.remove,
    after_rules,
    rollups,
    history.write,
    queue_later,
)
"""How rows go that belong to a record which changes and have no children."""


def _remove_together(
    work: Work, layout: Layout, verb: Verb, changes: Sequence[Change], cause: str
) -> None:
    for start in range(0, len(changes), PART):
        part = list(changes[start : start + PART])
        run(Batch(work, layout, verb, part, trusted=True, cause=cause), REMOVE)


def change_together(
    work: Work, layout: Layout, verb: Verb, changes: Sequence[Change], cause: str
) -> None:
    """Change children on behalf of the platform, as a cascade says."""
    size = 1 if goes_alone(layout, "update") else PART
    for start in range(0, len(changes), size):
        part = list(changes[start : start + size])
        run(Batch(work, layout, verb, part, trusted=True, cause=cause), UPDATE)


def update(
    work: Work,
    entity: str,
    record: UUID,
    values: Mapping[str, Any],
    *,
    if_version: int | None = None,
    verb: Verb = "update",
    trusted: bool = False,
    cause: str = "",
) -> int:
    """Change a record; return its new version, the old one if nothing changed."""
    layout = layout_of(work.snapshot, entity)
    change = Change(record, values, if_version=if_version)
    run_one(work, layout, verb, UPDATE, change, trusted=trusted, cause=cause)
    version: int = change.after[VERSION]
    return version


def update_many(
    work: Work,
    entity: str,
    rows: Sequence[tuple[UUID, Mapping[str, Any]]],
    *,
    on_error: OnError = "stop",
    verb: Verb = "update",
) -> list[Outcome]:
    """Change records; N together are the same as each alone, in this order."""
    layout = layout_of(work.snapshot, entity)
    changes = [
        Change(record, values, place=place)
        for place, (record, values) in enumerate(rows)
    ]
    is_twice = len({change.id for change in changes}) < len(changes)
    return run_many(
        work,
        layout,
        verb,
        UPDATE,
        changes,
        on_error=on_error,
        alone=is_twice or goes_alone(layout, "update"),
        outcome=lambda c: Outcome(c.id, version=c.after.get(VERSION)),
    )


def assign(work: Work, entity: str, record: UUID, owner: Ref) -> int:
    """Give a record to another user or team; return its new version."""
    return update(work, entity, record, {"ownerid": owner}, verb="assign")


def set_state(
    work: Work, entity: str, record: UUID, state: Any, reason: Any = None
) -> int:
    """Change the state of a record, with its default reason when none is given."""
    values = {"statecode": state}
    if reason is not None:
        values["statuscode"] = reason
    return update(work, entity, record, values, verb="set_state")
