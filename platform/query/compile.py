"""Make one statement of a question: once for each form of question and of access.

A `Plan` is a statement with parameters only; the values of the filter, the cursor and
the asker's ids go in when it is run. What the asker may read is part of every
statement: of the entity itself, of each record joined for a title or path, of each
collection.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Select,
    Subquery,
    Uuid,
    all_,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from xrm.metadata.definitions import UnknownEntity
from xrm.platform.database.ready import Ready
from xrm.platform.errors import Refused
from xrm.platform.query import paging
from xrm.platform.query.conditions import Conditions, Parameters
from xrm.platform.query.frames import Frame, Ground, Place, find
from xrm.platform.query.paging import SortKey
from xrm.platform.query.query import COUNT_CAP, Query
from xrm.platform.query.source import compile_expression, compile_formula
from xrm.platform.query.steering import looks_for_title, looks_in_index, sorted_columns
from xrm.platform.query.values import kind_of, storage_of
from xrm.platform.security import access
from xrm.platform.security.access import Shape
from xrm.rule_engine.to_sql import folded

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot

READ: Final = "read"
LIMIT: Final = "xrm_limit"
BRANCH: Final = "xrm_branch"
SORT_PREFIX: Final = "~"
"""Keys of the sort values that a page needs for its cursor and nobody asked for."""

Shapes = dict[str, Shape]

VALUE_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "text": str,
    "number": (int, float, Decimal),
    "choice": int,
    "boolean": bool,
    "date": date,
    "moment": datetime,
    "id": UUID,
}
"""Kind of field → the type of a cursor's value."""


@dataclass(frozen=True, slots=True)
class Branches:
    """How many small queries a list is a union of: one per owner, one per unit."""

    principals: int
    units: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, the keys of its columns, and how its parameters get their values."""

    statement: InitVar[Select[Any]]
    keys: tuple[str, ...]
    hidden: tuple[str, ...]
    sorts: tuple[SortKey, ...]
    parameters: Parameters
    entities: tuple[str, ...]
    """Entities whose access predicate is in it."""
    dividing: Mapping[str, str] = field(default_factory=dict)
    """Averages still to be made: key of the sum → key of the count."""

    positions: tuple[int, ...] = ()
    """Where the sort values stand in a row: among the columns, or hidden after them."""
    ready: Ready = field(init=False)
    """The statement as it is run."""

    def __post_init__(self, statement: Select[Any]) -> None:
        object.__setattr__(self, "ready", Ready(statement, forgets=True))


@dataclass(slots=True)
class Compiler:
    """Compiles one form of question for one form of access."""

    snapshot: "Snapshot"
    shapes: Shapes
    form: Query
    branches: Branches | None = None
    nulls: tuple[bool, ...] | None = None
    """For a page after a cursor: which of the cursor's values are null."""
    zone: str = "UTC"
    walk: bool = False
    """Whether figures and counts test each row, as lists do; see `reach.py`."""
    parameters: Parameters = field(default_factory=Parameters)
    used: dict[str, None] = field(default_factory=dict)

    def readable(self, entity: str, table: FromClause) -> ColumnElement[bool]:
        """Return the condition under which the asker may read a record."""
        self.used[entity] = None
        return access.predicate(self.snapshot, self.shapes[entity], entity, READ, table)

    def conditions(self) -> Conditions:
        """Return the compiler of conditions."""
        return Conditions(self.parameters, compile_expression)

    def frame(self) -> Frame:
        """Return a fresh frame of the query's entity.

        Raises:
            Refused: there is no such entity.
        """
        try:
            entity = self.snapshot.catalog.entity(self.form.entity)
        except UnknownEntity as fault:
            raise Refused(str(fault), code="unknown_entity") from None
        bind = self.parameters.binder(None)
        ground = Ground(self.snapshot, self.readable, compile_formula, bind)
        return Frame(ground, entity, self.snapshot.tables.table(entity.name).alias())

    def where(self, frame: Frame) -> list[ColumnElement[bool]]:
        """Return the conditions of the question."""
        if self.form.where is None:
            return []
        return [self.conditions().compile(self.form.where, frame)]

    def allowed(self, frame: Frame, *, walk: bool = False) -> ColumnElement[bool]:
        """Return the access predicate of the entity itself.

        `walk` keeps SQLite from looking rows up by owner and unit: the list is read in
        its order, and each row tested.
        """
        name = frame.entity.name
        self.used[name] = None
        form = self.shapes[name]
        return access.predicate(self.snapshot, form, name, READ, frame.table, walk=walk)

    def rows(self) -> Plan:
        """Return the plan of a list of records."""
        if self.branches is not None:
            return self._union()
        frame = self.frame()
        if self._sorts_all(frame):
            return self._of_keys(self._first_keys())
        columns = self.columns(frame)
        sorts = self.sorts(frame)
        conditions = self._page_conditions(frame, sorts)
        hidden, places = self.cursor_columns(columns, sorts)
        statement = select(
            *labelled(columns),
            *labelled(hidden, "h"),
        )
        statement = statement.select_from(frame.source()).where(and_(*conditions))
        statement = statement.order_by(
            *(s.ordering(self.snapshot.dialect) for s in sorts)
        )
        statement = statement.limit(limit_parameter())
        return self.plan(statement, columns, hidden, sorts, places)

    def _page_conditions(
        self, frame: Frame, sorts: Sequence[SortKey]
    ) -> list[ColumnElement[bool]]:
        """Return which rows a page has."""
        frame.by_owner = looks_for_title(self.form.where, frame.entity)
        conditions = [*self.where(frame), self.allowed(frame, walk=True)]
        frame.by_owner = False
        if self.nulls is not None:
            conditions.append(paging.after(sorts, self.nulls))
        return conditions

    def _sorts_all(self, frame: Frame) -> bool:
        """Say whether SQLite has to sort all records, by a field of their own.

        Then the first ones are found before others are joined: it would read all of
        them in the order of a lookup that is joined.
        """
        if self.snapshot.dialect != "sqlite" or not self.form.order:
            return False
        field = frame.entity.fields.get(self.form.order[0].path)
        if field is None or field.is_lookup or field.is_computed:
            return False
        return field.name not in self.snapshot.cache("sorted").get(
            frame.entity.name,
            lambda: sorted_columns(self.snapshot.catalog, frame.entity.name),
        )

    def _first_keys(self) -> Select[Any]:
        """Return the keys of a page's rows."""
        frame = self.frame()
        sorts = self.sorts(frame)
        conditions = self._page_conditions(frame, sorts)
        return (
            select(frame.key)
            .select_from(frame.source())
            .where(and_(*conditions))
            .order_by(*(s.ordering(self.snapshot.dialect) for s in sorts))
            .limit(limit_parameter())
        )

    def _union(self) -> Plan:
        """Return the plan that asks each owner and unit for its first rows."""
        return self._of_keys(self._first_of(union_all(*self._parts()).subquery()))

    def _of_keys(self, found: Select[Any]) -> Plan:
        """Return the plan of the records with the keys that were found."""
        dialect = self.snapshot.dialect
        frame = self.frame()
        columns = self.columns(frame)
        sorts = self.sorts(frame)
        hidden, places = self.cursor_columns(columns, sorts)
        self.used[frame.entity.name] = None
        statement = (
            select(
                *labelled(columns),
                *labelled(hidden, "h"),
            )
            .select_from(frame.source())
            .where(frame.key.in_(found))
            .order_by(*(s.ordering(dialect) for s in sorts))
            .limit(limit_parameter())
        )
        return self.plan(statement, columns, hidden, sorts, places)

    def _first_of(self, parts: Subquery) -> Select[Any]:
        """Return the keys of the first rows of all small queries together."""
        sorts = [
            replace(
                key,
                shows=column,
                sorts=folded(column, self.snapshot.dialect) if key.is_text else column,
            )
            for key, column in zip(self.sorts(self.frame()), parts.c, strict=False)
        ]
        ordered = (sort.ordering(self.snapshot.dialect) for sort in sorts)
        return select(parts.c.id).order_by(*ordered).limit(limit_parameter())

    def _parts(self) -> Iterator[Select[Any]]:
        """Yield the small queries: for each owner, for each unit, its first rows.

        Those of a unit are without the owners', so that no row comes twice: telling
        that by comparing the rows costs as much as sorting them. On PostgreSQL one
        query does it for a whole array of them.
        """
        assert self.branches is not None
        owners, units = self.branches.principals, self.branches.units
        if self.snapshot.dialect == "postgresql":
            yield self._part_of_each("ownerid", access.PRINCIPALS)
            if units:
                name = access.units_name(self.form.entity, READ)
                yield self._part_of_each("owningbusinessunit", name)
            return
        ids = [
            bindparam(f"{BRANCH}{number}", type_=Uuid())
            for number in range(owners + units)
        ]
        for one in ids[:owners]:
            yield select(self._first_rows("ownerid", one).subquery())
        for one in ids[owners:]:
            found = self._first_rows("owningbusinessunit", one, ids[:owners])
            yield select(found.subquery())

    def _part_of_each(self, column: str, name: str) -> Select[Any]:
        each = func.unnest(access.ids_parameter(name)).table_valued("id")
        source = each.render_derived(name=f"each_{column}")
        others = None
        if column != "ownerid":
            others = all_(access.ids_parameter(access.PRINCIPALS))
        rows = self._first_rows(column, source.c.id, others).correlate(source)
        found = rows.lateral()
        return select(found).select_from(source.join(found, true()))

    def _first_rows(
        self, column: str, one: ColumnElement[Any], others: Any = None
    ) -> Select[Any]:
        """Return keys and sort values of the first rows of one owner or unit.

        Without the rows of `others`: a list of owners, or all of an array.
        """
        frame = self.frame()
        frame.by_owner = True
        where = self.where(frame)
        frame.by_owner = False
        sorts = self.sorts(frame)
        conditions = [frame.table.c[column] == one, *where]
        if others is not None:
            owner = frame.table.c.ownerid
            is_other = (
                owner.not_in(others) if isinstance(others, list) else owner != others
            )
            conditions.append(or_(owner.is_(None), is_other))
        if self.nulls is not None:
            conditions.append(paging.after(sorts, self.nulls))
        return (
            select(*labelled(self.hidden(sorts), "s"), frame.key.label("id"))
            .select_from(frame.source())
            .where(and_(*conditions))
            .order_by(*(s.ordering(self.snapshot.dialect) for s in sorts))
            .limit(limit_parameter())
        )

    def plan(
        self,
        statement: Select[Any],
        columns: Sequence[tuple[str, ColumnElement[Any]]],
        hidden: Sequence[tuple[str, ColumnElement[Any]]],
        sorts: Sequence[SortKey],
        positions: tuple[int, ...] = (),
    ) -> Plan:
        """Return a plan of this form."""
        return Plan(
            statement,
            tuple(key for key, _ in columns),
            tuple(key for key, _ in hidden),
            tuple(sort.without_columns() for sort in sorts),
            self.parameters,
            tuple(self.used),
            positions=positions,
        )

    def columns(self, frame: Frame) -> list[tuple[str, ColumnElement[Any]]]:
        """Return key and expression of each column asked for, the key always first."""
        found: dict[str, ColumnElement[Any]] = {}
        paths = self.form.columns or tuple(frame.entity.fields)
        found[frame.entity.key] = frame.key
        for path in paths:
            if path in found:
                continue
            raw = further(frame, path)
            if raw is not None:
                found[path] = raw
                continue
            place = find(frame, path)
            if not place.kind.columns(place.field):
                continue
            found[path] = place.expression()
            for key, value in place.further_columns():
                found.setdefault(key, value)
        return list(found.items())

    def sorts(self, frame: Frame) -> list[SortKey]:
        """Return the sort keys; the last one makes every row's place certain."""
        found = [
            self.sort_key(find(frame, order.path), order.descending)
            for order in self.form.order
        ]
        if all(order.path != frame.entity.key for order in self.form.order):
            last = found[0].descending if found else False
            found.append(
                SortKey(frame.key, frame.key, Uuid(), last, UUID, never_null=True)
            )
        return found

    def sort_key(self, place: Place, descending: bool) -> SortKey:
        """Return the sort key of a field; a lookup is sorted by its title.

        Raises:
            Refused: the field cannot be sorted by.
        """
        if place.field.is_lookup and not place.is_title:
            place = place.title()
        kind = kind_of(place.field)
        if kind in ("none", "set") or not place.kind.can_sort:
            raise Refused(
                f"{place.path} is a {place.field.type} field; a list cannot be sorted "
                "by it.",
                code="bad_sort",
                target=place.path,
            )
        value = place.expression()
        sorts = folded(value, self.snapshot.dialect) if kind == "text" else value
        storage = storage_of(place.field)
        return SortKey(sorts, value, storage, descending, VALUE_TYPES[kind])

    def hidden(self, sorts: list[SortKey]) -> list[tuple[str, ColumnElement[Any]]]:
        """Return the columns a cursor needs."""
        return [(f"{SORT_PREFIX}{i}", s.shows) for i, s in enumerate(sorts)]

    def cursor_columns(
        self, columns: Sequence[tuple[str, ColumnElement[Any]]], sorts: list[SortKey]
    ) -> tuple[list[tuple[str, ColumnElement[Any]]], tuple[int, ...]]:
        """Return the columns to add for a cursor, and where all sort values stand."""
        hidden: list[tuple[str, ColumnElement[Any]]] = []
        places: list[int] = []
        for key, value in self.hidden(sorts):
            found = [i for i, (_, column) in enumerate(columns) if column is value]
            places.append(found[0] if found else len(columns) + len(hidden))
            if not found:
                hidden.append((key, value))
        return hidden, tuple(places)

    def count(self, cap: int | None = COUNT_CAP) -> Plan:
        """Return the plan of a count: of all records, or up to `cap` + 1."""
        if self.form.is_grouped or self.form.distinct:
            inner = self.figures() if self.form.is_grouped else self.rows()
            statement = inner.ready.statement
            assert isinstance(statement, Select)
            found = statement.order_by(None).limit(None)
            if cap is not None:
                found = found.limit(literal(cap + 1, Integer()))
            counted = select(func.count()).select_from(found.subquery())
            return self.plan(counted, [], [], [])
        frame = self.frame()
        frame.by_owner = looks_in_index(self.form.where)
        conditions = [*self.where(frame), self.allowed(frame, walk=self.walk)]
        if cap is None:
            statement = (
                select(func.count())
                .select_from(frame.source())
                .where(and_(*conditions))
            )
        else:
            few = (
                select(literal(1).label("one"))
                .select_from(frame.source())
                .where(and_(*conditions))
                .limit(literal(cap + 1, Integer()))
            )
            statement = select(func.count()).select_from(few.subquery())
        return self.plan(statement, [], [], [])

    def figures(self) -> Plan:
        """Return the plan of a grouped question; see `figures.py`."""
        message = "grouped questions are compiled by figures.py"
        raise NotImplementedError(message)


def labelled(
    columns: Iterable[tuple[str, ColumnElement[Any]]], letter: str = "k"
) -> list[Label[Any]]:
    """Return columns with plain labels: what a caller named is never in a statement."""
    return [value.label(f"{letter}{i}") for i, (_, value) in enumerate(columns)]


def limit_parameter() -> Any:
    """Return the parameter of the number of rows."""
    return bindparam(LIMIT, type_=Integer())


def further(frame: Frame, path: str) -> ColumnElement[Any] | None:
    """Return a further column of a field (`customerid_type`), no field itself."""
    if path in frame.entity.fields or path not in frame.table.c:
        return None
    return frame.table.c[path]
