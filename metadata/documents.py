"""Know what a document is: one definition as data, with the place of every key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "solution",
    "choice",
    "entity",
    "relationship",
    "form",
    "view",
    "chart",
    "dashboard",
    "app",
    "role",
    "rule",
)
PER_ENTITY = frozenset({"form", "view", "chart", "rule"})
"""Kinds whose definitions belong to one entity."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One definition: its kind, its data, the file it stands in, the place of each path.

    `positions` maps a path of keys and indexes to (line, column), both from 1; it is empty
    for documents that come from the database.
    """

    kind: str
    name: str
    data: Mapping[str, Any]
    file: str = ""
    positions: Mapping[Path, tuple[int, int]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return the name within the kind: `entity/name` for kinds that belong to one."""
        if self.kind in PER_ENTITY:
            return f"{self.data['entity']}/{self.name}"
        return self.name
