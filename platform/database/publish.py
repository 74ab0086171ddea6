"""Know how definitions are put in force: tables and documents in one transaction."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import compose
from xrm.metadata.documents import Document
from xrm.platform.database import catalog_store, ddl
from xrm.platform.database.engine import Database
from xrm.platform.database.shapes import TableShape, catalog_shapes
from xrm.platform.database.snapshots import Snapshot, Snapshots
from xrm.platform.database.system_tables import PUBLISH
from xrm.platform.database.work import CATALOG_LOCK

Then = Callable[[Connection, Snapshot], None]


def publish_documents(
    database: Database,
    layer: str,
    documents: Sequence[Document],
    *,
    snapshots: Snapshots | None = None,
    then: Then | None = None,
) -> int:
    """Put the documents of one layer in force; return the new version.

    The other layers' documents stay, a document of the same key is replaced. `then` is
    called in the same transaction, with the new tables in place.
    """
    with database.engine.begin() as connection:
        if database.dialect == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CATALOG_LOCK)))
        old, state = catalog_store.load_catalog(connection)
        gone = {
            (d.kind, d.key) for d in catalog_store.layer_documents(connection, layer)
        }
        come = {(d.kind, d.key) for d in documents}
        effective = [
            d
            for d in catalog_store.effective_documents(connection)
            if (d.kind, d.key) not in gone | come
        ] + list(documents)
        version = state.version + 1
        new = compose(effective, version)
        _change_tables(
            connection,
            catalog_shapes(old, database.dialect),
            catalog_shapes(new, database.dialect),
        )
        catalog_store.save_layer(connection, layer, documents)
        catalog_store.save_effective(connection, effective)
        catalog_store.set_version(connection, version)
        connection.execute(
            sa.insert(PUBLISH).values(
                version=version,
                at=datetime.now(UTC),
                actor_name="",
                summary="",
                plan="[]",
                before="{}",
            )
        )
        snapshot = Snapshot(new, database.dialect)
        if then is not None:
            then(connection, snapshot)
    if snapshots is not None:
        snapshots.put(snapshot)
    return version


def _change_tables(
    connection: Connection,
    old: dict[str, TableShape],
    new: dict[str, TableShape],
) -> None:
    op = ddl.operations(connection)
    for name in old.keys() - new.keys():
        ddl.drop_table(op, name)
    for name, shape in new.items():
        before = old.get(name)
        if before is None:
            ddl.create_table(op, shape)
            continue
        for index in before.indexes.keys() - shape.indexes.keys():
            ddl.drop_index(op, name, index)
        for column in before.columns.keys() - shape.columns.keys():
            ddl.drop_column(op, name, column)
        for column_name, column in shape.columns.items():
            if column_name not in before.columns:
                ddl.add_column(op, name, column)
        for index_name, index in shape.indexes.items():
            if index_name not in before.indexes:
                ddl.create_index(op, shape, index)
