"""Know what a view is: columns, a filter in the rule language and a sort order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xrm.metadata.definitions import mappings, texts, words_of

ViewType = Literal["public", "lookup", "associated", "quick_find"]


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column: a field, or a path over lookups such as `primarycontactid.fullname`."""

    field: str
    width: int | None = None
    label: str | None = None

    @property
    def steps(self) -> tuple[str, ...]:
        """Return the path as its steps."""
        return tuple(self.field.split("."))


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a sort order."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A view of an entity's records."""

    entity: str
    name: str
    label: str
    columns: tuple[ViewColumn, ...]
    type: ViewType = "public"
    filter: str | None = None
    sort: tuple[SortKey, ...] = ()
    default: bool = False
    description: str = ""
    roles: tuple[str, ...] = ()


def sort_key(text: str) -> SortKey:
    """Read `name` or `-name` (descending)."""
    return SortKey(text.lstrip("-"), descending=text.startswith("-"))


def from_document(data: Mapping[str, Any]) -> View:
    """Read a document of kind `view`."""
    return View(
        entity=data["entity"],
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        columns=tuple(
            ViewColumn(c["field"], c.get("width"), c.get("label"))
            for c in mappings(data.get("columns"), "field")
        ),
        type=data.get("type", "public"),
        filter=data.get("filter"),
        sort=tuple(sort_key(key) for key in texts(data.get("sort"))),
        default=bool(data.get("default")),
        description=data.get("description", ""),
        roles=texts(data.get("roles")),
    )
