"""Know a person's open activities: what is overdue, due today, coming, without a day.

Pure. Every entity of the kind `activity` takes part; the moment is its due date.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.fields.display import zone
from xrm.metadata.system_fields import OWNING
from xrm.platform.query.query import And, Compare, Condition, Order, Query
from xrm.ui.columns import record_address
from xrm.ui.reading import Reader, exact_moment
from xrm.ui.timeline_page import DUE, completion, open_value, time_words

MOST = 50
"""Activities of one kind that the page shows."""
MORNING = 9
"""The hour to which something is put off by days."""
SNOOZES: Mapping[str, tuple[str, int]] = {
    "hour": ("In an hour", 0),
    "day": ("Tomorrow", 1),
    "week": ("In a week", 7),
}


@dataclass(frozen=True, slots=True)
class Reminder:
    """One open activity."""

    when: datetime | None
    kind: str
    id: str
    title: str
    label: str
    icon: str
    href: str
    about: str
    about_href: str
    time: str
    exact: str
    is_late: bool
    done: str = ""
    to: str = ""
    can_snooze: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Activities that belong together, with a title."""

    title: str
    items: tuple[Reminder, ...]
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class RemindersPage:
    """What the page shows."""

    address: str
    parts: tuple[Part, ...]
    snoozes: tuple[tuple[str, str], ...]
    is_cut: bool = False


def kinds(catalog: Catalog) -> list[Entity]:
    """Return the entities whose records can be due."""
    return [
        entity
        for entity in catalog.entities.values()
        if entity.kind == "activity"
        and DUE in entity.fields
        and "ownerid" in entity.fields
        and open_value(entity) is not None
    ]


def about_field(entity: Entity) -> str:
    """Return the lookup that says what an activity is about, empty for none."""
    own = [f for f in entity.lookups if not f.system and len(f.targets) > 1]
    return max(own, key=lambda f: len(f.targets)).name if own else ""


def query(entity: Entity, user: UUID) -> Query:
    """Return the query of a person's open activities of one kind, by due date."""
    about = about_field(entity)
    columns = [entity.title or entity.key, DUE, "statecode", "versionnumber"]
    columns += [n for n in OWNING if n in entity.fields]
    if about:
        columns.append(about)
    parts: list[Condition] = [
        Compare("ownerid", "eq", (user,)),
        Compare("statecode", "eq", (open_value(entity),)),
    ]
    return Query(
        entity.name,
        tuple(columns),
        And(tuple(parts)),
        order=(Order(DUE),),
        limit=MOST,
    )


def reminder(
    entity: Entity,
    row: Mapping[str, Any],
    reader: Reader,
    app: str,
    *,
    may_write: bool,
    may_read_about: bool,
) -> Reminder:
    """Return one open activity as the page shows it."""
    about = about_field(entity)
    due: datetime | None = row.get(DUE)
    target = row.get(f"{about}_type") or ""
    name = str(row.get(f"{about}@name") or "") if about else ""
    done, to = completion(entity, row) if may_write else ("", "")
    return Reminder(
        when=due,
        kind=entity.name,
        id=str(row[entity.key]),
        title=str(row.get(entity.title or entity.key) or entity.label),
        label=entity.label,
        icon=entity.icon or "checkbox",
        href=record_address(app, entity.name, row[entity.key]),
        about=name,
        about_href=record_address(app, target, row[about])
        if name and target and may_read_about
        else "",
        time=time_words(due or reader.now, reader, is_next=True, has_due=bool(due)),
        exact=exact_moment(due, reader) if due else "",
        is_late=due is not None and due < reader.now,
        done=done,
        to=to,
        can_snooze=may_write,
    )


def build(
    address: str, found: Sequence[Reminder], reader: Reader, *, is_cut: bool
) -> RemindersPage:
    """Return the page: what is late first, what has no day last."""
    late, today, coming, undated = [], [], [], []
    for one in sorted(
        found, key=lambda r: (r.when is None, r.when or reader.now, r.id)
    ):
        if one.when is None:
            undated.append(one)
        elif one.when < reader.now:
            late.append(one)
        elif one.when.astimezone(zone(reader.formats.time_zone)).date() == reader.today:
            today.append(one)
        else:
            coming.append(one)
    parts = (
        Part("Overdue", tuple(late), is_late=True),
        Part("Due today", tuple(today)),
        Part("Coming", tuple(coming)),
        Part("Without a day", tuple(undated)),
    )
    return RemindersPage(
        address,
        tuple(part for part in parts if part.items),
        tuple((name, words) for name, (words, _) in SNOOZES.items()),
        is_cut,
    )


def put_off(how: str, reader: Reader) -> datetime | None:
    """Return the moment something is put off to, `None` for an unknown way."""
    found = SNOOZES.get(how)
    if found is None:
        return None
    if not found[1]:
        return reader.now + timedelta(hours=1)
    local = reader.now.astimezone(zone(reader.formats.time_zone))
    day = local + timedelta(days=found[1])
    return day.replace(hour=MORNING, minute=0, second=0, microsecond=0).astimezone(
        reader.now.tzinfo
    )
