"""The operations that change one record, or one property of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from flask import Response

from xrm.metadata.entities import Entity, Field
from xrm.platform.api import doors
from xrm.platform.api.answers import no_content
from xrm.platform.api.calls import Call
from xrm.platform.api.keys import Key, find, reference_of
from xrm.platform.api.navigation import navigation_name
from xrm.platform.api.reading import record_answer
from xrm.platform.api.rows import record_address
from xrm.platform.database.work import Work
from xrm.platform.errors import Conflict, NotFound, Refused, XrmError
from xrm.platform.records import service

Allow = Literal["both", "create", "update"]


class PreconditionFailed(XrmError):
    """What the caller demanded of the record (`If-None-Match: *`) does not hold."""

    status = 412
    default_code = "precondition_failed"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a caller demands of a record before it is changed."""

    allow: Allow = "both"
    version: int | None = None


def demand_of(call: Call) -> Demand:
    """Return the demands of `If-Match` and `If-None-Match`.

    The word `null` in `If-None-Match` means nothing: two clients always send it.

    Raises:
        Refused: both are demanded at once.
    """
    match = call.if_match
    none_match = "" if call.if_none_match == "null" else call.if_none_match
    if match and none_match:
        raise Refused(
            "If-Match and If-None-Match contradict each other. Send one of them.",
            code="bad_header",
            target="If-Match",
        )
    if match == "*":
        return Demand("update")
    if match:
        return Demand("update", _version(match))
    if none_match == "*":
        return Demand("create")
    return Demand()


def _version(etag: str) -> int:
    text = etag.removeprefix("W/").strip('"')
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    return -1  # no version is like this, so the answer is 412


def values_of(
    work: Work, call: Call, entity: Entity, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the checked values of a body."""
    return doors.read_values(
        work.snapshot,
        entity,
        call.object() if body is None else body,
        lambda segment: reference_of(work, segment, call),
        call.root,
    )


def create(work: Work, call: Call, entity: Entity) -> Response:
    """Create a record: 204 with its address, or 201 with the record if preferred."""
    call.refuse_options("$select", "$expand")
    record = service.create(work, entity.name, values_of(work, call, entity))
    return _written(work, call, entity, record, HTTPStatus.CREATED)


def update(work: Work, call: Call, entity: Entity, key: Key) -> Response:
    """Change a record, or make it where there is none and the caller allows it."""
    call.refuse_options("$select", "$expand")
    demand = demand_of(call)
    values = values_of(work, call, entity)
    if isinstance(key, UUID):
        values.pop(entity.key, None)
    try:
        record, created = service.upsert(
            work,
            entity.name,
            key,
            values,
            allow=demand.allow,
            if_version=demand.version,
        )
    except Conflict as fault:
        if demand.allow == "create" and fault.code == "duplicate_key":
            raise PreconditionFailed(
                fault.message, code="duplicate", target=fault.target
            ) from fault
        raise
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    return _written(work, call, entity, record, status)


def _written(
    work: Work, call: Call, entity: Entity, record: UUID, status: int
) -> Response:
    """Answer with the record where preferred (and readable), else with its address."""
    address = record_address(call.root, entity, record)
    headers = {"OData-EntityId": address, "Location": address}
    if call.preferences.representation:
        try:
            answer = record_answer(work, call, entity, record)
        except NotFound:
            return no_content(headers)
        answer.status_code = status
        if status == HTTPStatus.CREATED:
            answer.headers["Location"] = address
        answer.headers["Preference-Applied"] = "return=representation"
        return answer
    return no_content(headers)


def delete(work: Work, call: Call, entity: Entity, key: Key) -> Response:
    """Delete a record."""
    call.refuse_options()
    demand = demand_of(call)
    if demand.allow == "create":
        raise Refused(
            "If-None-Match means nothing for DELETE.",
            code="bad_header",
            target="If-None-Match",
        )
    service.delete(
        work, entity.name, find(work, entity, key), if_version=demand.version
    )
    return no_content()


def put_property(
    work: Work, call: Call, entity: Entity, key: Key, field: Field
) -> Response:
    """Set one property: `{"value": …}`."""
    body = call.object()
    if set(body) - {"@odata.context"} != {"value"}:
        raise Refused(
            'The body must be {"value": …} and nothing else.',
            code="bad_body",
            target=field.name,
        )
    _refuse_lookup(field)
    values = values_of(work, call, entity, {field.name: body["value"]})
    _set(work, call, entity, key, values)
    return no_content()


def clear_property(
    work: Work, call: Call, entity: Entity, key: Key, field: Field
) -> Response:
    """Set one property to null."""
    call.refuse_options()
    _refuse_lookup(field)
    _set(work, call, entity, key, {field.name: None})
    return no_content()


def _refuse_lookup(field: Field) -> None:
    if field.is_lookup:
        name = navigation_name(field, None)
        raise Refused(
            f"{field.label} is a lookup. Use {name}/$ref.",
            code="lookup_value",
            target=field.name,
        )


def _set(
    work: Work, call: Call, entity: Entity, key: Key, values: Mapping[str, Any]
) -> None:
    demand = demand_of(call)
    service.update(
        work,
        entity.name,
        find(work, entity, key),
        values,
        if_version=demand.version,
    )
