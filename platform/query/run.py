"""Ask the database a question: `run` gives a page, `rows` all of it, `count` a number.

The statement of a form is made once per snapshot and form of access, and kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from xrm.metadata.definitions import UnknownEntity
from xrm.platform.database.ready import Rows
from xrm.platform.errors import Refused
from xrm.platform.query import paging, reach
from xrm.platform.query.compile import BRANCH, LIMIT, READ, Branches, Compiler, Plan
from xrm.platform.query.conditions import check_counts
from xrm.platform.query.distinct import DistinctCompiler
from xrm.platform.query.figures import FigureCompiler, finished
from xrm.platform.query.operators import Asking
from xrm.platform.query.periods import Clock, zone_of
from xrm.platform.query.query import (
    COUNT_CAP,
    PAGE_LIMIT,
    And,
    Matches,
    Page,
    Query,
    both,
)
from xrm.platform.query.search import MOST_COUNTED, Hint, hint_of, is_complete
from xrm.platform.query.shapes import Slot, take_values
from xrm.platform.query.steering import columns_by_owner
from xrm.platform.security import access
from xrm.platform.security.access import Shape
from xrm.rule_engine.fold import fold

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot
    from xrm.platform.database.work import Work
    from xrm.platform.security.actors import Actor

KEPT_FORMS: Final = 1_000
"""How many forms of question are kept with a snapshot; the longest unused goes."""
KEPT_PLANS: Final = 50
"""How many statements are kept of one form: purposes, cursors, kinds of reach."""
DEFAULT_LIMIT: Final = PAGE_LIMIT

Given = tuple[tuple[Any, ...], ...]


@dataclass(slots=True)
class _Form:
    """What is kept of one form of question: the entities it touches, and its plans."""

    mark: str
    entities: tuple[str, ...] | None = None
    plans: dict[Any, Plan] = field(default_factory=dict)


class _Shapes(dict[str, Shape]):
    """The actor's shape for each entity, found when it is asked for."""

    def __init__(self, snapshot: "Snapshot", actor: "Actor") -> None:
        super().__init__()
        self._snapshot = snapshot
        self._actor = actor

    def __missing__(self, entity: str) -> Shape:
        found = self[entity] = access.shape(self._snapshot, self._actor, entity, READ)
        return found


@dataclass(slots=True)
class Question:
    """One question being asked."""

    work: "Work"
    query: Query
    shape: Query
    given: Given
    form: _Form
    shapes: _Shapes
    asking: Asking
    hint: Hint | None = None
    """What the search index can do for it."""
    matches: Matches | None = None
    """The condition that the search index adds."""
    _walks: bool | None = None

    def searched(self, most: int | None = None) -> "Question":
        """Return the question among the candidates of the search index."""
        assert self.hint is not None
        slot = Slot(len(self.given))
        matches = replace(self.hint.matches, values=(slot,), most=most)
        shape = replace(self.shape, where=both(matches, self.shape.where))
        given = (*self.given, (self.hint.text,))
        return replace(self, shape=shape, given=given, matches=matches, hint=None)

    def plan(self, purpose: Any, branches: Branches | None, make: Any) -> Plan:
        """Return the plan for a purpose, made when it is not kept."""
        key = self._key(purpose, branches)
        found = self.form.plans.get(key) if key is not None else None
        if found is None:
            found = make()
            assert isinstance(found, Plan)
            if self.form.entities is None or not set(found.entities) <= set(
                self.form.entities
            ):
                known = self.form.entities or ()
                self.form.entities = tuple(dict.fromkeys((*known, *found.entities)))
            if len(self.form.plans) < KEPT_PLANS:
                self.form.plans[self._key(purpose, branches)] = found
        return found

    def _key(self, purpose: Any, branches: Branches | None) -> Any:
        if self.form.entities is None:
            return None
        shapes = tuple(self.shapes[name] for name in self.form.entities)
        walks = branches is None and self.walks
        return purpose, branches, shapes, self.zone, self.matches, walks

    @property
    def zone(self) -> str:
        """Return the asker's zone where the statement depends on it."""
        is_dated = any(group.period for group in self.query.group)
        return self.work.actor.time_zone if is_dated else ""

    def compiler(
        self, branches: Branches | None = None, nulls: tuple[bool, ...] | None = None
    ) -> Compiler:
        """Return a compiler of this form."""
        kind = Compiler
        if self.query.is_grouped:
            kind = FigureCompiler
        elif self.query.distinct:
            kind = DistinctCompiler
        return kind(
            self.work.snapshot,
            self.shapes,
            self.shape,
            branches,
            nulls,
            self.zone,
            branches is None and self.walks,
        )

    @property
    def walks(self) -> bool:
        """Say whether the actor's reach is so large that each row is rather tested."""
        if self._walks is None:
            self._walks = reach.is_large(
                self.work, self.shapes[self.query.entity], self.query.entity
            )
        return self._walks

    def execute(self, plan: Plan, more: dict[str, Any]) -> Rows:
        """Return the rows of a plan with the values of this question."""
        values = plan.parameters.values(self.given, self.asking)
        actor = self.work.actor
        for entity in plan.entities:
            values.update(access.parameters(actor, self.shapes[entity], entity, READ))
        values.update(more)
        return plan.ready.rows(self.work.connection, values)


def question_of(work: "Work", query: Query) -> Question:
    """Return a query with its form, its values and what is kept of the form."""
    where = check_counts(query.where) if query.where is not None else None
    checked = query if where is query.where else replace(query, where=where)
    shape, given = take_values(checked)
    if query.entity not in work.catalog.entities:
        raise Refused(str(UnknownEntity(query.entity[:80])), code="unknown_entity")
    form = work.snapshot.cache("queries", KEPT_FORMS).get(
        shape, lambda: _Form(paging.digest(shape))
    )
    actor = work.actor
    clock = Clock(work.now, zone_of(actor.time_zone))
    shapes = _Shapes(work.snapshot, actor)
    hint = hint_of(work, query.entity, checked.where)
    made = Question(work, query, shape, given, form, shapes, Asking(clock, actor), hint)
    if isinstance(shape.where, And):
        made.matches = next(
            (i for i in shape.where.items if isinstance(i, Matches)), None
        )
    return made if hint is None or hint.is_dense else made.searched()


def run(work: "Work", query: Query) -> Page:
    """Return one page of what a query asks for, as the actor may see it.

    Raises:
        Refused: the query names what is not there or asks what cannot be.
    """
    question = question_of(work, query)
    limit = _limit_of(query)
    if query.is_grouped:
        rows, cursor = _figures(question, limit), None
    else:
        rows, cursor = _records(question, limit)
    total, capped = None, False
    if query.count != "none":
        total, capped = _total(question, query, rows, cursor)
    return Page(rows, cursor, total, capped)


def rows(work: "Work", query: Query, page: int = 1_000) -> Iterator[dict[str, Any]]:
    """Give all rows of a query, page by page; of figures, a page is all there is."""
    if query.is_grouped:
        yield from run(work, replace(query, count="none")).rows
        return
    left = query.limit
    after = query.after
    while left is None or left > 0:
        limit = page if left is None else min(page, left)
        found = run(work, replace(query, limit=limit, after=after, count="none"))
        yield from found.rows
        after = found.next
        if after is None:
            return
        left = None if left is None else left - len(found.rows)


def count(work: "Work", query: Query, cap: int | None = None) -> int:
    """Return how many rows a query has; with `cap`, at most one more than that."""
    return _counted(question_of(work, query), cap)


def _limit_of(query: Query) -> int:
    if query.limit is None:
        return DEFAULT_LIMIT
    if query.limit < 0:
        raise Refused(
            f"The limit is {query.limit}; it must be 0 or more.", code="bad_limit"
        )
    return min(query.limit, PAGE_LIMIT)


def _records(question: Question, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    query = question.query
    branches, ids = branches_of(question)
    first = question.plan("rows", branches, lambda: question.compiler(branches).rows())
    more: dict[str, Any] = {LIMIT: limit + 1, **ids}
    plan = first
    if query.after is not None:
        values = paging.read(question.form.mark, query.after, len(first.sorts))
        nulls = tuple(value is None for value in values)
        plan = question.plan(
            ("after", nulls),
            branches,
            lambda: question.compiler(branches, nulls).rows(),
        )
        more.update(_cursor_values(first, values))
    found = question.execute(plan, more)
    has_more = len(found) > limit
    if has_more:
        found = found[:limit]
    keys = plan.keys
    made = [dict(zip(keys, row, strict=False)) for row in found]
    cursor = None
    if has_more and found:
        last = found[-1]
        shown = [last[i] for i in plan.positions]
        cursor = paging.write(question.form.mark, shown)
    return made, cursor


def _cursor_values(plan: Plan, values: tuple[Any, ...]) -> dict[str, Any]:
    """Return a cursor's parameters; a value of another type is refused."""
    found: dict[str, Any] = {}
    for position, (key, value) in enumerate(zip(plan.sorts, values, strict=True)):
        if value is None:
            continue
        if not key.takes(value):
            raise Refused(
                "This page link is damaged. Start again at the first page.",
                code="bad_cursor",
                target="after",
            )
        found[f"c{position}"] = fold(value) if key.is_text else value
    return found


def branches_of(question: Question) -> tuple[Branches | None, dict[str, UUID]]:
    """Return the small queries a list is made of, if the actor's reach is small."""
    query, actor = question.query, question.work.actor
    shape = question.shapes[query.entity]
    if shape.kind != "rows" or query.distinct or question.matches is not None:
        return None, {}
    principals = sorted(actor.principals)
    units = sorted(access.grant_of(actor, query.entity, READ).units)
    if len(principals) + len(units) > access.SMALL:
        return None, {}
    if not _is_sorted_by_owner(question) and question.walks:
        return None, {}
    if question.work.dialect == "postgresql":
        return Branches(1, 1 if units else 0), {}
    ids = {f"{BRANCH}{i}": id_ for i, id_ in enumerate([*principals, *units])}
    return Branches(len(principals), len(units)), ids


def _is_sorted_by_owner(question: Question) -> bool:
    """Say whether an index has each owner's records in the order that is asked for."""
    query, snapshot = question.query, question.work.snapshot
    known = snapshot.cache("sorted by owner").get(
        query.entity, lambda: columns_by_owner(snapshot.catalog, query.entity)
    )
    return bool(query.order) and query.order[0].path in known


def _figures(question: Question, limit: int) -> list[dict[str, Any]]:
    plan = question.plan("figures", None, lambda: question.compiler().figures())
    found = question.execute(plan, {LIMIT: limit})
    return finished(plan, found)


def _total(
    question: Question, query: Query, rows: list[dict[str, Any]], cursor: str | None
) -> tuple[int, bool]:
    if query.after is None and cursor is None and len(rows) < _limit_of(query):
        return len(rows), False
    cap = COUNT_CAP if query.count == "capped" else None
    found = _counted(question, cap)
    if cap is not None and found > cap:
        return cap, True
    return found, False


def _counted(question: Question, cap: int | None) -> int:
    if question.hint is not None and cap is not None:
        found = _counted(question.searched(MOST_COUNTED), cap)
        if found > cap or is_complete(
            question.work, question.query.entity, question.hint
        ):
            return found
    plan = question.plan(("count", cap), None, lambda: question.compiler().count(cap))
    return int(question.execute(plan, {LIMIT: PAGE_LIMIT})[0][0])
