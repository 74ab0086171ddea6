"""Know the verb create: the steps a new record takes."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from xrm.platform.automation.triggers import after_rules, before_rules, queue_later
from xrm.platform.database.work import Work
from xrm.platform.records import (
    admission,
    attached,
    autonumber,
    history,
    mirror,
    ownership,
    parties,
    references,
    uniqueness,
    writing,
)
from xrm.platform.records.change import Batch, Change, Outcome, Step, Verb
from xrm.platform.records.defaults import fill_defaults
from xrm.platform.records.derived import rollups
from xrm.platform.records.layout import Layout, layout_of
from xrm.platform.records.pipeline import PART, OnError, run, run_many, run_one
from xrm.platform.records.plans import goes_alone
from xrm.platform.records.settling import formulas, settle
from xrm.platform.records.values import (
    invalid,
    new_id,
    parse_given,
    refuse_read_only,
    take_key,
)
from xrm.platform.security import checks


def require(batch: Batch) -> None:
    """Refuse an actor who may not create records of this entity."""
    mirror.refuse_direct(batch.layout)
    if not batch.trusted:
        checks.require(batch.work, batch.entity, "create")


def load(batch: Batch) -> None:
    """Read the values, fill in what was not sent, check what they point to."""
    layout = batch.layout
    for change in batch.changes:
        faults = parties.take(batch, change) + parse_given(batch, change)
        faults += refuse_read_only(batch, change)
        take_key(layout, change)
        change.after = dict(change.given)
        if faults:
            batch.refuse(change, invalid(layout.entity, faults))
    batch.drop_refused()
    uniqueness.refuse_taken_ids(batch)
    fill_defaults(batch)
    ownership.fill(batch)
    writing.stamp_new(batch)
    settle(batch)
    references.check(batch)
    attached.check(batch)
    ownership.check(batch)
    parties.compare(batch)
    admission.admit(batch, "create")


def write(batch: Batch) -> None:
    """Number the records and add them."""
    writing.refuse_incomplete(batch)
    if not batch.changes:
        return
    batch.reports = False
    autonumber.fill(batch)
    writing.insert(batch)
    parties.write(batch, create_together)


CREATE: tuple[Step, ...] = (
    require,
    load,
    before_rules,
    formulas,
    write,
    after_rules,
    rollups,
    history.write,
    queue_later,
)


def create_together(
    work: Work, layout: Layout, verb: Verb, changes: Sequence[Change], cause: str
) -> None:
    """Add records on behalf of the platform, for another record."""
    size = 1 if goes_alone(layout, "create") else PART
    for start in range(0, len(changes), size):
        part = list(changes[start : start + size])
        run(Batch(work, layout, verb, part, trusted=True, cause=cause), CREATE)


def create(
    work: Work,
    entity: str,
    values: Mapping[str, Any],
    *,
    key: UUID | None = None,
    trusted: bool = False,
    cause: str = "",
) -> UUID:
    """Add a record; return its id (`key`, or the key field's value, when given)."""
    layout = layout_of(work.snapshot, entity)
    raw = values if key is None else {**values, layout.key: key}
    change = Change(new_id(), raw)
    run_one(work, layout, "create", CREATE, change, trusted=trusted, cause=cause)
    return change.id


def create_many(
    work: Work,
    entity: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    on_error: OnError = "stop",
) -> list[Outcome]:
    """Add records; N together are the same as each alone, in this order."""
    layout = layout_of(work.snapshot, entity)
    changes = [Change(new_id(), row, place=place) for place, row in enumerate(rows)]
    return run_many(
        work,
        layout,
        "create",
        CREATE,
        changes,
        on_error=on_error,
        alone=goes_alone(layout, "create"),
        outcome=lambda c: Outcome(c.id, created=True, version=c.after["versionnumber"]),
    )
