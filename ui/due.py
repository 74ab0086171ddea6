"""Know which activities a person has to do by tonight: for the bell and its page.

What an activity is, when it is due and whether it is still open is the metadata's:
kind, the field `DUE`, and the states in which a record can still be changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from xrm.metadata.entities import Entity
from xrm.metadata.fields.display import zone
from xrm.platform.query.query import And, Compare, Order, Query
from xrm.platform.query.run import run
from xrm.ui import search_page, shell
from xrm.ui.columns import record_address
from xrm.ui.reading import ago, clock, plural
from xrm.ui.timeline_page import DUE
from xrm.ui.visit import Visit

MOST = 100


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
    for entity in _activities(seen):
        found += _due(seen, entity)
    return Due(tuple(sorted(found, key=lambda one: (one.due, one.title))[:MOST]))


def _activities(seen: Visit) -> Iterator[Entity]:
    for entity in seen.work.catalog.entities.values():
        is_ours = entity.kind == "activity" and entity.title in entity.fields
        is_ours = is_ours and {DUE, "ownerid"} <= entity.fields.keys()
        if is_ours and shell.may_read(seen.actor, entity.name):
            yield entity


def _due(seen: Visit, entity: Entity) -> Iterator[DueActivity]:
    states = tuple(state.value for state in entity.states if not state.read_only)
    if not states or entity.title is None:
        return
    reader = seen.reader
    local = zone(reader.formats.time_zone)
    tonight = datetime.combine(reader.today + timedelta(1), time(), local)
    where = And(
        (
            Compare("ownerid", "eq-userid"),
            Compare("statecode", "in", states),
            Compare(DUE, "lt", (tonight,)),
        )
    )
    query = Query(entity.name, (entity.title, DUE), where, (Order(DUE),), limit=MOST)
    app = _app(seen, entity.name)
    for row in run(seen.work, query).rows:
        due: datetime = row[DUE]
        is_late = due < reader.now
        yield DueActivity(
            str(row[entity.title] or entity.label),
            record_address(app, entity.name, row[entity.key]),
            entity.icon or shell.ICON,
            entity.label,
            f"due {ago(due, reader)}"
            if is_late
            else f"due at {clock(due.astimezone(local), reader)}",
            is_late,
            due,
        )


def _app(seen: Visit, entity: str) -> str:
    every = shell.apps_of(seen.work.catalog, seen.actor)
    if not every:
        return ""
    return search_page.app_of(seen.work.catalog, seen.actor, every[0], entity).name
