"""Know whether a chart is sound: measure, grouping, filter."""

from xrm.metadata import charts
from xrm.metadata.charts import Grouping
from xrm.metadata.checks.context import Context
from xrm.metadata.documents import Path
from xrm.metadata.entities import Entity

NUMBERS = ("integer", "decimal", "currency", "float")
MOMENTS = ("date", "datetime")
UNGROUPED = ("rich_text", "multichoice", "tags", "file", "image", "location")


def check(context: Context) -> None:
    """Check a document of kind `chart`."""
    data = context.document.data
    chart = charts.from_document(data)
    entity = context.entity(chart.entity, ("entity",))
    if entity is None:
        return
    _check_measure(context, chart, entity)
    if chart.type != "number" and chart.group is None:
        context.report(
            "H002",
            f"A chart of type {chart.type} needs a group.",
            (),
            "Say what the records are grouped by, or set type: number.",
        )
    for key, grouping in (("group", chart.group), ("series", chart.series)):
        if grouping is not None:
            is_text = isinstance(data[key], str)
            path: Path = (key,) if is_text else (key, "field")
            _check_grouping(context, entity, grouping, path)
    context.filter(chart.filter, chart.entity, ("filter",))


def _check_measure(context: Context, chart: charts.Chart, entity: Entity) -> None:
    path: Path = ("measure", "field")
    if chart.field is None:
        if chart.aggregate != "count":
            context.report(
                "H001",
                f"The measure {chart.aggregate} needs a field.",
                ("measure",),
                "Add field: …, or count the records.",
            )
        return
    found = context.field_of_path(entity, chart.field, path)
    if found is None or chart.aggregate == "count":
        return
    allowed = (*NUMBERS, *MOMENTS) if chart.aggregate in ("min", "max") else NUMBERS
    if found.type not in allowed:
        context.report(
            "H001",
            f'"{chart.field}" is of type {found.type}; there is no '
            f"{chart.aggregate} of it.",
            path,
            "Name a field that holds numbers.",
        )


def _check_grouping(
    context: Context, entity: Entity, grouping: Grouping, path: Path
) -> None:
    found = context.field_of_path(entity, grouping.field, path)
    if found is None:
        return
    if found.type in UNGROUPED:
        context.report(
            "H002",
            f'Records cannot be grouped by "{grouping.field}": '
            f"it is of type {found.type}.",
            path,
            "Group by a choice, a lookup, a text or a date.",
        )
    elif grouping.period is not None and found.type not in MOMENTS:
        context.report(
            "H002",
            f'"{grouping.field}" is no date; it has no {grouping.period}.',
            (path[0], "period"),
            "Leave the period out.",
        )
