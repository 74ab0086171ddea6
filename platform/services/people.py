"""Know how people get into the system: users, their roles, their way to sign in.

What the commands and the demo do for an administrator. A user is a record of the core
solution and goes through the record verbs; the password is kept beside it.
"""

from collections.abc import Sequence
from uuid import UUID

from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.errors import Conflict, NotFound, Refused
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import rows, run
from xrm.platform.records import service
from xrm.platform.security import sessions
from xrm.rule_engine import core_names
from xrm.rule_engine.problems import did_you_mean

SIGN_IN_FIELD = "domainname"
"""The field of a user that holds the name to sign in with."""


def find_user(work: Work, name: str) -> UUID:
    """Return the id of the user who signs in with a name (or has it as id).

    Raises:
        NotFound: there is none; the message suggests one.
    """
    entity = work.catalog.entity(core_names.USER)
    found = run(
        work,
        Query(
            core_names.USER,
            (entity.key,),
            where=Compare(SIGN_IN_FIELD, "eq", (name,)),
            limit=1,
        ),
    ).rows
    if found:
        user: UUID = found[0][entity.key]
        return user
    known = [
        str(row[SIGN_IN_FIELD])
        for row in rows(work, Query(core_names.USER, (SIGN_IN_FIELD,), limit=1_000))
        if row[SIGN_IN_FIELD]
    ]
    hint = did_you_mean(name, known) or "Make one with: xrm user add NAME."
    raise NotFound(f'There is no user "{name}". {hint}', target=name)


def add_user(
    work: Work,
    name: str,
    *,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    roles: Sequence[str] = (),
    unit: str = "",
    password: str = "",
) -> UUID:
    """Make a user who signs in with a name; without a password only tokens work.

    `unit` is the name of a business unit, the topmost one when left out.

    Raises:
        Conflict: there is a user of this name.
        NotFound: a role or the unit does not exist.
        Invalid: the password is weak.
    """
    try:
        find_user(work, name)
    except NotFound:
        pass
    else:
        raise Conflict(
            f'There is already a user "{name}". Change the password with: '
            f"xrm user password {name}.",
            code="duplicate",
            target=name,
        )
    values = {
        SIGN_IN_FIELD: name,
        "lastname": last_name or name,
        "businessunitid": Ref(core_names.UNIT, find_unit(work, unit)),
    }
    if first_name:
        values["firstname"] = first_name
    if email:
        values["internalemailaddress"] = email
    user = service.create(work, core_names.USER, values)
    for role in roles:
        grant_role(work, user, role)
    if password:
        sessions.set_password(work, user, name, password)
    return user


def find_unit(work: Work, name: str = "") -> UUID:
    """Return the id of a business unit by name; the topmost one without a name.

    Raises:
        NotFound: there is none.
    """
    entity = work.catalog.entity(core_names.UNIT)
    where = (
        Compare("name", "eq", (name,))
        if name
        else Compare("parentbusinessunitid", "null")
    )
    found = run(
        work, Query(core_names.UNIT, (entity.key, "name"), where=where, limit=1)
    ).rows
    if not found:
        raise NotFound(
            f'There is no business unit "{name}".'
            if name
            else "There is no business unit. Install the core solution: xrm init.",
            target=name or None,
        )
    unit: UUID = found[0][entity.key]
    return unit


def find_role(work: Work, name: str) -> UUID:
    """Return the id of a role by its name or label.

    Raises:
        NotFound: there is none; the message suggests one.
    """
    entity = work.catalog.entity(core_names.ROLE)
    known = {
        str(row["name"]): row[entity.key]
        for row in rows(work, Query(core_names.ROLE, (entity.key, "name")))
    }
    wanted = name.strip().casefold()
    for role, definition in work.catalog.roles.items():
        if wanted in (role.casefold(), definition.label.casefold()) and role in known:
            found: UUID = known[role]
            return found
    hint = did_you_mean(name, known) or f"Roles: {', '.join(sorted(known))}."
    raise NotFound(f'There is no role "{name}". {hint}', target=name)


def grant_role(work: Work, user: UUID, role: str) -> bool:
    """Give a user a role; return whether the user did not have it."""
    return service.associate(work, core_names.USER_ROLES, *_pair(work, user, role))


def take_role(work: Work, user: UUID, role: str) -> bool:
    """Take a role from a user; return whether the user had it."""
    return service.disassociate(work, core_names.USER_ROLES, *_pair(work, user, role))


def _pair(work: Work, user: UUID, role: str) -> tuple[UUID, UUID]:
    """Return user and role in the order of their relationship."""
    link = work.catalog.relationships.get(core_names.USER_ROLES)
    if link is None:
        raise Refused("The core solution is not installed. Run: xrm init.")
    found = find_role(work, role)
    return (user, found) if link.first == core_names.USER else (found, user)


def set_disabled(work: Work, user: UUID, disabled: bool) -> None:
    """Forbid or allow a user everything; a disabled one is signed out at once."""
    service.update(work, core_names.USER, user, {"isdisabled": disabled})
    sessions.set_disabled(work, user, disabled)
