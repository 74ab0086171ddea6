"""Know the formulas of a record: stored ones before it is written, others on read.

Stored formulas and rollups are computed in Python, in the order of what they read, from
the values about to be written. What other records' values depend on is `derived.py`.
"""

from collections.abc import Iterable
from typing import Any

from xrm.metadata.fields.field_type import ValueProblem
from xrm.platform.automation.expressions import to_stored
from xrm.platform.automation.surroundings import RuleRow, Surroundings
from xrm.platform.database.work import Work
from xrm.platform.errors import Detail
from xrm.platform.records.change import Batch, Change
from xrm.platform.records.dependencies import Node, dependencies_of
from xrm.platform.records.layout import Layout
from xrm.platform.records.values import invalid


def compute(batch: Batch) -> bool:
    """Compute the stored values that read the record itself; say if any changed."""
    known = dependencies_of(batch.work.snapshot)
    nodes = known.own.get(batch.entity)
    if not nodes or batch.verb == "delete":
        return False
    run = Surroundings(batch.work)
    waiting: list[tuple[Change, RuleRow, list[Node]]] = []
    for change in batch.changes:
        due = due_nodes(batch, change, nodes)
        if due:
            is_stored = change.before is not None
            row = RuleRow(run, batch.layout, change.after, is_stored=is_stored)
            waiting.append((change, row, due))
    if len(waiting) > 1:
        paths = {path for n in nodes for path in n.expression.typed.references.paths}
        run.prefetch((row for _, row, _ in waiting), sorted(paths))
    same: dict[str, Any] = {}
    for change, row, due in waiting:
        run.old = None
        if change.before is not None:
            run.old = RuleRow(run, batch.layout, change.before, is_stored=True)
        ready = same if change.before is None else {}
        faults = _compute_one(batch, run, change, row, due, ready)
        if faults:
            batch.refuse(change, invalid(batch.layout.entity, faults))
    batch.drop_refused()
    return bool(waiting)


def due_nodes(batch: Batch, change: Change, nodes: list[Node]) -> list[Node]:
    """Return the nodes whose inputs in the record itself changed, in their order."""
    if change.before is None:
        return nodes
    known = dependencies_of(batch.work.snapshot)
    changed = set(change.changed())
    due = []
    for node in nodes:
        if not changed.isdisjoint(known.reads[node.name]):
            due.append(node)
            changed.add(node.field.name)
    return due


def reads_children_only(node: Node) -> bool:
    """Say whether a formula reads nothing but children, which a new record has not."""
    read = node.expression.typed.references
    return bool(read.aggregates) and not (read.fields or read.uses_old or read.changed)


def _compute_one(
    batch: Batch,
    run: Surroundings,
    change: Change,
    row: RuleRow,
    due: list[Node],
    same: dict[str, Any],
) -> list[Detail]:
    """Compute what is due; `same` has values that are equal for all new records."""
    entity = batch.layout.entity
    faults = []
    for node in due:
        name = node.field.name
        if name in same:
            change.after[name] = value = same[name]
            row[name] = value.id if node.field.is_lookup and value else value
            continue
        try:
            value = to_stored(
                entity, node.field, node.expression.run(row, run), run.entity_of
            )
        except ValueProblem as problem:
            text = f"{problem.message} (It is computed by a formula.)"
            faults.append(Detail(name, problem.code, text))
            continue
        change.after[name] = value
        row[name] = value.id if node.field.is_lookup and value else value
        if change.before is None and reads_children_only(node):
            same[name] = value
    return faults


def evaluate(
    work: Work, layout: Layout, values: dict[str, Any], names: Iterable[str]
) -> None:
    """Add the values of formulas that are computed on read."""
    fields = layout.entity.fields
    wanted = [name for name in names if fields[name].is_computed]
    if not wanted:
        return
    run = Surroundings(work)
    row = RuleRow(run, layout, values, is_stored=True)
    for name in wanted:
        found = run.computed(row, fields[name])
        try:
            values[name] = to_stored(layout.entity, fields[name], found, run.entity_of)
        except ValueProblem:
            values[name] = None
