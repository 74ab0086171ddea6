"""Know the column picker: which columns a list shows, in which order and width.

Each step is the whole form sent once: `do` says what to move, drop or add.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.paths import entity_at, field_at
from xrm.metadata.views import ViewColumn
from xrm.ui import filter_words
from xrm.ui.filter_builder import OWN
from xrm.ui.filters import Choice
from xrm.ui.list_state import MOST_COLUMNS

WIDTHS = (
    ("", "Fits"),
    ("100", "Narrow"),
    ("160", "Medium"),
    ("240", "Wide"),
    ("340", "Widest"),
)
NOT_SHOWN = frozenset({"rich_text", "file", "image"})


@dataclass(frozen=True, slots=True)
class Picked:
    """A column that is shown."""

    path: str
    label: str
    widths: tuple[Choice, ...]
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """The column picker's page."""

    title: str
    action: str
    state: str
    back: str
    picked: tuple[Picked, ...]
    ways: tuple[Choice, ...]
    fields: tuple[Choice, ...]
    is_full: bool


def build(
    catalog: Catalog,
    entity: Entity,
    columns: Sequence[ViewColumn],
    way: str,
    readable: Callable[[str], frozenset[str]],
    *,
    action: str,
    state: str,
    back: str,
) -> Picker:
    """Return the picker for columns; `way` says whose fields are offered."""
    ways = filter_words.ways_up(catalog, entity, readable)
    if way not in {choice.value for choice in ways}:
        way = ""
    shown = {column.field for column in columns}
    holder = entity_at(catalog, entity, way) or entity
    prefix = f"{way}." if way else ""
    fields = [
        Choice(f"{prefix}{field.name}", field.label)
        for field in sorted(
            holder.fields.values(), key=lambda f: (f.system, f.label.casefold())
        )
        if field.name in readable(holder.name)
        and field.type not in NOT_SHOWN
        and f"{prefix}{field.name}" not in shown
        and field.name not in ("versionnumber", "importsequencenumber")
    ]
    last = len(columns) - 1
    return Picker(
        title=f"Columns of {entity.plural_label.lower()}",
        action=action,
        state=state,
        back=back,
        picked=tuple(
            Picked(
                column.field,
                column.label or filter_words.path_label(catalog, entity, column.field),
                _widths(column.width),
                number == 0,
                number == last,
            )
            for number, column in enumerate(columns)
        ),
        ways=tuple(replace(c, selected=c.value == way) for c in (OWN, *ways)),
        fields=tuple(fields),
        is_full=len(columns) >= MOST_COLUMNS,
    )


def _widths(width: int | None) -> tuple[Choice, ...]:
    text = str(width) if width else ""
    known = text in {value for value, _ in WIDTHS}
    named = WIDTHS if known else (*WIDTHS, (text, f"{text} px"))
    return tuple(Choice(value, label, value == text) for value, label in named)


def changed(columns: Sequence[ViewColumn], do: str, add: str) -> list[ViewColumn]:
    """Return the columns after a step: `up:2`, `down:0`, `drop:1`, `add`."""
    made = list(columns)
    verb, _, text = do.partition(":")
    at = int(text) if text.isdigit() else -1
    if verb == "add" and add and add not in {c.field for c in made}:
        made.append(ViewColumn(add))
    if not 0 <= at < len(made):
        return made
    if verb == "drop" and len(made) > 1:
        del made[at]
    elif verb == "up" and at > 0:
        made[at - 1], made[at] = made[at], made[at - 1]
    elif verb == "down" and at < len(made) - 1:
        made[at + 1], made[at] = made[at], made[at + 1]
    return made


def readable_columns(
    catalog: Catalog, entity: Entity, columns: Sequence[ViewColumn]
) -> list[ViewColumn]:
    """Return the columns that lead somewhere."""
    return [
        column
        for column in columns
        if field_at(catalog, entity, column.field) is not None
    ]
