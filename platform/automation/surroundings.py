"""Know what a rule or formula meets at run time: the record, its parents, its children.

`Surroundings` implements the rule engine's `Env` for the records of one batch. Parents
are read once, for all records of the batch together where it is known what will be
asked (`prefetch`), children by SQL inside the transaction. Rules see all records,
whoever acts: a rule means the same for everybody.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from xrm.metadata.entities import Field
from xrm.metadata.fields.field_type import Ref
from xrm.platform.automation.children import aggregate_statement
from xrm.platform.automation.expressions import expression_of
from xrm.platform.database.work import Work
from xrm.platform.records.layout import Layout, chunks, layout_of
from xrm.rule_engine import core_names
from xrm.rule_engine.evaluate import fold_aggregate
from xrm.rule_engine.typed_nodes import Aggregate


class RuleRow(dict[str, Any]):
    """A record as the rule language sees it: lookups are ids.

    `refs` keeps where its lookups point to; fields that are computed on read are
    computed when they are asked for.
    """

    __slots__ = ("env", "is_stored", "layout", "refs")

    def __init__(
        self,
        env: "Surroundings",
        layout: Layout,
        values: Mapping[str, Any],
        *,
        is_stored: bool,
    ) -> None:
        lookups = rule_lookups(layout)
        super().__init__(values)
        self.env = env
        self.layout = layout
        self.is_stored = is_stored
        self.refs: dict[str, Ref] = {}
        for name in lookups:
            ref = self.pop(name, None)
            self[name] = None
            if ref is not None:
                self.refs[name] = ref
                self[name] = ref.id

    @property
    def id(self) -> UUID | None:
        """Return the id of the record."""
        found: UUID | None = dict.get(self, self.layout.key)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value; a formula that has no column is computed now."""
        if name in self:
            return self[name]
        field = self.layout.entity.fields.get(name)
        if field is None or not field.is_computed:
            return default
        return self.env.computed(self, field)


def rule_lookups(layout: Layout) -> tuple[str, ...]:
    """Return the names of the stored lookups."""
    return layout.kept(
        "rule lookups",
        lambda: tuple(f.name for f in layout.entity.lookups if f.name in layout.fields),
    )


class Surroundings:
    """The surroundings of the expressions and rules of one batch."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.old: RuleRow | None = None
        self._rows: dict[tuple[str, UUID], RuleRow | None] = {}
        self._computing: list[tuple[str, str]] = []

    # --- facts ------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """Return the moment of the work."""
        return self.work.now

    @property
    def today(self) -> date:
        """Return the day of today where the actor is."""
        return today_of(self.work)

    @property
    def user_id(self) -> UUID | None:
        """Return who acts; nobody for the platform itself."""
        actor = self.work.actor
        return None if actor.is_system else actor.user_id

    def user(self, name: str) -> Any:
        """Return a field of the record of the user who acts."""
        found = self.user_id
        if found is None:
            return None
        row = self.record(core_names.USER, found)
        return None if row is None else row.get(name)

    def has_role(self, name: str) -> bool:
        """Say whether the user who acts has a role, by its name or label."""
        roles = self.work.catalog.roles
        return any(
            name in (held, roles[held].label)
            for held in self.work.actor.roles
            if held in roles
        )

    def changed(self, field: str) -> bool:
        """Say whether this write changes a field; outside of a write nothing does."""
        return False

    def reject(self, message: str | None, field: str | None) -> None:
        """Take a veto: only rules make them."""
        raise AssertionError("an expression cannot reject")

    def warn(self, message: str | None, field: str | None) -> None:
        """Take a warning: only rules make them."""
        raise AssertionError("an expression cannot warn")

    def note_set(self, field: str) -> None:
        """Hear that a field was set: only rules do that."""
        raise AssertionError("an expression cannot set")

    # --- other records ----------------------------------------------------------

    def path(self, row: Any, steps: tuple[str, ...]) -> Any:
        """Return a value over lookups; without steps, the id of the record."""
        here: RuleRow | None = row
        if not steps:
            return row.id
        for step in steps[:-1]:
            here = None if here is None else self.follow(here, step)
        return None if here is None else here.get(steps[-1])

    def follow(self, row: RuleRow, lookup: str) -> RuleRow | None:
        """Return the record a lookup points to."""
        ref = row.refs.get(lookup)
        if ref is None or ref.id != row.get(lookup):
            id_ = row.get(lookup)
            if id_ is None:
                return None
            field = row.layout.entity.fields[lookup]
            entity = self.entity_of(field, id_)
            if entity is None:
                return None
            ref = Ref(entity, id_)
        return self.record(ref.entity, ref.id)

    def record(self, entity: str, record: UUID) -> RuleRow | None:
        """Return a stored record, read once in a batch."""
        place = (entity, record)
        if place not in self._rows:
            self._read(entity, [record])
        return self._rows[place]

    def _read(self, entity: str, records: Iterable[UUID]) -> None:
        layout = layout_of(self.work.snapshot, entity)
        for part in chunks(records):
            for record in part:
                self._rows[entity, record] = None
            if len(part) == 1:
                one = layout.one().first(self.work.connection, {"xrm_id": part[0]})
                rows: Iterable[Any] = () if one is None else (one,)
            else:
                rows = self.work.connection.execute(
                    layout.several(), {"xrm_ids": part}
                ).mappings()
            for row in rows:
                values = layout.read(row)
                made = RuleRow(self, layout, values, is_stored=True)
                self._rows[entity, values[layout.key]] = made

    def prefetch(
        self, rows: Iterable[RuleRow], paths: Iterable[tuple[str, ...]]
    ) -> None:
        """Read the parents that these paths will ask for, a query per target entity."""
        start = list(rows)
        if len(start) < 2:
            return
        for path in paths:
            here = start
            for step in path[:-1]:
                refs = {row.refs[step] for row in here if step in row.refs}
                wanted: dict[str, list[UUID]] = {}
                for ref in refs:
                    if (ref.entity, ref.id) not in self._rows:
                        wanted.setdefault(ref.entity, []).append(ref.id)
                for entity, records in wanted.items():
                    self._read(entity, records)
                here = [
                    found
                    for ref in refs
                    if (found := self._rows.get((ref.entity, ref.id))) is not None
                ]

    def entity_of(self, field: Field, record: UUID) -> str | None:
        """Return which of a lookup's entities has a record of this id."""
        if len(field.targets) == 1:
            return field.targets[0].entity
        for target in field.targets:
            if self.record(target.entity, record) is not None:
                return target.entity
        return None

    def aggregate(self, row: Any, node: Aggregate, outer: Any = ()) -> Any:
        """Return the value of an aggregate over children, by SQL in this work."""
        if not node.steps and not row.is_stored:
            return fold_aggregate(node, (), self, (row, *outer))
        statement, reads = aggregate_statement(row.layout, node)
        values = {name: self.path(row, steps) for steps, name in reads.items()}
        parameters = {**values, **sql_facts(self.work)}
        return self.work.connection.execute(statement, parameters).scalar()

    def computed(self, row: RuleRow, field: Field) -> Any:
        """Return the value of a formula that is computed on read."""
        entity = row.layout.entity
        place = (entity.name, field.name)
        if place in self._computing:
            return None
        self._computing.append(place)
        try:
            expression = expression_of(self.work.snapshot, entity.name, field)
            return expression.run(row, self)
        finally:
            self._computing.pop()


def today_of(work: Work) -> date:
    """Return the day of today where the actor is."""
    try:
        zone = ZoneInfo(work.actor.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return work.now.astimezone(zone).date()


def sql_facts(work: Work) -> dict[str, Any]:
    """Return the parameters that expressions in SQL may ask for."""
    actor = work.actor
    return {
        "xrm_now": work.now,
        "xrm_today": today_of(work),
        "xrm_user": None if actor.is_system else actor.user_id,
    }
