"""Find the records that a lookup may point to, as its lookup view shows them.

Without a text these are the records the person opened last, then the newest changed;
with one those whose titles begin with it, then those that contain it anywhere. The
filter of the lookup's place on the form holds for all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.paths import field_at
from xrm.metadata.views import View
from xrm.platform.query.query import Compare, Condition, Expr, Order, Query, both
from xrm.platform.query.run import run
from xrm.platform.query.views import quick_find
from xrm.platform.services import recent
from xrm.ui import shell
from xrm.ui.columns import CURRENCY_FIELD, Row, is_joined, text_maker
from xrm.ui.form_fields import lock_of
from xrm.ui.reading import Reader
from xrm.ui.shell import Link
from xrm.ui.visit import Visit

HITS = 8
"""How many records of one entity a lookup offers."""
DETAILS = 2
"""Columns of the lookup view that stand behind the title."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record a lookup may point to."""

    ref: Ref
    title: str
    label: str
    """What kind of record it is."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """How records of one entity are offered: its lookup view, prepared."""

    title: str
    paths: tuple[str, ...]
    details: tuple[Callable[[Row, Reader], str], ...]
    where: Condition | None


def candidates(
    seen: Visit, field: Field, text: str, where: str = ""
) -> list[Candidate]:
    """Return records a lookup may point to; `where` is the filter of its place."""
    found: list[Candidate] = []
    for target in field.targets:
        other = seen.work.catalog.entities.get(target.entity)
        if other is None or not shell.may_read(seen.actor, other.name):
            continue
        wanted = where if len(field.targets) == 1 else ""
        found += of_entity(seen, other, text, wanted)
    if text:
        folded = text.casefold()
        found.sort(key=lambda one: not one.title.casefold().startswith(folded))
    return found[: HITS * 2]


def of_entity(
    seen: Visit, entity: Entity, text: str, where: str = "", *, limit: int = HITS
) -> list[Candidate]:
    """Return records of one entity whose titles fit a text; the usual ones for none."""
    made = target_of(seen, entity)
    limits = both(made.where, Expr(where) if where else None)
    rows: dict[UUID, Row] = {}

    def ask(condition: Condition | None, order: tuple[Order, ...]) -> None:
        asked = Query(
            entity.name, made.paths, both(limits, condition), order, limit=limit
        )
        for row in run(seen.work, asked).rows:
            rows.setdefault(row[entity.key], row)

    if not text:
        opened = recent.recent(seen.work, (entity.name,), limit)
        ids = [one.ref.id for one in opened]
        if ids:
            ask(Compare(entity.key, "in", tuple(sorted(ids))), ())
            rows = {key: rows[key] for key in ids if key in rows}
        if len(rows) < limit:
            newest = "modifiedon" if "modifiedon" in entity.fields else made.title
            ask(None, (Order(newest, descending=newest == "modifiedon"),))
    else:
        by_title = (Order(made.title),) if entity.title else ()
        if entity.title and entity.field(entity.title).type == "text":
            ask(Compare(entity.title, "begins-with", (text,)), by_title)
        if len(rows) < limit:
            ask(quick_find(entity, text, seen.readable(entity.name)), by_title)
    return [_candidate(seen, entity, made, row) for row in list(rows.values())[:limit]]


def _candidate(seen: Visit, entity: Entity, made: Target, row: Row) -> Candidate:
    title = str(row.get(made.title) or "No name")
    said = dict.fromkeys(text(row, seen.reader) for text in made.details)
    detail = " · ".join(part for part in said if part and part != title)
    return Candidate(Ref(entity.name, row[entity.key]), title, entity.label, detail)


def target_of(seen: Visit, entity: Entity) -> Target:
    """Return how records of an entity are offered, kept with the snapshot."""
    readable = seen.readable(entity.name)
    return seen.work.snapshot.cache("ui_lookups").get(
        (entity.name, readable), lambda: _target(seen, entity, readable)
    )


def _target(seen: Visit, entity: Entity, readable: frozenset[str]) -> Target:
    catalog = seen.work.catalog
    view = lookup_view(seen, entity)
    title = entity.title if entity.title in readable else None
    title = title or entity.key
    named = entity.fields.get(title)
    shown = f"{title}@name" if named is not None and named.is_lookup else title
    paths = dict.fromkeys([shown])
    details = []
    for column in view.columns if view is not None else ():
        found = field_at(catalog, entity, column.field)
        if found is None or column.field in (title, "statecode", "statuscode"):
            continue
        if "." not in column.field and column.field not in readable:
            continue
        if found[1].is_lookup and not is_joined(found[1]):
            continue
        details.append(text_maker(column.field, found[1]))
        paths[column.field] = None
        if found[1].is_lookup:
            paths[f"{column.field}@name"] = None
        if found[1].type == "currency" and CURRENCY_FIELD in entity.fields:
            paths[CURRENCY_FIELD] = None
        if len(details) == DETAILS:
            break
    where = Expr(view.filter) if view is not None and view.filter else None
    return Target(shown, tuple(paths), tuple(details), where)


def lookup_view(seen: Visit, entity: Entity) -> View | None:
    """Return the view by which records of an entity are looked up."""
    views = seen.work.catalog.views.get(entity.name, {}).values()
    return next((view for view in views if view.type == "lookup"), None)


def makers(
    seen: Visit, targets: Sequence[str], text: str, asker: str
) -> tuple[Link, ...]:
    """Return what makes a new record for a lookup, with the name that was typed.

    `asker` is the id of the widget that is filled with it.
    """
    made = []
    for name in targets:
        entity = seen.work.catalog.entities.get(name)
        if entity is None or not shell.may_create(seen.actor, entity):
            continue
        if not shell.may_read(seen.actor, name):
            continue
        given = {"for": asker}
        typed = typed_name(entity)
        if text and typed:
            given[f"set.{typed}"] = text
        address = f"{shell.list_address(seen.app, name)}/new?{urlencode(given)}"
        made.append(Link(entity.label, address, entity.icon or shell.ICON))
    return tuple(made)


def typed_name(entity: Entity) -> str:
    """Return the field that a typed name goes into, empty when there is none."""
    title = entity.fields.get(entity.title or "")
    needed = [
        field
        for field in entity.fields.values()
        if field.type == "text" and field.required == "required" and not field.system
    ]
    for field in [*([title] if title is not None else []), *needed]:
        if field.type == "text" and not lock_of(field, read_only=False)[0]:
            return field.name
    return ""
