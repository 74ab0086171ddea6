"""Know the schema as it really is: a text that is the same for the same schema.

Order means nothing in our schemas, so tables, columns and indexes are sorted; names of
primary key constraints, which the database chooses, are left out.
"""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database.engine import Database, Dialect

_SPACE = re.compile(r"\s+")


def schema_dump(database: Database) -> str:
    """Return the schema of a database as text, one line for each column and index."""
    with database.reader.connect() as connection:
        return dump_of(connection, database.dialect)


def dump_of(connection: Connection, dialect: Dialect) -> str:
    """Return the schema that a connection sees as text."""
    lines = (
        _sqlite_lines(connection)
        if dialect == "sqlite"
        else _postgresql_lines(connection)
    )
    return "\n".join(sorted(lines)) + "\n"


def _sqlite_lines(connection: Connection) -> list[str]:
    master = sa.table(
        "sqlite_master",
        sa.column("type", sa.Text()),
        sa.column("name", sa.Text()),
        sa.column("tbl_name", sa.Text()),
        sa.column("sql", sa.Text()),
    )
    info = sa.func.pragma_table_xinfo(master.c.name).table_valued(
        "name", "type", "notnull", "dflt_value", "pk", "hidden", name="info"
    )
    lines = [
        f"column {table}.{name} {type_} "
        f"{'not null' if notnull else 'null'} default {default} key {pk} {hidden}"
        for table, name, type_, notnull, default, pk, hidden in connection.execute(
            sa.select(
                master.c.name,
                info.c.name,
                info.c.type,
                info.c.notnull,
                info.c.dflt_value,
                info.c.pk,
                info.c.hidden,
            )
            .select_from(master.join(info, sa.true()))
            .where(master.c.type == "table")
        )
    ]
    others = connection.execute(
        sa.select(master).where(master.c.type != "table", master.c.sql.is_not(None))
    )
    lines += [
        f"{row.type} {row.tbl_name}.{row.name} {_SPACE.sub(' ', row.sql)}"
        for row in others
    ]
    return lines


def _postgresql_lines(connection: Connection) -> list[str]:
    columns = sa.table(
        "columns",
        *(
            sa.column(name)
            for name in (
                "table_schema",
                "table_name",
                "column_name",
                "data_type",
                "character_maximum_length",
                "numeric_precision",
                "numeric_scale",
                "is_nullable",
                "column_default",
                "collation_name",
            )
        ),
        schema="information_schema",
    )
    c = columns.c
    lines = [
        "column " + " ".join(str(part) for part in row)
        for row in connection.execute(
            sa.select(
                c.table_name,
                c.column_name,
                c.data_type,
                c.character_maximum_length,
                c.numeric_precision,
                c.numeric_scale,
                c.is_nullable,
                c.column_default,
                c.collation_name,
            ).where(c.table_schema == sa.func.current_schema())
        )
    ]
    lines += _postgresql_indexes(connection)
    lines += _postgresql_tables_and_functions(connection)
    return lines


def _postgresql_indexes(connection: Connection) -> list[str]:
    index = _catalog_table("pg_index", "indexrelid", "indrelid", "indisprimary")
    name = _catalog_table("pg_class", "oid", "relname", "relnamespace").alias("name")
    of = _catalog_table("pg_class", "oid", "relname", "relnamespace").alias("of")
    space = _catalog_table("pg_namespace", "oid", "nspname")
    rows = connection.execute(
        sa.select(
            of.c.relname,
            name.c.relname,
            index.c.indisprimary,
            sa.func.pg_get_indexdef(index.c.indexrelid),
        )
        .select_from(index)
        .join(name, name.c.oid == index.c.indexrelid)
        .join(of, of.c.oid == index.c.indrelid)
        .join(space, space.c.oid == of.c.relnamespace)
        .where(space.c.nspname == sa.func.current_schema())
    )
    return [
        f"primary key {table} {definition[definition.index('(') :]}"
        if is_primary
        else f"index {table}.{name_} {definition}"
        for table, name_, is_primary, definition in rows
    ]


def _postgresql_tables_and_functions(connection: Connection) -> list[str]:
    relation = _catalog_table("pg_class", "oid", "relname", "relnamespace", "relkind")
    space = _catalog_table("pg_namespace", "oid", "nspname")
    routine = _catalog_table("pg_proc", "oid", "proname", "pronamespace", "prosrc")
    here = space.c.nspname == sa.func.current_schema()
    tables = connection.execute(
        sa.select(relation.c.relkind, relation.c.relname)
        .join(space, space.c.oid == relation.c.relnamespace)
        .where(here, relation.c.relkind != "i")
    )
    functions = connection.execute(
        sa.select(routine.c.proname, routine.c.prosrc)
        .join(space, space.c.oid == routine.c.pronamespace)
        .where(here)
    )
    return [f"relation {kind} {name}" for kind, name in tables] + [
        f"function {name} {_SPACE.sub(' ', source)}" for name, source in functions
    ]


def _catalog_table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(c) for c in columns), schema="pg_catalog")


def actual_columns(connection: Connection) -> dict[str, dict[str, str]]:
    """Return the columns there are: table → column → type as the database spells it."""
    inspector = sa.inspect(connection)
    return {
        table: {
            column["name"]: _type_text(column["type"], connection) for column in columns
        }
        for (_, table), columns in inspector.get_multi_columns().items()
    }


def _type_text(type_: sa.types.TypeEngine[Any], connection: Connection) -> str:
    """Return a column's type; the columns of a search index have none."""
    if isinstance(type_, sa.types.NullType):
        return ""
    return str(type_.compile(dialect=connection.engine.dialect))


def actual_indexes(connection: Connection) -> dict[str, set[str]]:
    """Return the names of the indexes there are, by table."""
    index_names: dict[str, set[str]] = {}
    if connection.dialect.name == "sqlite":
        master = sa.table(
            "sqlite_master",
            sa.column("type"),
            sa.column("name"),
            sa.column("tbl_name"),
            sa.column("sql"),
        )
        rows = connection.execute(
            sa.select(master.c.tbl_name, master.c.name).where(
                master.c.type == "index", master.c.sql.is_not(sa.null())
            )
        )
    else:
        indexes = _catalog_table("pg_indexes", "schemaname", "tablename", "indexname")
        rows = connection.execute(
            sa.select(indexes.c.tablename, indexes.c.indexname).where(
                indexes.c.schemaname == sa.func.current_schema()
            )
        )
    for table, name in rows:
        index_names.setdefault(table, set()).add(name)
    return index_names
