"""Know whether the actor may use a verb on the records of a batch, asking once.

Where owner and unit decide, the values at hand are enough. Where a parent decides
(child entities), the parents within reach are asked for once for the whole batch; only
a record that is out of reach is looked at alone, for the words of its refusal.
"""

from uuid import UUID

from xrm.metadata.fields.field_type import Ref
from xrm.platform.errors import XrmError
from xrm.platform.records.change import Batch, Values
from xrm.platform.security import access, checks
from xrm.platform.security.privileges import CHILD_VERBS


def admit(batch: Batch, verb: str) -> None:
    """Refuse the records of a batch on which the actor may not use the verb.

    A new record is looked at as it will be, any other one as it was.
    """
    work = batch.work
    if batch.trusted or work.actor.is_system:
        return
    within = _parents_within_reach(batch, verb)
    for change in batch.changes:
        row = change.after if change.before is None else change.before
        if within is not None and _parent(batch, row) in within:
            continue
        try:
            checks.require(work, batch.entity, verb, row)
        except XrmError as error:
            batch.refuse(change, error)
    batch.drop_refused()


def _parent(batch: Batch, row: Values) -> Ref | None:
    found: Ref | None = row.get(batch.layout.entity.parent or "")
    return found


def _parents_within_reach(batch: Batch, verb: str) -> set[Ref | None] | None:
    """Return the parents that allow the verb; `None` where no parent decides."""
    work = batch.work
    if len(batch.changes) < 2:
        return None
    form = access.shape(work.snapshot, work.actor, batch.entity, verb)
    if form.kind != "parents":
        return None
    wanted: dict[str, set[UUID]] = {}
    for change in batch.changes:
        row = change.after if change.before is None else change.before
        parent = _parent(batch, row)
        if parent is not None:
            wanted.setdefault(parent.entity, set()).add(parent.id)
    return {
        Ref(entity, record)
        for entity, ids in wanted.items()
        for record in checks.reachable(work, entity, CHILD_VERBS[verb], ids)
    }
