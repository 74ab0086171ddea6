"""Know how expressions about records are said in SQL inside a verb's transaction.

`RecordSource` answers for a row of a table (rollups and formulas are computed anew with
it), `OwnerSource` for a record that is in memory, whose values become parameters (rules
look at its children with it). Both see all records: what is computed here is the same
for everybody. Facts of the surroundings are the parameters `xrm_now`, `xrm_today`,
`xrm_user` (`surroundings.sql_facts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause, bindparam
from sqlalchemy.sql.selectable import Select

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.storage import UtcDateTime
from xrm.metadata.relationships import Relationship
from xrm.platform.automation.expressions import expression_of
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.query.source import stored_form
from xrm.platform.query.values import storage_of
from xrm.platform.records.layout import Layout
from xrm.rule_engine import core_names
from xrm.rule_engine.to_sql import SqlSource, aggregate_sql, to_sql
from xrm.rule_engine.typed_nodes import Aggregate

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What any source knows of the surroundings."""

    snapshot: Snapshot

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Return the database."""
        return self.snapshot.dialect

    @property
    def now(self) -> ColumnElement[Any]:
        """Return this moment."""
        return bindparam("xrm_now", type_=UtcDateTime())

    @property
    def today(self) -> ColumnElement[Any]:
        """Return the day of today where the actor is."""
        return bindparam("xrm_today", type_=sa.Date())

    @property
    def user_id(self) -> ColumnElement[Any]:
        """Return who acts."""
        return bindparam("xrm_user", type_=sa.Uuid())

    def user(self, name: str) -> ColumnElement[Any]:
        """Return a field of the user who acts."""
        table = self.snapshot.tables.table(core_names.USER).alias()
        source = RecordSource(
            self.snapshot, self.snapshot.catalog.entity(core_names.USER), table
        )
        return (
            sa.select(source.column((name,)))
            .where(source.key == self.user_id)
            .scalar_subquery()
        )

    def has_role(self, name: str) -> ColumnElement[Any]:
        """Say that nobody has a role: what is stored is the same for everybody."""
        return sa.false()


@dataclass(frozen=True, slots=True)
class RecordSource(Facts):
    """Answers for a row of an entity's (perhaps aliased) table."""

    entity: Entity
    table: FromClause

    @property
    def key(self) -> ColumnElement[Any]:
        """Return the column of the key."""
        return self.table.c[self.entity.key]

    def column(self, steps: Steps) -> ColumnElement[Any]:
        """Return a field, also over lookups; without steps, the id of the record."""
        if not steps:
            return self.key
        definition = self.entity.field(steps[0])
        if len(steps) > 1:
            return self._over(definition, steps[1:])
        if definition.is_stored:
            return self.table.c[definition.name]
        found = expression_of(self.snapshot, self.entity.name, definition)
        return stored_form(to_sql(found.typed, self), definition, self.dialect)

    def _over(self, lookup: Field, steps: Steps) -> ColumnElement[Any]:
        parts = []
        for target in lookup.targets:
            entity = self.snapshot.catalog.entities.get(target.entity)
            if entity is None or steps[0] not in entity.fields:
                continue
            table = self.snapshot.tables.table(entity.name).alias()
            source = RecordSource(self.snapshot, entity, table)
            conditions = [source.key == self.table.c[lookup.name]]
            type_column = self.table.c.get(f"{lookup.name}_type")
            if type_column is not None:
                conditions.append(type_column == entity.name)
            parts.append(
                sa.select(source.column(steps))
                .where(*conditions)
                .correlate_except(table)
                .scalar_subquery()
            )
        if len(parts) == 1:
            return parts[0]
        return sa.func.coalesce(*parts, type_=parts[0].type)

    def multichoice_contains(self, steps: Steps, value: int) -> ColumnElement[bool]:
        """Return the condition that a multichoice field holds an option."""
        return sa.type_coerce(self.column(steps), sa.Text()).like(f"%,{value},%")

    def collection(
        self, name: str, steps: Steps = ()
    ) -> tuple[FromClause, SqlSource, ColumnElement[bool]]:
        """Return the children, their source, and the condition that links them."""
        return children_of(self.snapshot, self.entity, name, steps, self.column(steps))


@dataclass(frozen=True, slots=True)
class OwnerSource(Facts):
    """Answers for a record in memory; `reads` are the parameters it needs, by steps."""

    entity: Entity
    reads: dict[Steps, str] = field(default_factory=dict)

    def column(self, steps: Steps) -> ColumnElement[Any]:
        """Return a parameter for a value of the record."""
        name = self.reads.setdefault(steps, f"xrm_value_{len(self.reads)}")
        return bindparam(name, type_=self._type(steps))

    def _type(self, steps: Steps) -> Any:
        entities = [self.entity]
        catalog = self.snapshot.catalog
        for step in steps[:-1]:
            entities = [
                catalog.entities[target.entity]
                for entity in entities
                if step in entity.fields
                for target in entity.field(step).targets
                if target.entity in catalog.entities
            ]
        if not steps:
            return sa.Uuid()
        for entity in entities:
            if steps[-1] in entity.fields:
                return storage_of(entity.field(steps[-1]))
        return None

    def multichoice_contains(self, steps: Steps, value: int) -> ColumnElement[bool]:
        """Return the condition that a multichoice field holds an option."""
        return sa.cast(self.column(steps), sa.Text()).like(f"%,{value},%")

    def collection(
        self, name: str, steps: Steps = ()
    ) -> tuple[FromClause, SqlSource, ColumnElement[bool]]:
        """Return the children, their source, and the condition that links them."""
        return children_of(self.snapshot, self.entity, name, steps, self.column(steps))


def children_of(
    snapshot: Snapshot,
    entity: Entity,
    name: str,
    steps: Steps,
    owner: ColumnElement[Any],
) -> tuple[FromClause, SqlSource, ColumnElement[bool]]:
    """Return the children of the record `owner`, their source and their link.

    `steps` are the lookups that lead from `entity` to the owner's entity.
    """
    owners = owners_of(snapshot, entity, steps, name)
    found = snapshot.catalog.collections(owners[0].name)[name]
    if isinstance(found, Child):
        table = snapshot.tables.table(found.entity).alias()
        link = table.c[found.field.name] == owner
        type_column = table.c.get(f"{found.field.name}_type")
        if type_column is not None:
            link = sa.and_(link, type_column.in_([one.name for one in owners]))
        child = snapshot.catalog.entity(found.entity)
        return table, RecordSource(snapshot, child, table), link
    near, far, other = ends_of(found, owners[0].name, name)
    pairs = snapshot.tables.pairs(found.name).alias()
    table = snapshot.tables.table(other).alias()
    source = RecordSource(snapshot, snapshot.catalog.entity(other), table)
    joined = pairs.join(table, pairs.c[far] == source.key)
    return joined, source, pairs.c[near] == owner


def ends_of(link: Relationship, entity: str, name: str) -> tuple[str, str, str]:
    """Return the near column, the far column and the far entity of a collection."""
    if link.first == entity and link.first_collection == name:
        return link.first_column, link.second_column, link.second
    return link.second_column, link.first_column, link.first


def owners_of(
    snapshot: Snapshot, entity: Entity, steps: Steps, name: str
) -> list[Entity]:
    """Return the entities that the lookups lead to and that have the collection."""
    catalog = snapshot.catalog
    here = [entity]
    for step in steps:
        names = dict.fromkeys(
            target.entity
            for one in here
            if step in one.fields
            for target in one.field(step).targets
        )
        here = [catalog.entities[n] for n in names if n in catalog.entities]
    return [one for one in here if name in catalog.collections(one.name)] or here


def aggregate_statement(
    layout: Layout, node: Aggregate
) -> tuple[Select[Any], Mapping[Steps, str]]:
    """Return the statement of one aggregate over a record's children.

    Its parameters are the values of the record, named by the steps that lead to them,
    and the facts.
    """

    def make() -> tuple[Select[Any], Mapping[Steps, str]]:
        source = OwnerSource(layout.snapshot, layout.entity)
        return sa.select(aggregate_sql(node, source)), source.reads

    return layout.kept(("aggregate", node), make)
