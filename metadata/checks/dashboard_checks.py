"""Know whether a dashboard is sound: every tile shows something that exists."""

from xrm.metadata import dashboards
from xrm.metadata.checks.context import Context
from xrm.metadata.documents import Path
from xrm.metadata.entities import Entity


def check(context: Context) -> None:
    """Check a document of kind `dashboard`."""
    dashboard = dashboards.from_document(context.document.data)
    context.roles(dashboard.roles)
    for index, tile in enumerate(dashboard.tiles):
        path = ("tiles", index)
        entity = context.entity(tile.entity, (*path, "entity"))
        if entity is None:
            continue
        if tile.period_field is not None:
            _check_period(context, entity, tile.period_field, (*path, "period_field"))
        if tile.chart is None and tile.view is None:
            context.report(
                "B001",
                "The tile shows nothing.",
                path,
                "Name a chart or a view.",
            )
        charts = context.catalog.charts.get(tile.entity, {})
        views = context.catalog.views.get(tile.entity, {})
        if tile.chart is not None and tile.chart not in charts:
            what = f"chart of {tile.entity}"
            context.unknown("B001", what, tile.chart, (*path, "chart"), charts)
        if tile.view is not None and tile.view not in views:
            what = f"view of {tile.entity}"
            context.unknown("B001", what, tile.view, (*path, "view"), views)


def _check_period(context: Context, entity: Entity, name: str, path: Path) -> None:
    found = context.field(entity, name, path)
    if found is not None and found.type not in ("date", "datetime"):
        context.report(
            "B002",
            f'"{name}" of {entity.name} is of type {found.type}, which no period fits.',
            path,
            "Name a date field.",
        )
