"""Know what an app is: a navigation of groups with entities, dashboards and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xrm.metadata.definitions import mappings, texts, words_of


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation: an entity (with a first view) or a dashboard."""

    entity: str | None = None
    view: str | None = None
    dashboard: str | None = None
    label: str | None = None
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class NavGroup:
    """A titled group of entries."""

    label: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True, slots=True)
class App:
    """An app; an empty `roles` means that everyone may open it."""

    name: str
    label: str
    groups: tuple[NavGroup, ...]
    description: str = ""
    icon: str | None = None
    color: str | None = None
    roles: tuple[str, ...] = ()
    order: int = 100


def from_document(data: Mapping[str, Any]) -> App:
    """Read a document of kind `app`."""
    return App(
        name=data["name"],
        label=data.get("label") or words_of(data["name"]),
        groups=tuple(
            NavGroup(
                label=group.get("label", ""),
                items=tuple(
                    NavItem(
                        entity=item.get("entity"),
                        view=item.get("view"),
                        dashboard=item.get("dashboard"),
                        label=item.get("label"),
                        icon=item.get("icon"),
                    )
                    for item in mappings(group.get("items"), "entity")
                ),
            )
            for group in data.get("groups") or ()
        ),
        description=data.get("description", ""),
        icon=data.get("icon"),
        color=data.get("color"),
        roles=texts(data.get("roles")),
        order=data.get("order", 100),
    )
