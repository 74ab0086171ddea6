"""Know the list page: what the template shows of a view, a page of rows and rights.

Pure: the rows come from the query, the rights from the actor. `question` gives the
query a list needs, `build` the page made of its answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from xrm.metadata.catalog import Catalog
from xrm.metadata.charts import Chart
from xrm.metadata.entities import Entity
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Formats
from xrm.metadata.views import SortKey, View, ViewColumn
from xrm.platform.errors import Refused
from xrm.platform.query.query import (
    And,
    Condition,
    Counting,
    Expr,
    Order,
    Page,
    Query,
)
from xrm.platform.query.views import quick_find
from xrm.ui import filters
from xrm.ui.chart_parts import part_condition
from xrm.ui.columns import CURRENCY_FIELD, Cell, Columns
from xrm.ui.filters import Chip, FilterForm
from xrm.ui.layouts import Layouts
from xrm.ui.list_state import ListState
from xrm.ui.list_tools import Tools
from xrm.ui.reading import Reader, lower_first, unit_of
from xrm.ui.shell import Link

NO_LAYOUTS = Layouts()
NO_TOOLS = Tools()


@dataclass(frozen=True, slots=True)
class Header:
    """The head of one column."""

    label: str
    css: str
    href: str
    """Empty for a column that cannot be sorted by."""
    order: str = ""
    """ascending, descending or empty."""
    is_filtered: bool = False
    field: str = ""
    """The field whose cells are changed in place."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the person may do with the records of the list."""

    create: bool = False
    write: bool = False
    delete: bool = False
    assign: bool = False

    @property
    def any_bulk(self) -> bool:
        """Say whether rows can be selected for something."""
        return self.write or self.delete or self.assign


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything the list page shows."""

    title: str
    label: str
    """The entity as a button names it."""
    singular: str
    plural: str
    icon: str
    address: str
    new: str
    bulk: str
    views: tuple[Link, ...]
    headers: tuple[Header, ...]
    rows: tuple[tuple[str, str, list[Cell]], ...]
    """Id, title and cells of each row."""
    part: Chip | None
    """The part of a chart whose records these are."""
    chips: tuple[Chip, ...]
    form: FilterForm
    rights: Rights
    search: str
    searchable: bool
    hidden: tuple[tuple[str, str], ...]
    count: str
    range: str
    count_link: str
    exact_link: str
    sum: str
    back: str | None
    next: str | None
    reset: str | None
    empty: "Empty | None"
    here: str
    adding: str
    """The address that offers the fields to filter by."""
    layouts: Layouts
    tools: Tools


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says, and the first steps it offers."""

    title: str
    text: str
    remove: str = ""
    """The address without filters and search, where there are any."""
    create: str = ""


def fallback_view(entity: Entity) -> View:
    """Return the view of an entity that declares none."""
    title = entity.title if entity.title in entity.fields else entity.key
    names = [title or entity.key, "statuscode", "ownerid", "modifiedon"]
    return View(
        entity=entity.name,
        name="",
        label=f"All {lower_first(entity.plural_label)}",
        columns=tuple(ViewColumn(name) for name in names if name in entity.fields),
        sort=(SortKey("modifiedon", descending=True),),
    )


def public_views(catalog: Catalog, entity: str, roles: frozenset[str]) -> list[View]:
    """Return the views a person may choose, the default first."""
    found = [
        view
        for view in catalog.views.get(entity, {}).values()
        if view.type == "public" and (not view.roles or roles & set(view.roles))
    ]
    return sorted(found, key=lambda view: (not view.default, view.label.casefold()))


def question(
    entity: Entity,
    view: View,
    columns: Columns,
    state: ListState,
    *,
    where: Condition | None = None,
    limit: int | None = None,
    count: Counting = "none",
    chart: Chart | None = None,
) -> Query:
    """Return the query of a list; `chart` is the one the state names a part of."""
    return Query(
        entity=entity.name,
        columns=columns.paths,
        where=conditions(entity, view, state, chart, where),
        order=order_of(view, columns, state),
        limit=limit or state.size,
        after=state.after or None,
        count=count,
    )


def conditions(
    entity: Entity,
    view: View,
    state: ListState,
    chart: Chart | None = None,
    where: Condition | None = None,
) -> Condition | None:
    """Return the view's filter with the built one and those of the address.

    Raises:
        Refused: the address names a part of a chart that there is not.
    """
    found: list[Condition] = [Expr(view.filter)] if view.filter else []
    if where is not None:
        found.append(where)
    if state.part is not None:
        if chart is None:
            raise no_chart(entity, state.part.chart)
        made = part_condition(chart, state.part)
        if made is not None:
            found.append(made)
    for one in state.filters:
        made = filters.condition(entity, one)
        if made is not None:
            found.append(made)
    if state.search:
        made = quick_find(entity, state.search, state.readable)
        if made is not None:
            found.append(made)
    if not found:
        return None
    return found[0] if len(found) == 1 else And(tuple(found))


def no_chart(entity: Entity, name: str) -> Refused:
    """Return the error for a chart that there is not."""
    return Refused(
        f'{entity.plural_label} have no chart "{name[:80]}". Choose another chart.',
        code="unknown_chart",
        target="chart",
    )


def order_of(view: View, columns: Columns, state: ListState) -> tuple[Order, ...]:
    """Return the order: the address's, or else the view's."""
    able = {column.path for column in columns.items if column.sortable}
    chosen = [
        Order(key.lstrip("-"), key.startswith("-"))
        for key in state.sort
        if key.lstrip("-") in able
    ]
    if chosen:
        return tuple(chosen)
    return tuple(Order(key.field, key.descending) for key in view.sort)


def count_words(shown: int, page: Page, state: ListState) -> str:
    """Return how many there are: "50 of 5,000+", "12", or nothing when not counted."""
    if page.total is None:
        return ""
    total = f"{page.total:,}{'+' if page.capped else ''}"
    return total if shown >= page.total and not page.capped else f"{shown:,} of {total}"


def range_words(rows: int, page: Page, state: ListState) -> str:
    """Return which rows the page shows: "51–100 of 5,000+"."""
    first = (state.page - 1) * state.size + 1
    text = f"{first:,}–{first + rows - 1:,}" if rows else ""
    if page.total is None:
        return text
    return f"{text} of {page.total:,}{'+' if page.capped else ''}"


def build(
    catalog: Catalog,
    entity: Entity,
    view: View,
    columns: Columns,
    state: ListState,
    page: Page,
    reader: Reader,
    rights: Rights,
    *,
    views: list[View],
    readable: frozenset[str],
    layouts: Layouts = NO_LAYOUTS,
    tools: Tools = NO_TOOLS,
    title_of: Callable[[str, str], str | None] = lambda field, value: None,
    part: Chip | None = None,
) -> ListPage:
    """Return the list page."""
    reader = with_bare_money(columns, page.rows, reader)
    makers = [column.make for column in columns.items]
    title, key = columns.title, entity.key
    named = f"{title}@name"
    rows = tuple(
        (
            str(row[key]),
            str(row.get(named) or row.get(title) or "No name"),
            [make(row, reader) for make in makers],
        )
        for row in page.rows
    )
    following = state.following(page.next) if page.next else None
    before = state.before()
    first = state.first()
    here = replace(state, adding="").address()
    new = f"{state.path}/new" if rights.create else ""
    kept_layout = f"&as={state.layout}" if state.layout else ""
    return ListPage(
        title=view.label,
        label=entity.label,
        singular=lower_first(entity.label),
        plural=entity.plural_label,
        icon=entity.icon or "table",
        address=state.path,
        new=new,
        bulk=f"{state.path}/bulk",
        views=tuple(
            Link(
                v.label,
                f"{state.path}?view={v.name}{kept_layout}",
                "list",
                v.name == view.name,
            )
            for v in views
        ),
        headers=headers(view, columns, state, page.rows, reader),
        rows=rows,
        part=part,
        chips=(
            *tools.chips,
            *filters.chips(entity, state, reader.formats, title_of),
        ),
        form=filters.form(entity, state, readable),
        rights=rights,
        search=state.search,
        searchable=quick_find(entity, "x") is not None,
        hidden=state.pairs("q"),
        count=count_words(len(rows), page, state),
        range=range_words(len(rows), page, state),
        count_link=state.address(count="capped") if page.total is None else "",
        exact_link=state.address(count="exact")
        if page.total is None or page.capped
        else "",
        sum=page_sum(columns, page.rows, reader),
        back=before.address() if before else None,
        next=following.address() if following else None,
        reset=ListState(state.path, state.view).address() if state.is_changed else None,
        empty=None if rows else empty_words(entity, view, state, first, new),
        here=here,
        adding=first.address(add="-"),
        layouts=layouts,
        tools=tools,
    )


def headers(
    view: View,
    columns: Columns,
    state: ListState,
    rows: list[dict[str, Any]],
    reader: Reader,
) -> tuple[Header, ...]:
    """Return the heads of the columns; money says its currency where it is one."""
    order = order_of(view, columns, state)
    by = order[0].path if order else ""
    down = bool(order and order[0].descending)
    filtered = {one.field for one in state.filters}
    now = f"-{by}" if down else by
    formats = _one_currency(rows, reader)
    made = []
    for column in columns.items:
        unit = unit_of(column.field, formats) if formats else ""
        label = f"{column.label}, {unit}" if unit else column.label
        made.append(
            Header(
                label=label,
                css="num" if " num" in column.css else "",
                href=state.sorted_by(column.path, now).address()
                if column.sortable
                else "",
                order=("descending" if down else "ascending")
                if column.path == by
                else "",
                is_filtered=column.path in filtered,
                field="" if "." in column.path else column.path,
            )
        )
    return tuple(made)


def with_bare_money(
    columns: Columns, rows: list[dict[str, Any]], reader: Reader
) -> Reader:
    """Leave the sign to the columns' heads where there is one; no idle zeros."""
    if columns.money is None or _one_currency(rows, reader) is None:
        return reader
    paths = [c.path for c in columns.items if c.field.type == "currency"]
    is_whole = all(
        row[path] is None or row[path] == row[path].to_integral_value()
        for row in rows
        for path in paths
    )
    return replace(reader, bare_money=0 if is_whole else 2)


def _one_currency(rows: list[dict[str, Any]], reader: Reader) -> Formats | None:
    found = {row.get(CURRENCY_FIELD) for row in rows} - {None}
    return reader.in_currency(next(iter(found))) if len(found) == 1 else None


def page_sum(columns: Columns, rows: list[dict[str, Any]], reader: Reader) -> str:
    """Return the sum of the first column of money, where there is one currency."""
    column = columns.money
    if column is None or len(rows) < 2:
        return ""
    currencies = {row.get(CURRENCY_FIELD) for row in rows}
    if len(currencies) != 1:
        return ""
    values = [row[column.path] for row in rows if row[column.path] is not None]
    if not values:
        return ""
    formats = reader.in_currency(next(iter(currencies)))
    total = sum(values, Decimal(0))
    return field_type("currency").display(column.field, total, formats)


def empty_words(
    entity: Entity, view: View, state: ListState, first: ListState, new: str
) -> Empty:
    """Return what an empty list says."""
    things = lower_first(entity.plural_label)
    narrowed = state.filters or state.part or state.where
    if narrowed or state.search:
        looked = f" and contain “{state.search}”" if state.search else ""
        what = "the filters" if narrowed else "the search"
        return Empty(
            f"No {things} fit {what}",
            f"Nothing in “{view.label}” matches{looked}.".replace(
                "matches and contain", "contains"
            ),
            remove=replace(
                first, filters=(), search="", part=None, where=None
            ).address(),
            create=new,
        )
    about = entity.description.rstrip(".")
    text = f"{about}. " if about else ""
    text += (
        "Add the first one, and it appears here."
        if new
        else "You see here those that you may read."
    )
    return Empty(f"No {things} in “{view.label}”", text, create=new)


def as_mapping(rows: list[dict[str, Any]], key: str) -> Mapping[str, dict[str, Any]]:
    """Return rows by the text of their id."""
    return {str(row[key]): row for row in rows}


__all__ = [
    "Empty",
    "Header",
    "ListPage",
    "Rights",
    "build",
    "public_views",
    "question",
]
