"""Know how a tree of data grows from a stream of events, within its budgets.

Readers of YAML and JSON tell the builder what they meet, in the order of the text; it
keeps places, refuses duplicate keys and stops at a budget. It never recurses, so depth
cannot hurt it.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from xrm.metadata.documents import LoadedNode, Path, Position
from xrm.rule_engine.problems import Problem, Where

MAX_DEPTH: Final = {"YAML": 64, "JSON": 100}
MAX_NODES: Final = 200_000
MAX_ALIASES: Final = 100


class Refused(Exception):
    """The text cannot be read any further; carries the one problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(slots=True)
class _Frame:
    container: Any
    path: Path
    nodes_before: int
    anchor: str | None
    key: str | None = None

    @property
    def child(self) -> Path:
        if isinstance(self.container, list):
            return (*self.path, len(self.container))
        return (*self.path, self.key or "")


@dataclass(slots=True)
class TreeBuilder:
    """Builds the data of one file; `language` is YAML or JSON."""

    file: str
    language: str
    positions: dict[Path, Position] = field(default_factory=dict)
    keys: dict[Path, Position] = field(default_factory=dict)
    texts: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    root: Any = None
    _frames: list[_Frame] = field(default_factory=list)
    _nodes: int = 0
    _aliases: int = 0
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    _skipped: int = 0

    def fail(
        self, code: str, message: str, at: Position, hint: str | None = None
    ) -> Refused:
        """Return the exception that ends the reading."""
        return Refused(Problem(code, message, Where(self.file, *at), hint))

    @property
    def wants_key(self) -> bool:
        """Say whether the next scalar is the key of a mapping."""
        if not self._frames:
            return False
        frame = self._frames[-1]
        return isinstance(frame.container, dict) and frame.key is None

    @property
    def path(self) -> Path:
        """Return the path of the value that comes next."""
        return self._frames[-1].child if self._frames else ()

    def key(self, text: str, at: Position) -> None:
        """Take the key of the value that comes next.

        A second key of the same name is a problem; its value is read and dropped.
        """
        self._count(at)
        frame = self._frames[-1]
        path = (*frame.path, text)
        if text in frame.container:
            first = self.keys[path]
            self.problems.append(
                Problem(
                    "D010",
                    f'The key "{shorten(text)}" stands twice; '
                    f"the first one is in line {first[0]}.",
                    Where(self.file, *at),
                    "Remove one of them.",
                )
            )
            frame.key = f"{text}\0{len(self.problems)}"
            return
        frame.key = text
        self.keys[path] = at

    def scalar(self, value: Any, at: Position, anchor: str | None = None) -> None:
        """Take a value without parts."""
        self._count(at)
        path = self.path
        self._keep(anchor, value, 1)
        self._put(value, at)
        if anchor is None and path not in self.positions:
            self.positions[path] = at

    def open(self, container: Any, at: Position, anchor: str | None = None) -> None:
        """Begin a mapping or a list."""
        self._count(at)
        if len(self._frames) >= MAX_DEPTH[self.language]:
            raise self.fail(
                "D004",
                f"The {self.language} is nested deeper than "
                f"{MAX_DEPTH[self.language]} levels.",
                at,
                "Make it flatter.",
            )
        path = self.path
        self._put(container, at)
        self._frames.append(_Frame(container, path, self._nodes, anchor))

    def close(self) -> None:
        """End the innermost mapping or list."""
        frame = self._frames.pop()
        self._keep(frame.anchor, frame.container, self._nodes - frame.nodes_before + 1)
        if isinstance(frame.container, dict) and self.problems:
            for key in [key for key in frame.container if "\0" in key]:
                del frame.container[key]

    def alias(self, name: str, at: Position) -> None:
        """Take the value that an anchor named before."""
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise self.fail(
                "D006",
                f"There are more than {MAX_ALIASES} aliases (*{shorten(name)}).",
                at,
                "Write the values out.",
            )
        if name not in self._anchors:
            raise self.fail(
                "D007",
                f"There is no anchor &{shorten(name)} before this alias.",
                at,
                "Anchor the value first, or write it out.",
            )
        value, size = self._anchors[name]
        self._nodes += size - 1
        self._count(at)
        self._put(value, at)

    def finish(self, source: str) -> LoadedNode:
        """Return what was read."""
        problems = tuple(self.problems)
        return LoadedNode(
            self.file,
            source,
            None if problems else self.root,
            self.positions,
            self.keys,
            self.texts,
            problems,
        )

    def _keep(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _count(self, at: Position) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self.fail(
                "D005",
                f"The {self.language} has more than {MAX_NODES} keys and values.",
                at,
                "Split it into several files.",
            )

    def _put(self, value: Any, at: Position) -> None:
        if not self._frames:
            self.root = value
            self.positions[()] = at
            return
        frame = self._frames[-1]
        self.positions[frame.child] = at
        if isinstance(frame.container, list):
            frame.container.append(value)
        else:
            frame.container[frame.key] = value
            frame.key = None


def shorten(text: str) -> str:
    """Return a text as messages quote it: printable, at most 60 characters."""
    return printable(text if len(text) <= 60 else text[:57] + "…")


def printable(text: str) -> str:
    """Return a text with a sign in place of every character that cannot be printed."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
