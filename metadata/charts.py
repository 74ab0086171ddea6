"""Know what a chart is: an aggregate of an entity's records, grouped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xrm.metadata.definitions import words_of

ChartType = Literal[
    "bar",
    "column",
    "stacked",
    "line",
    "area",
    "pie",
    "doughnut",
    "funnel",
    "number",
]
Aggregate = Literal["count", "sum", "avg", "min", "max"]
Period = Literal["day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What the records are grouped by: a field or path, a date by a period."""

    field: str
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of an entity."""

    entity: str
    name: str
    label: str
    type: ChartType
    aggregate: Aggregate = "count"
    field: str | None = None
    group: Grouping | None = None
    series: Grouping | None = None
    filter: str | None = None
    limit: int | None = None
    description: str = ""


def _grouping(data: Any) -> Grouping | None:
    if data is None:
        return None
    if isinstance(data, str):
        return Grouping(data)
    return Grouping(data["field"], data.get("period"))


def from_document(data: Mapping[str, Any]) -> Chart:
    """Read a document of kind `chart`: its measure, group and series."""
    measure = data.get("measure") or {}
    return Chart(
        entity=data["entity"],
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        type=data.get("type", "column"),
        aggregate=measure.get("aggregate", "count"),
        field=measure.get("field"),
        group=_grouping(data.get("group")),
        series=_grouping(data.get("series")),
        filter=data.get("filter"),
        limit=data.get("limit"),
        description=data.get("description", ""),
    )
