"""Know who owns a record: its owner, and the business unit that follows from the owner.

Source: reference/dataverse.md 2.2 (assign: the new owner must be able to read).
"""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.errors import Detail
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.layout import layout_of
from xrm.platform.records.values import invalid
from xrm.platform.security import checks
from xrm.rule_engine import core_names

OWNER = "ownerid"
UNIT = "owningbusinessunit"
OWNING_USER = "owninguser"
OWNING_TEAM = "owningteam"
"""The owner once more, by its kind: what clients join to."""


def fill(batch: Batch) -> None:
    """Give new records their owner; let the business unit follow a changed owner."""
    if OWNER not in batch.layout.fields:
        return
    work = batch.work
    for change in batch.changes:
        after = change.after
        if after.get(OWNER) is None and change.before is None:
            if work.actor.is_system:
                continue
            after[OWNER] = Ref(core_names.USER, work.actor.user_id)
        if not change.has_changed(OWNER):
            continue
        owner = after.get(OWNER)
        if owner is None:
            continue
        unit = unit_of(work, owner)
        after[UNIT] = None if unit is None else Ref(core_names.UNIT, unit)
        after[OWNING_USER] = owner if owner.entity == core_names.USER else None
        after[OWNING_TEAM] = owner if owner.entity == core_names.TEAM else None


def check(batch: Batch) -> None:
    """Refuse owners that the actor may not give a record to."""
    if OWNER not in batch.layout.fields or batch.trusted:
        return
    work = batch.work
    if work.actor.is_system:
        return
    for change in batch.changes:
        owner = change.after.get(OWNER)
        if owner is None or not change.has_changed(OWNER):
            continue
        if change.before is None and owner.id == work.actor.user_id:
            continue
        checks.require(work, batch.entity, "assign", change.before)
        if owner.id not in work.actor.principals and not _may_own(batch, owner):
            batch.refuse(change, invalid(batch.layout.entity, [_cannot(batch, owner)]))
    batch.drop_refused()


def _may_own(batch: Batch, owner: Ref) -> bool:
    known: dict[Any, bool] = batch.work.memo.setdefault(("may own", batch.entity), {})
    if owner not in known:
        known[owner] = checks.may_own(batch.work, batch.entity, owner)
    return known[owner]


def _cannot(batch: Batch, owner: Ref) -> Detail:
    entity = batch.layout.entity
    return Detail(
        OWNER,
        "owner",
        f"{entity.fields[OWNER].label}: this {owner.entity} may not read "
        f"{entity.plural_label} and cannot own one. Choose another owner.",
    )


def unit_of(work: Work, owner: Ref) -> UUID | None:
    """Return the business unit of a user or team."""
    if owner.id == work.actor.user_id:
        return work.actor.unit_id
    known: dict[Ref, UUID | None] = work.memo.setdefault("units", {})
    if owner not in known:
        layout = layout_of(work.snapshot, owner.entity)
        column = layout.table.c.get("businessunitid")
        if column is None:
            known[owner] = None
        else:
            statement = layout.kept(
                "unit",
                lambda: select(column).where(
                    layout.table.c[layout.key] == bindparam("xrm_id")
                ),
            )
            known[owner] = work.connection.execute(
                statement, {"xrm_id": owner.id}
            ).scalar()
    return known[owner]


def touched(change: Change) -> bool:
    """Say whether the owner changes."""
    return change.before is not None and change.has_changed(OWNER)
