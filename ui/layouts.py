"""Know the layouts a list can take: table, board, calendar, tree, chart.

Pure: of the entity's definition and what the reader may see. A layout is offered only
where the entity has what it needs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from xrm.metadata.entities import Entity, Field
from xrm.ui.calendar_page import date_fields
from xrm.ui.columns import CHOICES
from xrm.ui.filters import Choice
from xrm.ui.list_state import ListState

FEW = 24
"""Options of a field up to which it makes lanes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One button of the switch."""

    name: str
    label: str
    icon: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Layouts:
    """The switch, and the fields the present layout can be made of."""

    buttons: tuple[Layout, ...] = ()
    by_word: str = ""
    """What the field does: "Lanes", "Days"."""
    by_label: str = ""
    by: tuple[Choice, ...] = ()
    """Address and label of each field the layout can be made of."""


def lane_fields(entity: Entity, readable: frozenset[str]) -> list[Field]:
    """Return the fields whose options can be lanes, the one to begin with first."""
    found = [
        field
        for field in entity.fields.values()
        if field.type in CHOICES
        and field.name in readable
        and field.choices is not None
        and 2 <= len(field.choices.options) <= FEW
    ]
    return sorted(
        found,
        key=lambda f: (f.name != entity.board, f.type != "status", f.label.casefold()),
    )


def chosen(fields: Iterable[Field], name: str) -> Field | None:
    """Return the field of this name, or else the first."""
    every = list(fields)
    return next((f for f in every if f.name == name), every[0] if every else None)


def layout_of(entity: Entity, state: ListState, readable: frozenset[str]) -> str:
    """Return the layout to show: the one asked for if the entity offers it."""
    return state.layout if state.layout in _able(entity, readable) else ""


def layouts_of(
    entity: Entity,
    state: ListState,
    readable: frozenset[str],
    plain: str = "",
    chart: str = "",
) -> Layouts:
    """Return the switch of a list's head; without buttons where there is no choice.

    `plain` is what the address says of the list: `list` in a view kept as a board.
    `chart` is the address of the entity's first chart.
    """
    able = _able(entity, readable)
    if not able and not chart:
        return Layouts()
    now = layout_of(entity, state, readable)
    buttons = [
        Layout(name, label, icon, state.laid_out(name or plain).address(), name == now)
        for name, label, icon in (("", "List", "list"), *able.values())
    ]
    if chart:
        buttons.append(Layout("chart", "Chart", "chart-bar", chart, current=False))
    fields, word = _made_of(entity, now, readable)
    here = chosen(fields, state.by)
    return Layouts(
        tuple(buttons),
        by_word=word,
        by_label=here.label if here else "",
        by=tuple(
            Choice(_by(state, now, f.name).address(), f.label, f is here)
            for f in fields
        ),
    )


def _by(state: ListState, now: str, name: str) -> ListState:
    return replace(state.first(), layout=now, by=name)


def _made_of(
    entity: Entity, layout: str, readable: frozenset[str]
) -> tuple[list[Field], str]:
    """Return the fields that a layout can be made of, and what it does with one."""
    if layout == "board":
        return lane_fields(entity, readable), "Lanes"
    if layout == "calendar" and entity.kind != "activity":
        return date_fields(entity, readable), "Date"
    return [], ""


def _able(entity: Entity, readable: frozenset[str]) -> dict[str, tuple[str, str, str]]:
    found: dict[str, tuple[str, str, str]] = {}
    if lane_fields(entity, readable):
        found["board"] = ("board", "Board", "layout-kanban")
    if date_fields(entity, readable):
        found["calendar"] = ("calendar", "Calendar", "calendar")
    if entity.hierarchy is not None and entity.hierarchy in readable:
        found["tree"] = ("tree", "Tree", "hierarchy")
    return found
