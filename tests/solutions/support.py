"""Small packages, and what tests ask of an installed database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.documents import Document
from xrm.platform.database.engine import Database
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.work import Work, open_work
from xrm.platform.security.actors import SYSTEM
from xrm.solutions.archives import read_source
from xrm.solutions.installer import Installer, packaged
from xrm.solutions.layers import Layer, effective
from xrm.solutions.package import Package, read_package
from xrm.solutions.plans import SolutionPlan
from xrm.solutions.source import Source

MANIFEST = """\
kind: solution
name: {name}
version: "{version}"
publisher: Test
prefix: {prefix}
requires: {requires}
"""


def package(
    name: str,
    files: Mapping[str, str] | None = None,
    *,
    version: str = "1.0",
    requires: str = '{core: ">=1.0"}',
    prefix: str = "prop",
) -> Source:
    """Return a package with this manifest and these files."""
    manifest = MANIFEST.format(
        name=name, version=version, requires=requires, prefix=prefix
    )
    texts = {"solution.yaml": manifest, **(files or {})}
    return Source(name, {path: text.encode() for path, text in sorted(texts.items())})


PROPERTY = """\
kind: entity
name: prop_property
set_name: prop_properties
label: Property
plural_label: Properties
title: name
activities: true
fields:
  name: {type: text, label: Name, required: true, max_length: 100}
  rooms: {type: integer, label: Rooms, min: 0}
"""
PROPERTY_VIEW = """\
kind: view
entity: prop_property
name: active
label: Active properties
default: true
columns: [name, rooms]
filter: statecode = "Active"
sort: [name]
"""
PARTY_OF_PROPERTY = """\
kind: entity
name: activityparty
fields:
  partyid:
    to: [prop_property]
    relationships: {prop_property: {name: prop_property_activity_parties}}
"""


def properties(version: str = "1.0", **files: str) -> Source:
    """Return a package of a third kind that stands on core."""
    return package(
        "properties",
        {
            "entities/prop_property/entity.yaml": PROPERTY,
            "entities/prop_property/views/active.yaml": PROPERTY_VIEW,
            "entities/activityparty/entity.yaml": PARTY_OF_PROPERTY,
            **files,
        },
        version=version,
    )


@dataclass(frozen=True)
class Installed:
    """A database, its snapshots and an installer for it."""

    database: Database
    snapshots: Snapshots
    installer: Installer

    def install(self, name: str | Source, *, samples: bool = False) -> SolutionPlan:
        source = packaged(name) if isinstance(name, str) else name
        return self.installer.install(source, samples=samples)

    @property
    def catalog(self) -> Catalog:
        with self.database.reader.connect() as connection:
            return self.snapshots.current(connection).catalog

    @contextmanager
    def work(self) -> Iterator[Work]:
        with open_work(self.database, self.snapshots, SYSTEM) as work:
            yield work

    def count(self, entity: str) -> int:
        with self.work() as work:
            table = work.tables.table(entity)
            found = work.connection.scalar(
                sa.select(sa.func.count()).select_from(table)
            )
            return int(found or 0)

    def schema(self) -> list[str]:
        return schema_of(self.database)


def schema_of(database: Database) -> list[str]:
    """Return the whole schema as the database itself spells it."""
    with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            master = sa.table("sqlite_master", sa.column("sql"))
            found = connection.execute(sa.select(master.c.sql))
            return sorted(row[0] or "" for row in found)
        columns = sa.table(
            "columns",
            *(
                sa.column(name)
                for name in (
                    "table_schema",
                    "table_name",
                    "column_name",
                    "ordinal_position",
                    "data_type",
                    "character_maximum_length",
                    "numeric_scale",
                    "is_nullable",
                    "column_default",
                )
            ),
            schema="information_schema",
        )
        indexes = sa.table("pg_indexes", sa.column("schemaname"), sa.column("indexdef"))
        made = [
            str(tuple(row))
            for row in connection.execute(
                sa.select(
                    columns.c.table_name,
                    columns.c.column_name,
                    columns.c.data_type,
                    columns.c.character_maximum_length,
                    columns.c.numeric_scale,
                    columns.c.is_nullable,
                    columns.c.column_default,
                ).where(columns.c.table_schema == "public")
            )
        ]
        made += [
            row[0]
            for row in connection.execute(
                sa.select(indexes.c.indexdef).where(indexes.c.schemaname == "public")
            )
        ]
        return sorted(made)


@cache
def own_package(name: str) -> Package:
    """Return a package that comes with the program."""
    return read_package(read_source(packaged(name)))


@cache
def own_catalog() -> tuple[Catalog, tuple[Document, ...]]:
    """Return the catalog of core and crm, and its documents."""
    layers = [Layer(n, own_package(n).documents) for n in ("core", "crm")]
    documents = tuple(effective(layers))
    return compose(documents), documents


def texts(problems: Any) -> list[str]:
    """Return problems as they are printed."""
    return [str(problem) for problem in problems]
