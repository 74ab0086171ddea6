"""Know what a dashboard is: charts and views on a grid of twelve columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xrm.metadata.definitions import texts, words_of

Owner = Literal["me", "team", "everyone"]


@dataclass(frozen=True, slots=True)
class SharedFilter:
    """What the filter above all tiles says when the dashboard is opened.

    `period` is the name of an operator such as this-quarter, or any.
    """

    period: str = "any"
    owner: Owner = "everyone"


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: a chart or a view of an entity, `width` columns wide."""

    entity: str
    chart: str | None = None
    view: str | None = None
    label: str | None = None
    width: int = 6
    height: int = 4
    period_field: str | None = None
    """The date that the shared period is about; `None`: the period does not count."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard."""

    name: str
    label: str
    tiles: tuple[Tile, ...]
    description: str = ""
    roles: tuple[str, ...] = ()
    filter: SharedFilter = SharedFilter()


def from_document(data: Mapping[str, Any]) -> Dashboard:
    """Read a document of kind `dashboard`."""
    shared = data.get("filter") or {}
    return Dashboard(
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        tiles=tuple(
            Tile(
                entity=tile["entity"],
                chart=tile.get("chart"),
                view=tile.get("view"),
                label=tile.get("label"),
                width=tile.get("width", 6),
                height=tile.get("height", 4),
                period_field=tile.get("period_field"),
            )
            for tile in data.get("tiles") or ()
        ),
        description=data.get("description", ""),
        roles=texts(data.get("roles")),
        filter=SharedFilter(
            shared.get("period", "any"), shared.get("owner", "everyone")
        ),
    )
