"""The operations that read: one record, a list, a count, one property, a navigation."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.converters import json_writer
from xrm.metadata.relationships import Relationship
from xrm.platform.api.answers import json_answer, no_content, plain_text
from xrm.platform.api.calls import Call
from xrm.platform.api.expands import (
    CollectionExpand,
    Expands,
    children_where,
    expands_of,
    fetch,
    other_side,
    single_name,
    top_of,
)
from xrm.platform.api.keys import Key, condition, find, not_found
from xrm.platform.api.navigation import value_name
from xrm.platform.api.preferences import (
    LARGEST_PAGE,
    TOTAL,
    TOTAL_EXCEEDED,
)
from xrm.platform.api.rows import (
    RowShape,
    annotations_of,
    etag,
    formats_of,
    row_shape,
    selected,
)
from xrm.platform.api.stored_views import stored_view
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound, Refused
from xrm.platform.query.odata import parse_filter, parse_orderby
from xrm.platform.query.query import Compare, Condition, Exists, Query, both
from xrm.platform.query.run import count as count_rows
from xrm.platform.query.run import run
from xrm.platform.security.access import readable_fields
from xrm.platform.web import is_not_modified, not_modified

ONE = ("$select", "$expand")
MANY = ("$select", "$filter", "$orderby", "$top", "$count", "$expand", "$skiptoken")


def record(work: Work, call: Call, entity: Entity, key: Key) -> Response:
    """Answer with one record; 304 when the caller has its version."""
    call.refuse_options(*ONE)
    return record_answer(work, call, entity, key, conditional=True)


def record_answer(
    work: Work, call: Call, entity: Entity, key: Key, *, conditional: bool = False
) -> Response:
    """Return the answer that shows a record.

    Raises:
        NotFound: there is none, or the actor may not read it.
    """
    wanted = annotations_of(call.preferences)
    fields = selected(entity, call.option("$select"), work.snapshot)
    shape = row_shape(work.snapshot, work.actor, entity, fields, wanted)
    expands = expands_of(work, entity, call.option("$expand"), wanted)
    page = run(
        work,
        Query(
            entity.name,
            _columns(entity, shape, expands),
            where=condition(work, entity, key),
            limit=1,
        ),
    )
    if not page.rows:
        raise not_found(entity, key)
    row = page.rows[0]
    version = etag(row["versionnumber"])
    if conditional and not expands and is_not_modified(version):
        return not_modified(version)
    context = f"{call.root}$metadata#{entity.set_name}{_shown(call)}/$entity"
    made = {"@odata.context": context}
    made.update(_written(work, entity, shape, expands, [row])[0])
    headers = {"ETag": version, "Vary": "Prefer, Authorization, Cookie"}
    return json_answer(made, headers={**headers, **_applied(call)})


def _columns(entity: Entity, shape: RowShape, expands: Expands) -> tuple[str, ...]:
    return tuple(dict.fromkeys((entity.key, *shape.columns, *expands.paths())))


def _written(
    work: Work,
    entity: Entity,
    shape: RowShape,
    expands: Expands,
    rows: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Return rows as they are answered, with what was expanded."""
    formats = formats_of(work.actor)
    if shape.annotators:
        made = [shape.write(row, formats) for row in rows]
    else:
        made = list(map(shape.plain, rows))
    for single in expands.singles:
        for row, shown in zip(rows, made, strict=True):
            shown[single_name(single, row)] = single.write(row, formats)
    if not expands.collections:
        return made
    ids = [row[entity.key] for row in rows]
    for collection in expands.collections:
        found = fetch(work, collection, ids, formats)
        for id_, shown in zip(ids, made, strict=True):
            shown[collection.name] = found[id_]
    return made


def _shown(call: Call) -> str:
    names = call.option("$select")
    return f"({names})" if names else ""


def _applied(call: Call) -> dict[str, str]:
    applied = [p for p in call.preferences.applied if not p.startswith("return=")]
    return {"Preference-Applied": ", ".join(applied)} if applied else {}


def listing(work: Work, call: Call, entity: Entity) -> Response:
    """Answer with a page of records."""
    return _page(work, call, entity, None, entity.set_name)


def _page(
    work: Work, call: Call, entity: Entity, scope: Condition | None, path: str
) -> Response:
    call.refuse_options(*MANY)
    preferences = call.preferences
    wanted = annotations_of(preferences)
    stored = stored_view(work, call, entity)
    fields = selected(entity, call.option("$select") or stored.select, work.snapshot)
    shape = row_shape(work.snapshot, work.actor, entity, fields, wanted)
    expands = expands_of(work, entity, call.option("$expand"), wanted)
    top = top_of(call.option("$top"))
    size = min(preferences.page_size or LARGEST_PAGE, LARGEST_PAGE)
    limit, left, after = _window(call, top, size)
    counted = _wants_count(call)
    query = Query(
        entity.name,
        _columns(entity, shape, expands),
        where=both(scope, both(stored.where, filter_of(work, call, entity))),
        order=order_of(work, call, entity) or stored.order,
        limit=limit,
        after=after,
        count=("capped" if preferences.capped_count else "exact")
        if counted
        else "none",
    )
    page = run(work, query)
    made: dict[str, Any] = {
        "@odata.context": f"{call.root}$metadata#{entity.set_name}{_shown(call)}"
    }
    if counted:
        made["@odata.count"] = page.total
        if preferences.annotates(TOTAL):
            made[f"@{TOTAL}"] = page.total
            made[f"@{TOTAL_EXCEEDED}"] = page.capped
    made["value"] = _written(work, entity, shape, expands, page.rows)
    rest = None if left is None else left - len(page.rows)
    if page.next is not None and (rest is None or rest > 0):
        made["@odata.nextLink"] = _next_link(call, path, page.next, rest)
    return json_answer(made, headers=_applied(call))


def _window(
    call: Call, top: int | None, size: int
) -> tuple[int, int | None, str | None]:
    """Return how many rows this page has, how many are left in all, and the cursor."""
    token = call.option("$skiptoken")
    after: str | None = None
    if token is not None:
        token = token.rstrip("/")  # one client appends it to every address
        head, dot, cursor = token.partition(".")
        if not dot or not (head == "" or re.fullmatch("[0-9]{1,9}", head)):
            raise Refused(
                "This page link is damaged. Start again at the first page.",
                code="bad_cursor",
                target="$skiptoken",
            )
        after = cursor
        top = int(head) if head else None
    return (size if top is None else min(top, size)), top, after


def _next_link(call: Call, path: str, cursor: str, rest: int | None) -> str:
    """Return the address of the next page: the same question, the cursor at its end."""
    options = {
        name: value
        for name, value in call.options.items()
        if name not in ("$skiptoken", "$top")
    }
    if rest is not None:
        options["$top"] = str(rest)
    options["$skiptoken"] = f"{'' if rest is None else rest}.{cursor}"
    text = urlencode(options, safe="$@").replace("+", "%20")
    return f"{call.root}{path}?{text}"


def _wants_count(call: Call) -> bool:
    text = call.option("$count")
    if text is None:
        return False
    if text.strip().lower() not in ("true", "false"):
        raise Refused(
            f'$count is "{text[:40]}"; it must be true or false.',
            code="bad_option",
            target="$count",
        )
    return text.strip().lower() == "true"


def filter_of(work: Work, call: Call, entity: Entity) -> Condition | None:
    """Return the condition of $filter, with the aliases it uses."""
    text = call.option("$filter")
    if text is None or not text.strip():
        return None
    return parse_filter(work.snapshot, entity.name, text, aliases_of(call))


def order_of(work: Work, call: Call, entity: Entity) -> tuple[Any, ...]:
    """Return the sort keys of $orderby."""
    text = call.option("$orderby")
    if text is None or not text.strip():
        return ()
    return parse_orderby(work.snapshot, entity.name, text)


def aliases_of(call: Call) -> Mapping[str, str]:
    """Return the parameter aliases of a call with their texts."""
    return {name: text for name, text in call.options.items() if name.startswith("@")}


def counting(work: Work, call: Call, entity: Entity) -> Response:
    """Answer with a number: how many records there are."""
    return _count(work, call, entity, None)


def _count(work: Work, call: Call, entity: Entity, scope: Condition | None) -> Response:
    call.refuse_options("$filter")
    where = both(scope, filter_of(work, call, entity))
    return plain_text(str(count_rows(work, Query(entity.name, where=where))))


def single_property(
    work: Work, call: Call, entity: Entity, key: Key, field: Field
) -> Response:
    """Answer with one property, 204 when it has no value."""
    call.refuse_options()
    value = _value(work, entity, key, field)
    if value is None:
        return no_content()
    context = f"{call.root}$metadata#{entity.set_name}/{value_name(field)}"
    return json_answer({"@odata.context": context, "value": value})


def raw_property(
    work: Work, call: Call, entity: Entity, key: Key, field: Field
) -> Response:
    """Answer with one property as plain text, 204 when it has no value."""
    call.refuse_options()
    value = _value(work, entity, key, field)
    if value is None:
        return no_content()
    if isinstance(value, bool):
        value = "true" if value else "false"
    return plain_text(value if isinstance(value, str) else str(value))


def _value(work: Work, entity: Entity, key: Key, field: Field) -> Any:
    if field.name not in readable_fields(work.snapshot, work.actor, entity.name):
        raise NotFound(f"{entity.label} has no field {field.name}.", target=field.name)
    page = run(
        work,
        Query(
            entity.name,
            (entity.key, field.name),
            where=condition(work, entity, key),
            limit=1,
        ),
    )
    if not page.rows:
        raise not_found(entity, key)
    return json_writer(entity, [field.name])(page.rows[0])[field.name]


def collection(
    work: Work,
    call: Call,
    entity: Entity,
    key: Key,
    link: Child | Relationship,
    name: str,
) -> Response:
    """Answer with a page of the records in a collection of one record."""
    other, scope, path = _scope(work, entity, key, link, name)
    return _page(work, call, other, scope, path)


def collection_count(
    work: Work,
    call: Call,
    entity: Entity,
    key: Key,
    link: Child | Relationship,
    name: str,
) -> Response:
    """Answer with how many records a collection of one record has."""
    other, scope, _ = _scope(work, entity, key, link, name)
    return _count(work, call, other, scope)


def _scope(
    work: Work, entity: Entity, key: Key, link: Child | Relationship, name: str
) -> tuple[Entity, Condition, str]:
    """Return the entity in a collection, the condition of being in it, its path.

    Raises:
        NotFound: the record itself is not there for the actor.
    """
    record_id = _readable(work, entity, key)
    other_name, backwards = other_side(entity, link, name)
    other = work.catalog.entity(other_name)
    path = f"{entity.set_name}({record_id})/{name}"
    if isinstance(link, Child):
        shape = row_shape(work.snapshot, work.actor, other, (other.key,))
        expand = CollectionExpand(name, link, other, entity, shape)
        return other, children_where(expand, link, [record_id]), path
    back = link.first_collection if backwards else link.second_collection
    own = Compare(entity.key, "eq", (record_id,))
    return other, Exists(back, own), path


def _readable(work: Work, entity: Entity, key: Key) -> UUID:
    if not isinstance(key, UUID):
        return find(work, entity, key)
    found = run(
        work,
        Query(entity.name, (entity.key,), where=condition(work, entity, key), limit=1),
    )
    if not found.rows:
        raise not_found(entity, key)
    return key
