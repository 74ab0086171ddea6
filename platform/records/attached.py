"""Know whether a person may put a file into a record: it must be one they uploaded.

The id of a file is no right to it. Whoever may read a record may read its file; so a
file gets into a record only by the hands that brought it, or stays where it is. One
query for a batch, and none where no file field was set.
"""

from uuid import UUID

from sqlalchemy import bindparam, select

from xrm.metadata.entities import Field
from xrm.platform.database.system_tables import STORED_FILE
from xrm.platform.errors import Detail
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import Layout
from xrm.platform.records.values import invalid

FILE_TYPES = frozenset({"file", "image"})
"""Field types whose values name a file."""
NOT_YOURS = "There is no file of yours with this id. Upload the file, then save."

_OWN = select(STORED_FILE.c.id).where(
    STORED_FILE.c.id.in_(bindparam("xrm_ids", expanding=True)),
    STORED_FILE.c.created_by == bindparam("xrm_user"),
)


def files_of(layout: Layout) -> tuple[Field, ...]:
    """Return the fields of an entity that name files."""
    return layout.kept(
        "files",
        lambda: tuple(
            layout.entity.fields[name]
            for name, type_ in layout.fields.items()
            if type_.name in FILE_TYPES
        ),
    )


def check(batch: Batch) -> None:
    """Refuse changes that name a file of somebody else's, or none."""
    fields = files_of(batch.layout)
    actor = batch.work.actor
    if not fields or batch.trusted or actor.is_system:
        return
    asked: list[tuple[Change, Field, UUID]] = []
    for change in batch.changes:
        for field in fields:
            id_ = change.after.get(field.name)
            old = change.before.get(field.name) if change.before is not None else None
            if id_ is not None and id_ != old:
                asked.append((change, field, id_))
    if not asked:
        return
    ids = sorted({id_ for _, _, id_ in asked})
    values = {"xrm_ids": ids, "xrm_user": actor.user_id}
    own = set(batch.work.connection.scalars(_OWN, values))
    faults: dict[int, list[Detail]] = {}
    for change, field, id_ in asked:
        if id_ not in own:
            fault = Detail(field.name, "no_file", NOT_YOURS)
            faults.setdefault(id(change), []).append(fault)
    for change in batch.changes:
        if id(change) in faults:
            batch.refuse(change, invalid(batch.layout.entity, faults[id(change)]))
    batch.drop_refused()
