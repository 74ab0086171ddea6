"""Know how the indexes that metadata asks for are named and shaped in the database.

Which ones are needed is metadata's to say (`changes/indexes.py`), so that a plan shows
what is made here.
"""

from collections.abc import Iterator, Mapping

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes import IndexSpec, wanted_indexes
from xrm.metadata.entities import Entity
from xrm.platform.database.shape_values import (
    ColumnShape,
    IndexPart,
    IndexShape,
    is_text,
    short_name,
)


def table_indexes(
    catalog: Catalog, entity: Entity, columns: Mapping[str, ColumnShape]
) -> tuple[IndexShape, ...]:
    """Return the indexes of an entity's table: of its keys, lookups and views."""
    wanted = sorted(wanted_indexes(catalog, [entity.name]), key=repr)
    return (
        *_keys(entity, columns),
        *(_shape(entity, spec) for spec in wanted if _has_all(spec, columns)),
    )


def _keys(entity: Entity, columns: Mapping[str, ColumnShape]) -> Iterator[IndexShape]:
    for key, names in entity.keys.items():
        if names and all(name in columns for name in names):
            yield IndexShape(
                short_name("uq", entity.name, key),
                tuple(IndexPart(n, is_text(columns[n].type)) for n in names),
                unique=True,
                reason=f"key {key}",
            )


def _has_all(spec: IndexSpec, columns: Mapping[str, ColumnShape]) -> bool:
    return all(column.name in columns for column in spec.columns)


def _shape(entity: Entity, spec: IndexSpec) -> IndexShape:
    parts = tuple(IndexPart(c.name, c.fold, c.descending) for c in spec.columns)
    words = [f"{p.column}_desc" if p.descending else p.column for p in parts]
    if len(words) > 1 and parts[-1].column == entity.key:
        words[-1] = "key"
    return IndexShape(short_name("ix", entity.name, *words), parts, reason=spec.reason)
