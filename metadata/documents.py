"""Know what a document is: one definition as data, with the place of every key.

Reading texts is the business of `yaml_documents` and `json_documents`; `loading`
chooses between them by the name of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from xrm.rule_engine.problems import Problem, Where

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
Position = tuple[int, int]
"""Line and column, both from 1."""


class TextPlace(TypedDict):
    """Where the text of a value begins: keyword arguments of `rule_engine`."""

    file: str
    line: int
    column: int
    indent: int


@dataclass(frozen=True, slots=True)
class LoadedNode:
    """What was read of one file: its data, or the problems that came up.

    `positions` has the place of the value of every path, `keys` the place of its key,
    `texts` the place and indent of the content of block and quoted texts.
    """

    file: str
    source: str = ""
    data: Any = None
    positions: Mapping[Path, Position] = field(default_factory=dict)
    keys: Mapping[Path, Position] = field(default_factory=dict)
    texts: Mapping[Path, tuple[int, int, int]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def where(self, path: Path = (), *, key: bool = False) -> Where:
        """Return the place of a value or key; of the nearest parent if unknown."""
        return nearest(self.file, path, self.keys if key else {}, self.positions)


@dataclass(frozen=True, slots=True)
class Document:
    """One definition: its kind, its data, its file, the place of each path.

    `positions` maps a path of keys and indexes to (line, column), both from 1; it is
    empty for documents that come from the database. `source` is the text of the file as
    it came, byte for byte, so that a package is exported as it was installed; a
    document changed since then has none and is written by `yaml_writer.write_yaml`.
    """

    kind: str
    name: str
    data: Mapping[str, Any]
    file: str = ""
    positions: Mapping[Path, Position] = field(
        default_factory=dict, compare=False, repr=False
    )
    keys: Mapping[Path, Position] = field(
        default_factory=dict, compare=False, repr=False
    )
    texts: Mapping[Path, tuple[int, int, int]] = field(
        default_factory=dict, compare=False, repr=False
    )
    source: str = field(default="", repr=False)
    files: Mapping[Path, str] = field(default_factory=dict, compare=False, repr=False)
    """For a document merged of several: the file of each path not from `file`."""

    @property
    def key(self) -> str:
        """Return the name within the kind, `entity/name` where it belongs to one."""
        if self.kind in PER_ENTITY:
            return f"{self.data['entity']}/{self.name}"
        return self.name

    @property
    def title(self) -> str:
        """Return what messages call the file: its name, else kind and key."""
        name = self.file or f"{self.kind}:{self.key}"
        return "".join(c if c.isprintable() else "\ufffd" for c in name)

    def where(self, path: Path = (), *, key: bool = False) -> Where:
        """Return the place of a value or key; of the nearest parent if unknown."""
        where = nearest(self.title, path, self.keys if key else {}, self.positions)
        if not self.files:
            return where
        lengths = range(len(path), -1, -1)
        file = next(
            (self.files[path[:n]] for n in lengths if path[:n] in self.files), None
        )
        return Where(file, where.line, where.column) if file else where

    def text_place(self, path: Path) -> TextPlace:
        """Return where the text at a path begins: what `parse_rule` needs to know."""
        found = self.texts.get(path)
        where = self.where(path)
        line, column, indent = found or (where.line, where.column, 0)
        return TextPlace(file=where.file, line=line, column=column, indent=indent)


def nearest(
    file: str,
    path: Path,
    first: Mapping[Path, Position],
    then: Mapping[Path, Position],
) -> Where:
    """Return the place of a path, or of the nearest parent that has one."""
    for length in range(len(path), -1, -1):
        found = (first.get(path[:length]) if length == len(path) else None) or then.get(
            path[:length]
        )
        if found:
            return Where(file, *found)
    return Where(file, 1, 1)
