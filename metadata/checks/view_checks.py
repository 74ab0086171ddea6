"""Know whether a view is sound: columns, filter, sort order, roles."""

from xrm.metadata import views
from xrm.metadata.checks.context import Context
from xrm.metadata.fields import FIELD_TYPES


def check(context: Context) -> None:
    """Check a document of kind `view`."""
    view = views.from_document(context.document.data)
    context.roles(view.roles)
    entity = context.entity(view.entity, ("entity",))
    if entity is None:
        return
    seen: set[str] = set()
    for index, column in enumerate(view.columns):
        path = ("columns", index)
        context.field_of_path(entity, column.field, path)
        if column.field in seen:
            context.report(
                "V007",
                f'The column "{column.field}" stands twice.',
                path,
                "Remove one.",
            )
        seen.add(column.field)
    places = context.paths("sort")
    for index, key in enumerate(view.sort):
        found = context.field_of_path(entity, key.field, places[index])
        kind = FIELD_TYPES.get(found.type) if found else None
        if found and kind and not kind.can_sort:
            context.report(
                "V003",
                f'No list can be sorted by "{key.field}": it is of type {found.type}.',
                places[index],
                "Sort by another field.",
            )
    context.filter(view.filter, view.entity, ("filter",))
