"""The front door of the record verbs; every other room calls these functions.

Each verb stands in a module of its own name. `values` may be native values, JSON values
or texts: the field types parse them. Refused values raise `Invalid` with one detail for
each field; `StaleVersion` carries what the record is now. Bulk verbs do to N records
what N calls would do, in the same order, and tell the outcome of each with
`on_error="report"`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from xrm.metadata.fields.field_type import Ref
from xrm.metadata.roles import Depth
from xrm.platform.database.work import Work
from xrm.platform.records import chain
from xrm.platform.records import history as history_rows
from xrm.platform.records.associate import associate, disassociate
from xrm.platform.records.change import Outcome
from xrm.platform.records.create import create, create_many
from xrm.platform.records.delete import delete, delete_many
from xrm.platform.records.history import HistoryEntry
from xrm.platform.records.layout import layout_of
from xrm.platform.records.pipeline import OnError
from xrm.platform.records.retrieve import retrieve
from xrm.platform.records.update import assign, set_state, update, update_many
from xrm.platform.records.upsert import upsert
from xrm.platform.security import access, checks

__all__ = [
    "HistoryEntry",
    "Outcome",
    "as_of",
    "assign",
    "assign_many",
    "associate",
    "create",
    "create_many",
    "delete",
    "delete_many",
    "disassociate",
    "history",
    "latest_history",
    "retrieve",
    "set_state",
    "update",
    "update_many",
    "upsert",
]


def assign_many(
    work: Work,
    entity: str,
    records: Sequence[UUID],
    owner: Ref,
    *,
    on_error: OnError = "stop",
) -> list[Outcome]:
    """Give records to another user or team."""
    rows = [(record, {"ownerid": owner}) for record in records]
    return update_many(work, entity, rows, on_error=on_error, verb="assign")


def history(work: Work, entity: str, record: UUID) -> list[HistoryEntry]:
    """Return the history of a record, oldest first, as far as the actor may see it.

    The history of a deleted record is for those who may read every record of the
    entity.

    Raises:
        NotFound: the actor may not see the record.
    """
    layout = layout_of(work.snapshot, entity)
    _require_history(work, entity, record)
    readable = access.readable_fields(work.snapshot, work.actor, entity)
    return [
        history_rows.without(entry, layout.entity, readable)
        for entry in history_rows.entries(work, layout, record)
    ]


def latest_history(
    work: Work,
    entity: str,
    record: UUID,
    *,
    limit: int,
    before: int | None = None,
    actor: UUID | None = None,
) -> list[HistoryEntry]:
    """Return the newest of a record's history, newest first, as far as may be seen.

    `before` is the `seq` of the entry where the page before ended; `actor` asks for the
    changes of one person only.

    Raises:
        NotFound: the actor may not see the record.
    """
    layout = layout_of(work.snapshot, entity)
    _require_history(work, entity, record)
    readable = access.readable_fields(work.snapshot, work.actor, entity)
    found = history_rows.latest(
        work, layout, record, limit=limit, before=before, actor=actor
    )
    return [history_rows.without(entry, layout.entity, readable) for entry in found]


def as_of(
    work: Work, entity: str, record: UUID, moment: datetime
) -> dict[str, Any] | None:
    """Return the values of a record as they were at a moment; `None` if it was not.

    Raises:
        NotFound: the actor may not see the record.
    """
    _require_history(work, entity, record)
    readable = access.readable_fields(work.snapshot, work.actor, entity)
    found = chain.as_of(work, entity, record, moment)
    if found is None:
        return None
    return {name: value for name, value in found.items() if name in readable}


def _require_history(work: Work, entity: str, record: UUID) -> None:
    if work.actor.is_system:
        return
    if access.may(work.actor, entity, "read") == Depth.ORGANIZATION:
        return
    checks.require_id(work, entity, "read", record)
