"""Know whether a relationship of many to many is sound."""

from xrm.metadata.checks.context import Context
from xrm.metadata.checks.names import reserved_entity


def check(context: Context) -> None:
    """Check a document of kind `relationship`."""
    data = context.document.data
    entities = list(data["entities"])
    for index, name in enumerate(entities):
        context.entity(name, ("entities", index), "L001")
    allowed = [entities[0], "back"] if entities[0] == entities[1] else entities
    for name in data.get("collections") or ():
        if name not in allowed:
            context.report(
                "L002",
                f'"{name}" is not part of this relationship.',
                ("collections", name),
                f"Name the collections of {' and '.join(allowed)}.",
                key=True,
            )
    table = data.get("table") or data["name"]
    reason = reserved_entity(table)
    if reason:
        path = ("table",) if "table" in data else ("name",)
        context.report("E001", reason, path, "Choose another name.")
