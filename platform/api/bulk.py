"""The operations on many records: CreateMultiple, UpdateMultiple, UpsertMultiple.

All or nothing, as on Dataverse's standard tables: one refused record undoes them all.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response

from xrm.metadata.entities import Entity
from xrm.platform.api import doors
from xrm.platform.api.addresses import QUALIFIER
from xrm.platform.api.answers import json_answer, no_content
from xrm.platform.api.calls import Call
from xrm.platform.api.keys import Key, find, key_of, reference_of
from xrm.platform.api.navigation import reference
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused, TooLarge, XrmError
from xrm.platform.records import service

MOST_TARGETS = 10_000
TARGETS = "Targets"


def create_many(work: Work, call: Call, entity: Entity) -> Response:
    """Create the targets; answer with their ids in the same order."""
    rows = [
        _values(work, call, entity, target, place)
        for place, target in enumerate(_targets(call, entity))
    ]
    outcomes = service.create_many(work, entity.name, rows)
    return json_answer(
        {
            "@odata.context": f"{call.root}$metadata#{QUALIFIER}CreateMultipleResponse",
            "Ids": [outcome.id for outcome in outcomes],
        }
    )


def update_many(work: Work, call: Call, entity: Entity) -> Response:
    """Change the targets, each named by its id (or by `@odata.id`)."""
    rows: list[tuple[UUID, dict[str, Any]]] = []
    for place, target in enumerate(_targets(call, entity)):
        values = _values(work, call, entity, target, place)
        key = _key(work, call, entity, target, values, place)
        rows.append((find(work, entity, key), values))
    service.update_many(work, entity.name, rows)
    return no_content()


def upsert_many(work: Work, call: Call, entity: Entity) -> Response:
    """Change or make the targets, each named by its id or by an alternate key."""
    ids: list[UUID] = []
    for place, target in enumerate(_targets(call, entity)):
        values = _values(work, call, entity, target, place)
        key = _key(work, call, entity, target, values, place, optional=True)
        try:
            if key is None:
                ids.append(service.create(work, entity.name, values))
            else:
                ids.append(service.upsert(work, entity.name, key, values)[0])
        except XrmError as fault:
            raise _at(fault, place) from fault
    return json_answer(
        {
            "@odata.context": f"{call.root}$metadata#{QUALIFIER}UpsertMultipleResponse",
            "Ids": ids,
        }
    )


def _targets(call: Call, entity: Entity) -> list[Mapping[str, Any]]:
    call.refuse_options()
    body = call.object()
    targets = body.get(TARGETS)
    if not isinstance(targets, list) or set(body) - {TARGETS}:
        raise Refused(
            f'The body must be {{"{TARGETS}": [{{…}}, {{…}}]}}.',
            code="bad_body",
            target=TARGETS,
        )
    if len(targets) > MOST_TARGETS:
        raise TooLarge(
            f"{len(targets):,} targets are more than {MOST_TARGETS:,}. "
            "Send them in several calls.",
            target=TARGETS,
        )
    for place, target in enumerate(targets):
        if not isinstance(target, dict):
            raise Refused(
                f"{TARGETS}[{place}] is no JSON object.",
                code="bad_body",
                target=f"{TARGETS}[{place}]",
            )
        kind = target.get(doors.TYPE)
        if kind is not None and str(kind).rpartition(".")[2] != entity.name:
            raise Refused(
                f'{TARGETS}[{place}] is of type "{str(kind)[:80]}"; this set holds '
                f"{QUALIFIER}{entity.name}.",
                code="wrong_type",
                target=f"{TARGETS}[{place}]",
            )
    return targets


def _values(
    work: Work, call: Call, entity: Entity, target: Mapping[str, Any], place: int
) -> dict[str, Any]:
    try:
        return doors.translate(
            work.snapshot,
            entity,
            target,
            lambda segment: reference_of(work, segment, call),
            call.root,
        )
    except XrmError as fault:
        raise _at(fault, place) from fault


def _key(
    work: Work,
    call: Call,
    entity: Entity,
    target: Mapping[str, Any],
    values: dict[str, Any],
    place: int,
    *,
    optional: bool = False,
) -> Any:
    """Return the key of a target, taken out of its values when it is the id."""
    try:
        key = _given_key(work, call, entity, target, values)
    except XrmError as fault:
        raise _at(fault, place) from fault
    if key is None and not optional:
        raise Refused(
            f'{TARGETS}[{place}] has no id: add "{entity.key}" or "{doors.ID}".',
            code="bad_key",
            target=f"{TARGETS}[{place}]",
        )
    return key


def _given_key(
    work: Work,
    call: Call,
    entity: Entity,
    target: Mapping[str, Any],
    values: dict[str, Any],
) -> Key | None:
    address = target.get(doors.ID)
    if address is not None:
        segment = reference(address, call.root)
        if work.catalog.entity_of_set(segment.name) is not entity:
            raise Refused(
                f'"{address}" is not in {entity.set_name}.', code="wrong_entity"
            )
        values.pop(entity.key, None)
        return key_of(entity, segment, call)
    given = values.pop(entity.key, None)
    if given is not None:
        try:
            return UUID(str(given))
        except ValueError:
            raise Refused(
                f'"{str(given)[:80]}" is no id.', code="bad_key", target=entity.key
            ) from None
    for fields in entity.keys.values():
        if all(values.get(name) is not None for name in fields):
            return {name: values[name] for name in fields}
    return None


def _at(fault: XrmError, place: int) -> XrmError:
    """Say in an error which target it is about."""
    fault.message = f"{TARGETS}[{place}]: {fault.message}"
    fault.target = f"{TARGETS}[{place}]" + (f".{fault.target}" if fault.target else "")
    return fault
