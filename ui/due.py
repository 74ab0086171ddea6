"""Know how many activities a person has to do by tonight: for the bell.

What an activity is, when it is due and whether it is still open is the metadata's:
kind, the field `DUE`, and the states in which a record can still be changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from xrm.metadata.entities import Entity
from xrm.metadata.family import type_code_of
from xrm.metadata.fields.display import zone
from xrm.platform.query.query import And, Compare, Condition, Or, Order, Query
from xrm.platform.query.run import run
from xrm.ui import reminders_page, shell
from xrm.ui.reading import plural
from xrm.ui.timeline_page import DUE
from xrm.ui.visit import Visit

MOST = 100
TYPE = "activitytypecode"
"""The field of the list of all activities that says what a row is."""


@dataclass(frozen=True, slots=True)
class Due:
    """How much is due by the end of the day; `MOST` stands for as many or more."""

    count: int
    late: int
    """How many of them should be done by now."""

    @property
    def label(self) -> str:
        """Return it in words."""
        if not self.count:
            return "No activities are due"
        said = plural(self.count, "activity is due today", "activities are due today")
        return f"{said}, {self.late} overdue" if self.late else said


def of(seen: Visit) -> Due:
    """Return how many of the person's own open activities are due by tonight."""
    moments: list[datetime] = []
    base = seen.work.catalog.activity_base
    listed = []
    for entity in kinds(seen):
        if base is not None and is_listed(entity, base):
            listed.append(entity)
        else:
            moments += due_of(seen, entity)
    if base is not None and listed:
        moments += due_of_list(seen, base, listed)
    soonest = sorted(moments)[:MOST]
    return Due(len(soonest), sum(moment < seen.reader.now for moment in soonest))


def kinds(seen: Visit) -> Iterator[Entity]:
    """Yield the entities of activities that the person may read."""
    for entity in reminders_page.kinds(seen.work.catalog):
        if shell.may_read(seen.actor, entity.name):
            yield entity


def is_listed(entity: Entity, base: Entity) -> bool:
    """Say whether the list of all activities has what is told of this one."""
    return entity.title == base.title and {TYPE, DUE} <= base.fields.keys()


def due_of(seen: Visit, entity: Entity) -> list[datetime]:
    """Return when the activities of one kind are due."""
    return _moments(seen, entity, _open(entity))


def due_of_list(seen: Visit, base: Entity, kinds: Sequence[Entity]) -> list[datetime]:
    """Return when activities are due, read from the list of all of them."""
    is_open = Or(
        tuple(
            And((Compare(TYPE, "eq", (type_code_of(entity),)), _open(entity)))
            for entity in kinds
        )
    )
    return _moments(seen, base, is_open)


def _open(entity: Entity) -> Condition:
    states = tuple(state.value for state in entity.states if not state.read_only)
    return Compare("statecode", "in", states)


def _moments(seen: Visit, entity: Entity, is_open: Condition) -> list[datetime]:
    local = zone(seen.reader.formats.time_zone)
    tonight = datetime.combine(seen.reader.today + timedelta(1), time(), local)
    where = And(
        (Compare("ownerid", "eq-userid"), is_open, Compare(DUE, "lt", (tonight,)))
    )
    asked = Query(entity.name, (DUE,), where, (Order(DUE),), limit=MOST)
    return [row[DUE] for row in run(seen.work, asked).rows]
