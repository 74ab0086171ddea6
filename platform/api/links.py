"""The operations that link records: `$ref` on lookups and on collections."""

from uuid import UUID

from flask import Response

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.relationships import Relationship
from xrm.platform.api.answers import json_answer, no_content
from xrm.platform.api.calls import Call
from xrm.platform.api.doors import ID
from xrm.platform.api.keys import Key, find, not_found, reference_of
from xrm.platform.api.navigation import Single, reference
from xrm.platform.api.rows import record_address
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.records import service


def lookup_of(
    work: Work, entity: Entity, key: Key, single: Single
) -> tuple[UUID, Ref | None]:
    """Return the id of a record and what its lookup points to."""
    record = find(work, entity, key)
    name = single.field.name
    found: Ref | None = service.retrieve(work, entity.name, record, [name])[name]
    if found is not None and found.entity not in single.targets:
        found = None
    return record, found


def show_reference(
    work: Work, call: Call, entity: Entity, key: Key, single: Single
) -> Response:
    """Answer with the address of the record a lookup points to."""
    call.refuse_options()
    _, found = lookup_of(work, entity, key, single)
    if found is None:
        return no_content()
    target = work.catalog.entity(found.entity)
    return json_answer(
        {
            "@odata.context": f"{call.root}$metadata#$ref",
            ID: record_address(call.root, target, found.id),
        }
    )


def set_reference(
    work: Work, call: Call, entity: Entity, key: Key, single: Single
) -> Response:
    """Point a lookup to the record of `@odata.id`."""
    found = _given(work, call)
    if found.entity not in single.targets:
        raise _wrong_target(single, found)
    service.update(
        work, entity.name, find(work, entity, key), {single.field.name: found}
    )
    return no_content()


def clear_reference(
    work: Work, call: Call, entity: Entity, key: Key, single: Single
) -> Response:
    """Point a lookup to nothing."""
    service.update(
        work, entity.name, find(work, entity, key), {single.field.name: None}
    )
    return no_content()


def add(
    work: Work, call: Call, entity: Entity, key: Key, link: Child | Relationship
) -> Response:
    """Put a record into a collection of another one."""
    call.refuse_options()
    other = _given(work, call)
    record = find(work, entity, key)
    if isinstance(link, Child):
        _must_be(other, link.entity)
        service.update(
            work, other.entity, other.id, {link.field.name: Ref(entity.name, record)}
        )
    else:
        first, second = _pair(entity, link, record, other, call)
        service.associate(work, link.name, first, second)
    return no_content()


def remove(
    work: Work,
    call: Call,
    entity: Entity,
    key: Key,
    link: Child | Relationship,
    other: Ref,
) -> Response:
    """Take a record out of a collection of another one."""
    record = find(work, entity, key)
    if isinstance(link, Child):
        _must_be(other, link.entity)
        name = link.field.name
        now = service.retrieve(work, other.entity, other.id, [name])[name]
        if now != Ref(entity.name, record):
            raise not_found(work.catalog.entity(other.entity), other.id)
        service.update(work, other.entity, other.id, {name: None})
    else:
        first, second = _pair(entity, link, record, other, call)
        service.disassociate(work, link.name, first, second)
    return no_content()


def other_in_option(work: Work, call: Call) -> Ref:
    """Return the record of `?$id=…`."""
    text = call.option("$id")
    if text is None:
        raise Refused(
            "Say which record to take out: …/<collection>(<id>)/$ref, or ?$id=…",
            code="bad_reference",
            target="$id",
        )
    return reference_of(work, reference(text, call.root), call)


def _given(work: Work, call: Call) -> Ref:
    body = call.object()
    if ID not in body:
        raise Refused(
            f'The body must be {{"{ID}": "<set>(<id>)"}}.',
            code="bad_reference",
            target=ID,
        )
    return reference_of(work, reference(body[ID], call.root), call)


def _must_be(other: Ref, entity: str) -> None:
    if other.entity != entity:
        raise Refused(
            f"This collection holds records of {entity}, not of {other.entity}.",
            code="wrong_entity",
            target=ID,
        )


def _wrong_target(single: Single, found: Ref) -> Refused:
    return Refused(
        f"{single.field.label} cannot point to {found.entity}; it takes "
        f"{' or '.join(single.targets)}.",
        code="wrong_entity",
        target=single.field.name,
    )


def _pair(
    entity: Entity, link: Relationship, record: UUID, other: Ref, call: Call
) -> tuple[UUID, UUID]:
    """Return the two records in the order of the relationship."""
    if link.first == link.second:
        _must_be(other, link.first)
        backwards = call.segments[1].name == link.second_collection
        return (other.id, record) if backwards else (record, other.id)
    if link.first == entity.name:
        _must_be(other, link.second)
        return record, other.id
    _must_be(other, link.first)
    return other.id, record
