"""Know how each change of the schema is made: one function per operation, by Alembic.

Every function runs inside the caller's transaction, on SQLite and PostgreSQL alike.
"""

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection

from xrm.platform.database.shapes import ColumnShape, IndexShape, TableShape


def operations(connection: Connection) -> Operations:
    """Return Alembic's operations on a connection."""
    return Operations(MigrationContext.configure(connection))


def column(shape: ColumnShape) -> sa.Column[object]:
    """Return the SQLAlchemy column of a shape."""
    return sa.Column(
        shape.name, shape.type, primary_key=shape.is_key, nullable=shape.nullable
    )


def create_table(op: Operations, shape: TableShape) -> None:
    """Make a table with its indexes."""
    op.create_table(shape.name, *(column(c) for c in shape.columns.values()))
    for index in shape.indexes.values():
        create_index(op, shape, index)


def drop_table(op: Operations, name: str) -> None:
    """Drop a table; its indexes go with it."""
    op.drop_table(name)


def rename_table(op: Operations, old: str, new: str) -> None:
    """Give a table another name."""
    op.rename_table(old, new)


def add_column(op: Operations, table: str, shape: ColumnShape) -> None:
    """Add a column; it is empty in every row."""
    op.add_column(table, column(shape))


def drop_column(op: Operations, table: str, name: str) -> None:
    """Drop a column; no index may use it any more."""
    op.drop_column(table, name)


def rename_column(op: Operations, table: str, old: str, new: str) -> None:
    """Give a column another name."""
    op.alter_column(table, old, new_column_name=new)


def create_index(op: Operations, table: TableShape, index: IndexShape) -> None:
    """Make an index; folded texts by collation (SQLite) or by function (PostgreSQL)."""
    sqlite = op.get_context().dialect.name == "sqlite"
    made = sa.Table(
        table.name,
        sa.MetaData(),
        *(sa.Column(p.column, table.columns[p.column].type) for p in index.parts),
    )
    parts: list[sa.ColumnElement[object]] = []
    for part in index.parts:
        element: sa.ColumnElement[object] = made.c[part.column]
        if part.folded:
            element = (
                sa.collate(element, "xrm_fold") if sqlite else sa.func.xrm_fold(element)
            )
        parts.append(element.desc() if part.descending else element)
    op.get_bind().execute(
        sa.schema.CreateIndex(sa.Index(index.name, *parts, unique=index.unique))
    )


def drop_index(op: Operations, table: str, name: str) -> None:
    """Drop an index."""
    op.drop_index(name, table_name=table)
