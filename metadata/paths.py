"""Know where a path of fields leads: `customerid.primarycontactid.fullname`.

Pure. A step that may point to several entities says which it means
(`customerid:account.name`), else the first of its targets is meant. Rules have their
own reading of paths (`rule_engine/paths.py`), queries join as they go
(`platform/query/frames.py`); everything that only asks what a path names asks here.
"""

from collections.abc import Sequence

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field

Place = tuple[Entity, Field]
"""A field, and the entity that has it."""


def places(catalog: Catalog, entity: Entity, path: str) -> tuple[Place, ...] | None:
    """Return the fields along a path, the last one last; `None` for a broken one."""
    *steps, last = path.split(".")
    walked = _walk(catalog, entity, steps)
    if walked is None:
        return None
    lookups, holder = walked
    field = holder.fields.get(last)
    return None if field is None else (*lookups, (holder, field))


def field_at(catalog: Catalog, entity: Entity, path: str) -> Place | None:
    """Return the entity and field at the end of a path, `None` for a broken one."""
    found = places(catalog, entity, path)
    return found[-1] if found else None


def entity_at(catalog: Catalog, entity: Entity, way: str) -> Entity | None:
    """Return the entity that lookups lead to: `customerid:account`; empty, itself."""
    walked = _walk(catalog, entity, way.split(".") if way else [])
    return walked[1] if walked else None


def _walk(
    catalog: Catalog, entity: Entity, steps: Sequence[str]
) -> tuple[list[Place], Entity] | None:
    """Follow lookups; return them, and the entity they end at."""
    found: list[Place] = []
    current = entity
    for step in steps:
        name, _, only = step.partition(":")
        lookup = current.fields.get(name)
        if lookup is None or not lookup.targets:
            return None
        names = [target.entity for target in lookup.targets]
        target = catalog.entities.get(only or names[0])
        if target is None or (only and only not in names):
            return None
        found.append((current, lookup))
        current = target
    return found, current
