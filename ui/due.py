"""Know which activities a person has to do by tonight: for the bell and its page.

What an activity is, when it is due and whether it is still open is the metadata's:
kind, the field `DUE`, and the states in which a record can still be changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity
from xrm.metadata.family import type_code_of
from xrm.metadata.fields.display import zone
from xrm.platform.query.query import And, Compare, Condition, Or, Order, Query
from xrm.platform.query.run import run
from xrm.ui import search_page, shell
from xrm.ui.columns import record_address
from xrm.ui.reading import ago, clock, plural
from xrm.ui.timeline_page import DUE
from xrm.ui.visit import Visit

MOST = 100
TYPE = "activitytypecode"
"""The field of the list of all activities that says what a row is."""


@dataclass(frozen=True, slots=True)
class DueActivity:
    """One activity that is to be done."""

    title: str
    href: str
    icon: str
    kind: str
    when: str
    is_late: bool
    due: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What is due, the most urgent first."""

    activities: tuple[DueActivity, ...] = ()

    @property
    def late(self) -> int:
        """Return how many should be done by now."""
        return sum(one.is_late for one in self.activities)

    @property
    def label(self) -> str:
        """Return it in words."""
        count = len(self.activities)
        if not count:
            return "No activities are due"
        said = plural(count, "activity is due today", "activities are due today")
        return f"{said}, {self.late} overdue" if self.late else said


def of(seen: Visit) -> Due:
    """Return the person's own open activities that are due by the end of the day."""
    found: list[DueActivity] = []
    base = seen.work.catalog.activity_base
    listed = []
    for entity in _activities(seen):
        if base is not None and _is_listed(entity, base):
            listed.append(entity)
        else:
            found += _due(seen, entity)
    if base is not None and listed:
        found += _due_of_list(seen, base, listed)
    return Due(tuple(sorted(found, key=lambda one: (one.due, one.title))[:MOST]))


def _activities(seen: Visit) -> Iterator[Entity]:
    for entity in seen.work.catalog.entities.values():
        is_ours = entity.kind == "activity" and entity.title in entity.fields
        is_ours = is_ours and {DUE, "ownerid"} <= entity.fields.keys()
        is_ours = is_ours and any(not state.read_only for state in entity.states)
        if is_ours and shell.may_read(seen.actor, entity.name):
            yield entity


def _is_listed(entity: Entity, base: Entity) -> bool:
    """Say whether the list of all activities has what is told of this one."""
    return entity.title == base.title and {TYPE, DUE} <= base.fields.keys()


def _due(seen: Visit, entity: Entity) -> Iterator[DueActivity]:
    """Yield what is due of one kind."""
    if entity.title is None:
        return
    for row in run(seen.work, _query(seen, entity, (DUE,), _open(entity))).rows:
        yield _activity(seen, entity, row, row[entity.key])


def _due_of_list(
    seen: Visit, base: Entity, kinds: Sequence[Entity]
) -> Iterator[DueActivity]:
    """Yield what is due of many kinds, read from the list of all activities."""
    by_code = {type_code_of(entity): entity for entity in kinds}
    is_open = Or(
        tuple(
            And((Compare(TYPE, "eq", (code,)), _open(entity)))
            for code, entity in by_code.items()
        )
    )
    for row in run(seen.work, _query(seen, base, (DUE, TYPE), is_open)).rows:
        yield _activity(seen, by_code[row[TYPE]], row, row[base.key])


def _open(entity: Entity) -> Condition:
    states = tuple(state.value for state in entity.states if not state.read_only)
    return Compare("statecode", "in", states)


def _query(
    seen: Visit, entity: Entity, columns: tuple[str, ...], is_open: Condition
) -> Query:
    local = zone(seen.reader.formats.time_zone)
    tonight = datetime.combine(seen.reader.today + timedelta(1), time(), local)
    where = And(
        (
            Compare("ownerid", "eq-userid"),
            is_open,
            Compare(DUE, "lt", (tonight,)),
        )
    )
    title = entity.title or entity.key
    return Query(entity.name, (title, *columns), where, (Order(DUE),), limit=MOST)


def _activity(
    seen: Visit, entity: Entity, row: Mapping[str, Any], record: UUID
) -> DueActivity:
    reader = seen.reader
    due: datetime = row[DUE]
    is_late = due < reader.now
    local = due.astimezone(zone(reader.formats.time_zone))
    return DueActivity(
        str(row[entity.title or ""] or entity.label),
        record_address(_app(seen, entity.name), entity.name, record),
        entity.icon or shell.ICON,
        entity.label,
        f"due {ago(due, reader)}" if is_late else f"due at {clock(local, reader)}",
        is_late,
        due,
    )


def _app(seen: Visit, entity: str) -> str:
    every = shell.apps_of(seen.work.catalog, seen.actor)
    if not every:
        return ""
    return search_page.app_of(seen.work.catalog, seen.actor, every[0], entity).name
