"""Know the tools in a list's head: my views, columns, filter builder, save, export.

Pure. Everything is a link or a small form, so all of it works without scripts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xrm.platform.services.personal_views import PersonalView
from xrm.ui.filters import Chip
from xrm.ui.list_state import ListState
from xrm.ui.shell import Link


@dataclass(frozen=True, slots=True)
class Tool:
    """One entry of the menu: a link, a dialog, or a form that is sent at once."""

    label: str
    href: str
    icon: str
    how: str = "link"
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What the head offers."""

    state: str = ""
    """The query of the address, for forms that come back to it."""
    mine: tuple[Link, ...] = ()
    columns: str = ""
    builder: str = ""
    save: str = ""
    """Where a changed personal view is saved; empty for a public one."""
    save_as: str = ""
    menu: tuple[Tool, ...] = ()
    notices: tuple[str, ...] = ()
    chips: tuple[Chip, ...] = ()


def tools_of(
    state: ListState,
    mine: Sequence[PersonalView],
    personal: PersonalView | None,
    *,
    may_write: bool = False,
    may_create: bool = False,
    may_keep: bool,
    notices: tuple[str, ...],
    chips: tuple[Chip, ...],
    views_address: str,
) -> Tools:
    """Return the tools of a list."""
    base = replace(state, after="", trail=(), page=1, adding="")
    query = base.address().partition("?")[2]
    tail = f"?{query}" if query else ""
    path = state.path
    save_as = f"{path}/views/save{tail}" if may_keep else ""
    menu = [Tool("Choose columns", f"{path}/columns{tail}", "columns-3", "dialog")]
    if may_write:
        menu.append(Tool("Edit all of them", f"{path}/bulk-edit{tail}", "pencil"))
    joint = f"{tail}&" if tail else "?"
    menu += [
        Tool("Export to Excel", f"{path}/export{joint}format=xlsx", "file-export"),
        Tool("Export to CSV", f"{path}/export{joint}format=csv", "file-text"),
    ]
    if may_create:
        menu.append(Tool("Import a file", f"{path}/import", "file-import"))
    if save_as:
        menu.append(Tool("Save as a new view", save_as, "device-floppy", "dialog"))
    if personal is not None:
        menu += _personal(path, personal, views_address)
    is_own = personal is not None and personal.is_mine
    return Tools(
        state=query,
        mine=tuple(
            Link(
                one.name,
                f"{path}?view={one.id}",
                "star" if one.is_default else "list",
                personal is not None and one.id == personal.id,
            )
            for one in mine
        ),
        columns=f"{path}/columns{tail}",
        builder=f"{path}/filter{tail}",
        save=f"{path}/views/{personal.id}/save" if personal and is_own else "",
        save_as=save_as,
        menu=tuple(menu),
        notices=notices,
        chips=chips,
    )


def _personal(path: str, personal: PersonalView, views_address: str) -> list[Tool]:
    address = f"{path}/views/{personal.id}"
    made = []
    if personal.is_mine:
        made += [
            Tool("Save changes", f"{address}/save", "device-floppy", "post"),
            Tool("Do not open first", f"{address}/default?on=0", "star", "post")
            if personal.is_default
            else Tool(
                "Open this view first", f"{address}/default?on=1", "star", "post"
            ),
            Tool("Rename", f"{address}/rename", "edit", "dialog"),
        ]
        record = f"{views_address}/{personal.id}"
        made.append(
            Tool("Assign to someone", f"{record}/assign", "user-share", "dialog")
        )
        made.append(Tool("Delete view", f"{address}/delete", "trash", "dialog", True))
    return made
