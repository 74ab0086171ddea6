"""Know how the rule language's functions come into a database.

SQLite gets them on each connection, PostgreSQL once, at `upgrade`.
"""

from typing import Any

from sqlalchemy import DDL
from sqlalchemy.engine import Connection

from xrm.platform.query import date_groups
from xrm.rule_engine.sql_support import POSTGRESQL_FUNCTIONS, install_sqlite


def install_on_sqlite(connection: Any) -> None:
    """Give one SQLite connection (of the driver) the collation and the functions."""
    install_sqlite(connection)
    date_groups.install(connection)


def install_on_postgresql(connection: Connection) -> None:
    """Make the functions in a PostgreSQL database; they may be there already."""
    for statement in POSTGRESQL_FUNCTIONS:
        escaped = statement.replace("%", "%%")
        connection.execute(DDL(escaped))  # type: ignore[no-untyped-call]  # theirs
