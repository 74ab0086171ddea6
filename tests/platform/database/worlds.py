"""Small catalogs and databases for the tests of this room."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.documents import Document
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.publish import apply, prepare
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.tables import Tables
from xrm.platform.database.upgrades import upgrade


def entity(name: str, fields: Mapping[str, Any], **more: Any) -> Document:
    """Return an entity's document."""
    data = {"kind": "entity", "name": name, "fields": dict(fields), **more}
    return Document("entity", name, data)


def pairs(name: str, first: str, second: str, **more: Any) -> Document:
    """Return the document of an N:N relationship."""
    data = {"kind": "relationship", "name": name, "entities": [first, second], **more}
    return Document("relationship", name, data)


def text(length: int = 100, **more: Any) -> dict[str, Any]:
    """Return a text field."""
    return {"type": "text", "max_length": length, **more}


def key(number: int) -> UUID:
    """Return the key of record number n."""
    return UUID(int=number)


class World:
    """A database with the platform's tables, and shorthands to publish and to read."""

    def __init__(self, url: str) -> None:
        self.database: Database = open_database(url, threads=2)
        upgrade(self.database)
        self.snapshots = Snapshots(self.database)

    def publish(self, *documents: Document, layer: str = "local") -> int:
        """Put documents in force as the only ones."""
        prepared = prepare(self.database, documents, layers={layer: documents})
        return apply(self.database, prepared, snapshots=self.snapshots)

    def tables(self, connection: Connection) -> Tables:
        """Return the tables in force."""
        return self.snapshots.current(connection).tables

    def insert(self, entity: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows straight into a table; their keys are numbered from 1."""
        with self.database.engine.begin() as connection:
            table = self.tables(connection).table(entity)
            (primary,) = table.primary_key.columns
            connection.execute(
                sa.insert(table),
                [{primary.name: key(i), **row} for i, row in enumerate(rows, start=1)],
            )

    def rows(self, entity: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return columns of all rows in the order of their keys."""
        with self.database.reader.connect() as connection:
            table = self.tables(connection).table(entity)
            (primary,) = table.primary_key.columns
            statement = sa.select(*(table.c[c] for c in columns)).order_by(primary)
            return [tuple(row) for row in connection.execute(statement)]

    def update(self, entity: str, number: int, **values: Any) -> None:
        """Change one row."""
        with self.database.engine.begin() as connection:
            table = self.tables(connection).table(entity)
            (primary,) = table.primary_key.columns
            connection.execute(
                sa.update(table).where(primary == key(number)).values(values)
            )
