"""Know the functions and the collation that every database must have for our SQL.

SQLite gets them on each connection; PostgreSQL once, at `upgrade`.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.rule_engine.fold import compare, fold

POSTGRESQL: tuple[sa.DDL, ...] = (
    sa.DDL(
        "CREATE OR REPLACE FUNCTION xrm_fold(value text) RETURNS text LANGUAGE sql "
        "IMMUTABLE PARALLEL SAFE STRICT AS $$ SELECT replace(replace("
        "lower(value COLLATE \"und-x-icu\"), 'ς', 'σ'), 'ß', 'ss') $$"
    ),
)
"""Statements that make the functions; each may be run again."""


def install_on_sqlite(connection: Any) -> None:
    """Give one SQLite connection (of the driver) the collation and the functions."""
    connection.create_collation("xrm_fold", compare)
    connection.create_function("xrm_fold", 1, _fold, deterministic=True)


def install_on_postgresql(connection: Connection) -> None:
    """Make the functions in a PostgreSQL database."""
    for statement in POSTGRESQL:
        connection.execute(statement)


def _fold(value: Any) -> str | None:
    return None if value is None else fold(str(value))
