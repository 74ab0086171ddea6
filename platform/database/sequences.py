"""Know how the numbers of autonumber fields follow when something is renamed."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database.schema_changes import Renames
from xrm.platform.database.system_tables import SEQUENCE


def follow_names(connection: Connection, renames: Renames) -> None:
    """Let the next numbers of renamed entities and fields go on where they were."""
    for old, new in renames.entities.items():
        connection.execute(
            sa.update(SEQUENCE).where(SEQUENCE.c.entity == old).values(entity=new)
        )
    for entity, names in renames.fields.items():
        for old, new in names.items():
            here = sa.and_(SEQUENCE.c.entity == entity, SEQUENCE.c.field == old)
            connection.execute(sa.update(SEQUENCE).where(here).values(field=new))
