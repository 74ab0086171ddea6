"""Know the parts of a record's page that come later: subgrids, candidates of lookups.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.views import View
from xrm.platform.query.query import Page
from xrm.ui.columns import Cell, Columns, record_address
from xrm.ui.list_page import Header, headers, with_bare_money
from xrm.ui.list_state import ListState
from xrm.ui.lookups import Candidate
from xrm.ui.reading import Reader, lower_first
from xrm.ui.shell import Link

PAGE_SIZE = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """One candidate of a lookup."""

    value: str
    title: str
    detail: str
    icon: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a lookup offers."""

    found: tuple[Hit, ...]
    text: str
    plural: str
    create: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A subgrid."""

    id: str
    label: str
    singular: str
    plural: str
    headers: tuple[Header, ...]
    rows: tuple[list[Cell], ...]
    add: str
    back: str | None
    next: str | None
    count: str
    link: str = ""
    """The address that links another record, for many-to-many lists."""
    unlink: str = ""
    ids: tuple[str, ...] = ()
    again: str = ""
    """The address that shows it as it is now."""
    entity: str = ""


def hits(
    catalog: Catalog,
    targets: Sequence[str],
    found: Sequence[Candidate],
    text: str,
    *,
    app: str = "",
    create: tuple[Link, ...] = (),
) -> Hits:
    """Return the candidates of a lookup as a list to choose from."""
    names = [name for name in targets if name in catalog.entities]
    plurals = [lower_first(catalog.entity(name).plural_label) for name in names]
    is_mixed = len(names) > 1
    return Hits(
        found=tuple(
            Hit(
                f"{one.ref.entity}:{one.ref.id}",
                one.title,
                " · ".join(p for p in (one.label if is_mixed else "", one.detail) if p),
                catalog.entity(one.ref.entity).icon or "table",
                record_address(app, one.ref.entity, one.ref.id) if app else "",
            )
            for one in found
        ),
        text=text,
        plural=" or ".join(plurals[:4]),
        create=create,
    )


def build(
    entity: Entity,
    view: View,
    columns: Columns,
    state: ListState,
    page: Page,
    reader: Reader,
    *,
    id_: str,
    add: str,
    link: str = "",
    label: str = "",
    path: str = "",
) -> Grid:
    """Return a subgrid."""
    reader = with_bare_money(columns, page.rows, reader)
    makers = [column.make for column in columns.items]
    following = state.following(page.next) if page.next else None
    before = state.before()
    shown = len(page.rows)
    count = "" if state.after or page.next else f"{shown}"
    return Grid(
        id=id_,
        label=label or entity.plural_label,
        singular=lower_first(entity.label),
        plural=lower_first(entity.plural_label),
        headers=headers(view, columns, state, page.rows, reader),
        rows=tuple([make(row, reader) for make in makers] for row in page.rows),
        add=add,
        back=before.address() if before else None,
        next=following.address() if following else None,
        count=count,
        link=f"{link}/link" if link else "",
        unlink=f"{link}/unlink" if link else "",
        ids=tuple(str(row[entity.key]) for row in page.rows),
        again=path,
        entity=entity.name,
    )
