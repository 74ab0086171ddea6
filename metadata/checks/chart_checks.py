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
            is_trend = chart.type == "number"
            _check_grouping(context, entity, grouping, path, is_trend=is_trend)
    if chart.series is not None and chart.type not in charts.PARTED:
        context.report(
            "H002",
            f"A chart of type {chart.type} shows no series.",
            ("series",),
            f"Leave it out, or choose a type of {', '.join(charts.PARTED)}.",
        )
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
    takes_dates = chart.aggregate in ("min", "max") and chart.type == "number"
    allowed = (*NUMBERS, *MOMENTS) if takes_dates and chart.group is None else NUMBERS
    if found.type not in allowed:
        context.report(
            "H001",
            f'"{chart.field}" is of type {found.type}; there is no '
            f"{chart.aggregate} of it.",
            path,
            "Name a field that holds numbers.",
        )
    elif "." not in chart.field and charts.base_amount(entity, chart.field) is None:
        context.report(
            "H001",
            f'"{chart.field}" may be in several currencies and has no amount in the '
            "base currency.",
            path,
            "Name an amount that is kept, or a formula over amounts ending in _base.",
        )


def _check_grouping(
    context: Context,
    entity: Entity,
    grouping: Grouping,
    path: Path,
    *,
    is_trend: bool,
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
    elif path[0] == "group" and grouping.period is None and is_trend:
        context.report(
            "H002",
            f'The trend of a number needs a period of "{grouping.field}".',
            path,
            "Name a date and its period, or leave the group out.",
        )
