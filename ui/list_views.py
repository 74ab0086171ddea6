"""Read the view of a list: a public one, a person's own, or what the address changes.

`chosen` gives columns, order and conditions in one value; every layout, the export and
the bulk pages ask it, so all of them show the same records.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.paths import field_at
from xrm.metadata.views import View, ViewColumn
from xrm.platform.errors import Refused
from xrm.platform.query import filter_tree
from xrm.platform.query.filter_tree import FilterMaker, Group
from xrm.platform.query.query import Condition
from xrm.platform.services import personal_views
from xrm.platform.services.personal_views import Kept, PersonalView
from xrm.ui import list_page, shell
from xrm.ui.filter_words import path_label
from xrm.ui.list_state import ListState
from xrm.ui.reading import lower_first
from xrm.ui.visit import Visit


@dataclass(frozen=True, slots=True)
class ChosenView:
    """The view of a list as it is shown now."""

    view: View
    tree: Group
    where: Condition | None
    """The condition of the tree."""
    personal: PersonalView | None = None
    mine: tuple[PersonalView, ...] = ()
    """The person's views, for the switcher."""
    notices: tuple[str, ...] = ()
    """What no longer fits, in words."""
    base: str = ""
    """The public view that a personal one is kept with."""


def chosen(seen: Visit, entity: Entity, state: ListState) -> ChosenView:
    """Return the view of a list: the one asked for, or the one it opens with."""
    mine = personal_views.views_of(seen.work, entity.name)
    is_unbound = not state.view and state.part is not None
    personal = None if is_unbound else _personal(seen, entity, state, mine)
    catalog = seen.work.catalog
    if personal is not None:
        kept = personal.kept
        opened = personal_views.opened(
            catalog, entity, kept, personal.name, str(personal.id)
        )
        view = replace(
            opened.view,
            columns=tuple(
                c if c.label else replace(c, label=_label(catalog, entity, c.field))
                for c in opened.view.columns
            ),
        )
        made = _made(seen, entity, state, view, opened.tree)
        return replace(
            made,
            personal=personal,
            mine=tuple(mine),
            notices=(*opened.notices, *made.notices),
            base=kept.base,
        )
    found = catalog.views.get(entity.name, {}).get(state.view)
    if found is None:
        found = catalog.default_view(entity.name)
    view = found or list_page.fallback_view(entity)
    if is_unbound:
        view = unfiltered(entity, view)
    made = _made(seen, entity, state, view, filter_tree.EMPTY)
    lost = ""
    if state.view and view.name != state.view:
        lost = f"There is no view “{state.view[:80]}” for you; this is {view.label}."
    return replace(
        made,
        mine=tuple(mine),
        base=view.name,
        notices=(*((lost,) if lost else ()), *made.notices),
    )


def unfiltered(entity: Entity, view: View) -> View:
    """Return a view's columns of all records: what a part of a chart is taken of."""
    label = f"All {lower_first(entity.plural_label)}"
    return replace(view, name="", label=label, filter=None)


def laid_out(state: ListState, found: ChosenView) -> ListState:
    """Return the list in the layout its personal view is kept in."""
    if state.layout or found.personal is None or not found.personal.kept.layout:
        return state
    kept = found.personal.kept
    return replace(state, layout=kept.layout, by=state.by or kept.by)


def _personal(
    seen: Visit, entity: Entity, state: ListState, mine: list[PersonalView]
) -> PersonalView | None:
    if not state.view:
        return next((one for one in mine if one.is_default), None)
    for one in mine:
        if str(one.id) == state.view:
            return one
    try:
        record = UUID(state.view)
    except ValueError:
        return None
    return personal_views.view(seen.work, entity.name, record)


def _made(
    seen: Visit, entity: Entity, state: ListState, view: View, tree: Group
) -> ChosenView:
    """Return a view with what the address changes."""
    notices: tuple[str, ...] = ()
    if state.columns:
        view = replace(view, columns=_columns(seen.work.catalog, entity, state, view))
    if state.where is not None:
        try:
            tree = filter_tree.read(state.where)
        except Refused as refused:
            tree, notices = filter_tree.EMPTY, (refused.message,)
    where, faults = condition_of(seen, entity, tree)
    return ChosenView(view, tree, where, notices=(*notices, *faults))


def condition_of(
    seen: Visit, entity: Entity, tree: Group
) -> tuple[Condition | None, tuple[str, ...]]:
    """Return the condition of a tree, and what of it does not fit."""
    if not tree.items:
        return None, ()
    maker = FilterMaker(seen.work.catalog, lambda name: readable(seen, name))
    return maker.condition(entity, tree), tuple(maker.faults)


def readable(seen: Visit, entity: str) -> frozenset[str]:
    """Return the fields the person may read, none of an entity that is hidden."""
    may = entity in seen.work.catalog.entities and shell.may_read(seen.actor, entity)
    return seen.readable(entity) if may else frozenset()


def _columns(
    catalog: Catalog, entity: Entity, state: ListState, view: View
) -> tuple[ViewColumn, ...]:
    labels = {column.field: column.label for column in view.columns}
    return (
        tuple(
            ViewColumn(
                column.field,
                column.width,
                labels.get(column.field) or _label(catalog, entity, column.field),
            )
            for column in state.columns
            if field_at(catalog, entity, column.field) is not None
        )
        or view.columns
    )


def _label(catalog: Catalog, entity: Entity, path: str) -> str | None:
    """Return what a column of a looked-up record is called; others say it alone."""
    return path_label(catalog, entity, path) if "." in path else None


def kept_of(state: ListState, found: ChosenView, entity: Entity) -> Kept:
    """Return what a personal view keeps of a list: all that it shows but the search."""
    tree = found.tree
    rules = tuple(
        filter_tree.Rule(one.field, one.op, one.values)
        for one in state.filters
        if one.field in entity.fields
    )
    if rules:
        items = tree.items if tree.joined == "&" else (tree,)
        tree = Group("&", (*items, *rules)) if tree.items else Group("&", rules)
    return Kept(
        base=found.base,
        columns=found.view.columns,
        sort=state.sort
        or tuple(
            f"-{key.field}" if key.descending else key.field for key in found.view.sort
        ),
        where=filter_tree.write(tree),
        layout="" if state.layout == "list" else state.layout,
        by=state.by,
    )
