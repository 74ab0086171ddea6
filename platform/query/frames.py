"""Know where the fields of a question stand: tables, and the lookups joined to them.

A `Frame` is one record of the FROM clause. It joins a lookup's record when a path needs
it, once, and only where the asker may read that record: what may not be read is null,
so nothing of it shows in columns, filters or sort orders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Text,
    and_,
    cast,
    func,
    null,
)
from sqlalchemy.sql.selectable import NamedFromClause
from sqlalchemy.types import TypeEngine

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import FieldType
from xrm.metadata.system_fields import OWNING
from xrm.platform.errors import Refused
from xrm.platform.query.values import kind_of
from xrm.platform.security.access import unindexed
from xrm.rule_engine.problems import did_you_mean

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot

MOST_JOINS = 30
MOST_STEPS = 8

Readable = Callable[[str, FromClause], ColumnElement[bool]]
"""Gives the condition under which the asker may read a record of a table."""
Bind = Callable[[Callable[..., Any], TypeEngine[Any], bool], BindParameter[Any]]
"""Makes a parameter: how it is read, its type, whether it is a list."""

FEW_VALUES: Final = ("choice", "boolean")
"""Kinds of field of which so many records have the same value that an index helps less
than one on the owner."""


@dataclass(slots=True)
class Ground:
    """What all frames of one statement share."""

    snapshot: "Snapshot"
    readable: Readable
    formula: Callable[["Frame", Field], ColumnElement[Any]]
    """Gives the expression of a field that is computed on read."""
    bind: Bind
    """Makes a parameter that depends on the asker and the clock only."""
    joins: int = 0
    formulas: list[tuple[str, str]] = field(default_factory=list)
    """The computed fields being compiled, outermost first."""

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.snapshot.dialect


@dataclass(slots=True)
class Frame:
    """One record in the FROM clause, with the records joined to it."""

    ground: Ground
    entity: Entity
    table: NamedFromClause
    root: "Frame | None" = None
    joined: dict[tuple[str, str], "Frame"] = field(default_factory=dict)
    by_owner: bool = False
    """Whether its rows are found by owner, unit or a text, not by a choice."""
    is_walked: bool = False
    """Whether each row is tested, in the order of an index that has what is asked."""
    steps: list[tuple[NamedFromClause, ColumnElement[bool]]] = field(
        default_factory=list
    )
    """The root's: joined tables in order, with their conditions."""

    @property
    def key(self) -> ColumnElement[Any]:
        """Return the column of the primary key."""
        return self.table.c[self.entity.key]

    def source(self) -> FromClause:
        """Return the FROM clause with everything that was joined so far."""
        made: FromClause = self.table
        for table, condition in self.steps:
            made = made.outerjoin(table, condition)
        return made

    def column(self, field: Field) -> ColumnElement[Any]:
        """Return the expression of a field: its first column, or its formula."""
        if field.is_computed:
            return self.ground.formula(self, field)
        column = self.table.c[field.name]
        is_few = self.by_owner and kind_of(field) in FEW_VALUES
        if is_few or (self.is_walked and field.name in OWNING):
            return unindexed(column, self.ground.dialect)
        return column

    def join(self, lookup: Field, target: str) -> "Frame":
        """Return the frame of the record a lookup points to, if it is of `target`."""
        found = self.joined.get((lookup.name, target))
        if found is not None:
            return found
        self.ground.joins += 1
        if self.ground.joins > MOST_JOINS:
            raise Refused(
                f"The query needs more than {MOST_JOINS} joins. Ask for fewer fields "
                "of related records.",
                code="too_many_joins",
            )
        snapshot = self.ground.snapshot
        entity = snapshot.catalog.entity(target)
        table = snapshot.tables.table(target).alias()
        # SQLite would else read a whole list in the order of the lookup's index.
        link = unindexed(self.table.c[lookup.name], self.ground.dialect)
        conditions = [table.c[entity.key] == link]
        if f"{lookup.name}_type" in self.table.c and lookup.is_polymorphic:
            conditions.append(self.table.c[f"{lookup.name}_type"] == target)
        conditions.append(self.ground.readable(target, table))
        top = self.root or self
        top.steps.append((table, and_(*conditions)))
        made = Frame(self.ground, entity, table, top)
        self.joined[(lookup.name, target)] = made
        return made

    def targets(self, lookup: Field, only: str | None = None) -> Sequence[str]:
        """Return the entities a lookup may point to and the catalog knows.

        Raises:
            Refused: `only` is none of them.
        """
        known = self.ground.snapshot.catalog.entities
        names = [t.entity for t in lookup.targets if t.entity in known]
        if only is None:
            return names
        if only not in names:
            raise Refused(
                f"{lookup.name} of {self.entity.name} does not point to {only}. "
                f"{did_you_mean(only, names) or 'It points to ' + ', '.join(names)}.",
                code="unknown_field",
                target=f"{lookup.name}:{only}",
            )
        return [only]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path ends: expressions of one field in one or several records.

    `is_title` says that the path asks for the title of a lookup's record.
    """

    path: str
    frames: tuple[Frame, ...]
    field: Field
    fields: tuple[Field, ...]
    is_title: bool = False

    @property
    def kind(self) -> FieldType:
        """Return the type of the field."""
        return field_type(self.field.type)

    def expression(self) -> ColumnElement[Any]:
        """Return the value; of several records the first one that has it."""
        return one_of(
            [f.column(field) for f, field in zip(self.frames, self.fields, strict=True)]
        )

    def further_columns(self) -> list[tuple[str, ColumnElement[Any]]]:
        """Return the further columns of the field (`customerid_type`) by path."""
        if self.field.is_computed or self.is_title:
            return []
        names = [column.name for column in self.kind.columns(self.field)[1:]]
        head = self.path[: len(self.path) - len(self.field.name)]
        return [
            (head + name, one_of([f.table.c[name] for f in self.frames]))
            for name in names
        ]

    def title(self) -> "Place":
        """Return the place of the title of the record this lookup points to."""
        frames: list[Frame] = []
        fields: list[Field] = []
        for frame in self.frames:
            for target in frame.targets(frame.entity.field(self.field.name)):
                joined = frame.join(frame.entity.field(self.field.name), target)
                frames.append(joined)
                fields.append(title_field(joined.entity))
        if not frames:
            raise Refused(
                f"{self.path} points to no record that has a title.",
                code="no_title",
                target=self.path,
            )
        return Place(self.path, tuple(frames), fields[0], tuple(fields), True)


def title_field(entity: Entity) -> Field:
    """Return the field that names a record; its key when the entity has no title."""
    title = entity.title
    return entity.field(title if title and title in entity.fields else entity.key)


def one_of(values: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return the first of the values that is not null."""
    if not values:
        return null()
    if len(values) == 1:
        return values[0]
    first = values[0].type
    if any(type(value.type) is not type(first) for value in values):
        values = [cast(value, Text()) for value in values]
    return func.coalesce(*values, type_=values[0].type)


def find(frame: Frame, path: str) -> Place:
    """Return where a path leads from a record, joining what it needs.

    Raises:
        Refused: a step is no field, or goes on after a field that is no lookup.
    """
    text, at, title = path.partition("@")
    steps = text.split(".")
    if len(steps) > MOST_STEPS or (at and title != "name"):
        raise unknown(frame.entity, path, path)
    frames: list[Frame] = [frame]
    for step in steps[:-1]:
        name, _, only = step.partition(":")
        able = [f for f in frames if name in f.entity.fields] or frames[:1]
        frames = [
            current.join(lookup, target)
            for current in able
            for lookup in [_lookup(current.entity, name, path)]
            for target in current.targets(lookup, only or None)
        ]
    last = steps[-1]
    holding = [f for f in frames if last in f.entity.fields]
    if not holding:
        raise unknown(frames[0].entity if frames else frame.entity, last, path)
    fields = tuple(f.entity.field(last) for f in holding)
    place = Place(text, tuple(holding), fields[0], fields)
    if not at:
        return place
    if not place.field.is_lookup:
        raise unknown(frame.entity, path, path)
    return place.title()


def _lookup(entity: Entity, name: str, path: str) -> Field:
    found = entity.fields.get(name)
    if found is None:
        raise unknown(entity, name, path)
    if not found.is_lookup:
        raise Refused(
            f'"{name}" of {entity.name} is no lookup, so the path "{path}" cannot '
            "go on after it.",
            code="not_a_lookup",
            target=path,
        )
    return found


def unknown(entity: Entity, name: str, path: str) -> Refused:
    """Return the error for a name the entity does not have, with the nearest one."""
    shown = name if len(name) <= 80 else name[:77] + "…"
    near = did_you_mean(shown, entity.fields)
    said = f'{entity.name} has no field "{shown}".'
    return Refused(
        f"{said} {near}" if near else said,
        code="unknown_field",
        target=path if len(path) <= 200 else path[:197] + "…",
    )
