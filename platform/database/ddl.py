"""Know how each change of the schema is made: one function per change, by Alembic.

Every function runs inside the caller's transaction, on SQLite and PostgreSQL alike.
What would be lost goes to quarantine first, what was lost before comes back from it.
"""

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database import schema_changes as changes
from xrm.platform.database.converting import Converter
from xrm.platform.database.engine import Dialect
from xrm.platform.database.operations import operations_on
from xrm.platform.database.quarantine import Quarantine
from xrm.platform.database.shape_values import ColumnShape, IndexShape, TableShape
from xrm.platform.errors import Refused
from xrm.rule_engine.to_sql import folded

if TYPE_CHECKING:
    from alembic.operations import Operations

MOST_COLUMNS = {"sqlite": 1_990, "postgresql": 1_590}
"""SQLite 2,000, PostgreSQL 1,600 (dropped columns count there), less what passes."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where changes are made: a transaction with Alembic's operations on it."""

    connection: Connection
    dialect: Dialect
    quarantine: Quarantine
    op: "Operations"


def site(connection: Connection, dialect: Dialect, quarantine: Quarantine) -> Site:
    """Return the site of a connection's transaction."""
    op = operations_on(connection)
    return Site(connection, dialect, quarantine, op)


@singledispatch
def perform(change: object, at: Site) -> None:
    """Make one change.

    Raises:
        TypeError: nobody knows how to make this kind of change.
    """
    raise TypeError(f"No DDL for {change!r}.")


@perform.register
def create_table(change: changes.CreateTable, at: Site) -> None:
    """Make a table with its indexes; rows in quarantine under its name come back."""
    shape = change.table
    at.op.create_table(shape.name, *(_column(c) for c in shape.columns.values()))
    at.quarantine.restore_table(shape)
    for index in shape.indexes.values():
        _create_index(at, shape, index)


@perform.register
def drop_table(change: changes.DropTable, at: Site) -> None:
    """Drop a table with its indexes; its rows are kept."""
    at.quarantine.keep_table(change.table)
    at.op.drop_table(change.table.name)


@perform.register
def rename_table(change: changes.RenameTable, at: Site) -> None:
    """Give a table another name."""
    at.op.rename_table(change.old, change.new)


@perform.register
def add_columns(change: changes.AddColumns, at: Site) -> None:
    """Add a field's columns, empty but for values that come back from quarantine."""
    _check_room(at, change.table, len(change.columns))
    for column in change.columns:
        at.op.add_column(change.table, _column(column))
    at.quarantine.restore_field(change.table, change.key, change.field, change.columns)


@perform.register
def drop_columns(change: changes.DropColumns, at: Site) -> None:
    """Drop a field's columns; the values are kept."""
    at.quarantine.keep_field(change.table, change.key, change.field, change.columns)
    for column in change.columns:
        at.op.drop_column(change.table, column.name)


@perform.register
def rename_column(change: changes.RenameColumn, at: Site) -> None:
    """Give a column another name."""
    at.op.alter_column(change.table, change.old, new_column_name=change.new)


@perform.register
def convert_field(change: changes.ConvertField, at: Site) -> None:
    """Keep a field in another way; values that cannot be carried over are kept."""
    Converter(at.connection, at.dialect, at.op, at.quarantine).convert(change)


@perform.register
def rename_target(change: changes.RenameTarget, at: Site) -> None:
    """Write an entity's new name beside the ids of its records."""
    column = sa.column(change.column.name, sa.String())
    table = sa.table(change.table, column)
    at.connection.execute(
        sa.update(table)
        .where(table.c[column.name] == change.old)
        .values({column.name: change.new})
    )


@perform.register
def create_index(change: changes.CreateIndex, at: Site) -> None:
    """Make an index."""
    _create_index(at, change.table, change.index)


@perform.register
def drop_index(change: changes.DropIndex, at: Site) -> None:
    """Drop an index."""
    at.op.drop_index(change.index, table_name=change.table)


def _column(shape: ColumnShape) -> sa.Column[object]:
    return sa.Column(
        shape.name, shape.type, primary_key=shape.is_key, nullable=shape.nullable
    )


def index_of(table: TableShape, index: IndexShape, dialect: Dialect) -> sa.Index:
    """Return the SQLAlchemy index of a shape.

    The elements are those of the queries: folded texts, nulls first (last when
    descending); SQLite has them so by itself.
    """
    is_sorted = dialect == "postgresql" and not index.unique
    made = sa.Table(
        table.name,
        sa.MetaData(),
        *(sa.Column(p.column, table.columns[p.column].type) for p in index.parts),
    )
    parts: list[sa.ColumnElement[Any]] = []
    for part in index.parts:
        element: sa.ColumnElement[Any] = made.c[part.column]
        if part.folded:
            element = folded(element, dialect)
        if part.descending:
            element = element.desc()
        if is_sorted and not table.columns[part.column].is_key:
            element = element.nulls_last() if part.descending else element.nulls_first()
        parts.append(element)
    return sa.Index(index.name, *parts, unique=index.unique)


def _create_index(at: Site, table: TableShape, index: IndexShape) -> None:
    made = index_of(table, index, at.dialect)
    at.connection.execute(sa.schema.CreateIndex(made))


def _check_room(at: Site, table: str, more: int) -> None:
    """Refuse columns that the database has no room for; dropped ones count."""
    if at.dialect == "postgresql":
        used = at.connection.scalar(_used_columns(table))
    else:
        info = sa.func.pragma_table_info(table).table_valued("name")
        used = at.connection.scalar(sa.select(sa.func.count()).select_from(info))
    if (used or 0) + more > MOST_COLUMNS[at.dialect]:
        raise Refused(
            f"The table {table} has used {used} columns, dropped ones included; there "
            f"is room for {MOST_COLUMNS[at.dialect]}. Rebuild the table first.",
            code="too_many_columns",
            target=table,
        )


def _used_columns(table: str) -> sa.Select[Any]:
    """Return the question how many columns a table of PostgreSQL has ever had."""
    attribute = _catalog_table("pg_attribute", "attrelid", "attnum")
    relation = _catalog_table("pg_class", "oid", "relname", "relnamespace")
    space = _catalog_table("pg_namespace", "oid", "nspname")
    return (
        sa.select(sa.func.max(attribute.c.attnum))
        .join(relation, relation.c.oid == attribute.c.attrelid)
        .join(space, space.c.oid == relation.c.relnamespace)
        .where(relation.c.relname == table, space.c.nspname == sa.func.current_schema())
    )


def _catalog_table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(c) for c in columns), schema="pg_catalog")
