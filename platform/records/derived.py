"""Know how values that depend on other records are kept true, in the same transaction.

After a write the records whose rollups and formulas read what changed are found along
the routes of `dependencies.py`, held, and computed anew by one statement for each
entity and rank; what that changes may be read by further ones, and so on up.

The records are held by a statement before the one that computes: on PostgreSQL a
transaction that waited for another one sees its children only in its next statement.
Derived values have no history of their own and leave version and modifier alone: what
they follow from has them, and nobody's edit is refused because a child was added.
Rules see them, and do not start by them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, null, or_, select, type_coerce, update
from sqlalchemy.sql.selectable import Select

from xrm.platform.automation.children import RecordSource
from xrm.platform.automation.surroundings import sql_facts
from xrm.platform.database.ready import Ready
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused
from xrm.platform.query.source import stored_form
from xrm.platform.records import currency, mirror, searching
from xrm.platform.records.change import Batch
from xrm.platform.records.dependencies import (
    Dependencies,
    Hop,
    Input,
    Node,
    dependencies_of,
)
from xrm.platform.records.layout import Layout, chunks, layout_of
from xrm.rule_engine.to_sql import to_sql

MAX_ROUNDS = 1_000
"""How many groups of nodes one write may compute anew."""

_RATE = "exchangerate"

Due = dict[tuple[str, str], set[UUID]]
"""Node → the records for which it must be computed anew."""


@dataclass(slots=True)
class Queue:
    """The nodes that wait to be computed, lowest rank first."""

    known: Dependencies
    due: Due = field(default_factory=dict)

    def add(self, node: Node, records: Iterable[UUID]) -> None:
        """Let a node be computed anew for some records."""
        found = set(records)
        if found:
            self.due.setdefault(node.name, set()).update(found)

    def take(self) -> tuple[str, list[Node], set[UUID]]:
        """Return the nodes of one entity and the lowest rank, and their records."""
        rank = self.known.rank
        entity, lowest = min((rank[name], name[0]) for name in self.due)[::-1]
        names = sorted(
            name for name in self.due if name[0] == entity and rank[name] == lowest
        )
        records = set().union(*(self.due.pop(name) for name in names))
        return entity, [self.known.nodes[name] for name in names], records


def rollups(batch: Batch) -> None:
    """Compute anew what depends on the records of a batch."""
    known = dependencies_of(batch.work.snapshot)
    inputs = list(known.elsewhere.get(batch.entity, ()))
    listed = mirror.list_of(batch.layout)
    if listed is not None:  # rollups over all activities read the list
        inputs += known.elsewhere.get(listed.entity.name, ())
    if not inputs or not batch.changes:
        return
    queue = Queue(known)
    changed = {id(change): frozenset(change.changed()) for change in batch.changes}
    for found in inputs:
        moved: list[Any] = []
        for change in batch.changes:
            comes_or_goes = change.before is None or batch.verb == "delete"
            if found.field is None:
                if comes_or_goes and found.route[-1].kind == "child":
                    moved.append(change)
            elif found.field in changed[id(change)] and not comes_or_goes:
                moved.append(change)
        if moved:
            queue.add(found.node, _owners(batch, found, moved))
    _settle(batch.work, queue)


def compute_fields(work: Work, fields: Mapping[str, Iterable[str]]) -> None:
    """Compute stored formulas and rollups for all records; what reads them follows.

    For fields that a publish brought or changed. `fields` is entity → names.
    """
    known = dependencies_of(work.snapshot)
    queue = Queue(known)
    for entity, names in fields.items():
        nodes = [known.nodes[entity, name] for name in names]
        key = layout_of(work.snapshot, entity).table.primary_key.columns[0]
        records = set(work.connection.execute(select(key)).scalars())
        for node in nodes:
            queue.add(node, records)
    _settle(work, queue)


def readers_of(work: Work, entity: str) -> set[tuple[str, str]]:
    """Return the fields that are computed from records of an entity."""
    found = dependencies_of(work.snapshot).elsewhere.get(entity, ())
    return {one.node.name for one in found}


def _owners(batch: Batch, found: Input, moved: Sequence[Any]) -> set[UUID]:
    """Return the records at the start of a route that ends in changed records."""
    hop = found.route[-1]
    if hop.kind != "child":
        return follow_back(batch.work, found.route, {c.id for c in moved})
    nearest = {
        ref.id
        for change in moved
        for values in (change.before, change.after)
        if values is not None
        and (ref := values.get(hop.field)) is not None
        and ref.entity == hop.entity
    }
    return follow_back(batch.work, found.route[:-1], nearest)


def pairs_changed(
    work: Work, relationship: str, pairs: Iterable[tuple[UUID, UUID]]
) -> None:
    """Compute anew what depends on pairs that came or went: (first, second) ids."""
    known = dependencies_of(work.snapshot)
    inputs = known.pairs.get(relationship)
    if not inputs:
        return
    link = work.catalog.relationships[relationship]
    queue = Queue(known)
    listed = list(pairs)
    for found in inputs:
        side = 0 if found.route[-1].near == link.first_column else 1
        near = {pair[side] for pair in listed}
        queue.add(found.node, follow_back(work, found.route[:-1], near))
    _settle(work, queue)


def follow_back(work: Work, route: Sequence[Hop], records: set[UUID]) -> set[UUID]:
    """Return the records from which a route leads to one of these."""
    for hop in reversed(route):
        if not records:
            break
        statement = _back(work, hop)
        found: set[UUID] = set()
        for part in chunks(records):
            rows = work.connection.execute(statement, {"xrm_ids": part}).scalars()
            found.update(one for one in rows if one is not None)
        records = found
    return records


def _back(work: Work, hop: Hop) -> Select[Any]:
    layout = layout_of(work.snapshot, hop.entity)

    def make() -> Select[Any]:
        wanted: BindParameter[Any] = bindparam("xrm_ids", expanding=True)
        if hop.kind == "pairs":
            pairs = work.tables.pairs(hop.name)
            return (
                select(pairs.c[hop.near]).distinct().where(pairs.c[hop.far].in_(wanted))
            )
        if hop.kind == "lookup":
            table = layout.table
            made = select(table.c[layout.key]).where(table.c[hop.field].in_(wanted))
            other = hop.target
        else:
            child = layout_of(work.snapshot, hop.target)
            table, other = child.table, hop.entity
            made = (
                select(table.c[hop.field])
                .distinct()
                .where(table.c[child.key].in_(wanted))
            )
        type_column = table.c.get(f"{hop.field}_type")
        return made if type_column is None else made.where(type_column == other)

    return layout.kept(("back", hop), make)


def _settle(work: Work, queue: Queue) -> None:
    """Compute until nothing is due."""
    for _ in range(MAX_ROUNDS):
        if not queue.due:
            return
        entity, nodes, records = queue.take()
        changed = recompute(work, entity, nodes, records)
        if changed:
            _spread(work, queue, entity, nodes, changed)
    raise Refused(
        "The rollups of these records go round in circles. Look for a record that is "
        "below itself.",
        code="rollup_depth",
    )


def _spread(
    work: Work, queue: Queue, entity: str, nodes: Sequence[Node], changed: set[UUID]
) -> None:
    """Let what reads these nodes be computed anew, for the records that changed."""
    names = {node.field.name for node in nodes}
    names |= {f"{name}_base" for name in names}
    for found in queue.known.here.get(entity, ()):
        if found.field in names:
            queue.add(found.node, changed)
    for found in queue.known.elsewhere.get(entity, ()):
        if found.field in names:
            queue.add(found.node, follow_back(work, found.route, changed))


def recompute(
    work: Work, entity: str, nodes: Sequence[Node], records: set[UUID]
) -> set[UUID]:
    """Compute nodes of one entity for some records; return those that changed.

    What differs is written with its base amounts at once: a second statement would
    write each row, and every index it is in, twice.
    """
    layout = layout_of(work.snapshot, entity)
    names = tuple(node.field.name for node in nodes)
    bases = currency.amounts(layout)
    money = {name: bases[name] for name in names if name in bases}
    statement, wanted = layout.kept(
        ("recompute", names), lambda: _computation(layout, nodes)
    )
    write = layout.kept(
        ("computed", names), lambda: _change(layout, (*names, *money.values()))
    )
    facts = {k: v for k, v in sql_facts(work).items() if k in wanted}
    changed: set[UUID] = set()
    for part in chunks(records):
        if work.dialect == "postgresql":
            hold = layout.kept("hold", lambda: Ready(_hold(layout)))
            hold.rows(work.connection, {"xrm_ids": part})
        made = []
        for id_, rate, *values in statement.rows(
            work.connection, {"xrm_ids": part, **facts}
        ):
            row = dict(zip(names, values, strict=True))
            for name, base in money.items():
                amount = row[name]
                row[base] = (
                    None
                    if amount is None
                    else currency.in_base(amount, rate or Decimal(1))
                )
            made.append({"xrm_id": id_, **row})
        if made:
            write.change_many(work.connection, made)
            changed.update(row["xrm_id"] for row in made)
    if changed:
        searching.note_computed(work, layout, names, changed)
    return changed


def _hold(layout: Layout) -> Select[Any]:
    """Return the statement that holds records, in the order all writers use."""
    key = layout.table.c[layout.key]
    return (
        select(key)
        .where(key.in_(bindparam("xrm_ids", expanding=True)))
        .order_by(key)
        .with_for_update(key_share=True)
    )


def _computation(layout: Layout, nodes: Sequence[Node]) -> tuple[Ready, frozenset[str]]:
    """Return the statement that computes nodes, and the names of its parameters.

    It gives the records whose values differ, each with its exchange rate and the new
    values; each value is computed once.
    """
    table = layout.table
    key = table.c[layout.key]
    source = RecordSource(layout.snapshot, layout.entity, table)
    values = [
        stored_form(
            to_sql(node.expression.typed, source), node.field, layout.dialect
        ).label(node.field.name)
        for node in nodes
    ]
    wanted = key.in_(bindparam("xrm_ids", expanding=True))
    computed = (
        select(key, *values).where(wanted).cte("computed").prefix_with("MATERIALIZED")
    )
    names = [node.field.name for node in nodes]
    made = select(
        key,
        table.c[_RATE] if _RATE in table.c else null().label(_RATE),
        *(type_coerce(computed.c[name], table.c[name].type) for name in names),
    ).where(
        wanted,  # a database without statistics would read the whole table
        key == computed.c[layout.key],
        or_(*(table.c[n].is_distinct_from(computed.c[n]) for n in names)),
    )
    return Ready(made), frozenset(made.compile().params)


def _change(layout: Layout, columns: Sequence[str]) -> Ready:
    """Return the statement that writes computed columns of the record `xrm_id`."""
    table = layout.table
    return Ready(
        update(table)
        .where(table.c[layout.key] == bindparam("xrm_id"))
        .values({name: bindparam(name) for name in columns})
    )
