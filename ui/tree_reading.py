"""Read a tree: the records at its top, and those below the ones that are open.

Two queries for each level that is open: its records, and how many stand below each.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, request

from xrm.metadata.entities import Entity
from xrm.platform.query.query import (
    Aggregate,
    Compare,
    Condition,
    Group,
    Order,
    Query,
    both,
)
from xrm.platform.query.run import run
from xrm.ui import list_page, list_reading, tree_page
from xrm.ui.list_state import Filter, ListState
from xrm.ui.list_views import ChosenView
from xrm.ui.reading import lower_first
from xrm.ui.responses import fragment, htmx, page, wants_fragment
from xrm.ui.tree_page import DEEPEST, MOST_OPEN, ROWS, Rest, TreePage, TreeRow
from xrm.ui.visit import Visit


class Tree:
    """A tree being read."""

    def __init__(
        self, seen: Visit, entity: Entity, state: ListState, chosen: ChosenView
    ) -> None:
        assert entity.hierarchy is not None, "the tree is offered where there is one"
        self.seen, self.entity, self.state = seen, entity, state
        self.parent: str = entity.hierarchy
        columns = list_reading.columns_for(seen, entity, chosen.view)
        self.columns = columns
        self.items = tree_page.ordered(columns)
        self.where = list_reading.where_of(seen, entity, chosen, state)
        self.order: tuple[Order, ...] = list_page.order_of(chosen.view, columns, state)
        self.is_flat = bool(state.filters or state.search or chosen.tree.items)
        self.open = frozenset(
            tree_page.read_ids(request.args.get("open", ""), MOST_OPEN)
        )

    def build(self) -> TreePage:
        """Return the whole tree as far as it is open."""
        top = None if self.is_flat else Compare(self.parent, "null")
        return TreePage(
            heads=tuple((column.label, _css(column.css)) for column in self.items),
            rows=tuple(self.level(top, 1, (), self.state.laid_out("").address())),
            label=self.entity.field(self.parent).label,
            is_flat=self.is_flat,
        )

    def below(self, above: tuple[UUID, ...]) -> list[TreeRow | Rest]:
        """Return the rows below the last of a chain of records."""
        last = above[-1]
        one = Filter(self.parent, "eq", (str(last),))
        listed = replace(self.state.laid_out(""), filters=(*self.state.filters, one))
        inside = Compare(self.parent, "eq", (last,))
        return self.level(inside, len(above) + 1, above, listed.address())

    def level(
        self,
        inside: Condition | None,
        number: int,
        above: tuple[UUID, ...],
        listed: str,
    ) -> list[TreeRow | Rest]:
        """Return the rows of one level, and below the open ones their own."""
        seen, entity = self.seen, self.entity
        found = run(
            seen.work,
            Query(
                entity.name,
                tuple(dict.fromkeys((*self.columns.paths, self.parent))),
                both(self._where(number), inside),
                self.order,
                limit=ROWS,
            ),
        )
        seen.add_names(found.rows, self.columns.late)
        counts = self._counts([row[entity.key] for row in found.rows])
        made: list[TreeRow | Rest] = []
        for row in found.rows:
            id_ = row[entity.key]
            if id_ in above:
                continue
            shown = tree_page.row_of(
                row,
                entity,
                self.items,
                seen.reader,
                self.state,
                count=counts.get(id_, 0),
                level=number,
                above=above,
                open_ids=self.open,
            )
            made.append(shown)
            if shown.is_open and number < DEEPEST:
                made += self.below((*above, id_))
        if found.next is not None:
            things = lower_first(entity.plural_label)
            made.append(Rest(number, f"Show all {things} of this level", listed))
        return made

    def _where(self, number: int) -> Condition | None:
        """Return the view's condition; filters hold at the top of a flat tree only."""
        return self.where if number == 1 or not self.is_flat else None

    def _counts(self, ids: list[UUID]) -> dict[Any, int]:
        if not ids:
            return {}
        inside = Compare(self.parent, "in", tuple(ids))
        query = Query(
            self.entity.name,
            where=both(self._where(2), inside),
            group=(Group(self.parent, alias="above"),),
            aggregates=(Aggregate("count", alias="many"),),
        )
        return {row["above"]: row["many"] for row in run(self.seen.work, query).rows}


def _css(css: str) -> str:
    return "num" if " num" in css else ""


def show(seen: Visit, entity: Entity, state: ListState, chosen: ChosenView) -> Response:
    """Show a tree, the rows below one record, or the part that htmx asks for."""
    tree = Tree(seen, entity, state, chosen)
    under = tree_page.read_ids(request.args.get("under", ""), DEEPEST)
    if under and htmx:
        return fragment("list/tree_rows.html", rows=tree.below(under))
    head = list_reading.make_head(seen, entity, state, chosen)
    if wants_fragment("list"):
        return fragment("list/tree_fragment.html", list=head, tree=tree.build())
    return page(
        "list/tree_page.html",
        shell=seen.shell(entity.name, entity.plural_label),
        list=head,
        tree=tree.build(),
    )
