"""What an expression or a rule reads: fields, paths, aggregates, surroundings."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from xrm.rule_engine.typed_nodes import (
    Aggregate,
    Changed,
    Fact,
    Old,
    Read,
    Typed,
    children,
)


@dataclass(frozen=True, slots=True)
class References:
    """What is read.

    `fields` and `paths` belong to the record itself, also when they are named inside
    an aggregate as `parent.f`; the fields of children stand in the aggregates. `fields`
    holds the first step of every path too.
    """

    fields: frozenset[str] = frozenset()
    paths: frozenset[tuple[str, ...]] = frozenset()
    aggregates: tuple[Aggregate, ...] = ()
    uses_old: bool = False
    uses_user: bool = False
    uses_clock: bool = False
    changed: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Collector:
    fields: set[str] = field(default_factory=set)
    paths: set[tuple[str, ...]] = field(default_factory=set)
    aggregates: list[Aggregate] = field(default_factory=list)
    facts: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    uses_old: bool = False

    def visit(self, node: Typed, level: int) -> None:
        if isinstance(node, Read) and node.level == level:
            self._path(node.steps)
        elif isinstance(node, Old):
            self.uses_old = True
            self.fields.add(node.name)
        elif isinstance(node, Changed):
            self.changed.add(node.name)
        elif isinstance(node, Fact):
            self.facts.add(node.name)
        elif isinstance(node, Aggregate):
            if node.level == level:
                self._path(node.steps)
            if level == 0:
                self.aggregates.append(node)
            for part in children(node):
                self.visit(part, level + 1)
            return
        for part in children(node):
            self.visit(part, level)

    def _path(self, steps: tuple[str, ...]) -> None:
        if steps:
            self.fields.add(steps[0])
        if len(steps) > 1:
            self.paths.add(steps)


def collect(roots: Iterable[Typed]) -> References:
    """Return what these expressions read."""
    collector = _Collector()
    for root in roots:
        collector.visit(root, 0)
    return References(
        frozenset(collector.fields),
        frozenset(collector.paths),
        tuple(collector.aggregates),
        collector.uses_old,
        bool(collector.facts & {"user_id", "user", "has_role"}),
        bool(collector.facts & {"now", "today"}),
        frozenset(collector.changed),
    )
