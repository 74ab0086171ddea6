"""Know what the roles of one actor add up to: per entity and verb, how far.

Rights add up: the greatest depth counts, units are united, nothing subtracts. Within
one role the line of an entity decides for the verbs it names; for the other verbs, and
for every entity not named, the line `*` stands.

A child entity has no rights of its own: its parent's count. To create or delete a child
is to write its parent; every other verb is the parent's verb of the same name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.family import ACTIVITY_BASE
from xrm.metadata.roles import EVERY_ENTITY, VERBS, Depth, Role
from xrm.platform.security.units import UnitTree

CHILD_VERBS: Final[Mapping[str, str]] = {
    verb: "write" if verb in ("create", "delete") else verb for verb in VERBS
}
"""Verb of a child → verb of its parent that decides it."""
MOST_STEPS: Final = 8
"""How many parents a child may have above each other."""


@dataclass(frozen=True, slots=True)
class Held:
    """A role as one actor has it: which, through whom, and in which business unit."""

    role: str
    holder: Literal["user", "team"]
    holder_id: UUID
    holder_name: str
    unit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Grant:
    """How far one verb reaches on one entity; `units` are those a unit depth covers."""

    depth: Depth = Depth.NONE
    units: frozenset[UUID] = frozenset()


NOTHING: Final = Grant()
EVERYTHING: Final = Grant(Depth.ORGANIZATION)


def depth_in(role: Role, entity: Entity, verb: str) -> Depth:
    """Return how far one role lets its holder use a verb on an entity."""
    for name in (entity.name, EVERY_ENTITY):
        depth = role.privileges.get(name, {}).get(verb)
        if depth is not None:
            return depth
    return Depth.NONE


def reach_of(depth: Depth, unit: UUID | None, tree: UnitTree) -> Grant:
    """Return what a depth covers for a holder in a unit."""
    if unit is None or depth in (Depth.NONE, Depth.OWN, Depth.ORGANIZATION):
        return Grant(depth)
    units = tree.below(unit) if depth == Depth.UNIT_AND_BELOW else frozenset({unit})
    return Grant(depth, units)


class Privileges(Mapping[str, Mapping[str, Grant]]):
    """Entity → verb → grant, worked out for an entity when it is first asked for."""

    __slots__ = ("_catalog", "_made", "held", "tree")

    def __init__(
        self, catalog: Catalog, held: Sequence[Held], tree: UnitTree | None = None
    ) -> None:
        self._catalog = catalog
        self.tree = tree or UnitTree()
        self._made: dict[str, Mapping[str, Grant]] = {}
        self.held = tuple(held)

    def __getitem__(self, entity: str) -> Mapping[str, Grant]:
        found = self._made.get(entity)
        if found is None:
            if entity not in self._catalog.entities:
                raise KeyError(entity)
            found = self._made[entity] = self._of(self._catalog.entity(entity), 0)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalog.entities)

    def __len__(self) -> int:
        return len(self._catalog.entities)

    def _of(self, entity: Entity, step: int) -> dict[str, Grant]:
        if is_child(entity):
            return self._of_parents(entity, step)
        if entity.kind == ACTIVITY_BASE:
            return self._of_activities()
        return {verb: self._sum(entity, verb) for verb in VERBS}

    def _of_parents(self, entity: Entity, step: int) -> dict[str, Grant]:
        if step >= MOST_STEPS:
            return dict.fromkeys(VERBS, NOTHING)
        parents = [
            self._of(self._catalog.entity(name), step + 1)
            for name in parents_of(entity)
            if name in self._catalog.entities
        ]
        return {
            verb: max(
                (parent[CHILD_VERBS[verb]] for parent in parents),
                key=lambda grant: grant.depth,
                default=NOTHING,
            )
            for verb in VERBS
        }

    def _of_activities(self) -> dict[str, Grant]:
        """Return how far the list of all activities may be read, at the widest.

        Nobody writes the list. Which rows are read, each activity's own grant says.
        """
        grants = [self[e.name]["read"] for e in self._catalog.activities]
        widest = max(grants, key=lambda grant: grant.depth, default=NOTHING)
        return {**dict.fromkeys(VERBS, NOTHING), "read": widest}

    def _sum(self, entity: Entity, verb: str) -> Grant:
        depth = Depth.NONE
        units: frozenset[UUID] = frozenset()
        for held in self.held:
            role = self._catalog.roles.get(held.role)
            if role is None:
                continue
            grant = reach_of(depth_in(role, entity, verb), held.unit_id, self.tree)
            depth = max(depth, grant.depth)
            units |= grant.units
        if depth == Depth.ORGANIZATION:
            return EVERYTHING
        if entity.ownership != "user":
            return NOTHING
        return Grant(depth, units)


class AllPrivileges(Mapping[str, Mapping[str, Grant]]):
    """Every verb on every entity: what the platform itself may do."""

    __slots__ = ()

    def __getitem__(self, entity: str) -> Mapping[str, Grant]:
        return _ALL_VERBS

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_ALL_VERBS: Final[Mapping[str, Grant]] = dict.fromkeys(VERBS, EVERYTHING)


def is_child(entity: Entity) -> bool:
    """Say whether the rights on its records are those on their parent records."""
    return entity.kind == "child" and entity.parent is not None


def parents_of(entity: Entity) -> tuple[str, ...]:
    """Return the entities whose rights decide about a child entity."""
    if entity.parent is None:
        return ()
    return tuple(target.entity for target in entity.field(entity.parent).targets)
