"""Know what a dashboard is: charts and views on a grid of twelve columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xrm.metadata.definitions import texts, words_of


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: a chart or a view of an entity, `width` columns wide."""

    entity: str
    chart: str | None = None
    view: str | None = None
    label: str | None = None
    width: int = 6
    height: int = 4


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard."""

    name: str
    label: str
    tiles: tuple[Tile, ...]
    description: str = ""
    roles: tuple[str, ...] = ()


def from_document(data: Mapping[str, Any]) -> Dashboard:
    """Read a document of kind `dashboard`."""
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
            )
            for tile in data.get("tiles") or ()
        ),
        description=data.get("description", ""),
        roles=texts(data.get("roles")),
    )
