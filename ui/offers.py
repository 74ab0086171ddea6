"""Know what may be offered at records: only what the platform will not refuse.

Asks for the rights on the records themselves, where a list would know only that some
record of the entity may be changed.
"""

from collections.abc import Iterable
from uuid import UUID

from xrm.metadata.entities import Entity
from xrm.platform.security import access, checks
from xrm.ui.visit import Visit


def changeable(seen: Visit, entity: str, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those of the records that the person may change, by one statement."""
    form = access.shape(seen.work.snapshot, seen.actor, entity, "write")
    if form.kind == "none":
        return frozenset()
    if form.kind == "all":
        return frozenset(ids)
    return frozenset(checks.reachable(seen.work, entity, "write", ids))


def may_add(seen: Visit, entity: Entity, record: UUID, other: Entity) -> bool:
    """Say whether the person may make a record of `other` that points to this one."""
    if not access.may(seen.actor, other.name, "create"):
        return False
    if other.kind == "child" and other.parent and _is_parent(other, entity):
        return checks.check_record(
            seen.work, entity.name, "write", {entity.key: record}
        )
    return bool(access.may(seen.actor, other.name, "append")) and checks.check_record(
        seen.work, entity.name, "append_to", {entity.key: record}
    )


def may_link(seen: Visit, entity: Entity, record: UUID, other: Entity) -> bool:
    """Say whether the person may link a record of `other` to this one."""
    return bool(access.may(seen.actor, other.name, "append")) and checks.check_record(
        seen.work, entity.name, "append", {entity.key: record}
    )


def _is_parent(child: Entity, entity: Entity) -> bool:
    targets = child.field(child.parent or "").targets
    return any(target.entity == entity.name for target in targets)
