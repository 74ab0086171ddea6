"""Know the verb delete: the record goes, with what depends on it."""

from collections.abc import Sequence
from uuid import UUID

from xrm.platform.automation.triggers import after_rules, before_rules, queue_later
from xrm.platform.database.work import Work
from xrm.platform.records import cascades, history, writing
from xrm.platform.records.change import Batch, Change, Outcome, Step, Verb
from xrm.platform.records.derived import rollups
from xrm.platform.records.layout import Layout, layout_of
from xrm.platform.records.pipeline import PART, OnError, run, run_many, run_one
from xrm.platform.records.plans import goes_alone
from xrm.platform.records.update import admit, change_together, locked, require


def fetch(batch: Batch) -> None:
    """Read the records and hold them, against links to them too."""
    ids = [change.id for change in batch.changes]
    found = locked(batch.work, batch.layout, ids, "delete")
    for change in batch.changes:
        change.before = found.get(change.id)
    admit(batch)
    for change in batch.changes:
        change.after = dict(change.before or {})


def write(batch: Batch) -> None:
    """Deal with the children and pairs, then remove the records."""
    batch.reports = False
    cascades.before_delete(batch, change_together, delete_together)
    _take_own_changes(batch)
    writing.remove(batch)


def _take_own_changes(batch: Batch) -> None:
    """Take the versions that the cascade itself gave to records that are about to go.

    The records are held since `fetch`, so nobody else can have changed them: an account
    whose primary contact is one of its own contacts loses that link on the way.
    """
    ids = [change.id for change in batch.changes]
    found = locked(batch.work, batch.layout, ids, "delete")
    for change in batch.changes:
        if change.before is not None and change.id in found:
            version = found[change.id][writing.VERSION]
            change.before = {**change.before, writing.VERSION: version}


DELETE: tuple[Step, ...] = (
    require,
    fetch,
    before_rules,
    write,
    after_rules,
    rollups,
    history.write,
    queue_later,
)


def delete_together(
    work: Work, layout: Layout, verb: Verb, changes: Sequence[Change], cause: str
) -> None:
    """Remove children on behalf of the platform, as a cascade says."""
    size = 1 if goes_alone(layout, "delete") else PART
    for start in range(0, len(changes), size):
        part = list(changes[start : start + size])
        run(Batch(work, layout, verb, part, trusted=True, cause=cause), DELETE)


def delete(
    work: Work,
    entity: str,
    record: UUID,
    *,
    if_version: int | None = None,
    trusted: bool = False,
    cause: str = "",
) -> None:
    """Remove a record, with what its relationships say about its children."""
    layout = layout_of(work.snapshot, entity)
    change = Change(record, if_version=if_version)
    run_one(work, layout, "delete", DELETE, change, trusted=trusted, cause=cause)


def delete_many(
    work: Work, entity: str, records: Sequence[UUID], *, on_error: OnError = "stop"
) -> list[Outcome]:
    """Remove records; N together are the same as each alone, in this order."""
    layout = layout_of(work.snapshot, entity)
    changes = [Change(record, place=place) for place, record in enumerate(records)]
    is_twice = len(set(records)) < len(records)
    return run_many(
        work,
        layout,
        "delete",
        DELETE,
        changes,
        on_error=on_error,
        alone=is_twice or goes_alone(layout, "delete"),
        outcome=lambda c: Outcome(c.id),
    )
