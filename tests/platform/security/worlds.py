"""Generate worlds of people, units, teams, roles and rows, and put them in a database.

Many worlds lie in one database: each has units, people and rows of its own, and every
row carries the number of its world, so that a question can be about one of them.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.platform.security.oracle import Kind, OracleWorld, Record
from tests.support.query_world import World, make_world, put_pairs, put_rows
from xrm.platform.database.work import Work
from xrm.platform.security.actors import touch

VERBS = (
    *("create", "read", "write", "delete", "append", "append_to", "assign", "share"),
)
DEPTHS = ("none", "own", "unit", "unit_and_below", "organization")
KINDS: Mapping[str, Kind] = {
    "paper": Kind(),
    "folder": Kind(),
    "visit": Kind(),
    "board": Kind(owned=False),
    "sheet": Kind(parent="paper"),
    "note": Kind(parent="sheet"),
}
POOL = 60
"""How many roles there are to choose from."""

_OWN_FIELDS = "world: {type: integer}, size: {type: integer}"
ENTITIES = f"""
- {{kind: entity, name: folder, fields: {{{_OWN_FIELDS}}}}}
- kind: entity
  name: paper
  fields: {{{_OWN_FIELDS}, folderid: {{type: lookup, to: folder}}}}
- {{kind: entity, name: visit, entity_kind: activity, fields: {{{_OWN_FIELDS}}}}}
- {{kind: entity, name: board, ownership: organization, fields: {{{_OWN_FIELDS}}}}}
- kind: entity
  name: sheet
  entity_kind: child
  ownership: none
  parent: paperid
  fields: {{{_OWN_FIELDS}, paperid: {{type: lookup, to: paper, collection: sheets}}}}
- kind: entity
  name: note
  entity_kind: child
  ownership: none
  parent: sheetid
  fields: {{{_OWN_FIELDS}, sheetid: {{type: lookup, to: sheet, collection: notes}}}}
"""


def role_pool(seed: int = 7) -> dict[str, dict[str, dict[str, str]]]:
    """Return the roles: every depth alone, and random mixtures of lines."""
    draw = random.Random(seed)
    found: dict[str, dict[str, dict[str, str]]] = {
        f"all_{depth}": {"*": dict.fromkeys(VERBS, depth)} for depth in DEPTHS
    }
    places = [*KINDS, "*"]
    while len(found) < POOL:
        lines: dict[str, dict[str, str]] = {}
        for place in draw.sample(places, draw.randint(1, 4)):
            verbs = draw.sample(VERBS, draw.randint(1, len(VERBS)))
            lines[place] = {verb: draw.choice(DEPTHS) for verb in verbs}
        found[f"role_{len(found)}"] = lines
    return found


def role_documents(pool: Mapping[str, Mapping[str, Mapping[str, str]]]) -> str:
    """Return the roles as YAML."""
    lines = []
    for name, privileges in pool.items():
        body = ", ".join(
            f'"{place}": {{{", ".join(f"{v}: {d}" for v, d in verbs.items())}}}'
            for place, verbs in privileges.items()
        )
        lines.append(f"- {{kind: role, name: {name}, privileges: {{{body}}}}}")
    return "\n".join(lines) + "\n"


@dataclass
class Ground:
    """The database of all worlds, its roles, and the ids of the role rows."""

    world: World
    pool: Mapping[str, Mapping[str, Mapping[str, str]]]
    role_ids: Mapping[str, UUID]


def make_ground(url: str) -> Ground:
    """Make a database with the entities and roles, but no worlds."""
    pool = role_pool()
    world = make_world(url, role_documents(pool), ENTITIES)
    ids = world.put_many("role", [{"name": name} for name in pool])
    return Ground(world, pool, dict(zip(pool, ids, strict=True)))


@dataclass
class Numbered:
    """One generated world with its number."""

    number: int
    oracle: OracleWorld
    users: list[UUID]


def generate(draw: random.Random, number: int, ground: Ground) -> Numbered:
    """Return a world: a few units, six people, two teams, some rows."""

    def new() -> UUID:
        return UUID(int=draw.getrandbits(128), version=4)

    oracle = OracleWorld(KINDS, ground.pool)
    units = [new() for _ in range(draw.randint(1, 5))]
    for position, unit in enumerate(units):
        oracle.parents[unit] = draw.choice(units[:position]) if position else None
    users = [new() for _ in range(6)]
    oracle.user_units = {user: draw.choice(units) for user in users}
    teams = [new() for _ in range(2)]
    oracle.team_units = {team: draw.choice(units) for team in teams}
    oracle.access_teams = {team for team in teams if draw.random() < 0.25}
    oracle.members = {
        (team, user) for team in teams for user in users if draw.random() < 0.4
    }
    names = list(ground.pool)
    for holder in (*users, *teams):
        for _ in range(draw.choice((0, 1, 1, 2))):
            oracle.held.add((holder, draw.choice(names)))
    owners = [*users, *teams]
    for entity, kind in KINDS.items():
        parents = [i for i, r in oracle.records.items() if r.entity == kind.parent]
        for _ in range(draw.randint(1, 4)):
            record = Record(entity)
            if kind.parent is not None:
                record.parent = draw.choice([*parents, None])
            elif kind.owned:
                record.owner = draw.choice(owners)
                record.unit = draw.choice(units)
            oracle.records[new()] = record
    return Numbered(number, oracle, users)


def put_worlds(work: Work, ground: Ground, worlds: Sequence[Numbered]) -> None:
    """Write worlds into the database, all at once."""
    rows: dict[str, list[dict[str, Any]]] = {}
    memberships: list[Any] = []
    user_roles: list[Any] = []
    team_roles: list[Any] = []
    for numbered in worlds:
        oracle = numbered.oracle
        for unit, parent in oracle.parents.items():
            row = {"businessunitid": unit, "parentbusinessunitid": parent, "name": "u"}
            rows.setdefault("businessunit", []).append(row)
        for user, unit in oracle.user_units.items():
            row = {"systemuserid": user, "businessunitid": unit, "fullname": "p"}
            rows.setdefault("systemuser", []).append(row)
        for team, unit in oracle.team_units.items():
            kind = 1 if team in oracle.access_teams else 0
            row = {"teamid": team, "businessunitid": unit, "teamtype": kind}
            rows.setdefault("team", []).append(row)
        memberships += oracle.members
        for holder, role in oracle.held:
            among = user_roles if holder in oracle.user_units else team_roles
            among.append((holder, ground.role_ids[role]))
        _add_records(work, numbered, rows)
    for entity, found in rows.items():
        put_rows(work, entity, found)
    put_pairs(work, "teammembership_association", memberships)
    put_pairs(work, "systemuserroles_association", user_roles)
    put_pairs(work, "teamroles_association", team_roles)
    touch(work)


def _add_records(
    work: Work, numbered: Numbered, rows: dict[str, list[dict[str, Any]]]
) -> None:
    for position, (id_, record) in enumerate(numbered.oracle.records.items()):
        entity = work.catalog.entity(record.entity)
        row = {entity.key: id_, "world": numbered.number, "size": 1 << position}
        if entity.parent is not None:
            row[entity.parent] = record.parent
        elif entity.ownership == "user":
            is_user = record.owner in numbered.oracle.user_units
            row |= {
                "ownerid": record.owner,
                "ownerid_type": "systemuser" if is_user else "team",
                "owningbusinessunit": record.unit,
            }
        rows.setdefault(record.entity, []).append(row)
