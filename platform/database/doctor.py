"""Know what must always be true of a database, and look whether it is.

`invariants` runs checks and returns what they found, each in a sentence. A check is a
function of an `Examination`. This room's checks are `CHECKS`; other rooms have theirs
in a tuple of the same kind, and `main.py` puts them together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.platform.database import catalog_store, inspection, sqlite_library
from xrm.platform.database.engine import Database, Dialect, patiently
from xrm.platform.database.schema_changes import PASSING
from xrm.platform.database.shape_values import TableShape
from xrm.platform.database.shapes import catalog_shapes
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.database.system_tables import METADATA, PREFIX, PUBLISH
from xrm.platform.database.tables import Tables
from xrm.platform.database.upgrades import STEPS, current_version

Severity = Literal["fault", "warning", "note"]

OLDEST_POSTGRESQL = 150_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check found. A `fault` means that an invariant is broken."""

    check: str
    severity: Severity
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Examination:
    """What a check may look at."""

    database: Database
    connection: Connection
    snapshot: Snapshot
    present: Mapping[str, Mapping[str, str]]
    """Table → column → type, as the database has them."""

    def has(self, *entities: str) -> bool:
        """Return whether these entities' tables are there, with all their columns."""
        return all(
            name in self.catalog.entities
            and set(self.tables.table(name).c.keys())
            <= self.present.get(name, {}).keys()
            for name in entities
        )

    @property
    def catalog(self) -> Catalog:
        """Return the catalog in force."""
        return self.snapshot.catalog

    @property
    def tables(self) -> Tables:
        """Return the tables of the catalog."""
        return self.snapshot.tables

    @property
    def dialect(self) -> Dialect:
        """Return `sqlite` or `postgresql`."""
        return self.database.dialect


Check: TypeAlias = Callable[[Examination], Iterable[Finding]]


def invariants(
    database: Database, checks: Sequence[Check] | None = None
) -> list[Finding]:
    """Run checks (this room's by default) and return all findings."""
    with database.reader.connect() as connection, patiently(database, connection):
        if current_version(connection) == 0:
            message = "The database is empty. Make the tables with `xrm upgrade`."
            return [Finding("platform_tables", "fault", message)]
        examined = examine(database, connection)
        return [
            finding
            for check in (CHECKS if checks is None else checks)
            for finding in check(examined)
        ]


def examine(database: Database, connection: Connection) -> Examination:
    """Return what checks look at, as it is now."""
    catalog, _ = catalog_store.load_catalog(connection)
    return Examination(
        database,
        connection,
        Snapshot(catalog, database.dialect),
        inspection.actual_columns(connection),
    )


def faults(database: Database, checks: Sequence[Check] | None = None) -> list[Finding]:
    """Return the findings that are broken invariants."""
    return [f for f in invariants(database, checks) if f.severity == "fault"]


def library_is_sound(at: Examination) -> Iterator[Finding]:
    """Yield what is wrong with the database's program or its settings."""
    if at.dialect == "sqlite":
        version = ".".join(map(str, sqlite_library.version()))
        module = sqlite_library.module().__name__
        if sqlite_library.has_sound_wal():
            yield Finding("library", "note", f"SQLite {version} ({module}), WAL.")
        else:
            yield Finding(
                "library",
                "warning",
                f"SQLite {version} ({module}) can lose commits with a write-ahead log, "
                "so the slower rollback journal is used. Install pysqlite3, or a "
                "SQLite of 3.51.3 or later.",
            )
        check = sa.func.pragma_integrity_check().table_valued("integrity_check")
        for (line,) in at.connection.execute(sa.select(check)):
            if line != "ok":
                yield Finding("library", "fault", f"The file is damaged: {line}.")
        return
    setting = sa.select(sa.func.current_setting("server_version_num"))
    number = int(at.connection.scalar(setting) or 0)
    severity: Severity = "note" if number >= OLDEST_POSTGRESQL else "warning"
    yield Finding(
        "library",
        severity,
        f"PostgreSQL {number // 10_000}.{number % 10_000}"
        + ("." if severity == "note" else "; 15 or later is needed."),
    )


def platform_tables_are_current(at: Examination) -> Iterator[Finding]:
    """Yield what is wrong with the platform's own tables."""
    version = current_version(at.connection)
    if version != len(STEPS):
        yield Finding(
            "platform_tables",
            "fault",
            f"The platform's tables are of version {version}, this program needs "
            f"{len(STEPS)}. Run `xrm upgrade`.",
        )
    actual = at.present
    for table in METADATA.sorted_tables:
        missing = {c.name for c in table.columns} - actual.get(table.name, {}).keys()
        if missing:
            yield Finding(
                "platform_tables",
                "fault",
                f"{table.name} lacks {', '.join(sorted(missing))}.",
            )


def version_is_the_last_publish(at: Examination) -> Iterator[Finding]:
    """Yield a difference between the catalog's version and the last publish."""
    last = at.connection.scalar(sa.select(sa.func.max(PUBLISH.c.version))) or 0
    if last != at.catalog.version:
        yield Finding(
            "version",
            "fault",
            f"The catalog is at version {at.catalog.version}, the last publish made "
            f"version {last}.",
        )


def columns_are_the_catalog(at: Examination) -> Iterator[Finding]:
    """Yield tables, columns, indexes that are missing, too many, of a wrong type."""
    actual = at.present
    indexes = inspection.actual_indexes(at.connection)
    shapes = catalog_shapes(at.catalog, at.dialect)
    for name in sorted(actual.keys() - shapes.keys()):
        if not name.startswith((PREFIX, "sqlite_")):
            yield Finding("columns", "fault", f"The table {name} belongs to nothing.")
    for name, shape in shapes.items():
        if name not in actual:
            yield Finding("columns", "fault", f"The table {name} is missing.")
            continue
        yield from _columns_of(shape, actual[name])
        yield from _indexes_of(shape, indexes.get(name, set()))


def _columns_of(shape: TableShape, actual: Mapping[str, str]) -> Iterator[Finding]:
    for name, column in shape.columns.items():
        if name not in actual:
            yield Finding("columns", "fault", f"{shape.name}.{name} is missing.")
        elif actual[name] != column.signature:
            yield Finding(
                "columns",
                "fault",
                f"{shape.name}.{name} is {actual[name]}; it should be "
                f"{column.signature}.",
            )
    for name in sorted(actual.keys() - shape.columns.keys()):
        what = (
            "was left over by a publish" if name.startswith(PASSING) else "is no field"
        )
        yield Finding("columns", "fault", f"{shape.name}.{name} {what}.")


def _indexes_of(shape: TableShape, actual: set[str]) -> Iterator[Finding]:
    for name in sorted(shape.indexes.keys() - actual):
        yield Finding("indexes", "fault", f"The index {name} is missing.")
    for name in sorted(actual - shape.indexes.keys()):
        if name.startswith(("ix_", "uq_")):
            yield Finding("indexes", "fault", f"The index {name} belongs to nothing.")


def lookups_resolve(at: Examination) -> Iterator[Finding]:
    """Yield lookups that point to records that are not there."""
    for entity in at.catalog.entities.values():
        for lookup in entity.lookups:
            if lookup.is_stored and at.has(entity.name):
                yield from _lost_links(at, entity, lookup)


def _lost_links(at: Examination, entity: Entity, lookup: Field) -> Iterator[Finding]:
    table = at.tables.table(entity.name)
    columns = [table.c[c.name] for c in field_type(lookup.type).columns(lookup)]
    place = f"{entity.name}.{lookup.name}"
    known = [t.entity for t in lookup.targets if at.has(t.entity)]
    for target in known:
        there = at.tables.table(target).alias()
        primary = next(iter(there.primary_key))
        lost = sa.and_(
            columns[0].is_not(None), ~sa.exists().where(primary == columns[0])
        )
        if len(columns) > 1:
            lost = sa.and_(columns[1] == target, lost)
        count = _count(at, table, lost)
        if count:
            yield Finding(
                "lookups",
                "fault",
                f"{count} of {place} point to a {target} that is not there.",
                count,
            )
    if len(columns) > 1:
        wrong = sa.and_(
            columns[0].is_not(None),
            sa.func.coalesce(columns[1], "").not_in([t.entity for t in lookup.targets]),
        )
        count = _count(at, table, wrong)
        if count:
            message = f"{count} of {place} do not say which entity they point to."
            yield Finding("lookups", "fault", message, count)


def pairs_resolve(at: Examination) -> Iterator[Finding]:
    """Yield pairs of N:N relationships with an end that is not there."""
    for link in at.catalog.relationships.values():
        table = at.tables.pairs(link.name)
        if table.name not in at.present or not at.has(link.first, link.second):
            continue
        ends = ((link.first, link.first_column), (link.second, link.second_column))
        for entity, column in ends:
            there = at.tables.table(entity).alias()
            primary = next(iter(there.primary_key))
            lost = ~sa.exists().where(primary == table.c[column])
            count = _count(at, table, lost)
            if count:
                yield Finding(
                    "lookups",
                    "fault",
                    f"{count} pairs of {link.name} point to a {entity} that is not "
                    "there.",
                    count,
                )


def numbers_are_not_doubled(at: Examination) -> Iterator[Finding]:
    """Yield autonumber fields with a number that two records have."""
    for entity in at.catalog.entities.values():
        for field in entity.fields.values():
            if field.type != "autonumber" or not at.has(entity.name):
                continue
            column = at.tables.table(entity.name).c[field.name]
            doubled = (
                sa.select(column)
                .where(column.is_not(None))
                .group_by(column)
                .having(sa.func.count() > 1)
                .subquery()
            )
            count = at.connection.scalar(
                sa.select(sa.func.count()).select_from(doubled)
            )
            if count:
                yield Finding(
                    "numbers",
                    "fault",
                    f"{count} numbers of {entity.name}.{field.name} stand twice.",
                    count,
                )


def rights_are_of_things_that_exist(at: Examination) -> Iterator[Finding]:
    """Yield privileges of roles for entities that are not there."""
    for role in at.catalog.roles.values():
        for name in role.privileges:
            if name not in at.catalog.entities and name != "*":
                yield Finding(
                    "rights", "fault", f"The role {role.name} has rights on no {name}."
                )


def _count(at: Examination, table: sa.FromClause, where: sa.ColumnElement[bool]) -> int:
    statement = sa.select(sa.func.count()).select_from(table).where(where)
    return at.connection.scalar(statement) or 0


CHECKS: tuple[Check, ...] = (
    library_is_sound,
    platform_tables_are_current,
    version_is_the_last_publish,
    columns_are_the_catalog,
    lookups_resolve,
    pairs_resolve,
    numbers_are_not_doubled,
    rights_are_of_things_that_exist,
)
"""The checks of this room."""
