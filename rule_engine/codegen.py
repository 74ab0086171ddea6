"""Typed tree to the text of a Python function.

Three-valued logic is written inline. A condition is asked in two ways: `truth` is the
code that is true only when the condition is true, `falsity` only when it is false, and
so neither needs the third value; `value` gives all three. Names and constants come
from the typed tree alone; nothing a person wrote gets into the code but as a constant.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from xrm.rule_engine import numbers
from xrm.rule_engine.fold import fold
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.typed_nodes import (
    Aggregate,
    Between,
    Changed,
    Choose,
    Coalesce,
    Compare,
    Constant,
    Fact,
    HasOption,
    In,
    Invoke,
    IsEmpty,
    Logic,
    Not,
    Old,
    Read,
    TextMatch,
    Typed,
)
from xrm.rule_engine.types import FLOAT, INTEGER, TEXT

_MAX_DEPTH = 40
_OPERATORS = {"=": "==", "!=": "!="}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class Code(NamedTuple):
    """A piece of Python that can stand anywhere, and how deep its brackets go."""

    text: str
    depth: int = 0


def contains3(value: object, options: Sequence[object]) -> bool | None:
    """Return whether a value is among options that may be empty."""
    if value in options:
        return True
    return None if None in options else False


def between3(value: Any, low: Any, high: Any) -> bool | None:
    """Return whether a value lies between two limits, one of which may be empty."""
    if value is None:
        return None
    if (low is not None and value < low) or (high is not None and value > high):
        return False
    return None if low is None or high is None else True


class Writer:
    """Writes code; `lines` are assignments that must run before it.

    `nested` code stands inside an aggregate: it has rows around its own.
    """

    def __init__(self, nested: bool = False) -> None:
        self._nested = nested
        self.names: dict[str, Any] = {
            "fold": fold,
            "exact": numbers.exact,
            "contains3": contains3,
            "between3": between3,
        }
        self.lines: list[str] = []
        self._temporaries = 0

    def flush(self) -> list[str]:
        """Return the assignments so far, and forget them."""
        lines, self.lines = self.lines, []
        return lines

    def _new(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def _code(self, template: str, *parts: Code, **names: object) -> Code:
        """Fill parts into a template; too deep a result moves to a line of its own."""
        depth = 1 + max((part.depth for part in parts), default=0)
        text = template.format(*(part.text for part in parts), **names)
        if depth <= _MAX_DEPTH:
            return Code(f"({text})", depth)
        name = self._new()
        self.lines.append(f"{name} = ({text})")
        return Code(name)

    def _constant(self, value: Any) -> Code:
        if value is None or isinstance(value, bool | int | str):
            return Code(repr(value) if not isinstance(value, int) else f"({value!r})")
        name = f"k{len(self.names)}"
        self.names[name] = value
        return Code(name)

    def _call(self, function: Function) -> str:
        self.names[function.sql_name] = function.python
        return function.sql_name

    # --- values -----------------------------------------------------------------

    def value(self, node: Typed) -> Code:
        """Return code for the value, `None` for empty or unknown."""
        match node:
            case Constant():
                return self._constant(node.value)
            case Read():
                return self._read(node)
            case Old():
                return self._code(
                    "None if ({t} := env.old) is None else {t}.get({n!r})",
                    t=self._new(),
                    n=node.name,
                )
            case Changed():
                return self._code("env.changed({n!r})", n=node.name)
            case Fact(name="user" | "has_role"):
                return self._code("env.{n}({a!r})", n=node.name, a=node.argument)
            case Fact():
                return self._code("env.{n}", n=node.name)
            case Invoke():
                return self._invoke(node)
            case Coalesce():
                *first, last = (self.value(part) for part in node.operands)
                result = last
                for part in reversed(first):
                    result = self._code(
                        "{t} if ({t} := {0}) is not None else {1}",
                        part,
                        result,
                        t=self._new(),
                    )
                return result
            case Choose():
                condition = self.truth(node.condition)
                then, otherwise = self.value(node.then), self.value(node.otherwise)
                return self._code("{1} if {0} else {2}", condition, then, otherwise)
            case Logic():
                return self._logic(node)
            case Not():
                operand = self.value(node.operand)
                name = self._new()
                return self._code(
                    "None if ({t} := {0}) is None else not {t}", operand, t=name
                )
            case IsEmpty():
                return self.truth(node)
            case Compare() | TextMatch() | HasOption():
                checks, test = self._test(node)
                return self._guarded(checks, test)
            case In():
                return self._in(node)
            case Between():
                parts = [self._comparand(p, node) for p in _between(node)]
                return self._code("between3({0}, {1}, {2})", *parts)
            case Aggregate():
                key = self._constant(node)
                row = _row(node.level)
                if not self._nested:
                    return self._code("env.aggregate({r}, {0})", key, r=row)
                around = f"outer[{node.level}:]"
                return self._code("env.aggregate({r}, {0}, {o})", key, r=row, o=around)
        raise AssertionError(node)

    def _read(self, node: Read) -> Code:
        row = _row(node.level)
        if len(node.steps) == 1:
            return Code(f"{row}.get({node.steps[0]!r})")
        return Code(f"env.path({row}, {node.steps!r})")

    def _invoke(self, node: Invoke) -> Code:
        function = node.function
        call = self._call(function)
        if function.takes_empty:
            parts = [self.value(part) for part in node.arguments]
            places = ", ".join(f"{{{index}}}" for index in range(len(parts)))
            result = self._code(f"{call}({places})", *parts)
        else:
            checks, names = self._operands(node.arguments)
            arguments = [
                f"int({name})" if wanted.type == INTEGER != part.type else name
                for name, part, wanted in zip(
                    names, node.arguments, function.parameters, strict=True
                )
            ]
            test = f"{call}({', '.join(arguments)})"
            result = self._guarded(checks, test)
        return self._code("{0} or None", result) if node.type == TEXT else result

    def _operands(self, parts: Sequence[Typed]) -> tuple[list[Code], list[str]]:
        """Return checks that bind each operand, and what to call the operands."""
        checks: list[Code] = []
        names: list[str] = []
        for part in parts:
            code = self.value(part)
            if isinstance(part, Constant) and part.value is not None:
                names.append(code.text)
                continue
            name = self._new()
            checks.append(self._code("{t} := {0}", code, t=name))
            names.append(name)
        return checks, names

    def _guarded(self, checks: Sequence[Code], test: str) -> Code:
        """Return code that is `None` when a check is, else the test."""
        if not checks:
            return self._code(_braces(test))
        guard = " or ".join(f"{{{index}}} is None" for index in range(len(checks)))
        return self._code(f"None if {guard} else {_braces(test)}", *checks)

    def _logic(self, node: Logic) -> Code:
        decisive = "False" if node.operator == "and" else "True"
        other = "True" if node.operator == "and" else "False"
        names = [self._new() for _ in node.operands]
        decided = " or ".join(
            f"({name} := {{{index}}}) is {decisive}" for index, name in enumerate(names)
        )
        unknown = " or ".join(f"{name} is None" for name in names)
        return self._code(
            f"{decisive} if {decided} else None if {unknown} else {other}",
            *(self.value(part) for part in node.operands),
        )

    def _in(self, node: In) -> Code:
        operand = self._comparand(node.operand, node)
        name = self._new()
        if all(_is_known(option) for option in node.options):
            options = self._options(node)
            word = "not in" if node.negated else "in"
            return self._code(
                "None if ({t} := {0}) is None else {t} {w} {1}",
                operand,
                options,
                t=name,
                w=word,
            )
        parts = [self._comparand(option, node) for option in node.options]
        places = "".join(f"{{{index + 1}}}, " for index in range(len(parts)))
        inside = self._code(
            f"None if ({name} := {{0}}) is None else contains3({name}, ({places}))",
            operand,
            *parts,
        )
        if not node.negated:
            return inside
        other = self._new()
        return self._code("None if ({t} := {0}) is None else not {t}", inside, t=other)

    def _options(self, node: In) -> Code:
        values = (
            option.value for option in node.options if isinstance(option, Constant)
        )
        folded = (fold(v) if isinstance(v, str) else v for v in values)
        return self._constant(frozenset(folded))

    # --- conditions -------------------------------------------------------------

    def truth(self, node: Typed) -> Code:
        """Return code that is true only when the condition is true."""
        match node:
            case Logic():
                parts = [self.truth(part) for part in node.operands]
                return self._any_or_all(node.operator, parts)
            case Not():
                return self.falsity(node.operand)
            case IsEmpty():
                return self._emptiness(node.operand, not node.negated)
            case Compare() | TextMatch() | HasOption():
                return self._tested(*self._test(node))
            case Choose():
                condition = self.truth(node.condition)
                then, otherwise = self.truth(node.then), self.truth(node.otherwise)
                return self._code("{1} if {0} else {2}", condition, then, otherwise)
        return self.value(node)

    def falsity(self, node: Typed) -> Code:
        """Return code that is true only when the condition is false."""
        match node:
            case Logic():
                parts = [self.falsity(part) for part in node.operands]
                operator = "or" if node.operator == "and" else "and"
                return self._any_or_all(operator, parts)
            case Not():
                return self.truth(node.operand)
            case IsEmpty():
                return self._emptiness(node.operand, node.negated)
            case Compare() | TextMatch() | HasOption():
                checks, test = self._test(node, opposite=True)
                return self._tested(checks, test)
            case Choose():
                condition = self.truth(node.condition)
                then, otherwise = self.falsity(node.then), self.falsity(node.otherwise)
                return self._code("{1} if {0} else {2}", condition, then, otherwise)
        return self._code("{0} == False", self.value(node))

    def _emptiness(self, operand: Typed, wanted: bool) -> Code:
        if isinstance(operand, Constant):
            return self._constant((operand.value is None) == wanted)
        word = "is" if wanted else "is not"
        return self._code("{0} {w} None", self.value(operand), w=word)

    def _any_or_all(self, operator: str, parts: Sequence[Code]) -> Code:
        places = f" {operator} ".join(f"{{{index}}}" for index in range(len(parts)))
        return self._code(places, *parts)

    def _tested(self, checks: Sequence[Code], test: str) -> Code:
        guards = [f"{{{index}}} is not None" for index in range(len(checks))]
        return self._code(" and ".join([*guards, _braces(test)]), *checks)

    def _test(self, node: Typed, opposite: bool = False) -> tuple[list[Code], str]:
        """Return the checks of operands, and the test that then holds."""
        match node:
            case Compare():
                checks, (left, right) = self._compared(node)
                sign = _OPERATORS.get(node.operator, node.operator)
                sign = _OPPOSITE[sign] if opposite else sign
                return checks, f"{left} {sign} {right}"
            case TextMatch():
                checks, names = self._operands((node.left, node.right))
                left, right = (
                    f"fold({name})"
                    if not isinstance(part, Constant)
                    else repr(fold(part.value))
                    if part.value is not None
                    else "''"
                    for name, part in zip(names, (node.left, node.right), strict=True)
                )
                if node.operator == "contains":
                    return checks, f"{right} {'not in' if opposite else 'in'} {left}"
                method = "startswith" if node.operator == "starts with" else "endswith"
                return checks, f"{'not ' * opposite}{left}.{method}({right})"
            case HasOption():
                checks, (name,) = self._operands((node.operand,))
                return checks, f"{node.value} {'not in' if opposite else 'in'} {name}"
        raise AssertionError(node)

    def _compared(self, node: Compare) -> tuple[list[Code], tuple[str, str]]:
        checks: list[Code] = []
        names: list[str] = []
        for part in (node.left, node.right):
            code = self._comparand(part, node)
            if not _is_known(part):
                name = self._new()
                checks.append(self._code("{t} := {0}", code, t=name))
                if part.type == TEXT:
                    name = f"fold({name})"
                names.append(name)
            else:
                names.append(code.text)
        return checks, (names[0], names[1])

    def _comparand(self, part: Typed, node: Typed) -> Code:
        """Return code for an operand of a comparison, in its form for comparing."""
        if part.type == TEXT:
            if isinstance(part, Constant):
                return self._constant(fold(part.value))
            if isinstance(node, Compare):
                return self.value(part)
            name = self._new()
            code = self.value(part)
            return self._code(
                "None if ({t} := {0}) is None else fold({t})", code, t=name
            )
        if part.type == FLOAT:
            return self._code("exact({0})", self.value(part))
        return self.value(part)


def _row(level: int) -> str:
    return "row" if level == 0 else f"outer[{level - 1}]"


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _is_known(node: Typed) -> bool:
    return isinstance(node, Constant) and node.value is not None


def _between(node: Between) -> tuple[Typed, Typed, Typed]:
    return node.operand, node.low, node.high
