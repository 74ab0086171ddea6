"""Know what a chart is: an aggregate of an entity's records, grouped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xrm.metadata.definitions import words_of
from xrm.metadata.entities import Entity, Field

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
Sort = Literal["group", "value"]


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
    sort: Sort | None = None
    """By the group's own order or by the measure; `None`: as its field suggests."""
    better: Literal["higher", "lower"] = "higher"
    """Which way a number with a trend should move."""
    description: str = ""


PARTED: tuple[ChartType, ...] = ("bar", "column", "stacked", "line", "area")
"""Types that can show series."""


def base_amount(entity: Entity, name: str) -> str | None:
    """Return the field that holds an amount in the base currency.

    Amounts of several currencies are only added up there. `None` for an amount that has
    no such field beside it; a field that is no amount, or a base itself, is its own.
    """
    field = entity.fields[name]
    if field.type != "currency" or "base_of" in field.options:
        return name
    beside = f"{name}_base"
    if beside in entity.fields:
        return beside
    if "exchangerate" not in entity.fields or _is_in_base(entity, field):
        return name
    return None


def _is_in_base(entity: Entity, field: Field) -> bool:
    """Say whether a formula is made of amounts in the base currency only."""
    words = re.findall(r"[a-z_0-9]+", field.formula or "")
    known = [entity.fields[word] for word in words if word in entity.fields]
    amounts = [one for one in known if one.type == "currency"]
    return bool(amounts) and all("base_of" in one.options for one in amounts)


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
        sort=data.get("sort"),
        better=data.get("better", "higher"),
        description=data.get("description", ""),
    )
