"""The syntax tree: what was written, before any meaning is known.

Every node is frozen and carries the place where it begins. The checker turns
expressions into the typed nodes of `typed_nodes.py`.
"""

from dataclasses import dataclass
from decimal import Decimal

from xrm.rule_engine.problems import Where


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that was written, and where."""

    where: Where


@dataclass(frozen=True, slots=True)
class Expression(Node):
    """Something that has a value."""


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """`12`, `1.50`, `"text"`, `true`; `None` stands for `empty`."""

    value: int | Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class DurationLiteral(Expression):
    """`3 days`; the unit is singular."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Path(Expression):
    """`customerid.name`; `quoted` says which steps stood in back quotes."""

    steps: tuple[str, ...]
    quoted: tuple[bool, ...]

    def __str__(self) -> str:
        return ".".join(self.steps)


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """`round(amount, 2)`."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Expression):
    """`count(tasks where …)` and `sum(price * quantity of lines where …)`.

    Without `of`, `argument` is `None` and the path may end in a field of the children.
    """

    name: str
    argument: Expression | None
    path: Path
    condition: Expression | None


@dataclass(frozen=True, slots=True)
class Choose(Expression):
    """`if c then a else b`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Logic(Expression):
    """`a and b and …` or `a or b or …`."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not(Expression):
    """`not a`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Minus(Expression):
    """`-a`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Arithmetic(Expression):
    """`a + b`, with `+ - * /`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Compare(Expression):
    """`a = b`, with `= != < <= > >=`, `contains`, `starts with`, `ends with`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class IsEmpty(Expression):
    """`a is empty`, `a is not empty`."""

    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Expression):
    """`a in (b, c)`, `a not in (b, c)`."""

    operand: Expression
    options: tuple[Expression, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Between(Expression):
    """`a between b and c`, both ends included."""

    operand: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """Something that is done."""


@dataclass(frozen=True, slots=True)
class Set(Statement):
    """`set f = e`."""

    target: Path
    value: Expression


@dataclass(frozen=True, slots=True)
class Reject(Statement):
    """`reject "…" on f`."""

    message: Expression
    field: str | None


@dataclass(frozen=True, slots=True)
class Require(Statement):
    """`require c else "…" on f`."""

    condition: Expression
    message: Expression
    field: str | None


@dataclass(frozen=True, slots=True)
class Warn(Statement):
    """`warn "…" on f`."""

    message: Expression
    field: str | None


@dataclass(frozen=True, slots=True)
class If(Statement):
    """`if c then … elseif c then … else … end`."""

    branches: tuple[tuple[Expression, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Later(Statement):
    """A statement of the language that this version parses but does not run.

    `words` is how it begins (`for each`), `parts` are its expressions and
    `blocks` its inner statements, in the order written.
    """

    words: str
    parts: tuple[Expression, ...] = ()
    names: tuple[str, ...] = ()
    blocks: tuple[tuple[Statement, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Event(Node):
    """`create`, or `change of f, g`: `operation` is then `change`."""

    operation: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger(Node):
    """When a rule runs: `timing` is before, after, later, every, on request or form."""

    timing: str
    events: tuple[Event, ...] = ()
    parts: tuple[Expression, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """A whole rule."""

    trigger: Trigger
    condition: Expression | None
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
