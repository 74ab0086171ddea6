"""Know what computed fields depend on, in which order they come, and their circles."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from xrm.metadata.catalog import Catalog
from xrm.rule_engine import TypedExpression
from xrm.rule_engine.typed_nodes import (
    Aggregate,
    Changed,
    Old,
    Read,
    Typed,
    children,
)

Place: TypeAlias = tuple[str, str]
"""An entity and one of its fields."""


def places_read(expression: TypedExpression, catalog: Catalog) -> frozenset[Place]:
    """Return every field of every entity that an expression may read."""
    return frozenset(_visit(expression.root, (expression.entity,), catalog))


def _visit(node: Typed, at: tuple[str, ...], catalog: Catalog) -> Iterator[Place]:
    """Give the fields below a node; `at` has the entities around it, innermost last."""
    if isinstance(node, Read):
        yield from _walk(at[-1 - node.level], node.steps, catalog)
    elif isinstance(node, Old | Changed):
        yield (at[0], node.name)
    elif isinstance(node, Aggregate):
        owner = at[-1 - node.level]
        yield from _walk(owner, node.steps, catalog)
        for part in (node.argument, node.condition):
            if part is not None:
                yield from _visit(part, (*at, node.entity), catalog)
        return
    for part in children(node):
        yield from _visit(part, at, catalog)


def _walk(entity: str, steps: Sequence[str], catalog: Catalog) -> Iterator[Place]:
    """Give the fields that a path passes, over every target of its lookups."""
    here = {entity}
    for step in steps:
        further: set[str] = set()
        for name in here:
            known = catalog.entities.get(name)
            field = known.fields.get(step) if known else None
            if field is not None:
                yield (name, step)
                further.update(target.entity for target in field.targets)
        here = further


def evaluation_order(
    entity: str, reads: Mapping[str, frozenset[Place]]
) -> tuple[str, ...]:
    """Return the formulas of an entity so that each comes after those it reads.

    `reads` has what each of them reads (`places_read`). Formulas that form a circle
    come in the order given; `checks` reports them.
    """
    made: dict[str, None] = {}
    waiting: set[str] = set()

    def visit(name: str) -> None:
        if name in made or name in waiting:
            return
        waiting.add(name)
        for other in sorted(f for e, f in reads[name] if e == entity and f in reads):
            visit(other)
        waiting.discard(name)
        made[name] = None

    for name in reads:
        visit(name)
    return tuple(made)


def circles(graph: Mapping[Place, frozenset[Place]]) -> list[tuple[Place, ...]]:
    """Return the circles of a graph: one for each group that depends on itself.

    Each begins with its least place, so the result is the same for the same graph.
    """
    found = []
    for group in _groups(graph):
        first = min(group)
        if len(group) > 1 or first in graph[first]:
            found.append(_circle(first, frozenset(group), graph))
    return sorted(found)


def _groups(graph: Mapping[Place, frozenset[Place]]) -> Iterator[list[Place]]:
    """Give the strongly connected parts (Tarjan's way, without recursion)."""
    number: dict[Place, int] = {}
    low: dict[Place, int] = {}
    stack: list[Place] = []
    on_stack: set[Place] = set()
    for root in sorted(graph):
        if root in number:
            continue
        work: list[tuple[Place, Iterator[Place]]] = []

        def enter(node: Place, work: list[tuple[Place, Iterator[Place]]]) -> None:
            number[node] = low[node] = len(number)
            stack.append(node)
            on_stack.add(node)
            work.append((node, iter(sorted(n for n in graph[node] if n in graph))))

        enter(root, work)
        while work:
            node, following = work[-1]
            step = next(following, None)
            if step is not None:
                if step not in number:
                    enter(step, work)
                elif step in on_stack:
                    low[node] = min(low[node], number[step])
                continue
            work.pop()
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == number[node]:
                group: list[Place] = []
                while not group or group[-1] != node:
                    group.append(stack.pop())
                    on_stack.discard(group[-1])
                yield group


def _circle(
    first: Place, group: frozenset[Place], graph: Mapping[Place, frozenset[Place]]
) -> tuple[Place, ...]:
    """Return a shortest way from a place back to itself."""
    came: dict[Place, Place] = {}
    waiting = [first]
    while waiting:
        node = waiting.pop(0)
        for step in sorted(graph[node] & group):
            if step == first:
                way = [node]
                while way[-1] != first:
                    way.append(came[way[-1]])
                return (*reversed(way), first)
            if step not in came:
                came[step] = node
                waiting.append(step)
    return (first, first)
