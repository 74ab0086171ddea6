"""Know how sample records are repeated, for a demonstration of the size of a real one.

Pure. A copy has every record of the entities that the package's `kind: scale` names,
under ids of its own; a lookup to a record that is copied too points into the same copy,
any other stays.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.solutions.records_files import ID, Records, split_parties

MARK = "~"
"""Stands between an id and the number of its copy."""


def copy_of(records: Records, catalog: Catalog, number: int) -> Records:
    """Return the records of one copy; the files themselves are copy 1."""
    labels = {
        (found.entity, str(row[ID]))
        for found in records.sets
        if found.entity in records.scale
        for row in found.rows
    }
    sets = tuple(
        replace(
            found,
            rows=tuple(
                _row(catalog.entity(found.entity), row, records, labels, number)
                for row in found.rows
            ),
        )
        for found in records.sets
        if found.entity in records.scale
    )
    return Records(sets)


def _row(
    entity: Entity,
    row: Mapping[str, Any],
    records: Records,
    labels: set[tuple[str, str]],
    number: int,
) -> dict[str, Any]:
    made = dict(row)
    made[ID] = f"{row[ID]}{MARK}{number}"
    for name, value in row.items():
        if not isinstance(value, str):
            continue
        if name in entity.parties:
            made[name] = "; ".join(
                f"{one}{MARK}{number}" if tuple(one.split(":", 1)) in labels else one
                for one in split_parties(value)
            )
            continue
        field = entity.fields.get(name)
        if field is None or not field.is_lookup:
            continue
        target, colon, label = value.partition(":")
        if not colon:
            target, label = field.targets[0].entity, value
        if (target, label) in labels:
            made[name] = f"{target}:{label}{MARK}{number}"
    for name in records.scale[entity.name]:
        if made.get(name):
            made[name] = f"{made[name]} {number}"
    return made
