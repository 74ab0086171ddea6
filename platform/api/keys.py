"""Find the record an address names: by its id, or by the values of an alternate key."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.api.addresses import UNNAMED, Segment
from xrm.platform.api.calls import Call
from xrm.platform.api.navigation import entity_of_set, find_field
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound, Refused
from xrm.platform.query.query import And, Compare, Query
from xrm.platform.query.run import run
from xrm.platform.records.layout import layout_of
from xrm.platform.records.upsert import parsed_key

Key = UUID | Mapping[str, Any]
"""An id, or the values of an alternate key by field."""


def key_of(entity: Entity, segment: Segment, call: Call) -> Key:
    """Return the key in the parentheses of a segment.

    Raises:
        Refused: there is none, or it is no id and no key of the entity.
    """
    arguments = segment.arguments
    if not arguments:
        raise Refused(
            f"{segment.name}() names no record. Write {entity.set_name}(<id>).",
            code="bad_key",
            target=segment.name,
        )
    values = {name: call.argument(value) for name, value in arguments.items()}
    if UNNAMED in values:
        return _id(entity, values[UNNAMED])
    made: dict[str, Any] = {}
    for name, value in values.items():
        field = find_field(entity, name)
        if field is None or field.name in made:
            made[name] = value
        else:
            made[field.name] = value
    if set(made) == {entity.key}:
        return _id(entity, made[entity.key])
    return made


def _id(entity: Entity, value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            pass
    hint = ""
    if entity.keys:
        fields = next(iter(entity.keys.values()))
        shown = ",".join(f"{name}=…" for name in fields)
        hint = f" Or name an alternate key: {entity.set_name}({shown})."
    raise Refused(
        f'"{str(value)[:80]}" is no id. Write {entity.set_name}(<GUID>).{hint}',
        code="bad_key",
        target=entity.name,
    )


def find(work: Work, entity: Entity, key: Key) -> UUID:
    """Return the id of the record of a key, as far as the actor may read it.

    Raises:
        NotFound: there is none the actor may read.
    """
    if isinstance(key, UUID):
        return key
    page = run(
        work,
        Query(entity.name, (entity.key,), where=condition(work, entity, key), limit=1),
    )
    if not page.rows:
        raise not_found(entity, key)
    found: UUID = page.rows[0][entity.key]
    return found


def condition(work: Work, entity: Entity, key: Key) -> And | Compare:
    """Return the condition that only the record of a key fulfils.

    Raises:
        Refused: the fields are those of no alternate key.
    """
    if isinstance(key, UUID):
        return Compare(entity.key, "eq", (key,))
    layout = layout_of(work.snapshot, entity.name)
    unknown = [name for name in key if name not in entity.fields]
    if unknown:
        raise Refused(
            f'{entity.label} has no field "{unknown[0][:80]}". {_keys(entity)}',
            code="no_key",
            target=unknown[0][:80],
        )
    items = [
        Compare(name, "eq", (value.id if isinstance(value, Ref) else value,))
        for name, value in parsed_key(layout, key).items()
    ]
    return And(tuple(items))


def _keys(entity: Entity) -> str:
    if not entity.keys:
        return "It has no alternate key: use the id."
    shown = "; ".join(", ".join(fields) for fields in entity.keys.values())
    return f"Its alternate keys are: {shown}."


def not_found(entity: Entity, key: Key) -> NotFound:
    """Return the error for a record that is not there, or not for this reader."""
    shown = (
        str(key)
        if isinstance(key, UUID)
        else ", ".join(f"{name} = {value!r}" for name, value in key.items())
    )
    return NotFound(
        f"{entity.label} with {'id' if isinstance(key, UUID) else 'key'} {shown} "
        "does not exist, or you may not read it.",
        target=entity.name,
    )


def reference_of(work: Work, segment: Segment, call: Call) -> Ref:
    """Return the record that a reference such as `contacts(…)` points to."""
    entity = entity_of_set(work.catalog, segment.name)
    return Ref(entity.name, find(work, entity, key_of(entity, segment, call)))
