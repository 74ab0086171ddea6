"""Know where SQLite has to be led to the index that answers a question.

It keeps no statistics of its own accord, so it takes any index whose first column is
compared for equally good. PostgreSQL knows better, and decides by itself.
"""

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes import wanted_indexes
from xrm.metadata.entities import Entity
from xrm.platform.query.query import And, Compare, Condition, Matches


def sorted_columns(catalog: Catalog, entity: str) -> frozenset[str]:
    """Return the columns by which some index of an entity is sorted early on."""
    return frozenset(
        column.name
        for spec in wanted_indexes(catalog, [entity])
        for column in spec.columns[:3]
    )


def columns_by_owner(catalog: Catalog, entity: str) -> frozenset[str]:
    """Return the columns by which an index sorts the records of each owner."""
    return frozenset(
        spec.columns[1].name
        for spec in wanted_indexes(catalog, [entity])
        if len(spec.columns) > 1 and spec.columns[0].name == "ownerid"
    )


def looks_in_index(where: Condition | None) -> bool:
    """Say whether the search index says which records a question may be about."""
    match where:
        case And(items):
            return any(looks_in_index(item) for item in items)
        case Matches():
            return True
    return False


def looks_for_title(where: Condition | None, entity: Entity) -> bool:
    """Say whether records are looked for by the beginning of their title.

    Few have it, and an index of titles finds them; SQLite would rather read all of one
    status.
    """
    match where:
        case And(items):
            return any(looks_for_title(item, entity) for item in items)
        case Compare(path, "begins-with"):
            return path == entity.title
    return False
