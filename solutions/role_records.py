"""Know how the roles that solutions declare become records that people are given.

Every declared role has one record. When its solution goes, a role that somebody has
stays as an inactive record that gives no rights, so that a re-install or an undo brings
everybody's rights back; any other goes.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from xrm.platform import core_names
from xrm.platform.database.work import Work
from xrm.platform.records import service
from xrm.solutions.records_files import record_key


def mirror_roles(work: Work) -> None:
    """Make the role records agree with the declared roles."""
    if core_names.ROLE not in work.catalog.entities:
        return
    entity = work.catalog.entity(core_names.ROLE)
    table = work.tables.table(entity.name)
    rows = work.connection.execute(select(table)).mappings()
    known: dict[str, Any] = {row["name"]: row for row in rows}
    active, inactive = (state.value for state in entity.states[:2])
    for role in work.catalog.roles.values():
        values = {"label": role.label, "description": role.description or None}
        row = known.get(role.name)
        if row is None:
            key = record_key(entity.name, role.name)
            service.create(work, entity.name, {"name": role.name, **values}, key=key)
            continue
        if row["statecode"] != active:
            service.set_state(work, entity.name, row[entity.key], active)
        if any(row[name] != value for name, value in values.items()):
            service.update(work, entity.name, row[entity.key], values)
    for name, row in known.items():
        if name in work.catalog.roles:
            continue
        if not _is_held(work, row[entity.key]):
            service.delete(work, entity.name, row[entity.key])
        elif row["statecode"] != inactive:
            service.set_state(work, entity.name, row[entity.key], inactive)


def _is_held(work: Work, role: UUID) -> bool:
    for name in (core_names.USER_ROLES, core_names.TEAM_ROLES):
        link = work.catalog.relationships.get(name)
        if link is None:
            continue
        pairs = work.tables.pairs(name)
        column = link.first_column if link.first == core_names.ROLE else None
        found = select(exists().where(pairs.c[column or link.second_column] == role))
        if work.connection.scalar(found):
            return True
    return False
