"""Know which stored values depend on which others, across records.

A node is a field whose value is computed and stored: a formula that is stored, or a
rollup. What its expression reads gives inputs: fields of an entity, with the route that
leads from the node's record to the record that is read. Followed backwards, a route
finds the records whose node must be computed anew. Made once per catalog snapshot;
pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from xrm.metadata.catalog import Catalog, Child
from xrm.metadata.entities import Field
from xrm.platform.automation.children import ends_of
from xrm.platform.automation.expressions import FieldExpression, expression_of
from xrm.platform.database.snapshots import Snapshot
from xrm.rule_engine.typed_nodes import Aggregate, Old, Read, Typed, children

MAX_FORMULAS = 8
"""How deep formulas that are computed on read may read each other."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a route, away from the node's record.

    lookup: `field` of `entity` points to `target`. child: `field` of `target` points to
    `entity`. pairs: `near` and `far` are columns of the N:N relationship `name`.
    """

    kind: Literal["lookup", "child", "pairs"]
    entity: str
    target: str
    field: str = ""
    name: str = ""
    near: str = ""
    far: str = ""


Route = tuple[Hop, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A stored value that is computed."""

    entity: str
    field: Field
    expression: FieldExpression

    @property
    def name(self) -> tuple[str, str]:
        """Return what identifies it: entity and field."""
        return (self.entity, self.field.name)


@dataclass(frozen=True, slots=True)
class Input:
    """Something a node reads: a field at the end of a route.

    An input without a field is the being there of the record: of a child, of a pair.
    """

    node: Node
    route: Route
    entity: str
    field: str | None


@dataclass(slots=True)
class Dependencies:
    """All nodes of a catalog, by what they read."""

    nodes: dict[tuple[str, str], Node] = field(default_factory=dict)
    own: dict[str, list[Node]] = field(default_factory=dict)
    """The nodes of each entity, in the order in which they must be computed."""
    reads: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """The fields of its own record that each node reads."""
    elsewhere: dict[str, list[Input]] = field(default_factory=dict)
    """What is read of an entity's records by nodes of other records."""
    here: dict[str, list[Input]] = field(default_factory=dict)
    """What is read of an entity's records by nodes of the same record."""
    pairs: dict[str, list[Input]] = field(default_factory=dict)
    """What depends on the pairs of an N:N relationship."""
    rank: dict[tuple[str, str], int] = field(default_factory=dict)


def dependencies_of(snapshot: Snapshot) -> Dependencies:
    """Return the dependencies of a snapshot, made on first use."""
    made = snapshot.memo.get("dependencies")
    if made is None:
        made = snapshot.memo.setdefault("dependencies", _build(snapshot))
    assert isinstance(made, Dependencies)
    return made


def _build(snapshot: Snapshot) -> Dependencies:
    made = Dependencies()
    catalog = snapshot.catalog
    for entity in catalog.entities.values():
        for definition in entity.fields.values():
            is_formula = definition.formula is not None and definition.stored
            if definition.rollup is None and not is_formula:
                continue
            expression = expression_of(snapshot, entity.name, definition)
            node = Node(entity.name, definition, expression)
            made.nodes[node.name] = node
    for node in made.nodes.values():
        reader = _Reader(snapshot, node)
        reader.read(node.expression.typed.root, ((node.entity, ()),))
        own: set[str] = set()
        for found in dict.fromkeys(reader.found):
            if not found.route:
                if found.field is not None:
                    own.add(found.field)
                    made.here.setdefault(found.entity, []).append(found)
                continue
            made.elsewhere.setdefault(found.entity, []).append(found)
            hop = found.route[-1]
            if hop.kind == "pairs" and found.field is None:
                made.pairs.setdefault(hop.name, []).append(found)
        made.reads[node.name] = frozenset(own)
    _rank(made)
    for node in sorted(made.nodes.values(), key=lambda n: made.rank[n.name]):
        made.own.setdefault(node.entity, []).append(node)
    return made


def _rank(made: Dependencies) -> None:
    """Give each node a number above those of the nodes it reads.

    A rollup over its own field, one level down a tree, counts once: it is computed
    again for each level.
    """
    sources: dict[tuple[str, str], set[tuple[str, str]]] = {
        n: set() for n in made.nodes
    }
    for found in (
        *(i for inputs in made.here.values() for i in inputs),
        *(i for inputs in made.elsewhere.values() for i in inputs),
    ):
        if found.field is not None and (found.entity, found.field) in made.nodes:
            sources[found.node.name].add((found.entity, found.field))
    open_: set[tuple[str, str]] = set()

    def rank(name: tuple[str, str]) -> int:
        known = made.rank.get(name)
        if known is not None:
            return known
        if name in open_:
            return 0
        open_.add(name)
        found = 1 + max((rank(s) for s in sources[name] if s != name), default=0)
        open_.discard(name)
        made.rank[name] = found
        return found

    for name in made.nodes:
        rank(name)


class _Reader:
    """Collects what one node's expression reads."""

    def __init__(self, snapshot: Snapshot, node: Node) -> None:
        self.snapshot = snapshot
        self.catalog: Catalog = snapshot.catalog
        self.node = node
        self.found: list[Input] = []
        self.depth = 0

    def read(self, typed: Typed, *frames: tuple[tuple[str, Route], ...]) -> None:
        """Take in an expression; `frames` are the records by level, innermost first.

        A frame is all the entities, with their routes, that its record may be of.
        """
        if isinstance(typed, Old):
            self._note(frames[0], typed.name)
        elif isinstance(typed, Read):
            self._path(frames[typed.level], typed.steps)
            return
        elif isinstance(typed, Aggregate):
            owners = self._walk(frames[typed.level], typed.steps)
            inner = tuple(self._children(owners, typed.collection))
            for part in (typed.argument, typed.condition):
                if part is not None:
                    self.read(part, inner, *frames)
            return
        for part in children(typed):
            self.read(part, *frames)

    def _note(self, frame: tuple[tuple[str, Route], ...], name: str) -> None:
        for entity, route in frame:
            definition = self.catalog.entities[entity].fields.get(name)
            if definition is None:
                continue
            if definition.is_computed:
                self._formula(entity, route, definition)
            else:
                self.found.append(Input(self.node, route, entity, name))

    def _formula(self, entity: str, route: Route, definition: Field) -> None:
        if self.depth >= MAX_FORMULAS:
            return
        self.depth += 1
        expression = expression_of(self.snapshot, entity, definition)
        self.read(expression.typed.root, ((entity, route),))
        self.depth -= 1

    def _path(
        self, frame: tuple[tuple[str, Route], ...], steps: tuple[str, ...]
    ) -> None:
        if steps:
            self._note(self._walk(frame, steps[:-1]), steps[-1])

    def _walk(
        self, frame: tuple[tuple[str, Route], ...], steps: tuple[str, ...]
    ) -> tuple[tuple[str, Route], ...]:
        for step in steps:
            self._note(frame, step)
            frame = tuple(
                (target.entity, (*route, Hop("lookup", entity, target.entity, step)))
                for entity, route in frame
                if step in self.catalog.entities[entity].fields
                for target in self.catalog.entities[entity].field(step).targets
                if target.entity in self.catalog.entities
            )
        return frame

    def _children(
        self, owners: tuple[tuple[str, Route], ...], name: str
    ) -> Iterator[tuple[str, Route]]:
        for entity, route in owners:
            found = self.catalog.collections(entity).get(name)
            if found is None:
                continue
            if isinstance(found, Child):
                hop = Hop("child", entity, found.entity, found.field.name)
                self.found.append(
                    Input(self.node, (*route, hop), found.entity, found.field.name)
                )
            else:
                near, far, other = ends_of(found, entity, name)
                hop = Hop("pairs", entity, other, name=found.name, near=near, far=far)
            self.found.append(Input(self.node, (*route, hop), hop.target, None))
            yield hop.target, (*route, hop)
