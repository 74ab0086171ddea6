"""Know the tree: records under the record they belong to, level by level.

Pure. Only levels that are open are read; a record is never shown below itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity
from xrm.ui.columns import Cell, Column, Columns
from xrm.ui.list_state import ListState
from xrm.ui.reading import Reader

DEEPEST = 12
MOST_OPEN = 60
"""Records that an address holds open."""
ROWS = 100
"""Records of one level that are shown."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One record of the tree."""

    id: str
    title: str
    level: int
    lead: Cell
    cells: tuple[Cell, ...]
    count: int
    """How many records stand directly below it."""
    is_open: bool
    toggle: str
    """The address that opens or closes it."""
    fetch: str
    """The address of the rows below it; empty where it may not be opened."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The records of a level that are not shown."""

    level: int
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class TreePage:
    """Everything the tree shows."""

    heads: tuple[tuple[str, str], ...]
    rows: tuple["TreeRow | Rest", ...]
    label: str
    """What the records stand under: "Parent account"."""
    is_flat: bool
    """Whether filters put every match at the top."""


def ordered(columns: Columns) -> tuple[Column, ...]:
    """Return the columns with the one that names the record first."""
    lead = next((c for c in columns.items if "m-lead" in c.css), columns.items[0])
    return (lead, *(c for c in columns.items if c is not lead))


def row_of(
    row: Mapping[str, Any],
    entity: Entity,
    columns: Iterable[Column],
    reader: Reader,
    state: ListState,
    *,
    count: int,
    level: int,
    above: tuple[UUID, ...],
    open_ids: frozenset[UUID],
) -> TreeRow:
    """Return a row of the tree."""
    lead, *cells = [column.make(row, reader) for column in columns]
    id_: UUID = row[entity.key]
    can_open = bool(count) and level < DEEPEST and id_ not in above
    is_open = can_open and id_ in open_ids
    now = open_ids - {id_} if is_open else open_ids | {id_}
    chain = ",".join(str(one) for one in (*above, id_))
    return TreeRow(
        id=str(id_),
        title=lead[2] or "No name",
        level=level,
        lead=lead,
        cells=tuple(cells),
        count=count,
        is_open=is_open,
        toggle=state.address(open=open_text(now)) if can_open else "",
        fetch=state.address(under=chain) if can_open else "",
    )


def open_text(ids: Iterable[UUID]) -> str:
    """Return the open records as they stand in an address."""
    return ",".join(sorted(str(one) for one in ids)[:MOST_OPEN])


def read_ids(text: str, most: int) -> tuple[UUID, ...]:
    """Return the ids of a text, what is none left out."""
    found = []
    for part in text.split(",")[:most]:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))
