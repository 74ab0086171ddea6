"""Which types go together, and the conversions that bring them there.

Options of choices, dates and ids written as texts in quotes become constants here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from xrm.rule_engine import moments
from xrm.rule_engine.functions import operators as op
from xrm.rule_engine.problems import Problem, Where, did_you_mean
from xrm.rule_engine.scope import Scope
from xrm.rule_engine.typed_nodes import Choose, Coalesce, Constant, Invoke, Typed
from xrm.rule_engine.types import (
    DATE,
    DATETIME,
    DECIMAL,
    EMPTY,
    FLOAT,
    GUID,
    MONTHS,
    TEXT,
    Choice,
    MultiChoice,
    Record,
    RuleType,
    common,
    is_moment,
    is_number,
    operators,
)

UNKNOWN = RuleType("unknown")


def broken(where: Where) -> Typed:
    """Return what stands for a part with a problem."""
    return Constant(UNKNOWN, where, None)


def common_type(parts: Iterable[Typed]) -> RuleType:
    """Return the one type of parts that `unify` has brought together."""
    kind: RuleType = EMPTY
    for part in parts:
        kind = common(kind, part.type) or part.type
    return kind


class Coercion:
    """The problems of a text, and the rules about types."""

    def __init__(self, scope: Scope, entity: str, text: str = "") -> None:
        self.scope = scope
        self.entities = [entity]
        self.text = text
        self.problems: list[Problem] = []

    def report(self, code: str, message: str, where: Where, hint: str | None) -> None:
        """Add a problem."""
        self.problems.append(Problem(code, message, where, hint))

    def settled(self, node: Typed) -> Typed:
        """Return a number as an exact one, for a calculation."""
        if node.type == FLOAT:
            return Invoke(DECIMAL, node.where, op.SETTLE, (node,))
        return node

    def as_datetime(self, node: Typed) -> Typed:
        """Return a date as the moment at which it begins."""
        if node.type != DATE:
            return node
        if isinstance(node, Constant):
            return Constant(DATETIME, node.where, moments.start_of_day(node.value))
        return Invoke(DATETIME, node.where, op.START_OF_DAY, (node,))

    def unify(self, parts: Sequence[Typed], where: Where) -> tuple[Typed, ...]:
        """Return the parts in one type; constants in quotes follow the others."""
        kind: RuleType = EMPTY
        for part in parts:
            if part.type == UNKNOWN:
                return tuple(parts)
            if kind == TEXT and part.type not in (TEXT, EMPTY):
                kind = part.type
            elif not (_is_quoted(part) and kind not in (EMPTY, TEXT)):
                found = common(kind, part.type)
                if found is None:
                    self.report(
                        "T007",
                        f"The results have different types: {kind} and {part.type}.",
                        part.where,
                        "Give both the same type.",
                    )
                    return tuple(broken(where) for _ in parts)
                kind = found
        if kind == EMPTY:
            return tuple(parts)
        return tuple(self.fit(self._plain(part, kind), kind) for part in parts)

    def _plain(self, part: Typed, kind: RuleType) -> Typed:
        return self.settled(part) if kind == DECIMAL else part

    def fit(self, node: Typed, expected: RuleType) -> Typed:
        """Return the node as a value of the expected type, or report."""
        kind = node.type
        if kind == expected or UNKNOWN in (kind, expected):
            return node
        if kind == EMPTY:
            return replace(node, type=expected)
        if is_number(kind) and is_number(expected):
            return self.settled(node) if expected != FLOAT else node
        if kind == DATE and expected == DATETIME:
            return self.as_datetime(node)
        if isinstance(expected, Record) or expected == GUID:
            if _may_be(kind, expected):
                return node
        elif _holds(expected, kind):
            return node
        if isinstance(node, Constant) and (kind == TEXT or is_number(kind)):
            found = self._read(node, expected)
            if found is not None:
                return found
        elif isinstance(node, Choose) and kind == TEXT:
            then, otherwise = (
                self.fit(node.then, expected),
                self.fit(node.otherwise, expected),
            )
            return replace(node, type=expected, then=then, otherwise=otherwise)
        elif isinstance(node, Coalesce) and kind == TEXT:
            operands = tuple(self.fit(part, expected) for part in node.operands)
            return replace(node, type=expected, operands=operands)
        self.report(
            "T006",
            f"A {expected} is needed here; this is a {kind}.",
            node.where,
            "Change the expression, or the type of the field.",
        )
        return broken(node.where)

    def _read(self, node: Constant, expected: RuleType) -> Typed | None:
        """Return a constant in another type; a broken node when it cannot be read."""
        where = node.where
        if isinstance(expected, Choice | MultiChoice):
            number = self.option(expected, node)
            return (
                broken(where) if number is None else Constant(expected, where, number)
            )
        if not isinstance(node.value, str):
            return None
        value: object
        if expected == DATE:
            value, shape = moments.parse_date(node.value), "2024-01-31"
        elif expected == DATETIME:
            value, shape = moments.parse_datetime(node.value), "2024-01-31 08:30"
        elif expected == GUID or isinstance(expected, Record):
            value = _parse_id(node.value)
            shape = "00000000-0000-0000-0000-000000000000"
        else:
            return None
        if value is None:
            hint = f'Write it like "{shape}".'
            self.report("T008", f'"{node.value}" is no {expected}.', where, hint)
            return broken(where)
        return Constant(expected, where, value)

    def option(self, kind: Choice | MultiChoice, node: Constant) -> int | None:
        """Return the number of an option named by label, name or number, or report."""
        value = node.value
        numbers = kind.options.values()
        if isinstance(value, int) and not isinstance(value, bool) and value in numbers:
            return value
        if isinstance(value, str):
            by_folded = {
                name.casefold(): number for name, number in kind.options.items()
            }
            found = by_folded.get(value.casefold())
            if found is not None:
                return found
        said = f'"{value}"' if isinstance(value, str) else str(value)
        hint = did_you_mean(str(value), kind.options)
        if hint is None and kind.options:
            names = ", ".join(f'"{name}"' for name in list(kind.options)[:8])
            hint = f"It has {names}."
        self.report("N008", f"The {kind} has no option {said}.", node.where, hint)
        return None

    def comparable(
        self, operator: str, left: Typed, right: Typed, where: Where
    ) -> tuple[Typed, Typed] | None:
        """Return both sides in types that the operator compares, or report."""
        if EMPTY in (left.type, right.type):
            message = "A comparison with empty is never true."
            hint = 'Write "is empty" or "is not empty".'
            self.report("T003", message, where, hint)
            return None
        left, right = self._read_sides(left, right)
        if UNKNOWN in (left.type, right.type):
            return None
        kind = common(left.type, right.type)
        if kind is None or not _overlap(left.type, right.type):
            self.report(
                "T002",
                f"A {left.type} cannot be compared with a {right.type}.",
                where,
                "Compare values of one type.",
            )
            return None
        if kind == MONTHS or operator not in operators(kind):
            self.report(
                "T004",
                f'"{operator}" does not take a {left.type}.',
                where,
                _alternatives(kind),
            )
            return None
        if is_moment(kind) and left.type != right.type:
            return self.as_datetime(left), self.as_datetime(right)
        return left, right

    def _read_sides(self, left: Typed, right: Typed) -> tuple[Typed, Typed]:
        if isinstance(right, Constant) and right.type != left.type:
            return left, self._read(right, left.type) or right
        if isinstance(left, Constant) and right.type != left.type:
            return self._read(left, right.type) or left, right
        return left, right


def _alternatives(kind: RuleType) -> str:
    found = operators(kind)
    return f"Use {', '.join(found)}." if found else "It cannot be compared."


def _is_quoted(node: Typed) -> bool:
    return isinstance(node, Constant) and node.type == TEXT


def _parse_id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _may_be(kind: RuleType, expected: RuleType) -> bool:
    if isinstance(kind, Record) and isinstance(expected, Record):
        return bool(set(kind.entities) & set(expected.entities))
    return kind == GUID or (isinstance(kind, Record) and expected == GUID)


def _holds(expected: RuleType, kind: RuleType) -> bool:
    """Say whether one choice has all options of another."""
    if not isinstance(expected, Choice) or not isinstance(kind, Choice):
        return False
    return set(kind.options.values()) <= set(expected.options.values())


def _overlap(left: RuleType, right: RuleType) -> bool:
    if isinstance(left, Record) and isinstance(right, Record):
        return bool(set(left.entities) & set(right.entities))
    return True
