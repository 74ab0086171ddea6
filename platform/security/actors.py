"""Know who acts: a user with roles, teams and unit, read from the core entities.

An actor is kept with the catalog's snapshot under the security stamp. The stamp changes
with every change of users, teams, units, roles and memberships (`touch`), so a right
that was taken away is gone at the next request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from secrets import randbits
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Connection, FromClause, Table, bindparam, select, update

from xrm.platform.database.system_tables import CATALOG, PREFERENCE
from xrm.platform.errors import NotSignedIn
from xrm.platform.security.privileges import AllPrivileges, Grant, Held, Privileges
from xrm.platform.security.units import UnitTree
from xrm.rule_engine import core_names

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot
    from xrm.platform.database.work import Work

SECURITY_ENTITIES: Final = frozenset(
    {core_names.USER, core_names.TEAM, core_names.UNIT, core_names.ROLE}
)
"""Entities whose changes need `touch`; so do the pairs of `SECURITY_PAIRS`."""
SECURITY_PAIRS: Final = frozenset(
    {core_names.USER_ROLES, core_names.TEAM_ROLES, core_names.TEAM_MEMBERS}
)
OWNER_TEAM_TYPES: Final = frozenset({None, 0, 2, 3})
"""Team types that can own records and hold roles; an access team (1) can do neither."""
NOBODY: Final = UUID(int=0)
STAMP_BITS: Final = 31
CHOSEN: Final = ("locale", "time_zone")
"""Preferences that an actor holds; a change of one needs `touch`."""


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """Who acts, and what that person may do.

    `subtree` is the actor's business unit with all units below it; `principals` are the
    ids under which the actor owns records.
    """

    user_id: UUID
    name: str = ""
    unit_id: UUID | None = None
    subtree: frozenset[UUID] = frozenset()
    team_ids: frozenset[UUID] = frozenset()
    privileges: Mapping[str, Mapping[str, Grant]] = field(default_factory=dict)
    tasks: frozenset[str] = frozenset()
    locale: str = "en"
    time_zone: str = "UTC"
    is_system: bool = False
    roles: frozenset[str] = frozenset()

    @property
    def principals(self) -> frozenset[UUID]:
        """Return the user and the user's teams."""
        return self.team_ids | {self.user_id}

    @property
    def held(self) -> tuple[Held, ...]:
        """Return the roles with how the actor comes by them."""
        found = self.privileges
        return found.held if isinstance(found, Privileges) else ()


SYSTEM: Final = Actor(
    user_id=NOBODY, name="System", privileges=AllPrivileges(), is_system=True
)
"""The platform itself: every right, no user."""


def stamp(connection: Connection) -> int:
    """Return the security stamp in force: one cheap read."""
    return connection.execute(_STAMP).scalar() or 0


def touch(work: "Work") -> None:
    """Let every actor be read anew; call it after the change was written.

    The stamp is random, not a count: one that was rolled back does not come again, so
    an actor that was read inside a transaction is never taken for one outside.
    """
    drawn = randbits(STAMP_BITS)
    work.connection.execute(update(CATALOG).values(security=drawn))


def touches(name: str) -> bool:
    """Say whether a change of this entity or N:N relationship needs `touch`."""
    return name in SECURITY_ENTITIES or name in SECURITY_PAIRS


def load_actor(
    connection: Connection,
    snapshot: "Snapshot",
    user_id: UUID,
    known: int | None = None,
) -> Actor:
    """Return the actor of a user.

    `known` is the security stamp when the caller has just read it.

    Raises:
        NotSignedIn: there is no such user, or the user is disabled.
    """
    version = stamp(connection) if known is None else known
    return snapshot.cache("actors").get(
        (version, user_id), lambda: _read(connection, snapshot, user_id, version)
    )


def _read(
    connection: Connection, snapshot: "Snapshot", user_id: UUID, version: int
) -> Actor:
    users = snapshot.tables.table(core_names.USER)
    row = (
        connection.execute(select(users).where(_key(users) == user_id).limit(1))
        .mappings()
        .first()
    )
    if row is None or row.get("isdisabled"):
        raise NotSignedIn("This user does not exist or is disabled.")
    tree = unit_tree(connection, snapshot, version)
    unit: UUID | None = row.get("businessunitid")
    name = str(row.get("fullname") or row.get("domainname") or "")
    teams = {team.id: team for team in _teams(connection, snapshot, user_id)}
    held = [
        Held(role, "user", user_id, name, unit)
        for role in _roles_of_user(connection, snapshot, user_id)
    ]
    able = {id_: t for id_, t in teams.items() if t.type in OWNER_TEAM_TYPES}
    held += [
        Held(role, "team", team_id, able[team_id].name, able[team_id].unit_id)
        for team_id, role in _roles_of_teams(connection, snapshot, able)
    ]
    roles = snapshot.catalog.roles
    chosen = _chosen(connection, user_id)
    return Actor(
        user_id=user_id,
        name=name,
        unit_id=unit,
        subtree=tree.below(unit) if unit else frozenset(),
        team_ids=frozenset(teams),
        privileges=Privileges(snapshot.catalog, held, tree),
        tasks=frozenset(
            t for h in held if h.role in roles for t in roles[h.role].tasks
        ),
        locale=chosen.get("locale") or str(row.get("locale") or "en"),
        time_zone=chosen.get("time_zone")
        or str(row.get("time_zone") or row.get("timezone") or "UTC"),
        roles=frozenset(h.role for h in held if h.role in roles),
    )


def _chosen(connection: Connection, user_id: UUID) -> dict[str, str]:
    """Return what a person has chosen of what an actor holds."""
    mine = PREFERENCE.c.user_id == user_id
    wanted = PREFERENCE.c.key.in_(CHOSEN)
    found = connection.execute(
        select(PREFERENCE.c.key, PREFERENCE.c.value).where(mine, wanted)
    )
    return {key: str(orjson.loads(value) or "") for key, value in found}


@dataclass(frozen=True, slots=True)
class _Team:
    id: UUID
    name: str
    unit_id: UUID | None
    type: int | None


def unit_tree(
    connection: Connection, snapshot: "Snapshot", known: int | None = None
) -> UnitTree:
    """Return the tree of business units, kept under the security stamp."""

    def read() -> UnitTree:
        units = snapshot.tables.table(core_names.UNIT)
        rows = connection.execute(select(_key(units), units.c.parentbusinessunitid))
        return UnitTree({row[0]: row[1] for row in rows})

    version = stamp(connection) if known is None else known
    return snapshot.cache("actors").get(("units", version), read)


def _teams(
    connection: Connection, snapshot: "Snapshot", user_id: UUID
) -> Iterator[_Team]:
    teams = snapshot.tables.table(core_names.TEAM)
    pairs, team, user = _pairs(snapshot, core_names.TEAM_MEMBERS, core_names.TEAM)
    statement = (
        select(teams)
        .select_from(pairs.join(teams, pairs.c[team] == _key(teams)))
        .where(pairs.c[user] == user_id)
    )
    for row in connection.execute(statement).mappings():
        yield _Team(
            row[_key(teams).name],
            str(row.get("name") or ""),
            row.get("businessunitid"),
            row.get("teamtype"),
        )


def owns_records(connection: Connection, snapshot: "Snapshot", team_id: UUID) -> bool:
    """Say whether there is such a team, and it is of a type that owns records."""
    teams = snapshot.tables.table(core_names.TEAM)
    statement = select(teams).where(_key(teams) == team_id)
    row = connection.execute(statement).mappings().first()
    return row is not None and row.get("teamtype") in OWNER_TEAM_TYPES


def _roles_of_user(
    connection: Connection, snapshot: "Snapshot", user_id: UUID
) -> list[str]:
    roles = snapshot.tables.table(core_names.ROLE)
    pairs, role, user = _pairs(snapshot, core_names.USER_ROLES, core_names.ROLE)
    statement = (
        select(roles.c.name)
        .select_from(pairs.join(roles, pairs.c[role] == _key(roles)))
        .where(pairs.c[user] == user_id)
        .order_by(roles.c.name)
    )
    return list(connection.execute(statement).scalars())


def _roles_of_teams(
    connection: Connection, snapshot: "Snapshot", teams: Mapping[UUID, _Team]
) -> list[tuple[UUID, str]]:
    if not teams:
        return []
    roles = snapshot.tables.table(core_names.ROLE)
    pairs, role, team = _pairs(snapshot, core_names.TEAM_ROLES, core_names.ROLE)
    among = bindparam("teams", list(teams), type_=pairs.c[team].type, expanding=True)
    statement = (
        select(pairs.c[team], roles.c.name)
        .select_from(pairs.join(roles, pairs.c[role] == _key(roles)))
        .where(pairs.c[team].in_(among))
        .order_by(roles.c.name)
    )
    return [(team_id, name) for team_id, name in connection.execute(statement)]


def _pairs(
    snapshot: "Snapshot", relationship: str, entity: str
) -> tuple[Table, str, str]:
    """Return the table of pairs, the column of `entity` and that of the other one."""
    link = snapshot.catalog.relationships[relationship]
    table = snapshot.tables.pairs(relationship)
    if link.first == entity:
        return table, link.first_column, link.second_column
    return table, link.second_column, link.first_column


def _key(table: FromClause) -> Any:
    return next(iter(table.primary_key))


_STAMP: Final = select(CATALOG.c.security)
