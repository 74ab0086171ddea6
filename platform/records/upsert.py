"""Know the verb upsert: change the record of an id or of key values, or make it."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, select

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.database.work import Work
from xrm.platform.errors import Conflict, Detail, Refused, XrmError
from xrm.platform.records.create import create
from xrm.platform.records.layout import Layout, layout_of
from xrm.platform.records.uniqueness import key_matches
from xrm.platform.records.update import not_found, update
from xrm.platform.records.values import invalid

Allow = Literal["both", "create", "update"]


def find(work: Work, layout: Layout, key: UUID | Mapping[str, Any]) -> UUID | None:
    """Return the id of the record with this id or these key values.

    Raises:
        Refused: the fields are not those of a key of the entity.
        Invalid: a value does not fit its field.
    """
    at = layout.table.c[layout.key]
    found: UUID | None
    if isinstance(key, UUID):
        by_id = layout.kept("find", lambda: select(at).where(at == bindparam("xrm_id")))
        found = work.connection.execute(by_id, {"xrm_id": key}).scalar()
        return found
    condition = key_matches(layout, parsed_key(layout, key))
    found = work.connection.execute(select(at).where(condition)).scalar()
    return found


def parsed_key(layout: Layout, key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parsed values of an alternate key."""
    entity = layout.entity
    if set(key) == {layout.key}:
        return {layout.key: key[layout.key]}
    if not any(set(fields) == set(key) for fields in entity.keys.values()):
        raise Refused(_no_key(entity, key), code="no_key", target=entity.name)
    made = {}
    for name, value in key.items():
        field = entity.fields[name]
        try:
            made[name] = layout.fields[name].parse(field, value)
        except ValueProblem as problem:
            fault = Detail(name, problem.code, problem.message)
            raise invalid(entity, [fault]) from problem
    return made


def _no_key(entity: Entity, key: Mapping[str, Any]) -> str:
    asked = ", ".join(key)
    has = "; ".join(", ".join(fields) for fields in entity.keys.values())
    if not has:
        return f"{entity.label} has no alternate key. Use the id."
    return f"{entity.label} has no alternate key of {asked}. Its keys are: {has}."


def upsert(
    work: Work,
    entity: str,
    key: UUID | Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    allow: Allow = "both",
    if_version: int | None = None,
) -> tuple[UUID, bool]:
    """Change the record of this key, or make it; return its id and whether it is new.

    Raises:
        NotFound: it does not exist and `allow` is `update`.
        Conflict: it exists and `allow` is `create`.
    """
    layout = layout_of(work.snapshot, entity)
    if isinstance(key, UUID) and allow != "create":
        try:
            update(work, entity, key, values, if_version=if_version)
        except XrmError:
            if find(work, layout, key) is not None:
                raise  # else nothing was done: a record that is not there is made
        else:
            return key, False
    found = find(work, layout, key)
    if found is not None:
        if allow == "create":
            raise Conflict(
                f"There is already a {layout.entity.label.lower()} with this key. "
                "Update it instead.",
                code="duplicate_key",
                target=entity,
            )
        update(work, entity, found, values, if_version=if_version)
        return found, False
    if allow == "update" or if_version is not None:
        raise not_found(layout, key)
    if isinstance(key, UUID):
        return create(work, entity, values, key=key), True
    return create(work, entity, {**key, **values}), True
