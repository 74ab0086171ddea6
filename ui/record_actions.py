"""Know what can be done with a record: its next states, and what else is offered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xrm.metadata.entities import Entity, State
from xrm.ui.hues import hue_of
from xrm.ui.reading import lower_first


@dataclass(frozen=True, slots=True)
class FormRights:
    """What the person may do with this record."""

    write: bool = False
    delete: bool = False
    assign: bool = False
    create: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done with the record."""

    label: str
    href: str
    icon: str
    danger: bool = False


def next_states(entity: Entity, current: int | None) -> list[State]:
    """Return the states a record may go to from its present one."""
    state = entity.state(current)
    if state is None:
        return []
    if entity.transitions is None:
        return [other for other in entity.states if other is not state]
    names = entity.transitions.get(state.name, ())
    return [other for other in entity.states if other.name in names]


def state_words(entity: Entity, current: int | None, to: State) -> str:
    """Return what changing to a state is called on a button."""
    order = [state.value for state in entity.states]
    first = order and to.value == order[0]
    if first:
        return "Reopen" if to.name == "Open" else "Activate"
    if to.name.casefold() == "inactive":
        return "Deactivate"
    return f"Mark as {lower_first(to.name)}"


def state_icon(to: State) -> str:
    """Return the icon of a state's button."""
    hue = hue_of(to.color)
    return {"green": "circle-check", "red": "circle-x", "blue": "refresh"}.get(
        hue, "progress-check"
    )


def state_actions(
    entity: Entity, row: Mapping[str, Any] | None, address: str, rights: FormRights
) -> tuple[Action, ...]:
    """Return the buttons that change the state."""
    if not rights.write or row is None or len(entity.states) < 2:
        return ()
    current = row.get("statecode")
    return tuple(
        Action(
            state_words(entity, current, to),
            f"{address}/state?to={to.value}",
            state_icon(to),
        )
        for to in next_states(entity, current)
    )


def other_actions(
    entity: Entity, address: str, rights: FormRights
) -> tuple[Action, ...]:
    """Return what stands in the menu of a record."""
    made = []
    if rights.assign:
        made.append(Action("Assign", f"{address}/assign", "user-share"))
    if entity.audited:
        made.append(Action("History", f"{address}/history", "history"))
    if rights.delete:
        made.append(Action("Delete", f"{address}/delete", "trash", danger=True))
    return tuple(made)
