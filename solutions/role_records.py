"""Know how the roles that solutions declare become records that people are given.

Every declared role has one record. When its solution goes, a role that somebody has
stays as an inactive record that gives no rights, so that a re-install or an undo brings
everybody's rights back; any other goes.
"""

from uuid import UUID

from xrm.platform.database.work import Work
from xrm.platform.records import service
from xrm.platform.records.presence import keys_by_value, pairs
from xrm.rule_engine import core_names
from xrm.solutions.records_files import record_key


def mirror_roles(work: Work) -> None:
    """Make the role records agree with the declared roles."""
    if core_names.ROLE not in work.catalog.entities:
        return
    entity = work.catalog.entity(core_names.ROLE)
    known = keys_by_value(work, entity.name, "name")
    active, inactive = (state.value for state in entity.states[:2])
    for role in work.catalog.roles.values():
        values = {"label": role.label, "description": role.description or None}
        key = known.get(role.name)
        if key is None:
            made = record_key(entity.name, role.name)
            service.create(work, entity.name, {"name": role.name, **values}, key=made)
            continue
        record = service.retrieve(work, entity.name, key)
        if record["statecode"] != active:
            service.set_state(work, entity.name, key, active)
        if any(record[name] != value for name, value in values.items()):
            service.update(work, entity.name, key, values)
    gone = [key for name, key in known.items() if name not in work.catalog.roles]
    held = _held(work) if gone else set()
    for key in gone:
        if key not in held:
            service.delete(work, entity.name, key)
        elif service.retrieve(work, entity.name, key)["statecode"] != inactive:
            service.set_state(work, entity.name, key, inactive)


def _held(work: Work) -> set[UUID]:
    """Return the keys of the roles that a user or a team has."""
    found: set[UUID] = set()
    for name in (core_names.USER_ROLES, core_names.TEAM_ROLES):
        link = work.catalog.relationships.get(name)
        if link is not None:
            place = 0 if link.first == core_names.ROLE else 1
            found |= {pair[place] for pair in pairs(work, name)}
    return found
