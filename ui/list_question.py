"""Make the question that a list asks, for whoever wants all of its records.

Export and bulk edit take the records that the list shows: the same view, filters and
search, without pages.
"""

from dataclasses import dataclass

from xrm.metadata.entities import Entity
from xrm.platform.query.query import Query
from xrm.ui import list_page, list_reading, list_views
from xrm.ui.columns import Columns
from xrm.ui.list_state import ListState
from xrm.ui.list_views import ChosenView
from xrm.ui.visit import Visit


@dataclass(frozen=True, slots=True)
class Asked:
    """A list's question, with the columns and the view it came from."""

    query: Query
    columns: Columns
    chosen: ChosenView


def question_of(seen: Visit, entity: Entity, state: ListState) -> Asked:
    """Return the question of a list; its columns are the readable ones it shows."""
    chosen = list_views.chosen(seen, entity, state)
    columns = list_reading.columns_for(seen, entity, chosen.view)
    paths: dict[str, None] = {}
    for column in columns.items:
        paths[column.path] = None
        if column.field.is_lookup:
            paths[f"{column.path}@name"] = None
    query = Query(
        entity.name,
        columns=tuple(paths),
        where=list_reading.where_of(seen, entity, chosen, state),
        order=list_page.order_of(chosen.view, columns, state),
    )
    return Asked(query, columns, chosen)
