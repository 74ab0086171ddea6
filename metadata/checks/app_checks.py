"""Know whether an app is sound: its navigation leads somewhere."""

from xrm.metadata import apps
from xrm.metadata.checks.context import Context
from xrm.metadata.documents import Path


def check(context: Context) -> None:
    """Check a document of kind `app`."""
    data = context.document.data
    app = apps.from_document(data)
    context.roles(app.roles)
    for number, group in enumerate(app.groups):
        for index, item in enumerate(group.items):
            path: Path = ("groups", number, "items", index)
            if isinstance(data["groups"][number]["items"][index], str):
                context.entity(item.entity or "", path)
                continue
            _check_item(context, item, path)


def _check_item(context: Context, item: apps.NavItem, path: Path) -> None:
    if item.entity is None and item.dashboard is None:
        context.report(
            "A001",
            "The entry leads nowhere.",
            path,
            "Name an entity or a dashboard.",
        )
    if item.dashboard is not None and item.dashboard not in context.catalog.dashboards:
        known = context.catalog.dashboards
        context.unknown(
            "A001", "dashboard", item.dashboard, (*path, "dashboard"), known
        )
    entity = context.entity(item.entity, (*path, "entity")) if item.entity else None
    if item.view is not None:
        if item.entity is None:
            context.report(
                "A001",
                f'The view "{item.view}" belongs to no entity.',
                (*path, "view"),
                "Name the entity too.",
            )
        elif entity is not None:
            views = context.catalog.views.get(entity.name, {})
            if item.view not in views:
                what = f"view of {entity.name}"
                context.unknown("A001", what, item.view, (*path, "view"), views)
