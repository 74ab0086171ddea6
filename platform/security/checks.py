"""Decide about one record: may this actor use this verb on it, and why.

The same shapes as the SQL predicate of `access.py`, evaluated over one row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from sqlalchemy import FromClause, select

from xrm.metadata.entities import Entity
from xrm.metadata.family import ACTIVITY_BASE, type_code_of
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.roles import Depth
from xrm.metadata.system_fields import OWNING
from xrm.platform.errors import Forbidden, NotFound, NotSignedIn
from xrm.platform.security import access
from xrm.platform.security.access import Shape
from xrm.platform.security.actors import load_actor, owns_records
from xrm.platform.security.privileges import (
    CHILD_VERBS,
    Privileges,
    depth_in,
    is_child,
    reach_of,
)
from xrm.platform.security.units import UnitTree
from xrm.rule_engine import core_names

if TYPE_CHECKING:
    from xrm.platform.database.work import Work

MOST_IDS: Final = 500
"""How many ids one statement asks for."""
_ACTIVITY_TYPE: Final = "activitytypecode"
VERB_WORDS: Final[Mapping[str, str]] = {
    "create": "create",
    "read": "read",
    "write": "change",
    "delete": "delete",
    "append": "link other records to",
    "append_to": "be linked to",
    "assign": "assign",
    "share": "share",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an actor may or may not: one way of access and what came of it."""

    granted: bool
    kind: Literal[
        "system",
        "privilege",
        "owner",
        "team",
        "unit",
        "organization",
        "parent",
        "missing",
    ]
    message: str
    role: str | None = None


def check_record(work: "Work", entity: str, verb: str, row: Mapping[str, Any]) -> bool:
    """Say whether the actor may use the verb on a record.

    `row` has the stored values of the owner fields (for a child: of its parent lookup),
    or else the key, by which they are read.
    """
    form = access.shape(work.snapshot, work.actor, entity, verb)
    return _holds(work, form, entity, verb, row)


def _holds(
    work: "Work", form: Shape, entity: str, verb: str, row: Mapping[str, Any]
) -> bool:
    if form.kind in ("all", "none"):
        return form.kind == "all"
    definition = work.catalog.entity(entity)
    row = _with_deciding_fields(work, definition, row)
    if form.kind == "rows":
        return _id(row.get("ownerid")) in work.actor.principals or (
            form.has_units
            and _id(row.get("owningbusinessunit"))
            in access.grant_of(work.actor, entity, verb).units
        )
    if form.kind == "activities":
        for name, above_verb, above in form.parents:
            if type_code_of(work.catalog.entity(name)) == row.get(_ACTIVITY_TYPE):
                return _holds(work, above, name, above_verb, row)
        return False
    assert definition.parent is not None
    parent_id = _id(row.get(definition.parent))
    if parent_id is None:
        return False
    kind = _entity_of(definition, row)
    for name, above_verb, above in form.parents:
        if kind in (None, name):
            key = work.catalog.entity(name).key
            parent = _read(work, name, parent_id)
            return parent is not None and _holds(
                work, above, name, above_verb, {**parent, key: parent_id}
            )
    return False


def require(
    work: "Work", entity: str, verb: str, row: Mapping[str, Any] | None = None
) -> None:
    """Let the verb pass, or refuse it.

    Without a row only the privilege is asked for. A row that the actor may not read is
    "not found"; one that may be read but not used with the verb is forbidden.

    Raises:
        Forbidden: no role gives the privilege, or it does not reach this record.
        NotFound: the actor may not know of the record.
    """
    actor = work.actor
    if actor.is_system:
        return
    if not access.may(actor, entity, verb):
        raise Forbidden(_no_privilege(work, entity, verb), target=entity)
    if row is None or check_record(work, entity, verb, row):
        return
    if verb not in ("read", "create") and check_record(work, entity, "read", row):
        raise Forbidden(_out_of_reach(work, entity, verb), target=entity)
    if verb == "create":
        raise Forbidden(_out_of_reach(work, entity, verb), target=entity)
    raise missing(work, entity, row)


def require_id(work: "Work", entity: str, verb: str, id_: UUID) -> None:
    """Let the verb pass on a stored record, or refuse it as `require` does."""
    row = _read(work, entity, id_)
    key = work.catalog.entity(entity).key
    if row is None:
        if not work.actor.is_system and not access.may(work.actor, entity, verb):
            raise Forbidden(_no_privilege(work, entity, verb), target=entity)
        raise missing(work, entity, {key: id_})
    require(work, entity, verb, {**row, key: id_})


def reachable(work: "Work", entity: str, verb: str, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of the ids that exist and on which the actor may use the verb."""
    table = work.tables.table(entity)
    key = table.c[work.catalog.entity(entity).key]
    condition = access.row_filter(work.snapshot, work.actor, entity, verb)
    found: set[UUID] = set()
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), MOST_IDS):
        part = wanted[start : start + MOST_IDS]
        statement = select(key).where(key.in_(part), condition)
        found.update(work.connection.execute(statement).scalars())
    return found


def may_own(work: "Work", entity: str, owner: Ref) -> bool:
    """Say whether a user or team may be given a record.

    A user must be able to read such records. A team must be there, and be one that owns
    records: its members read them by their own roles.
    """
    if owner.entity == core_names.USER:
        try:
            actor = load_actor(work.connection, work.snapshot, owner.id)
        except NotSignedIn:
            return False
        return bool(access.may(actor, entity, "read"))
    if owner.entity != core_names.TEAM:
        return False
    return owns_records(work.connection, work.snapshot, owner.id)


def reasons(work: "Work", entity: str, id_: UUID, verb: str = "read") -> list[Reason]:
    """Return why the actor may or may not use the verb on a record, way by way."""
    actor, definition = work.actor, work.catalog.entity(entity)
    if actor.is_system:
        return [Reason(True, "system", "The platform itself may do everything.")]
    row = _read(work, entity, id_)
    if row is None:
        return [Reason(False, "missing", f"There is no {definition.label} {id_}.")]
    if is_child(definition):
        return _reasons_of_parent(work, definition, row, verb)
    if definition.kind == ACTIVITY_BASE:
        code = row[_ACTIVITY_TYPE]
        kinds = [e.name for e in work.catalog.activities if type_code_of(e) == code]
        return reasons(work, kinds[0], id_, verb)
    return _reasons_of_roles(work, definition, row, verb)


def _reasons_of_parent(
    work: "Work", entity: Entity, row: Mapping[str, Any], verb: str
) -> list[Reason]:
    assert entity.parent is not None
    parent_id, name = _id(row.get(entity.parent)), _entity_of(entity, row)
    above = CHILD_VERBS[verb]
    label = entity.field(entity.parent).label
    if parent_id is None or name is None:
        granted = check_record(work, entity.name, verb, row)
        return [Reason(granted, "parent", f"The record has no {label}, which decides.")]
    head = f"{entity.label} has no rights of its own: {label} decides ({above})."
    inner = reasons(work, name, parent_id, above)
    granted = any(reason.granted for reason in inner)
    return [Reason(granted, "parent", head), *inner]


def _reasons_of_roles(
    work: "Work", entity: Entity, row: Mapping[str, Any], verb: str
) -> list[Reason]:
    owner, unit = _id(row.get("ownerid")), _id(row.get("owningbusinessunit"))
    privileges = work.actor.privileges
    tree = privileges.tree if isinstance(privileges, Privileges) else UnitTree()
    found: list[Reason] = []
    for held in work.actor.held:
        role = work.catalog.roles.get(held.role)
        depth = depth_in(role, entity, verb) if role else Depth.NONE
        if role is None or depth == Depth.NONE:
            continue
        through = f'"{role.label}"'
        if held.holder == "team":
            through += f" (through the team {held.holder_name})"
        if depth == Depth.ORGANIZATION:
            text = f"The role {through} gives it on every {entity.label}."
            found.append(Reason(True, "organization", text, role.name))
            continue
        if entity.ownership != "user":
            text = (
                f"The role {through} gives it, but only organization depth counts here."
            )
            found.append(Reason(False, "privilege", text, role.name))
            continue
        found += _reasons_of_depth(work, role.name, through, depth, owner)
        units = reach_of(depth, held.unit_id, tree).units
        if depth >= Depth.UNIT:
            text = f"The role {through} gives it in {len(units)} business unit(s)"
            text += (
                ", the record's among them." if unit in units else ", not the record's."
            )
            found.append(Reason(unit in units, "unit", text, role.name))
    if not found:
        return [Reason(False, "privilege", _no_privilege(work, entity.name, verb))]
    return found


def _reasons_of_depth(
    work: "Work", role: str, through: str, depth: Depth, owner: UUID | None
) -> list[Reason]:
    if owner == work.actor.user_id:
        text = f"The role {through} gives it on own records; this one is."
        return [Reason(True, "owner", text, role)]
    if owner in work.actor.team_ids:
        text = f"The role {through} gives it on records of own teams; this one is."
        return [Reason(True, "team", text, role)]
    if depth == Depth.OWN:
        text = (
            f"The role {through} gives it on own records only; another one owns this."
        )
        return [Reason(False, "owner", text, role)]
    return []


def missing(work: "Work", entity: str, row: Mapping[str, Any]) -> NotFound:
    """Return the error for a record that is not there, or not for this actor."""
    definition = work.catalog.entity(entity)
    found = _id(row.get(definition.key))
    named = f" with the id {found}" if found else ""
    return NotFound(
        f"There is no {definition.label}{named}, or you may not see it.", target=entity
    )


def _no_privilege(work: "Work", entity: str, verb: str) -> str:
    definition = work.catalog.entity(entity)
    if is_child(definition):
        verb = CHILD_VERBS[verb]
        named = " or ".join(
            work.catalog.entity(t.entity).plural_label
            for t in definition.field(definition.parent or "").targets
            if t.entity in work.catalog.entities
        )
    else:
        named = definition.plural_label
    return (
        f"You may not {VERB_WORDS[verb]} {named}: none of your roles gives this "
        f"privilege. Ask an administrator for a role with {verb} on {named}."
    )


def _out_of_reach(work: "Work", entity: str, verb: str) -> str:
    definition = work.catalog.entity(entity)
    return (
        f"You may not {VERB_WORDS[verb]} this {definition.label}: your roles give this "
        "privilege, but not on records of this owner and business unit."
    )


def _with_deciding_fields(
    work: "Work", entity: Entity, row: Mapping[str, Any]
) -> Mapping[str, Any]:
    needed = _deciding_names(entity)
    if all(name in row for name in needed):
        return row
    found = _read(work, entity.name, row[entity.key])
    return {**row, **found} if found else row


def _read(work: "Work", entity: str, id_: UUID) -> Mapping[str, Any] | None:
    """Return the columns that decide about a record, or `None` when it is not there."""
    table = work.tables.table(entity)
    definition = work.catalog.entity(entity)
    statement = select(*_deciding_columns(definition, table)).where(
        table.c[definition.key] == id_
    )
    found = work.connection.execute(statement).mappings().first()
    return None if found is None else dict(found)


def _deciding_names(entity: Entity) -> tuple[str, ...]:
    """Return the fields that decide about a record."""
    if is_child(entity):
        return (entity.parent or "",)
    if entity.kind == ACTIVITY_BASE:
        return (*OWNING, _ACTIVITY_TYPE)
    return OWNING


def _deciding_columns(entity: Entity, table: FromClause) -> Sequence[Any]:
    names = [entity.key, *_deciding_names(entity)]
    if is_child(entity):
        names.append(f"{entity.parent}_type")
    return [table.c[name] for name in names if name in table.c]


def _entity_of(entity: Entity, row: Mapping[str, Any]) -> str | None:
    """Return the entity of a child's parent record."""
    field = entity.field(entity.parent or "")
    value = row.get(field.name)
    if isinstance(value, Ref):
        return value.entity
    if not field.is_polymorphic:
        return field.targets[0].entity if field.targets else None
    return row.get(f"{field.name}_type")


def _id(value: Any) -> UUID | None:
    """Return the id of a lookup's value, which may be a `Ref` or the bare id."""
    return value.id if isinstance(value, Ref) else value
