"""The typed tree: what an expression means, ready for both compilers.

Made only by the checker, so every name in it exists and every operand fits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.problems import Where
from xrm.rule_engine.types import RuleType


@dataclass(frozen=True, slots=True)
class Typed:
    """A node with a type."""

    type: RuleType
    where: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Constant(Typed):
    """A value known now."""

    value: Any


@dataclass(frozen=True, slots=True)
class Read(Typed):
    """A field of a record, or with several steps a field over lookups.

    `level` counts outward from the innermost aggregate; no steps mean the record's id.
    """

    steps: tuple[str, ...]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Old(Typed):
    """The value of a field before the write."""

    name: str


@dataclass(frozen=True, slots=True)
class Changed(Typed):
    """Whether this write changes the field."""

    name: str


@dataclass(frozen=True, slots=True)
class Fact(Typed):
    """What the surroundings know: `now`, `today`, `user_id`, `user`, `has_role`."""

    name: str
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class Invoke(Typed):
    """A function or operator with all its arguments."""

    function: Function
    arguments: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Coalesce(Typed):
    """The first value that is not empty."""

    operands: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Compare(Typed):
    """`= != < <= > >=` between values of one family of types."""

    operator: str
    left: Typed
    right: Typed


@dataclass(frozen=True, slots=True)
class TextMatch(Typed):
    """`contains`, `starts with` or `ends with`, without regard to case."""

    operator: str
    left: Typed
    right: Typed


@dataclass(frozen=True, slots=True)
class HasOption(Typed):
    """Whether a multichoice field holds the option with this number."""

    operand: Read
    value: int


@dataclass(frozen=True, slots=True)
class Logic(Typed):
    """`and`, `or`, in three-valued logic."""

    operator: str
    operands: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Not(Typed):
    """`not`, in three-valued logic."""

    operand: Typed


@dataclass(frozen=True, slots=True)
class IsEmpty(Typed):
    """Whether there is no value; never unknown."""

    operand: Typed
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Typed):
    """Whether the operand equals one of the options."""

    operand: Typed
    options: tuple[Typed, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Between(Typed):
    """`low <= operand and operand <= high`."""

    operand: Typed
    low: Typed
    high: Typed


@dataclass(frozen=True, slots=True)
class Choose(Typed):
    """`then` when the condition is true, else `otherwise`."""

    condition: Typed
    then: Typed
    otherwise: Typed


@dataclass(frozen=True, slots=True)
class Aggregate(Typed):
    """One value over the child records of a collection.

    `function` is count, sum, avg, min, max or exists; `steps` are lookups that lead to
    the record that owns the collection, `level` as in `Read`; `argument` and
    `condition` are about one child (level 0).
    """

    function: str
    steps: tuple[str, ...]
    level: int
    collection: str
    entity: str
    argument: Typed | None
    condition: Typed | None


def children(node: Typed) -> Iterator[Typed]:
    """Yield the nodes directly below one."""
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, Typed):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Typed))


def depth(root: Typed) -> int:
    """Return how deep a tree is, without recursion."""
    deepest, waiting = 0, [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in children(node))
    return deepest


def count_nodes(node: Typed) -> int:
    """Return how many nodes a tree has: its evaluation steps."""
    return 1 + sum(count_nodes(child) for child in children(node))


@dataclass(frozen=True, slots=True)
class Event:
    """What starts a rule: `operation`, with the fields of a `change of`."""

    operation: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that a rule does."""

    where: Where = field(compare=False)


@dataclass(frozen=True, slots=True)
class Set(Statement):
    """Write a field of the record."""

    field: str
    value: Typed


@dataclass(frozen=True, slots=True)
class Report(Statement):
    """`reject` or `warn`, with a message and perhaps a field."""

    kind: str
    message: Typed
    field: str | None


@dataclass(frozen=True, slots=True)
class If(Statement):
    """Run the block of the first true condition, else `otherwise`."""

    branches: tuple[tuple[Typed, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]


def statements(block: tuple[Statement, ...]) -> Iterator[Statement]:
    """Yield all statements of a block, inner ones too."""
    for statement in block:
        yield statement
        if isinstance(statement, If):
            for _, inner in statement.branches:
                yield from statements(inner)
            yield from statements(statement.otherwise)


def expressions(block: tuple[Statement, ...]) -> Iterator[Typed]:
    """Yield all expressions of a block."""
    for statement in statements(block):
        if isinstance(statement, Set):
            yield statement.value
        elif isinstance(statement, Report):
            yield statement.message
        elif isinstance(statement, If):
            yield from (condition for condition, _ in statement.branches)
