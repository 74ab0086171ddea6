"""The operations that show metadata: EntityDefinitions and their kin, $metadata.

Every signed-in caller may read definitions; records are another matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Response

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.platform.api import definitions, facts
from xrm.platform.api.addresses import QUALIFIER, UNNAMED, Segment
from xrm.platform.api.answers import json_answer, plain_text
from xrm.platform.api.calls import Call
from xrm.platform.api.csdl import csdl
from xrm.platform.api.expands import read_options
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound, Refused
from xrm.platform.web import is_not_modified, not_modified
from xrm.rule_engine.problems import did_you_mean

ENTITIES, FIELDS, KEYS = "EntityDefinitions", "Attributes", "Keys"
RELATIONSHIPS, CHOICES = "RelationshipDefinitions", "GlobalOptionSetDefinitions"
ONE_TO_MANY = "OneToManyRelationships"
MANY_TO_ONE = "ManyToOneRelationships"
MANY_TO_MANY = "ManyToManyRelationships"
OPTION_SETS = ("OptionSet", "GlobalOptionSet")
OPTIONS_FACTS = ("Options", "TrueOption", "FalseOption", "DisplayName", "Description")
LISTED = ("$select", "$filter", "$expand", "$top", "$count", "$orderby")

Facts = list[Mapping[str, Any]]


def service_document(work: Work, call: Call) -> Response:
    """Answer with the list of entity sets."""
    call.refuse_options()
    sets = sorted(work.catalog.entities.values(), key=lambda e: e.set_name)
    return json_answer(
        {
            "@odata.context": f"{call.root}$metadata",
            "value": [
                {"name": e.set_name, "kind": "EntitySet", "url": e.set_name}
                for e in sets
            ],
        }
    )


def metadata_document(work: Work, call: Call) -> Response:
    """Answer with `$metadata` in CSDL, 304 when the caller has this version."""
    version = f'W/"{work.snapshot.version}"'
    if is_not_modified(version):
        return not_modified(version)
    text = work.snapshot.cache("api csdl").get("csdl", lambda: csdl(work.catalog))
    response = Response(text, content_type="application/xml; charset=utf-8")
    response.headers["OData-Version"] = "4.0"
    response.headers["ETag"] = version
    return response


def metadata_answer(work: Work, call: Call) -> Response:
    """Answer a question for definitions.

    Raises:
        NotFound: there is no such definition.
    """
    call.refuse_options(*LISTED)
    segments = list(call.segments)
    is_count = segments[-1].name == "$count"
    if is_count:
        segments.pop()
    found, context = _walk(work.catalog, call, segments)
    if isinstance(found, list):
        kept = facts.keep(found, call.option("$filter"))
        if is_count:
            return plain_text(str(len(kept)))
        return json_answer(_list(call, kept, context))
    shown = facts.select([found], _with_expands(call))[0]
    return json_answer(
        {"@odata.context": f"{call.root}$metadata#{context}/$entity", **shown}
    )


def _with_expands(call: Call) -> str | None:
    """Return the $select together with what $expand adds."""
    names = call.option("$select")
    expand = call.option("$expand")
    if not names or not expand:
        return names
    return ",".join([names, *(option.name for option in read_options(expand))])


def _list(call: Call, kept: Facts, context: str) -> dict[str, Any]:
    top = call.option("$top")
    made: dict[str, Any] = {"@odata.context": f"{call.root}$metadata#{context}"}
    if call.option("$count") == "true":
        made["@odata.count"] = len(kept)
    if top is not None and top.isascii() and top.isdecimal():
        kept = kept[: int(top)]
    made["value"] = facts.select(kept, _with_expands(call))
    return made


def _walk(
    catalog: Catalog, call: Call, segments: Sequence[Segment]
) -> tuple[Facts | dict[str, Any], str]:
    head, rest = segments[0], segments[1:]
    if head.name == ENTITIES:
        if head.arguments is None:
            _no_more(rest)
            return [
                _entity(catalog, call, entity) for entity in catalog.entities.values()
            ], ENTITIES
        entity = _named_entity(catalog, head, call)
        if not rest:
            return _entity(catalog, call, entity), ENTITIES
        return _of_entity(catalog, call, entity, rest)
    if head.name == RELATIONSHIPS:
        return _named(list(definitions.relationships(catalog)), head, call, rest)
    choices: Facts = [
        definitions.option_set(name, choice, shared=True)
        for name, choice in catalog.choices.items()
    ]
    return _named(choices, head, call, rest)


def _entity(catalog: Catalog, call: Call, entity: Entity) -> dict[str, Any]:
    made = definitions.entity_definition(catalog, entity)
    for option in read_options(call.option("$expand") or ""):
        items, _ = _part(catalog, entity, Segment(option.name))
        items = facts.keep(items, option.texts.get("$filter"))
        made[option.name] = facts.select(items, option.texts.get("$select"))
    return made


def _of_entity(
    catalog: Catalog, call: Call, entity: Entity, rest: Sequence[Segment]
) -> tuple[Facts | dict[str, Any], str]:
    items, name = _part(catalog, entity, rest[0])
    context = f"{ENTITIES}('{entity.name}')/{rest[0].name}"
    if rest[0].name == FIELDS:
        items = _with_options(catalog, call, entity, items, rest)
    if rest[0].arguments is None and len(rest) == 2 and rest[1].arguments:
        rest = (Segment(rest[0].name, rest[1].arguments), Segment(rest[1].name))
    return _named(items, rest[0], call, rest[1:], context, name)


def _part(catalog: Catalog, entity: Entity, segment: Segment) -> tuple[Facts, str]:
    """Return the definitions of one kind that belong to an entity."""
    kinds: Mapping[str, Iterable[Mapping[str, Any]]] = {
        FIELDS: (
            definitions.field_definition(entity, f) for f in entity.fields.values()
        ),
        KEYS: (definitions.key_definition(entity, name) for name in entity.keys),
        ONE_TO_MANY: (
            definitions.one_to_many(catalog, c) for c in catalog.children(entity.name)
        ),
        MANY_TO_ONE: (
            shown
            for shown in definitions.relationships(catalog)
            if shown.get("ReferencingEntity") == entity.name
        ),
        MANY_TO_MANY: (
            definitions.many_to_many(link)
            for link in catalog.relationships.values()
            if entity.name in (link.first, link.second)
        ),
    }
    if segment.name not in kinds:
        raise NotFound(
            f'Entity definitions have no "{segment.name[:80]}". '
            f"{did_you_mean(segment.name, kinds) or 'Known: ' + ', '.join(kinds)}.",
            code="unknown_property",
            target=segment.name[:80],
        )
    return list(kinds[segment.name]), segment.name


def _with_options(
    catalog: Catalog,
    call: Call,
    entity: Entity,
    items: Facts,
    rest: Sequence[Segment],
) -> Facts:
    """Add the options to the fields that have some, when $expand asks for them."""
    wanted = {
        option.name: option.texts.get("$select")
        for option in read_options(call.option("$expand") or "")
    }
    if not wanted.keys() & set(OPTION_SETS):
        return items
    made: Facts = []
    for item in items:
        field = entity.fields[item["LogicalName"]]
        extended = dict(item)
        if field.choices is not None or field.type == "boolean":
            shown = definitions.option_set_of(catalog, entity, field)
            for name in wanted.keys() & set(OPTION_SETS):
                is_fit = name == "OptionSet" or shown["IsGlobal"]
                extended[name] = (
                    facts.select([shown], wanted[name], known=OPTIONS_FACTS)[0]
                    if is_fit
                    else None
                )
        made.append(extended)
    return made


def _named(
    items: Facts,
    head: Segment,
    call: Call,
    rest: Sequence[Segment],
    context: str | None = None,
    kind: str | None = None,
) -> tuple[Facts | dict[str, Any], str]:
    """Return all items, those of a cast, or the one that the arguments name."""
    shown = context or head.name
    if rest:
        cast = rest[0].name
        if not cast.startswith(QUALIFIER) or len(rest) > 1:
            raise NotFound(f'There is nothing at "{cast[:80]}" here.', target=cast[:80])
        items = [i for i in items if i.get("@odata.type") == f"#{cast}"]
        shown = f"{shown}/{cast}"
    if head.arguments is None:
        return items, shown
    name, value = _argument(head, call)
    found = facts.one(items, name, value)
    if found is None:
        options = [str(item.get(name)) for item in items]
        hint = did_you_mean(str(value), options) or ""
        raise NotFound(
            f"{kind or head.name} has none with {name} "
            f'"{str(value)[:80]}". {hint}'.strip(),
            target=str(value)[:80],
        )
    return dict(found), shown


def _argument(head: Segment, call: Call) -> tuple[str, Any]:
    arguments = head.arguments or {}
    if len(arguments) != 1:
        raise Refused(
            f"Write {head.name}(LogicalName='…') or {head.name}(<MetadataId>).",
            code="bad_key",
            target=head.name,
        )
    name, given = next(iter(arguments.items()))
    value = call.argument(given)
    if name == UNNAMED:
        return ("MetadataId" if isinstance(value, UUID) else "LogicalName"), value
    return name, value


def _named_entity(catalog: Catalog, head: Segment, call: Call) -> Entity:
    name, value = _argument(head, call)
    if name == "LogicalName" and isinstance(value, str):
        found = catalog.entities.get(value.lower())
        if found is None:
            hint = did_you_mean(value, catalog.entities) or ""
            raise NotFound(
                f'There is no entity "{value[:80]}". {hint}'.strip(),
                code="unknown_entity",
                target=value[:80],
            )
        return found
    for entity in catalog.entities.values():
        shown = definitions.entity_definition(catalog, entity)
        if facts.one([shown], name, value):
            return entity
    raise NotFound(
        f'There is no entity with {name[:80]} "{str(value)[:80]}".',
        code="unknown_entity",
        target=name[:80],
    )


def _no_more(rest: Sequence[Segment]) -> None:
    if rest:
        raise NotFound(
            f"Name one definition first: {ENTITIES}(LogicalName='…')/{rest[0].name}.",
            target=rest[0].name[:80],
        )
