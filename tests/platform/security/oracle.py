"""Who may do what, said a second time: plainly, slowly, and from the prose alone.

Nothing of the product is used here. The prose:

- Business units form a tree. Users and teams belong to one unit each.
- A role gives verbs on entities, each to a depth: own, unit, unit_and_below,
  organization. Rights add up. In one role the line of the entity decides for the verbs
  it names; for the others comes the line "*".
- People hold roles themselves and through their teams. A team of type 1 (access team)
  gives no roles. The units of a depth are those of whoever holds the role.
- own: records owned by the person or by a team of the person. unit: those too, and all
  of the holder's unit. unit_and_below: those too, and all of the units below it.
- A record of an entity without owners is reached by organization alone.
- A child record has the rights of its parent: to create or delete it is to write the
  parent. A child without a parent is reached only by organization on the parent entity.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

Id = Hashable
Lines = Mapping[str, Mapping[str, str]]


@dataclass
class Kind:
    """An entity: have its records owners, whose child is it."""

    owned: bool = True
    parent: str | None = None


@dataclass
class Record:
    """A record; a child has the id of its parent record."""

    entity: str
    owner: Id = None
    unit: Id = None
    parent: Id = None


@dataclass
class OracleWorld:
    """Everything that decides."""

    kinds: Mapping[str, Kind]
    roles: Mapping[str, Lines]
    parents: dict[Id, Id] = field(default_factory=dict)
    """Unit → unit above it."""
    user_units: dict[Id, Id] = field(default_factory=dict)
    team_units: dict[Id, Id] = field(default_factory=dict)
    access_teams: set[Id] = field(default_factory=set)
    members: set[tuple[Id, Id]] = field(default_factory=set)
    """(team, user)."""
    held: set[tuple[Id, str]] = field(default_factory=set)
    """(user or team, role)."""
    records: dict[Id, Record] = field(default_factory=dict)

    def teams(self, user: Id) -> set[Id]:
        """Return the teams of a user."""
        return {team for team, member in self.members if member == user}

    def is_within(self, unit: Id, top: Id) -> bool:
        """Say whether a unit is `top` or lies somewhere below it."""
        seen = set()
        while unit is not None and unit not in seen:
            if unit == top:
                return True
            seen.add(unit)
            unit = self.parents.get(unit)
        return False

    def line(self, role: str, entity: str, verb: str) -> str:
        """Return the depth one role gives."""
        lines = self.roles[role]
        for place in (entity, "*"):
            if verb in lines.get(place, {}):
                return lines[place][verb]
        return "none"

    def depths(self, user: Id, entity: str, verb: str) -> Iterator[tuple[str, Id]]:
        """Yield each depth a user has, with the unit of who holds the role."""
        for holder, role in self.held:
            if holder == user:
                unit = self.user_units[user]
            elif holder in self.teams(user) and holder not in self.access_teams:
                unit = self.team_units[holder]
            else:
                continue
            yield self.line(role, entity, verb), unit

    def may(self, user: Id, verb: str, record: Record) -> bool:
        """Say whether a user may use a verb on a record."""
        kind = self.kinds[record.entity]
        if kind.parent is not None:
            verb = "write" if verb in ("create", "delete") else verb
            above = self.records.get(record.parent)
            if above is not None:
                return self.may(user, verb, above)
            return self.is_everywhere(user, kind.parent, verb)
        for depth, unit in self.depths(user, record.entity, verb):
            if depth == "organization":
                return True
            if depth == "none" or not kind.owned:
                continue
            if record.owner == user or record.owner in self.teams(user):
                return True
            if depth == "unit" and record.unit is not None and record.unit == unit:
                return True
            if depth == "unit_and_below" and self.is_within(record.unit, unit):
                return True
        return False

    def is_everywhere(self, user: Id, entity: str, verb: str) -> bool:
        """Say whether a user may use a verb on all records of an entity."""
        kind = self.kinds[entity]
        if kind.parent is not None:
            return self.is_everywhere(user, kind.parent, verb)
        return any(
            depth == "organization" for depth, _ in self.depths(user, entity, verb)
        )

    def allowed(self, user: Id, verb: str, entity: str) -> set[Id]:
        """Return the ids of the records of an entity on which a user may use a verb."""
        return {
            id_
            for id_, record in self.records.items()
            if record.entity == entity and self.may(user, verb, record)
        }
