"""Know what a publish would do to the records: counts, without changing anything.

Counted by reading the tables as they are now. What blocks (a unique key that the
records break) is told apart from what is lost but kept in quarantine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.platform.database import schema_changes as changes
from xrm.platform.database.converting import conversion_now, count_lost
from xrm.platform.database.engine import Dialect
from xrm.platform.database.shape_values import IndexShape, TableShape
from xrm.platform.database.shapes import columns_of, entity_shape

Kind = Literal[
    "records lost",
    "values lost",
    "cut",
    "rounded",
    "not convertible",
    "links cut",
    "breaks key",
    "rewrite",
]

_SECONDS_PER_MILLION: dict[str, dict[str, float]] = {
    "sqlite": {"drop": 2.5, "convert": 4.0, "index": 1.0, "table": 6.0},
    "postgresql": {"drop": 0.0, "convert": 8.0, "index": 0.8, "table": 12.0},
}
"""How long work takes on a million rows; measured on two cores."""
WORTH_SAYING = 0.5
"""Seconds from which a plan speaks of the time that a rewrite takes."""

_SENTENCES: dict[Kind, tuple[str, str]] = {
    "records lost": (
        "1 record goes; kept in quarantine",
        "{count:,} records go; kept in quarantine",
    ),
    "values lost": (
        "1 record has a value; kept in quarantine",
        "{count:,} records have a value; kept in quarantine",
    ),
    "cut": (
        "1 value will be cut; the whole one is kept in quarantine",
        "{count:,} values will be cut; the whole ones are kept in quarantine",
    ),
    "rounded": (
        "1 value will be rounded; the exact one is kept in quarantine",
        "{count:,} values will be rounded; the exact ones are kept in quarantine",
    ),
    "not convertible": (
        "1 value cannot be converted and becomes empty; kept in quarantine",
        "{count:,} values cannot be converted and become empty; kept in quarantine",
    ),
    "links cut": (
        "1 link to {note} will be removed; kept in quarantine",
        "{count:,} links to {note} will be removed; kept in quarantine",
    ),
    "breaks key": (
        "1 record breaks the key {note}; make its values unique first",
        "{count:,} records break the key {note}; make their values unique first",
    ),
    "rewrite": (
        "rewrites 1 row",
        "rewrites {count:,} rows, about {seconds:.0f} s",
    ),
}


@dataclass(frozen=True, slots=True)
class Impact:
    """What one change does to records. `field` is None when it is about the table."""

    kind: Kind
    entity: str
    field: str | None
    count: int
    note: str = ""
    seconds: float = 0.0

    @property
    def blocks(self) -> bool:
        """Return whether the plan cannot be applied because of it."""
        return self.kind == "breaks key"

    @property
    def loses_data(self) -> bool:
        """Return whether values are taken out of the tables."""
        return self.kind not in ("breaks key", "rewrite")

    @property
    def sentence(self) -> str:
        """Return it in words."""
        one, many = _SENTENCES[self.kind]
        return (one if self.count == 1 else many).format(
            count=self.count, note=self.note, seconds=self.seconds
        )


def impacts(
    connection: Connection,
    new: Catalog,
    planned: Sequence[changes.SchemaChange],
    dialect: Dialect,
) -> tuple[Impact, ...]:
    """Return what the changes would do to the records that are there now."""
    counter = _Counter(connection, dialect, planned)
    found: list[Impact] = []
    for change in planned:
        found += counter.of(change)
    found += counter.keys(new)
    found += counter.rewrites()
    return tuple(found)


def _gone(change: changes.ConvertField) -> str:
    """Return the entities that a lookup may no longer point to, in words."""
    left = {target.entity for target in change.new.targets}
    return ", ".join(t.entity for t in change.old.targets if t.entity not in left)


class _Counter:
    """Counts for one plan; a table's rows are counted once."""

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect,
        planned: Sequence[changes.SchemaChange],
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._planned = planned
        self._sizes: dict[str, int] = {}
        self._seconds: dict[tuple[str, str], float] = {}

    def of(self, change: changes.SchemaChange) -> Iterator[Impact]:
        """Yield the losses of one change."""
        if isinstance(change, changes.DropTable):
            rows = self._size(change.table.name)
            if rows:
                yield Impact("records lost", change.table.name, None, rows)
                self._takes(change.table.name, change.table.name, "table")
        elif isinstance(change, changes.DropColumns):
            first: sa.ColumnElement[object] = sa.column(change.columns[0].name)
            count = self._count(change.was.table, first.is_not(sa.null()))
            if count:
                yield Impact("values lost", change.table, change.field, count)
            self._takes(change.table, change.was.table, "drop")
        elif isinstance(change, changes.ConvertField):
            made = conversion_now(change, self._dialect)
            count = count_lost(self._connection, change, self._dialect)
            if count:
                yield Impact(
                    made.loss, change.table, change.new.name, count, _gone(change)
                )
            if not made.in_place:
                self._takes(change.table, change.was.table, "convert")
        elif isinstance(change, changes.CreateIndex) and change.was is not None:
            self._takes(change.table.name, change.was.table, "index")

    def keys(self, new: Catalog) -> Iterator[Impact]:
        """Yield the unique keys that the records would break."""
        converted: dict[str, dict[str, changes.ConvertField]] = {}
        touched: dict[str, changes.Was] = {}
        for change in self._planned:
            if isinstance(change, changes.ConvertField):
                converted.setdefault(change.table, {})[change.new.name] = change
                touched[change.table] = change.was
            elif (
                isinstance(change, changes.CreateIndex)
                and change.was is not None
                and change.index.unique
            ):
                touched[change.table.name] = change.was
        for table, was in touched.items():
            shape = entity_shape(new, new.entities[table], self._dialect)
            for index in shape.indexes.values():
                if index.unique:
                    count = self._breaking(shape, index, was, converted.get(table, {}))
                    if count:
                        yield Impact("breaks key", table, None, count, index.reason[4:])

    def _breaking(
        self,
        shape: TableShape,
        index: IndexShape,
        was: changes.Was,
        converted: dict[str, changes.ConvertField],
    ) -> int:
        """Return how many records share the values of a key that must be unique."""
        parts: list[sa.ColumnElement[object]] = []
        for part in index.parts:
            before = was.fields.get(part.column)
            if before is None or not before.is_stored:
                return 0  # a new field: empty in every record
            columns = columns_of(before, self._dialect, was.key.name)
            element: sa.ColumnElement[object] = sa.column(
                columns[0].name, columns[0].type
            )
            change = converted.get(part.column)
            if change is not None:
                made = conversion_now(change, self._dialect)
                if made.value is None:
                    return 0  # not known before it is done; applying refuses it then
                element = made.value([element])[0]
            if part.folded:
                element = sa.func.xrm_fold(element)
            parts.append(element)
        same = (
            sa.select(sa.func.count().label("records"))
            .select_from(sa.table(was.table))
            .where(*(part.is_not(sa.null()) for part in parts))
            .group_by(*parts)
            .having(sa.func.count() > 1)
            .subquery()
        )
        return int(self._connection.scalar(sa.select(sa.func.sum(same.c.records))) or 0)

    def rewrites(self) -> Iterator[Impact]:
        """Yield the tables whose change takes time."""
        for (table, was), seconds in self._seconds.items():
            if seconds >= WORTH_SAYING:
                yield Impact("rewrite", table, None, self._size(was), seconds=seconds)

    def _takes(self, table: str, was: str, what: str) -> None:
        rate = _SECONDS_PER_MILLION[self._dialect][what]
        seconds = rate * self._size(was) / 1_000_000
        key = (table, was)
        self._seconds[key] = self._seconds.get(key, 0.0) + seconds

    def _size(self, table: str) -> int:
        if table not in self._sizes:
            self._sizes[table] = self._count(table, sa.true())
        return self._sizes[table]

    def _count(self, table: str, where: sa.ColumnElement[bool]) -> int:
        statement = sa.select(sa.func.count()).select_from(sa.table(table)).where(where)
        return self._connection.scalar(statement) or 0
