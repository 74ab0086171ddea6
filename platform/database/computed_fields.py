"""Know whose kept values a publish makes stale: stored formulas and rollups. Pure.

Tables are changed by `ddl.py`; computing the values is the records' work, in the same
transaction (`then` of `publish.apply`).
"""

from collections.abc import Iterable

from xrm.metadata.changes import (
    AddField,
    ChangeField,
    ChangeFieldType,
    Operation,
)
from xrm.metadata.entities import Field


def computed_anew(operations: Iterable[Operation]) -> dict[str, frozenset[str]]:
    """Return the fields to compute for all records: entity → names of fields.

    They are the kept formulas and rollups that come, or that say something else than
    before. A whole new entity has no records, and one from quarantine has its values.
    """
    found: dict[str, set[str]] = {}
    for operation in operations:
        match operation:
            case AddField(entity, field) if _is_kept(field):
                found.setdefault(entity, set()).add(field.name)
            case ChangeFieldType(entity, _, field) if _is_kept(field):
                found.setdefault(entity, set()).add(field.name)
            case ChangeField(entity, before, field) if _is_kept(field):
                if (before.formula, before.rollup) != (field.formula, field.rollup):
                    found.setdefault(entity, set()).add(field.name)
    return {entity: frozenset(names) for entity, names in found.items()}


def _is_kept(field: Field) -> bool:
    """Return whether a field's value is computed and kept in a column."""
    return field.rollup is not None or (field.formula is not None and field.stored)
