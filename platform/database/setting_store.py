"""Know the settings that are kept in the database, as JSON by name."""

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database.system_tables import SETTING


def read_setting(connection: Connection, name: str) -> Any:
    """Return a setting, `None` when there is none."""
    found = connection.scalar(sa.select(SETTING.c.value).where(SETTING.c.name == name))
    return None if found is None else orjson.loads(found)


def write_setting(connection: Connection, name: str, value: Any) -> None:
    """Keep a setting; `None` takes it away."""
    connection.execute(sa.delete(SETTING).where(SETTING.c.name == name))
    if value is not None:
        text = orjson.dumps(value).decode()
        connection.execute(sa.insert(SETTING).values(name=name, value=text))
