"""Know what a written record looks like on the wire, and turn it into values.

The door of single writes is a marshmallow schema made of the field types: it reports
the shape (unknown names, wrong kinds) of all fields at once. Bulk writes only have
their names translated; the verbs parse them with the same functions.

    {"name": "Contoso", "primarycontactid@odata.bind": "/contacts(…)"}
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import marshmallow

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Ref, ValueProblem
from xrm.platform.api.addresses import Segment
from xrm.platform.api.navigation import (
    Single,
    find_collection,
    find_single,
    reference,
    value_name,
)
from xrm.platform.api.parties import is_parties, read_parties
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.errors import Detail, Invalid, Refused
from xrm.rule_engine.problems import did_you_mean

BIND = "@odata.bind"
ID = "@odata.id"
TYPE = "@odata.type"

Resolve = Callable[[Segment], Ref]
"""Finds the record of an address, also by an alternate key."""


class _Wire(marshmallow.Schema):
    """The schema of the fields one body sends; other names are faults."""

    class Meta:
        unknown = marshmallow.RAISE


def read_values(
    snapshot: Snapshot,
    entity: Entity,
    body: Mapping[str, Any],
    resolve: Resolve,
    root: str,
) -> dict[str, Any]:
    """Return the stored values of a body, checked by its schema.

    Raises:
        Invalid: fields that do not exist or values that do not fit, all at once.
        Refused: a nested record, or a reference to nothing.
    """
    body, parties = _without_parties(snapshot, entity, body, resolve, root)
    plain, bound = _split(snapshot, entity, body, root)
    faults = [
        _unknown(snapshot, entity, name) for name in plain if _no_field(entity, name)
    ]
    known = {name: plain[name] for name in plain if not _no_field(entity, name)}
    values: dict[str, Any] = {}
    try:
        loaded = _schema(snapshot, entity, frozenset(known)).load(known)
        values.update(loaded)
    except marshmallow.ValidationError as fault:
        faults += list(_details(entity, known, fault.messages_dict))
    if faults:
        places = {name: place for place, name in enumerate(body)}
        faults.sort(key=lambda fault: places.get(fault.field or "", 0))
        raise _invalid(entity, faults)
    values.update(_resolved(bound, resolve))
    values.update(parties)
    return values


def translate(
    snapshot: Snapshot,
    entity: Entity,
    body: Mapping[str, Any],
    resolve: Resolve,
    root: str,
) -> dict[str, Any]:
    """Return the raw values of a body by field; the verbs check them."""
    body, parties = _without_parties(snapshot, entity, body, resolve, root)
    plain, bound = _split(snapshot, entity, body, root)
    faults = [
        _unknown(snapshot, entity, name) for name in plain if _no_field(entity, name)
    ]
    if faults:
        raise _invalid(entity, faults)
    return {**plain, **dict(_resolved(bound, resolve)), **parties}


def _without_parties(
    snapshot: Snapshot,
    entity: Entity,
    body: Mapping[str, Any],
    resolve: Resolve,
    root: str,
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return a body without the parties of an activity, and these by its fields."""
    if not entity.parties:
        return body, {}
    made: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in body.items():
        if is_parties(snapshot, entity, name, value):
            made |= read_parties(snapshot, entity, name, value, resolve, root)
        else:
            rest[name] = value
    return rest, made


def _split(
    snapshot: Snapshot, entity: Entity, body: Mapping[str, Any], root: str
) -> tuple[dict[str, Any], dict[str, tuple[Single, Segment | None]]]:
    """Return the plain values, and what `@odata.bind` points to."""
    plain: dict[str, Any] = {}
    bound: dict[str, tuple[Single, Segment | None]] = {}
    for name, value in body.items():
        if name.endswith(BIND):
            single = find_single(entity, name.removesuffix(BIND))
            if single is None:
                raise _invalid(entity, [_unknown(snapshot, entity, name)])
            target = single.field.name
            if target in bound:
                raise _twice(target)
            bound[target] = single, _reference(name, value, root)
        elif "@" in name:
            continue  # annotations that were read are sent back and mean nothing
        else:
            _refuse_nested(snapshot, entity, name, value)
            plain[name] = value
    for name in bound:
        if name in plain:
            raise _twice(name)
    return plain, bound


def _twice(name: str) -> Refused:
    return Refused(f"{name} is given twice.", code="given_twice", target=name)


def _reference(name: str, value: Any, root: str) -> Segment | None:
    if value is None:
        return None
    try:
        return reference(value, root)
    except Refused as fault:
        raise Refused(fault.message, code=fault.code, target=name) from fault


def _resolved(
    bound: Mapping[str, tuple[Single, Segment | None]], resolve: Resolve
) -> Iterator[tuple[str, Ref | None]]:
    for name, (single, segment) in bound.items():
        if segment is None:
            yield name, None
            continue
        found = resolve(segment)
        if found.entity not in single.targets:
            raise Refused(
                f"{single.field.label} cannot point to {segment.name}; it takes "
                f"{' or '.join(single.targets)}.",
                code="wrong_entity",
                target=name,
            )
        yield name, found


def _refuse_nested(snapshot: Snapshot, entity: Entity, name: str, value: Any) -> None:
    """Refuse records inside a record, and values of lookups under their read names."""
    nested = isinstance(value, list) and find_collection(snapshot.catalog, entity, name)
    if nested or (isinstance(value, dict) and find_single(entity, name)):
        raise Refused(
            f'"{name}" holds a record inside this one. Create that one first, then '
            f"link it: POST to its own set, and {name}{BIND} or $ref.",
            code="nested_record",
            target=name,
        )
    if name.startswith("_") and name.endswith("_value"):
        field = entity.fields.get(name[1:-6])
        if field is not None and field.is_lookup:
            raise Refused(
                f'"{name}" can be read only. Set it with "{field.name}{BIND}": '
                f'"/<set>(<id>)".',
                code="lookup_value",
                target=name,
            )


def _no_field(entity: Entity, name: str) -> bool:
    return name not in entity.fields


def _schema(
    snapshot: Snapshot, entity: Entity, names: frozenset[str]
) -> marshmallow.Schema:
    """Return the schema of these fields, kept with the snapshot."""

    def make() -> marshmallow.Schema:
        fields = {name: _door(entity.fields[name]) for name in names}
        return _Wire.from_dict(fields)()

    return snapshot.cache("doors").get((entity.name, names), make)


def _door(field: Field) -> marshmallow.fields.Field[Any]:
    return field_type(field.type).api_field(field)


def _details(
    entity: Entity, sent: Mapping[str, Any], messages: Mapping[str, Any]
) -> Iterator[Detail]:
    """Give the faults of a schema; the code is asked for again, a schema has none."""
    for name, found in messages.items():
        field = entity.fields[name]
        code = "invalid"
        try:
            field_type(field.type).parse(field, sent[name])
        except ValueProblem as problem:
            code = problem.code
        for message in _texts(found):
            yield Detail(name, code, message)


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, Mapping):
        for inner in found.values():
            yield from _texts(inner)
    elif isinstance(found, list):
        for inner in found:
            yield from _texts(inner)
    else:
        yield str(found)


def _unknown(snapshot: Snapshot, entity: Entity, name: str) -> Detail:
    shown = name.removesuffix(BIND)[:80]
    lower = shown.lower()
    if lower != shown and lower in entity.fields:
        hint = f'Did you mean "{lower}"?'
    else:
        names = [
            value_name(f) if f.is_lookup else f.name for f in entity.fields.values()
        ]
        hint = did_you_mean(shown, [*entity.fields, *names]) or (
            "Leave it out or correct the name."
        )
    return Detail(
        shown, "unknown_field", f'{entity.label} has no field "{shown}". {hint}'
    )


def _invalid(entity: Entity, faults: list[Detail]) -> Invalid:
    message = faults[0].message
    if len(faults) > 1:
        message = (
            f"{len(faults)} values of this {entity.label.lower()} do not fit: "
            + " ".join(fault.message for fault in faults)
        )
    return Invalid(message, code=faults[0].code, target=faults[0].field, details=faults)
