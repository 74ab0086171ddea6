"""Know whether a role is sound: its privileges are about entities that exist."""

from xrm.metadata import roles
from xrm.metadata.checks.context import Context
from xrm.metadata.roles import EVERY_ENTITY, Depth


def check(context: Context) -> None:
    """Check a document of kind `role`."""
    data = context.document.data
    role = roles.from_document(data)
    for name, depths in role.privileges.items():
        if name == EVERY_ENTITY:
            continue
        path = ("privileges", name)
        entity = context.catalog.entities.get(name)
        if entity is None:
            known = context.catalog.entities
            context.unknown("U001", "entity", name, path, known)
            continue
        if entity.kind == "child":
            context.report(
                "U002",
                f"The rights of {name} are those of its parent.",
                path,
                "Leave it out.",
                key=True,
                warning=True,
            )
            continue
        if entity.ownership == "user":
            continue
        body = data["privileges"][name]
        for verb, depth in depths.items():
            if depth in (Depth.NONE, Depth.ORGANIZATION):
                continue
            is_text = isinstance(body, str)
            context.report(
                "U002",
                f"{name} belongs to the organization; it knows no "
                f"{depth.name.lower()} records.",
                path if is_text else (*path, verb if verb in body else "all"),
                "Write organization or none.",
            )
            break
