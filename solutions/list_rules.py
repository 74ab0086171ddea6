"""Know which lists of a definition are merged item by item, and what names an item.

A list that is not named here is replaced as a whole by a layer above.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from xrm.metadata.documents import Path

REMOVE: Final = "remove"
"""`remove: true` in an item takes the item of the same name away."""

Identity = Callable[[Any], Hashable]

_ANY: Final = "*"
_SETS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "entity": (("fields", _ANY, "to"),),
    "app": (("roles",),),
    "role": (("tasks",),),
    "view": (("roles",),),
    "form": (("roles",),),
    "dashboard": (("roles",),),
}
"""Lists that mean a set: a layer above adds to it."""
_NAMED: Final[Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]] = {
    "choice": ((("options",), ("value", "label")),),
    "entity": (
        (("states",), ("value",)),
        (("states", _ANY, "reasons"), ("value",)),
        (("fields", _ANY, "choices"), ("value", "label")),
    ),
    "form": (
        (("tabs",), ("name",)),
        (("tabs", _ANY, "sections"), ("name",)),
        (("sections",), ("name",)),
        (("tabs", _ANY, "sections", _ANY, "fields"), ("field",)),
        (("sections", _ANY, "fields"), ("field",)),
    ),
    "view": ((("columns",), ("field",)),),
    "app": (
        (("groups",), ("label",)),
        (("groups", _ANY, "items"), ("entity", "dashboard")),
    ),
}
"""Lists of items with a name: pattern of the path, keys of which one is the name."""


def is_set(kind: str, path: Path) -> bool:
    """Say whether the list at a path is a set of names."""
    return any(_matches(path, pattern) for pattern in _SETS.get(kind, ()))


def identities(kind: str, path: Path) -> Identity | None:
    """Return what names the items of the list at a path; `None` if it is replaced."""
    for pattern, keys in _NAMED.get(kind, ()):
        if _matches(path, pattern):
            return lambda item: _name_of(item, keys)
    return None


def _matches(path: Path, pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(
        wanted in (_ANY, step) for step, wanted in zip(path, pattern, strict=True)
    )


def _name_of(item: Any, keys: tuple[str, ...]) -> Hashable:
    if not isinstance(item, Mapping):
        return item if isinstance(item, (str, int)) else None
    for key in keys:
        value = item.get(key)
        if isinstance(value, (str, int)):
            return value
    return None
