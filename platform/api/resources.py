"""Find what an address means in the catalog, and the operation for its method.

The routes are generic: a new entity changes the catalog, never this table. A resource
has one operation for each method it takes; any other method is answered 405.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.platform.api import (
    bulk,
    functions,
    links,
    metadata_answers,
    reading,
    writing,
)
from xrm.platform.api.addresses import Segment
from xrm.platform.api.answers import no_content
from xrm.platform.api.calls import Call, MethodNotAllowed, NotOffered
from xrm.platform.api.expands import other_side
from xrm.platform.api.keys import Key, find, key_of
from xrm.platform.api.navigation import (
    Single,
    entity_of_set,
    find_collection,
    find_field,
    find_single,
    unknown_name,
)
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound
from xrm.rule_engine.problems import did_you_mean

Operation = Callable[[], Response]


@dataclass(frozen=True, slots=True)
class Resource:
    """What an address names: a word for measures, and its operations by method."""

    name: str
    operations: Mapping[str, Operation]

    def answer(self, call: Call) -> Response:
        """Return the answer of the operation for the call's method.

        Raises:
            MethodNotAllowed: the resource does not take it.
        """
        method = "GET" if call.method == "HEAD" else call.method
        operation = self.operations.get(method)
        if operation is None:
            allowed = tuple(self.operations)
            if "GET" in allowed:
                allowed = ("GET", "HEAD", *(a for a in allowed if a != "GET"))
            raise MethodNotAllowed(call.method, allowed, shown(call))
        return operation()


def shown(call: Call) -> str:
    """Return the address as messages show it."""
    return "/".join(segment.name for segment in call.segments)[:200] or "/"


WHOLE: Mapping[str, tuple[str, Callable[[Work, Call], Response]]] = {
    "$metadata": ("csdl", metadata_answers.metadata_document),
    "WhoAmI": ("function", functions.who_am_i),
    "RetrieveVersion": ("function", functions.retrieve_version),
    "sdkmessagefilters": ("metadata", functions.message_filters),
}
METADATA = frozenset(
    {
        metadata_answers.ENTITIES,
        metadata_answers.RELATIONSHIPS,
        metadata_answers.CHOICES,
    }
)
MESSAGES = {
    "CreateMultiple": bulk.create_many,
    "UpdateMultiple": bulk.update_many,
    "UpsertMultiple": bulk.upsert_many,
}
"""Actions bound to an entity set."""


def resource(work: Work, call: Call) -> Resource:
    """Return what the call's address names.

    Raises:
        NotFound: nothing; the message suggests the nearest name.
    """
    segments = call.segments
    if not segments:
        return Resource(
            "service", {"GET": lambda: metadata_answers.service_document(work, call)}
        )
    head = segments[0]
    name = head.name.removeprefix("Microsoft.Dynamics.CRM.")
    if name in WHOLE and len(segments) == 1:
        kind, answer = WHOLE[name]
        return Resource(kind, {"GET": lambda: answer(work, call)})
    if name in METADATA:
        return Resource(
            "metadata", {"GET": lambda: metadata_answers.metadata_answer(work, call)}
        )
    if name == "$batch":
        raise NotOffered(
            "$batch is not offered yet. Send the requests one by one, or use "
            "CreateMultiple, UpdateMultiple and UpsertMultiple.",
            target="$batch",
        )
    entity = entity_of_set(work.catalog, head.name)
    if head.arguments is None:
        return _of_set(work, call, entity, segments[1:])
    key = key_of(entity, head, call)
    if len(segments) == 1:
        return Resource(
            "record",
            {
                "GET": lambda: reading.record(work, call, entity, key),
                "PATCH": lambda: writing.update(work, call, entity, key),
                "DELETE": lambda: writing.delete(work, call, entity, key),
            },
        )
    return _of_record(work, call, entity, key, segments[1:])


def _of_set(
    work: Work, call: Call, entity: Entity, rest: tuple[Segment, ...]
) -> Resource:
    if not rest:
        return Resource(
            "set",
            {
                "GET": lambda: reading.listing(work, call, entity),
                "POST": lambda: writing.create(work, call, entity),
            },
        )
    first = rest[0]
    if len(rest) == 1 and first.name == "$count":
        return Resource("count", {"GET": lambda: reading.counting(work, call, entity)})
    if len(rest) == 1 and first.message in MESSAGES:
        run = MESSAGES[first.message]
        return Resource("bulk", {"POST": lambda: run(work, call, entity)})
    hint = did_you_mean(first.message, [*MESSAGES, "$count"]) or (
        f"Name a record first: {entity.set_name}(<id>)/{first.name}."
    )
    raise NotFound(
        f'The set {entity.set_name} has no "{first.name[:80]}". {hint}',
        code="unknown_resource",
        target=first.name[:80],
    )


def _of_record(
    work: Work, call: Call, entity: Entity, key: Key, rest: tuple[Segment, ...]
) -> Resource:
    first = rest[0]
    tail = tuple(segment.name for segment in rest[1:])
    field = find_field(entity, first.name)
    single = find_single(entity, first.name)
    if single is not None and not first.name.startswith("_"):
        found = _of_single(work, call, entity, key, single, tail)
    elif field is not None:
        found = _of_property(work, call, entity, key, first.name, tail)
    else:
        found = _of_collection(work, call, entity, key, first, tail)
    if found is None:
        if first.is_message:
            raise NotFound(
                f'There is no action or function "{first.message[:80]}" for '
                f"{entity.set_name}.",
                code="unknown_resource",
                target=first.name[:80],
            )
        raise unknown_name(work.catalog, entity, first.name)
    return found


def _of_property(
    work: Work, call: Call, entity: Entity, key: Key, name: str, tail: tuple[str, ...]
) -> Resource | None:
    field = find_field(entity, name)
    assert field is not None
    if tail == ("$value",):
        return Resource(
            "value",
            {"GET": lambda: reading.raw_property(work, call, entity, key, field)},
        )
    if tail:
        return None
    return Resource(
        "property",
        {
            "GET": lambda: reading.single_property(work, call, entity, key, field),
            "PUT": lambda: writing.put_property(work, call, entity, key, field),
            "DELETE": lambda: writing.clear_property(work, call, entity, key, field),
        },
    )


def _of_single(
    work: Work,
    call: Call,
    entity: Entity,
    key: Key,
    single: Single,
    tail: tuple[str, ...],
) -> Resource | None:
    if tail == ("$ref",):
        given = (work, call, entity, key, single)
        return Resource(
            "reference",
            {
                "GET": lambda: links.show_reference(*given),
                "PUT": lambda: links.set_reference(*given),
                "DELETE": lambda: links.clear_reference(*given),
            },
        )
    if tail:
        return None

    def follow() -> Response:
        _, found = links.lookup_of(work, entity, key, single)
        if found is None:
            return no_content()
        return reading.record(work, call, work.catalog.entity(found.entity), found.id)

    def clear() -> Response:
        return writing.clear_property(work, call, entity, key, single.field)

    return Resource("navigation", {"GET": follow, "DELETE": clear})


def _of_collection(
    work: Work,
    call: Call,
    entity: Entity,
    key: Key,
    first: Segment,
    tail: tuple[str, ...],
) -> Resource | None:
    link = find_collection(work.catalog, entity, first.name)
    if link is None:
        return None
    given = (work, call, entity, key, link)
    if first.arguments:
        if tail != ("$ref",):
            return None
        name = other_side(entity, link, first.name)[0]
        other_entity = work.catalog.entity(name)
        other_key = key_of(other_entity, Segment(name, first.arguments), call)

        def part() -> Response:
            other = Ref(name, find(work, other_entity, other_key))
            return links.remove(*given, other)

        return Resource("reference", {"DELETE": part})
    if tail == ("$count",):
        return Resource(
            "count", {"GET": lambda: reading.collection_count(*given, first.name)}
        )
    if tail == ("$ref",):
        return Resource(
            "reference",
            {
                "POST": lambda: links.add(*given),
                "DELETE": lambda: links.remove(
                    *given, links.other_in_option(work, call)
                ),
            },
        )
    if tail:
        return None
    return Resource(
        "collection", {"GET": lambda: reading.collection(*given, first.name)}
    )
