"""Know where the rows of a nested file are, and how a row names what is around it.

A path leads to a list: `Invoice.Lines`. A row of a list within a list has its parent
under `..`, which mapping files name as `..Id` or `..name.first`, the parent of that as
`....Id`. The step `*` goes into
every entry of an object whose keys are data, `{SSAF: [...], SSEG: [...]}`: the key of
the entry is `..key`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from xrm.platform.errors import UnreadableFile

Row = Mapping[str, Any]

ENTRIES: Final = "*"
_PARENT: Final = ".."


def tree_rows(data: Any, path: str | None, name: str) -> list[Row]:
    """Return the rows at a path; a nested list carries its parents under `..`.

    Raises:
        UnreadableFile: nothing is at the path, or no list of objects.
    """
    steps = [step for step in (path or "").removeprefix("$").split(".") if step]
    level: list[tuple[Any, Row | None]] = [(data, None)]
    for step in steps:
        key = step.removesuffix("[]")
        level = [
            (child, _below(above, parent) if above is not data else parent)
            for node, parent in level
            for item in (node if isinstance(node, list) else [node])
            if isinstance(item, Mapping)
            for child, above in _children(item, key)
        ]
        if not level:
            raise UnreadableFile(
                f'{name} has nothing at "{path}" (looked for "{key}").',
                code="no_such_path",
            )
    found: list[Row] = []
    for node, parent in level:
        for item in node if isinstance(node, list) else [node]:
            if not isinstance(item, Mapping):
                raise UnreadableFile(
                    f"{name}: a list of objects was expected, found "
                    f"{type(item).__name__}. Name the path of the rows.",
                    code="not_rows",
                )
            found.append(_below(item, parent))
    if isinstance(data, Mapping) and not steps and len(data) and len(found) == 1:
        lists = [key for key, value in data.items() if isinstance(value, list)]
        if lists:
            raise UnreadableFile(
                f"{name} holds several lists ({', '.join(lists)}). Name one as path.",
                code="path_needed",
            )
    return found


def _children(item: Row, key: str) -> list[tuple[Any, Row]]:
    """Return what is at a step, each with the object that it is part of."""
    if key == ENTRIES:
        return [(entry, {"key": name}) for name, entry in item.items()]
    return [(item[key], item)] if key in item else []


def _below(item: Row, parent: Row | None) -> Row:
    return item if parent is None else {**item, _PARENT: parent}


def value_at(row: Row, column: str) -> Any:
    """Return a value of a row; `a.b` reaches into objects, `..x` to the parent."""
    if column in row:
        return row[column]
    if column.startswith(_PARENT):
        parent = row.get(_PARENT)
        return value_at(parent, column[2:]) if parent is not None else None
    node: Any = row
    for step in column.split("."):
        if not isinstance(node, Mapping):
            return None
        node = node.get(step)
    return node


def is_plain(value: Any) -> bool:
    """Tell whether a value is a cell: no list, no object."""
    return value is None or isinstance(
        value, str | int | float | bool | date | datetime
    )
