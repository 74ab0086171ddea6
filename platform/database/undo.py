"""Know which kept values an undo may bring back, and under which names.

A value that was cut or emptied stands in quarantine under the names that table and
field have now; after the undo they have the names and the type they had before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.platform.database.engine import Dialect
from xrm.platform.database.schema_changes import Renames
from xrm.platform.database.shape_values import ColumnShape
from xrm.platform.database.shapes import columns_of
from xrm.platform.database.system_tables import QUARANTINE


class FieldPlace(NamedTuple):
    """Where a field is: table, key column, field name, columns."""

    table: str
    key: str
    field: str
    columns: Sequence[ColumnShape]


@dataclass(frozen=True, slots=True)
class KeptField:
    """A field with kept values: where it is now and where it will be after the undo."""

    now: FieldPlace
    then: FieldPlace


def kept_fields(
    connection: Connection,
    version: int,
    old: Catalog,
    new: Catalog,
    renames: Renames,
    dialect: Dialect,
) -> list[KeptField]:
    """Return the fields whose values a publish cut or emptied.

    `old` is the catalog in force, `new` the one after the undo, `renames` lead from one
    to the other. A field that one of them does not have is left out: its values stay in
    quarantine.
    """
    table = QUARANTINE.c
    found = connection.execute(
        sa.select(table.entity, table.field)
        .where(table.version == version, table.reason == "value")
        .distinct()
    )
    made = []
    for entity, field in found:
        entity_then = renames.entities.get(entity, entity)
        field_then = renames.fields.get(entity_then, {}).get(field, field)
        now = _place(old, entity, field, dialect)
        then = _place(new, entity_then, field_then, dialect)
        if now is not None and then is not None:
            made.append(KeptField(now, then))
    return made


def _place(
    catalog: Catalog, entity_name: str, field: str, dialect: Dialect
) -> FieldPlace | None:
    entity = catalog.entities.get(entity_name)
    found = None if entity is None else entity.fields.get(field)
    if entity is None or found is None or not found.is_stored:
        return None
    columns = columns_of(found, dialect, entity.key)
    return FieldPlace(entity.name, entity.key, field, columns)
