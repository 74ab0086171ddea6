"""The Python meaning: typed expressions and rules become Python functions.

Runs no text of a person: the code is generated from the typed tree and turned into a
function object. Knows databases only through `Env`.
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from xrm.rule_engine import numbers
from xrm.rule_engine.budget import Budget
from xrm.rule_engine.codegen import Code, Writer
from xrm.rule_engine.typed import TypedExpression, TypedRule
from xrm.rule_engine.typed_nodes import (
    Aggregate,
    If,
    Report,
    Set,
    Statement,
    Typed,
    count_nodes,
)

Row: TypeAlias = Mapping[str, Any]


class Env(Protocol):
    """The surroundings of an evaluation; the platform implements it."""

    @property
    def now(self) -> datetime:
        """This moment, aware and in UTC."""
        ...

    @property
    def today(self) -> date:
        """The day of today in the time zone of the user."""
        ...

    @property
    def user_id(self) -> UUID | None:
        """The user who acts."""
        ...

    @property
    def old(self) -> Row | None:
        """The record before the write; `None` when it is new."""
        ...

    def user(self, name: str) -> Any:
        """Return a field of the user who acts, such as `businessunitid`."""
        ...

    def has_role(self, name: str) -> bool:
        """Say whether the user who acts has the role."""
        ...

    def path(self, row: Row, steps: tuple[str, ...]) -> Any:
        """Return a value over lookups; without steps, the id of the record."""
        ...

    def aggregate(self, row: Row, node: Aggregate, outer: tuple[Row, ...] = ()) -> Any:
        """Return the value of an aggregate over children of the row.

        `outer` is given only for an aggregate inside another that is evaluated in
        Python: the rows around this one, nearest first.
        """
        ...

    def changed(self, field: str) -> bool:
        """Say whether this write changes the field."""
        ...

    def reject(self, message: str | None, field: str | None) -> None:
        """Take a veto; when this returns, the rule goes on."""
        ...

    def warn(self, message: str | None, field: str | None) -> None:
        """Take a warning."""
        ...

    def note_set(self, field: str) -> None:
        """Hear that the rule has set a field."""
        ...


Evaluator: TypeAlias = Callable[[Row, Env], Any]


def compile_python(typed: TypedExpression) -> Evaluator:
    """Return a function from a row and its surroundings to the value.

    Empty and unknown are `None`. The function raises `BudgetExceeded` when a text
    grows beyond its limit, and nothing else by itself.
    """
    return _compiled(typed.root, False)


def compile_condition(typed: TypedExpression) -> Callable[[Row, Env], bool]:
    """Return a function that says whether a condition is true; unknown is not."""
    return _compiled(typed.root, True)


@lru_cache(maxsize=8192)
def _compiled(root: Typed, condition: bool, nested: bool = False) -> Callable[..., Any]:
    writer = Writer(nested)
    code = writer.truth(root) if condition else writer.value(root)
    result = f"True if {code.text} else False" if condition else code.text
    lines = [*writer.flush(), f"return {result}"]
    body = "\n".join(f" {line}" for line in lines)
    return _function(f"def expression(row, env, outer=()):\n{body}\n", writer.names)


def _function(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    module = compile(source, "<rule>", "exec", dont_inherit=True, optimize=2)
    code = next(part for part in module.co_consts if isinstance(part, CodeType))
    defaults = ((),) if code.co_varnames[code.co_argcount - 1] == "outer" else None
    return FunctionType(code, {"__builtins__": {"int": int}, **names}, None, defaults)


def fold_aggregate(
    node: Aggregate,
    children: Iterable[Row],
    env: Env,
    outer: tuple[Row, ...] = (),
) -> Any:
    """Return the value of an aggregate over child records that are in memory.

    `outer` holds the owner of the children, then the records around it.
    """
    test = None if node.condition is None else _compiled(node.condition, True, True)
    value = None if node.argument is None else _compiled(node.argument, False, True)
    rows = [row for row in children if test is None or test(row, env, outer)]
    if node.function == "exists":
        return bool(rows)
    if value is None:
        return len(rows)
    values = [value(row, env, outer) for row in rows]
    return _total(node.function, [value for value in values if value is not None])


def _total(function: str, values: list[Any]) -> Any:
    if function == "count":
        return len(values)
    if function == "sum":
        return numbers.total(values)
    if function == "avg" and values:
        total = numbers.total(values)
        return None if total is None else numbers.divide(total, len(values))
    if not values:
        return None
    return min(values) if function == "min" else max(values)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to run."""

    rule: TypedRule
    _run: Callable[[MutableMapping[str, Any], Env, Budget], None]

    def run(
        self,
        row: MutableMapping[str, Any],
        env: Env,
        budget: Budget | None = None,
    ) -> None:
        """Run the rule on a row: set its fields, report to the surroundings.

        Raises:
            BudgetExceeded: the run took more than its budget; drop what it did.
        """
        self._run(row, env, Budget() if budget is None else budget)


def compile_rule(typed: TypedRule) -> CompiledRule:
    """Return the rule as a Python function over a row."""
    return CompiledRule(typed, _compiled_rule(typed.body))


@lru_cache(maxsize=2048)
def _compiled_rule(body: tuple[Statement, ...]) -> Callable[..., None]:
    writer = Writer()
    lines = _block(writer, body, " ")
    source = "def rule(row, env, budget):\n" + "\n".join(lines) + "\n"
    return _function(source, writer.names)


def _block(writer: Writer, body: tuple[Statement, ...], indent: str) -> list[str]:
    lines: list[str] = []
    for statement in body:
        lines += _statement(writer, statement, indent)
    return lines or [f"{indent}pass"]


def _statement(writer: Writer, statement: Statement, indent: str) -> list[str]:
    if isinstance(statement, If):
        return _if(writer, statement, indent)
    if isinstance(statement, Set):
        value = writer.value(statement.value)
        cost = count_nodes(statement.value)
        done = [
            f"row[{statement.field!r}] = {value.text}",
            f"env.note_set({statement.field!r})",
        ]
    else:
        assert isinstance(statement, Report)
        value = writer.value(statement.message)
        cost = count_nodes(statement.message)
        done = [f"env.{statement.kind}({value.text}, {statement.field!r})"]
    return [indent + line for line in (f"budget.spend({cost})", *writer.flush(), *done)]


def _if(writer: Writer, statement: If, indent: str) -> list[str]:
    tests: list[Code] = [writer.truth(condition) for condition, _ in statement.branches]
    cost = sum(count_nodes(condition) for condition, _ in statement.branches)
    lines = [f"budget.spend({cost})", *writer.flush()]
    lines = [indent + line for line in lines]
    word = "if"
    for test, (_, block) in zip(tests, statement.branches, strict=True):
        lines.append(f"{indent}{word} {test.text}:")
        lines += _block(writer, block, indent + " ")
        word = "elif"
    if statement.otherwise:
        lines.append(f"{indent}else:")
        lines += _block(writer, statement.otherwise, indent + " ")
    return lines
