"""The one access predicate: as SQL for lists and counts, as a check for one record.

`shape` says which of the few forms the predicate has for an actor; statements are made
once for each shape (`predicate`) and take the actor's ids as parameters (`parameters`).
`row_filter` is both at once, for whoever builds a statement only once.

Sharing, hierarchy and conditions of roles have their place here: `shared_rows`,
`rows_of_reports` and `rows_of_conditions` give `false()` until they exist.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    FromClause,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.types import TypeDecorator, TypeEngine

from xrm.metadata.entities import Entity
from xrm.metadata.family import ACTIVITY_BASE, type_code_of
from xrm.metadata.roles import Depth
from xrm.platform.security.actors import Actor
from xrm.platform.security.privileges import (
    CHILD_VERBS,
    MOST_STEPS,
    NOTHING,
    Grant,
    is_child,
    parents_of,
)

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot

PRINCIPALS: Final = "xrm_principals"
SMALL: Final = 16
"""Up to so many units and principals, a list is a union of one small query for each."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a predicate, without anybody's ids.

    `parents` is what decides about a child: parent entity, verb there, its shape. In
    the list of all activities it is what decides about each activity.
    """

    kind: Literal["none", "all", "rows", "parents", "activities"]
    has_units: bool = False
    parents: tuple[tuple[str, str, "Shape"], ...] = ()


NONE: Final = Shape("none")
ALL: Final = Shape("all")


def grant_of(actor: Actor, entity: str, verb: str) -> Grant:
    """Return how far the actor's roles reach for a verb on an entity."""
    try:
        return actor.privileges[entity].get(verb, NOTHING)
    except KeyError:
        return NOTHING


def may(actor: Actor, entity: str, verb: str) -> Depth:
    """Return the greatest depth; `Depth.NONE`, which is false, for no privilege."""
    return grant_of(actor, entity, verb).depth


def shape(
    snapshot: "Snapshot", actor: Actor, entity: str, verb: str = "read", step: int = 0
) -> Shape:
    """Return the form of the actor's predicate for a verb on an entity."""
    if actor.is_system:
        return ALL
    definition = snapshot.catalog.entity(entity)
    if is_child(definition):
        return _shape_of_child(snapshot, actor, definition, verb, step)
    if definition.kind == ACTIVITY_BASE:
        return _shape_of_list(snapshot, actor, verb)
    grant = grant_of(actor, entity, verb)
    if grant.depth == Depth.ORGANIZATION:
        return ALL
    if grant.depth == Depth.NONE or definition.ownership != "user":
        return NONE
    return Shape("rows", bool(grant.units))


def _shape_of_list(snapshot: "Snapshot", actor: Actor, verb: str) -> Shape:
    """Return the form of the predicate of the list of all activities.

    Where every activity may be read equally far, that is what an activity alone has:
    lists are as quick, by the same indexes.
    """
    if verb != "read":
        return NONE
    names = [entity.name for entity in snapshot.catalog.activities]
    grants = {grant_of(actor, name, verb) for name in names}
    shapes = {name: shape(snapshot, actor, name, verb) for name in names}
    kinds = {form.kind for form in shapes.values()}
    if kinds <= {"none"}:
        return NONE
    if len(grants) == 1 and kinds <= {"all", "rows"} and len(kinds) == 1:
        return next(iter(shapes.values()))
    return Shape(
        "activities",
        parents=tuple((name, verb, form) for name, form in shapes.items()),
    )


def _shape_of_child(
    snapshot: "Snapshot", actor: Actor, entity: Entity, verb: str, step: int
) -> Shape:
    if step >= MOST_STEPS:
        return NONE
    above = CHILD_VERBS[verb]
    parents = tuple(
        (name, above, shape(snapshot, actor, name, above, step + 1))
        for name in parents_of(entity)
        if name in snapshot.catalog.entities
    )
    kinds = {found.kind for _, _, found in parents}
    if kinds == {"all"}:
        return ALL
    if kinds <= {"none"}:
        return NONE
    return Shape("parents", parents=parents)


def predicate(
    snapshot: "Snapshot",
    form: Shape,
    entity: str,
    verb: str,
    table: FromClause,
    values: Mapping[str, list[UUID]] | None = None,
    *,
    walk: bool = False,
) -> ColumnElement[bool]:
    """Return the condition of a shape over a (perhaps aliased) table of `entity`.

    Without `values` its parameters are those that `parameters` gives. With `walk` no
    index is used for it on SQLite: for lists that are read in their order anyway.
    """
    if form.kind == "all":
        return true()
    if form.kind == "none":
        return false()
    if form.kind == "parents":
        return or_(*_parent_conditions(snapshot, form, entity, table, values))
    if form.kind == "activities":
        return or_(*_activity_conditions(snapshot, form, table, values))
    dialect = snapshot.dialect if walk else ""
    owner = unindexed(table.c.ownerid, dialect)
    conditions = [among(owner, PRINCIPALS, values, snapshot.dialect)]
    if form.has_units:
        unit = unindexed(table.c.owningbusinessunit, dialect)
        units = units_name(entity, verb)
        conditions.append(among(unit, units, values, snapshot.dialect))
    conditions += [
        shared_rows(snapshot, entity, verb, table),
        rows_of_reports(snapshot, entity, verb, table),
        rows_of_conditions(snapshot, entity, verb, table),
    ]
    return or_(*conditions)


def _parent_conditions(
    snapshot: "Snapshot",
    form: Shape,
    entity: str,
    table: FromClause,
    values: Mapping[str, list[UUID]] | None,
) -> Iterator[ColumnElement[bool]]:
    lookup = snapshot.catalog.entity(entity).parent
    assert lookup is not None
    is_mixed = len(form.parents) > 1
    for name, verb, above in form.parents:
        if above.kind == "none":
            continue
        parent = snapshot.tables.table(name).alias()
        key = parent.c[snapshot.catalog.entity(name).key]
        conditions = [key == table.c[lookup]]
        if is_mixed:
            conditions.append(table.c[f"{lookup}_type"] == name)
        conditions.append(predicate(snapshot, above, name, verb, parent, values))
        yield exists().select_from(parent).where(and_(*conditions)).correlate(table)


def _activity_conditions(
    snapshot: "Snapshot",
    form: Shape,
    table: FromClause,
    values: Mapping[str, list[UUID]] | None,
) -> Iterator[ColumnElement[bool]]:
    """Give a condition for all activities that may be read equally far."""
    alike: dict[str, list[str]] = {}
    for name, _, above in form.parents:
        alike.setdefault(name if above.kind == "rows" else above.kind, []).append(name)
    shapes = {name: above for name, _, above in form.parents}
    for names in alike.values():
        above = shapes[names[0]]
        if above.kind == "none":
            continue
        codes = [type_code_of(snapshot.catalog.entity(name)) for name in names]
        condition = predicate(snapshot, above, names[0], "read", table, values)
        yield and_(table.c.activitytypecode.in_(codes), condition)


def parameters(
    actor: Actor, form: Shape, entity: str, verb: str
) -> dict[str, list[UUID]]:
    """Return the values of a predicate's parameters for one actor."""
    found: dict[str, list[UUID]] = {}
    if form.kind == "rows":
        found[PRINCIPALS] = list(actor.principals)
        if form.has_units:
            units = grant_of(actor, entity, verb).units
            found[units_name(entity, verb)] = list(units)
    for name, above_verb, above in form.parents:
        found.update(parameters(actor, above, name, above_verb))
    return found


def row_filter(
    snapshot: "Snapshot",
    actor: Actor,
    entity: str,
    verb: str = "read",
    table: FromClause | None = None,
) -> ColumnElement[bool]:
    """Return the condition that keeps the rows on which the actor may use the verb.

    It is `true()` for the whole organisation and `false()` for nothing, so it can
    always be added to a statement. `table` is an alias of the entity's table.

    Raises:
        UnknownEntity: the catalog has no such entity.
    """
    form = shape(snapshot, actor, entity, verb)
    target = snapshot.tables.table(entity) if table is None else table
    values = parameters(actor, form, entity, verb)
    return predicate(snapshot, form, entity, verb, target, values)


def unindexed(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a column for which SQLite takes no index; it has no better way to be told.

    PostgreSQL knows how many rows there are of each value and decides by itself.
    """
    if dialect != "sqlite":
        return column
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def units_name(entity: str, verb: str) -> str:
    """Return the name of the parameter that holds the units of a privilege."""
    return f"xrm_units_{entity}_{verb}"


class Ids(TypeDecorator[list[UUID]]):
    """A list of ids as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(Uuid()))

    def process_bind_param(self, value: list[UUID] | None, dialect: Dialect) -> Any:
        """Write the ids as they stand in the columns."""
        if value is None or dialect.name != "sqlite":
            return value
        return orjson.dumps([id_.hex for id_ in value]).decode()


def among(
    column: ColumnElement[Any],
    name: str,
    values: Mapping[str, list[UUID]] | None,
    dialect: str,
) -> ColumnElement[bool]:
    """Return the condition that a column is one of the ids of a parameter.

    The list is one parameter, so that the statement is the same for any number of ids.
    """
    ids = ids_parameter(name, values)
    if dialect == "postgresql":
        return column == any_(ids)
    listed = func.json_each(ids, type_=Text()).table_valued("value")
    return column.in_(select(type_coerce(listed.c.value, Uuid())))


def ids_parameter(
    name: str, values: Mapping[str, list[UUID]] | None = None
) -> BindParameter[Any]:
    """Return the parameter of a list of ids."""
    if values is None:
        return bindparam(name, type_=Ids())
    return bindparam(name, values[name], type_=Ids(), unique=True)


def shared_rows(
    snapshot: "Snapshot", entity: str, verb: str, table: FromClause
) -> ColumnElement[bool]:
    """Return the rows shared with the actor or the actor's teams: none yet."""
    return false()


def rows_of_reports(
    snapshot: "Snapshot", entity: str, verb: str, table: FromClause
) -> ColumnElement[bool]:
    """Return the rows of people who report to the actor (hierarchy): none yet."""
    return false()


def rows_of_conditions(
    snapshot: "Snapshot", entity: str, verb: str, table: FromClause
) -> ColumnElement[bool]:
    """Return the rows that conditions of the actor's roles add: none yet."""
    return false()


def readable_fields(snapshot: "Snapshot", actor: Actor, entity: str) -> frozenset[str]:
    """Return the fields the actor may read: all, until field profiles exist."""
    return snapshot.cache("readable fields").get(
        (entity, field_reach(actor)),
        lambda: frozenset(snapshot.catalog.entity(entity).fields),
    )


def field_reach(actor: Actor) -> Hashable:
    """Return what decides which fields the actor may read; equal ones read the same."""
    return ()
