"""Read `$expand` and fetch what it asks for: one level of lookups and collections.

A lookup's record comes by join in the statement of its owner. A collection comes by one
further statement for all records of the page (and one of pairs for N:N), never one for
each record, unless `$top` bounds each of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.field_type import Formats
from xrm.metadata.relationships import Relationship
from xrm.platform.api.navigation import (
    Single,
    find_collection,
    find_single,
    navigation_name,
    unknown_name,
)
from xrm.platform.api.rows import (
    LONGEST_KEPT,
    Annotations,
    RowShape,
    row_shape,
    selected,
)
from xrm.platform.api.splitting import split
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.query.odata import parse_filter, parse_orderby
from xrm.platform.query.query import And, Compare, Condition, Order, Query, both
from xrm.platform.query.run import run
from xrm.platform.security.access import field_reach

MOST_EXPANDS = 15
MOST_RELATED = 5_000
ALLOWED = {"$select", "$filter", "$orderby", "$top"}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A lookup's record joined to a row: its shape, and where its columns stand."""

    entity: Entity
    shape: RowShape
    columns: tuple[tuple[str, str], ...]
    """Column of the record → path in the row."""
    key: str
    """Path of the record's key in the row."""
    plain: Callable[[Row], dict[str, Any]]
    """Writes the record from the row it is joined to, without annotations."""

    def write(self, row: Row, formats: Formats) -> dict[str, Any] | None:
        """Return the record, None where the actor may read none."""
        if row[self.key] is None:
            return None
        made = self.plain(row)
        if self.shape.annotators:
            inner = {column: row[path] for column, path in self.columns}
            self.shape.annotate(inner, made, formats)
        return made


@dataclass(frozen=True, slots=True)
class SingleExpand:
    """One expanded lookup; a polymorphic one has a part for each target."""

    name: str
    lookup: Field
    parts: Mapping[str, Part]
    only: Part | None = None
    """The part of a lookup with one target."""

    def paths(self) -> Iterator[str]:
        """Give the paths the query must select."""
        yield self.lookup.name
        for part in self.parts.values():
            for _, path in part.columns:
                yield path

    def write(self, row: Row, formats: Formats) -> dict[str, Any] | None:
        """Return the record, None where there is none the actor may read."""
        target = row.get(f"{self.lookup.name}_type")
        part = self.parts.get(target) if target else self.only
        if part is None or row.get(self.lookup.name) is None:
            return None
        return part.write(row, formats)


@dataclass(frozen=True, slots=True)
class CollectionExpand:
    """One expanded collection."""

    name: str
    link: Child | Relationship
    entity: Entity
    """The entity of the records in it."""
    parent: Entity
    shape: RowShape
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    backwards: bool = False
    """For an N:N relationship of an entity with itself: seen from its second side."""


@dataclass(frozen=True, slots=True)
class Expands:
    """Everything a call expands."""

    singles: tuple[SingleExpand, ...] = ()
    collections: tuple[CollectionExpand, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.singles or self.collections)

    def paths(self) -> Iterator[str]:
        """Give the paths the query of the page must select."""
        for single in self.singles:
            yield from single.paths()


@dataclass(slots=True)
class Options:
    """The options in the parentheses of one expanded property."""

    name: str
    texts: dict[str, str] = field(default_factory=dict)


def read_options(text: str) -> list[Options]:
    """Return the expanded properties with their options.

    Raises:
        Refused: the text is not well formed or asks for more than one level.
    """
    made: list[Options] = []
    for item in split(text, ","):
        name, opened, rest = item.strip().partition("(")
        if not name:
            raise _refused(f'"{text[:200]}" has an empty part.')
        options = Options(name.strip())
        if opened:
            if not rest.endswith(")"):
                raise _refused(f'The parenthesis after "{name}" is never closed.')
            for option in split(rest[:-1], ";"):
                key, equals, value = option.strip().partition("=")
                key = key.strip()
                if not key and not equals:
                    continue
                if key == "$expand":
                    raise _refused("$expand goes one level deep.", name)
                if key not in ALLOWED or not equals:
                    raise _refused(
                        f'"{key[:80]}" cannot stand inside $expand; '
                        f"it takes {', '.join(sorted(ALLOWED))}.",
                        name,
                    )
                options.texts[key] = value
        made.append(options)
    if len(made) > MOST_EXPANDS:
        raise _refused(f"At most {MOST_EXPANDS} properties can be expanded.")
    return made


def expands_of(
    work: Work, entity: Entity, text: str | None, wanted: Annotations
) -> Expands:
    """Return what a $expand asks for.

    Raises:
        Refused: it cannot be read.
        NotFound: a name is no navigation property.
    """
    if not text or not text.strip():
        return _NOTHING
    if len(text) > LONGEST_KEPT:
        return _read(work, entity, text, wanted)
    return work.snapshot.cache("api expands").get(
        (entity.name, text, wanted, field_reach(work.actor)),
        lambda: _read(work, entity, text, wanted),
    )


def _read(work: Work, entity: Entity, text: str, wanted: Annotations) -> Expands:
    singles: list[SingleExpand] = []
    collections: list[CollectionExpand] = []
    names: set[str] = set()
    for options in read_options(text):
        if options.name in names:
            raise _refused(f"{options.name} is expanded twice.", options.name)
        names.add(options.name)
        single = find_single(entity, options.name)
        if single is not None:
            singles.append(_single(work, options, single, wanted))
            continue
        link = find_collection(work.catalog, entity, options.name)
        if link is None:
            fault = unknown_name(work.catalog, entity, options.name)
            raise Refused(fault.message, code=fault.code, target=options.name)
        collections.append(_collection(work, options, entity, link, wanted))
    return Expands(tuple(singles), tuple(collections))


_NOTHING = Expands()


def _single(
    work: Work, options: Options, single: Single, wanted: Annotations
) -> SingleExpand:
    further = set(options.texts) - {"$select"}
    if further:
        raise _refused(
            f"{', '.join(sorted(further))} cannot be used on {options.name}: "
            "it is one record, not a collection.",
            options.name,
        )
    parts: dict[str, Part] = {}
    field = single.field
    for target in single.targets:
        if target not in work.catalog.entities:
            continue
        entity = work.catalog.entity(target)
        shape = row_shape(
            work.snapshot,
            work.actor,
            entity,
            _selection(entity, options, lenient=len(single.targets) > 1),
            wanted,
        )
        step = f"{field.name}:{target}" if field.is_polymorphic else field.name
        columns = (entity.key, *(c for c in shape.columns if c != entity.key))
        parts[target] = Part(
            entity,
            shape,
            tuple(
                pair
                for column in columns
                for pair in _pairs(entity, column, step, wanted)
            ),
            f"{step}.{entity.key}",
            shape.plain_at(f"{step}."),
        )
    only = next(iter(parts.values())) if len(parts) == 1 else None
    return SingleExpand(options.name, field, parts, only)


def _selection(
    entity: Entity, options: Options, *, lenient: bool
) -> tuple[str, ...] | None:
    """Return the selected fields; of several targets each gives those that it has."""
    text = options.texts.get("$select")
    if not lenient or not text:
        return selected(entity, text)
    known = [
        name
        for name in (part.strip() for part in text.split(","))
        if name in entity.fields or name.removeprefix("_")[:-6] in entity.fields
    ]
    return selected(entity, ",".join(known)) if known else (entity.key,)


def _pairs(
    entity: Entity, column: str, step: str, wanted: Annotations
) -> Iterator[tuple[str, str]]:
    yield column, f"{step}.{column}"
    field = entity.fields.get(column)
    if field is not None and field.is_lookup and field.is_polymorphic:
        yield f"{column}_type", f"{step}.{column}_type"


def _collection(
    work: Work,
    options: Options,
    parent: Entity,
    link: Child | Relationship,
    wanted: Annotations,
) -> CollectionExpand:
    other, backwards = other_side(parent, link, options.name)
    entity = work.catalog.entity(other)
    texts = options.texts
    shape = row_shape(
        work.snapshot,
        work.actor,
        entity,
        selected(entity, texts.get("$select")),
        wanted,
    )
    return CollectionExpand(
        name=options.name,
        link=link,
        entity=entity,
        parent=parent,
        shape=shape,
        where=parse_filter(work.snapshot, entity.name, texts["$filter"])
        if texts.get("$filter")
        else None,
        order=parse_orderby(work.snapshot, entity.name, texts["$orderby"])
        if texts.get("$orderby")
        else (),
        top=top_of(texts.get("$top")),
        backwards=backwards,
    )


def other_side(
    parent: Entity, link: Child | Relationship, name: str
) -> tuple[str, bool]:
    """Return the entity in a collection; whether it is seen from the second side."""
    if isinstance(link, Child):
        return link.entity, False
    if link.first == link.second:
        return link.first, name.lower() == link.second_collection
    backwards = link.second == parent.name
    return (link.first if backwards else link.second), backwards


def top_of(text: str | None) -> int | None:
    """Return the number of a $top.

    Raises:
        Refused: it is no whole number of 0 or more.
    """
    if text is None:
        return None
    word = text.strip()
    if not (word.isascii() and word.isdecimal()) or len(word) > 9:
        raise Refused(
            f'$top is "{text[:40]}"; it must be a whole number, 0 or more.',
            code="bad_option",
            target="$top",
        )
    return int(word)


def fetch(
    work: Work, expand: CollectionExpand, parents: Sequence[UUID], formats: Formats
) -> dict[UUID, list[dict[str, Any]]]:
    """Return the records in the collection of each parent."""
    found: dict[UUID, list[dict[str, Any]]] = {parent: [] for parent in parents}
    if not parents or expand.top == 0:
        return found
    if isinstance(expand.link, Child):
        _fetch_children(work, expand, expand.link, found, formats)
    else:
        _fetch_pairs(work, expand, expand.link, found, formats)
    return found


def children_where(
    expand: CollectionExpand, link: Child, ids: Sequence[UUID]
) -> Condition:
    """Return the condition that the lookup points to one of these parents."""
    name = link.field.name
    among: Condition = Compare(name, "in", tuple(ids))
    if link.field.is_polymorphic:
        return And(
            (
                among,
                Compare(f"{name}:{expand.parent.name}.{expand.parent.key}", "not-null"),
            )
        )
    return among


def _fetch_children(
    work: Work,
    expand: CollectionExpand,
    link: Child,
    found: dict[UUID, list[dict[str, Any]]],
    formats: Formats,
) -> None:
    name = link.field.name
    query = Query(
        expand.entity.name,
        tuple(dict.fromkeys((*expand.shape.columns, name))),
        order=expand.order,
        limit=MOST_RELATED,
    )
    if expand.top is None:
        page = run(
            work,
            replace(
                query,
                where=both(children_where(expand, link, list(found)), expand.where),
            ),
        )
        if page.next is None:
            for row in page.rows:
                found[row[name]].append(expand.shape.write(row, formats))
            return
    for parent in found:
        where = both(children_where(expand, link, [parent]), expand.where)
        limit = min(expand.top or MOST_RELATED, MOST_RELATED)
        page = run(work, replace(query, where=where, limit=limit))
        found[parent] = [expand.shape.write(row, formats) for row in page.rows]


def _fetch_pairs(
    work: Work,
    expand: CollectionExpand,
    link: Relationship,
    found: dict[UUID, list[dict[str, Any]]],
    formats: Formats,
) -> None:
    table = work.tables.pairs(link.name)
    own, other = link.first_column, link.second_column
    if expand.backwards:
        own, other = other, own
    pairs = work.connection.execute(
        select(table.c[own], table.c[other]).where(table.c[own].in_(list(found)))
    ).fetchall()
    if not pairs:
        return
    key = expand.entity.key
    ids = tuple(dict.fromkeys(pair[1] for pair in pairs))
    rows: dict[UUID, Row] = {}
    for start in range(0, len(ids), MOST_RELATED):
        among = Compare(key, "in", ids[start : start + MOST_RELATED])
        page = run(
            work,
            Query(
                expand.entity.name,
                tuple(dict.fromkeys((*expand.shape.columns, key))),
                where=both(among, expand.where),
                order=expand.order,
                limit=MOST_RELATED,
            ),
        )
        rows.update({row[key]: row for row in page.rows})
    linked: dict[UUID, set[UUID]] = {}
    for one, two in pairs:
        linked.setdefault(one, set()).add(two)
    for parent, theirs in linked.items():
        own_rows = [row for id_, row in rows.items() if id_ in theirs]
        found[parent] = [
            expand.shape.write(row, formats) for row in own_rows[: expand.top]
        ]


def single_name(single: SingleExpand, row: Row) -> str:
    """Return the name under which an expanded lookup's record is written."""
    if single.name == single.lookup.name and single.lookup.is_polymorphic:
        return navigation_name(single.lookup, row.get(f"{single.lookup.name}_type"))
    return single.name


def _refused(message: str, target: str = "$expand") -> Refused:
    return Refused(message, code="bad_expand", target=target[:80])
