"""Know personal views: what a person keeps of a list, as a record they own.

A view keeps the public view it began from (whose filter goes on to hold), its columns,
order, filter and layout. The record is an ordinary one: rights, sharing, assigning and
history are those of any other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.paths import field_at
from xrm.metadata.roles import Depth
from xrm.metadata.views import SortKey, View, ViewColumn, sort_key
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.query import filter_tree
from xrm.platform.query.filter_tree import Group
from xrm.platform.query.query import And, Compare, Condition, Order, Query
from xrm.platform.query.run import run
from xrm.platform.records import service
from xrm.platform.security import access
from xrm.rule_engine import core_names

MOST = 100
"""Views of one entity that the switcher offers."""
MOST_COLUMNS = 40
COLUMNS = ("name", "isdefault", "layoutjson", "ownerid", "versionnumber")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a list."""

    base: str = ""
    """The public view it began from."""
    columns: tuple[ViewColumn, ...] = ()
    sort: tuple[str, ...] = ()
    where: str = ""
    """The text of a `filter_tree`."""
    layout: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class PersonalView:
    """A person's view of an entity's records."""

    id: UUID
    name: str
    is_mine: bool
    is_default: bool
    kept: Kept
    version: int


def is_known(catalog: Catalog) -> bool:
    """Say whether the catalog has the entity that keeps personal views."""
    return core_names.PERSONAL_VIEW in catalog.entities


def may_keep(work: Work) -> bool:
    """Say whether the actor may keep views."""
    return is_known(work.catalog) and bool(
        access.may(work.actor, core_names.PERSONAL_VIEW, "create")
    )


def views_of(work: Work, entity: str) -> list[PersonalView]:
    """Return the actor's own views of an entity, and those shared with them."""
    actor = work.actor
    if not is_known(work.catalog):
        return []
    depth = access.may(actor, core_names.PERSONAL_VIEW, "read")
    if not depth:
        return []
    where: list[Condition] = [Compare("returnedtypecode", "eq", (entity,))]
    if depth > Depth.OWN:
        # Who may read everyone's views is not to have them all in the switcher.
        where.append(Compare("ownerid", "eq-useroruserteams"))
    query = Query(
        core_names.PERSONAL_VIEW,
        COLUMNS,
        And(tuple(where)),
        (Order("name"),),
        limit=MOST,
    )
    return [_view(work, row) for row in run(work, query).rows]


def view(work: Work, entity: str, record: UUID) -> PersonalView | None:
    """Return one view that the actor may read."""
    if not is_known(work.catalog):
        return None
    where = And(
        (
            Compare(f"{core_names.PERSONAL_VIEW}id", "eq", (record,)),
            Compare("returnedtypecode", "eq", (entity,)),
        )
    )
    if not access.may(work.actor, core_names.PERSONAL_VIEW, "read"):
        return None
    rows = run(work, Query(core_names.PERSONAL_VIEW, COLUMNS, where, limit=1)).rows
    return _view(work, rows[0]) if rows else None


def _view(work: Work, row: Mapping[str, Any]) -> PersonalView:
    return PersonalView(
        id=row[f"{core_names.PERSONAL_VIEW}id"],
        name=str(row["name"] or "No name"),
        is_mine=row["ownerid"] == work.actor.user_id,
        is_default=bool(row["isdefault"]) and row["ownerid"] == work.actor.user_id,
        kept=read(row["layoutjson"] or ""),
        version=row["versionnumber"],
    )


def keep(work: Work, entity: str, name: str, kept: Kept, is_default: bool) -> UUID:
    """Keep a new view of the actor."""
    made = service.create(
        work,
        core_names.PERSONAL_VIEW,
        {
            "name": name,
            "returnedtypecode": entity,
            "layoutjson": write(kept),
            "isdefault": False,
        },
    )
    if is_default:
        make_default(work, entity, made)
    return made


def change(work: Work, record: UUID, kept: Kept) -> None:
    """Keep a list in a view that is there."""
    service.update(work, core_names.PERSONAL_VIEW, record, {"layoutjson": write(kept)})


def make_default(work: Work, entity: str, record: UUID | None) -> None:
    """Make a view the one an entity's list opens with; `None` for the public one."""
    for one in views_of(work, entity):
        wanted = one.id == record
        if one.is_mine and one.is_default != wanted:
            service.update(
                work, core_names.PERSONAL_VIEW, one.id, {"isdefault": wanted}
            )


def write(kept: Kept) -> str:
    """Return what is kept as the text that the record has."""
    found = {
        "base": kept.base,
        "columns": [
            {"field": c.field, **({"width": c.width} if c.width else {})}
            for c in kept.columns
        ],
        "sort": list(kept.sort),
        "filter": json.loads(kept.where) if kept.where else [],
        "layout": kept.layout,
        "by": kept.by,
    }
    return json.dumps(
        {name: value for name, value in found.items() if value},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read(text: str) -> Kept:
    """Return what a text keeps; what makes no sense in it is left out."""
    try:
        data = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        data = {}
    if not isinstance(data, dict):
        data = {}
    where = data.get("filter")
    return Kept(
        base=_text(data.get("base")),
        columns=tuple(_columns(data.get("columns")))[:MOST_COLUMNS],
        sort=tuple(t for t in map(_text, _listed(data.get("sort"))) if t)[:4],
        where=json.dumps(where, ensure_ascii=False, separators=(",", ":"))
        if isinstance(where, list) and where
        else "",
        layout=_text(data.get("layout")),
        by=_text(data.get("by")),
    )


def _columns(data: Any) -> list[ViewColumn]:
    found = []
    for item in _listed(data):
        body = item if isinstance(item, dict) else {"field": item}
        name, width = _text(body.get("field")), body.get("width")
        if name:
            whole = isinstance(width, int) and 20 <= width <= 1_000
            found.append(ViewColumn(name, width if whole else None))
    return found


def _listed(data: Any) -> list[Any]:
    return data if isinstance(data, list) else []


def _text(data: Any) -> str:
    return data[:400] if isinstance(data, str) else ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A view ready to be asked: columns, order, conditions, and what is off."""

    view: View
    tree: Group
    notices: tuple[str, ...] = ()


def opened(catalog: Catalog, entity: Entity, kept: Kept, name: str, key: str) -> Opened:
    """Return a kept list as a view; what the catalog no longer has is told."""
    notices: list[str] = []
    base = catalog.views.get(entity.name, {}).get(kept.base)
    if kept.base and base is None:
        notices.append(
            f"The view “{kept.base}” it was made from is gone, and its filter with it."
        )
    base = base or catalog.default_view(entity.name)
    columns = []
    for column in kept.columns:
        if field_at(catalog, entity, column.field) is None:
            notices.append(f"The column “{column.field}” is gone.")
        else:
            columns.append(column)
    if not columns and base is not None:
        columns = list(base.columns)
    sort: tuple[SortKey, ...] = tuple(
        key
        for key in map(sort_key, kept.sort)
        if field_at(catalog, entity, key.field) is not None
    )
    if not kept.sort and base is not None:
        sort = base.sort
    try:
        tree = filter_tree.read(kept.where)
    except Refused:
        tree = filter_tree.EMPTY
        notices.append("Its filter cannot be read and is left out.")
    holds = base is not None and base.name == kept.base
    return Opened(
        View(
            entity=entity.name,
            name=key,
            label=name,
            columns=tuple(columns),
            filter=base.filter if base is not None and holds else None,
            sort=sort,
        ),
        tree,
        tuple(notices),
    )
