"""Syntax tree to typed tree: every name exists, every operand fits, or problems.

All problems of a text are found in one pass; a broken part has the type `UNKNOWN`,
which silences problems that would only follow from it. Calls and aggregates are
checked in `check_calls.py`, the rules about types stand in `coercion.py`.
"""

from xrm.rule_engine import nodes
from xrm.rule_engine.check_calls import CallChecker
from xrm.rule_engine.coercion import UNKNOWN, broken, common_type
from xrm.rule_engine.functions import operators as op
from xrm.rule_engine.functions.registry import Function
from xrm.rule_engine.moments import DAY, LONGEST
from xrm.rule_engine.numbers import DECIMALS
from xrm.rule_engine.parser import parse_expression
from xrm.rule_engine.problems import Problem, RuleError, Where
from xrm.rule_engine.scope import Scope
from xrm.rule_engine.typed import TypedExpression
from xrm.rule_engine.typed_nodes import (
    Between,
    Choose,
    Compare,
    Constant,
    HasOption,
    In,
    Invoke,
    IsEmpty,
    Logic,
    Not,
    Read,
    TextMatch,
    Typed,
    depth,
)
from xrm.rule_engine.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DURATION,
    EMPTY,
    INTEGER,
    MONTHS,
    TEXT,
    MultiChoice,
    RuleType,
    is_moment,
    is_number,
)

_NUMBERS = {"+": op.ADD, "-": op.SUBTRACT, "*": op.MULTIPLY, "/": op.DIVIDE}
MAX_TYPED_DEPTH = 200
_UNIT_DAYS = {"day": 1, "week": 7}


def check_expression(
    text_or_node: str | nodes.Expression,
    scope: Scope,
    entity: str,
    *,
    expected: RuleType | None = None,
    file: str = "",
    line: int = 1,
    column: int = 1,
    indent: int = 0,
) -> TypedExpression:
    """Return the typed form of an expression of an entity.

    `expected` is the type its value must have; `file` … `indent` say where the text
    begins, as in `parse_expression`.

    Raises:
        RuleError: the text cannot be used; it has all problems.
    """
    if isinstance(text_or_node, str):
        text = text_or_node
        node = parse_expression(
            text, file=file, line=line, column=column, indent=indent
        )
    else:
        text, node = "", text_or_node
    checker = ExpressionChecker(scope, entity, text)
    try:
        root = checker.value(node, expected)
    except RecursionError:
        raise too_deep(node.where) from None
    if checker.problems:
        raise RuleError(checker.problems)
    if depth(root) > MAX_TYPED_DEPTH:
        raise too_deep(node.where)
    return TypedExpression(root, entity, text)


def too_deep(where: Where) -> RuleError:
    """Return the refusal of an expression that means more than it shows."""
    message = "The expression is nested too deeply."
    hint = "Give a part of it its own formula field."
    return RuleError([Problem("P004", message, where, hint)])


class ExpressionChecker(CallChecker):
    """Checks the expressions of one entity and collects their problems."""

    def value(self, node: nodes.Expression, expected: RuleType | None) -> Typed:
        """Return an expression that has the expected type, if one is expected."""
        typed = self.expression(node)
        return typed if expected is None else self.fit(typed, expected)

    def condition(self, node: nodes.Expression) -> Typed:
        """Return an expression that is true, false or unknown."""
        typed = self.expression(node)
        if typed.type in (BOOLEAN, EMPTY, UNKNOWN):
            return typed
        self.report(
            "T001",
            f"A condition must be true or false; this is a {typed.type}.",
            node.where,
            "Compare it with a value.",
        )
        return broken(node.where)

    def expression(self, node: nodes.Expression) -> Typed:
        """Return the typed form of any expression."""
        match node:
            case nodes.Literal():
                return self._literal(node)
            case nodes.DurationLiteral():
                return self._duration(node)
            case nodes.Path():
                return self.path(node)
            case nodes.Call():
                return self.call(node)
            case nodes.Aggregate():
                return self.aggregate(node)
            case nodes.Choose():
                condition = self.condition(node.condition)
                then = self.expression(node.then)
                return self.choose(
                    condition, then, self.expression(node.otherwise), node.where
                )
            case nodes.Logic():
                operands = tuple(self.condition(part) for part in node.operands)
                return Logic(BOOLEAN, node.where, node.operator, operands)
            case nodes.Not():
                return Not(BOOLEAN, node.where, self.condition(node.operand))
            case nodes.Minus():
                return self._minus(node)
            case nodes.Arithmetic():
                left, right = self.expression(node.left), self.expression(node.right)
                return self._arithmetic(node, left, right)
            case nodes.Compare():
                return self._compare(node)
            case nodes.IsEmpty():
                operand = self.expression(node.operand)
                return IsEmpty(BOOLEAN, node.where, operand, node.negated)
            case nodes.In():
                return self._in(node)
            case nodes.Between():
                return self._between(node)
        raise AssertionError(node)

    def choose(
        self, condition: Typed, then: Typed, otherwise: Typed, where: Where
    ) -> Typed:
        """Return `then` or `otherwise`, brought to one type."""
        then, otherwise = self.unify((then, otherwise), where)
        kind = common_type((then, otherwise))
        return Choose(kind, where, condition, then, otherwise)

    def _literal(self, node: nodes.Literal) -> Typed:
        value, where = node.value, node.where
        if value is None:
            return Constant(EMPTY, where, None)
        if isinstance(value, bool):
            return Constant(BOOLEAN, where, value)
        if isinstance(value, str):
            return Constant(TEXT, where, value)
        if isinstance(value, int):
            return Constant(INTEGER, where, value)
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -DECIMALS:
            hint = "Leave the last digits out."
            self.report("P013", "The number has more than 12 decimals.", where, hint)
            return broken(where)
        return Constant(DECIMAL, where, value)

    def _duration(self, node: nodes.DurationLiteral) -> Typed:
        where, amount = node.where, node.amount
        if node.unit in ("month", "year"):
            months = amount * (12 if node.unit == "year" else 1)
            if months < 200_000:
                return Constant(MONTHS, where, months)
        elif amount < 10**12:
            unit = DAY * _UNIT_DAYS.get(node.unit, 1)
            if node.unit not in _UNIT_DAYS:
                unit = DAY / (24 if node.unit == "hour" else 1440)
            if amount * (unit / DAY) <= LONGEST.days:
                return Constant(DURATION, where, unit * amount)
        self.report(
            "T010",
            f"{amount} {node.unit}s are too long a duration.",
            where,
            "Durations reach to about 16,000 years.",
        )
        return broken(where)

    def _minus(self, node: nodes.Minus) -> Typed:
        operand = self.expression(node.operand)
        where, kind = node.where, operand.type
        if isinstance(operand, Constant) and kind in (INTEGER, DECIMAL, MONTHS):
            return Constant(kind, where, -operand.value)
        if kind in (UNKNOWN, EMPTY):
            return operand
        if is_number(kind):
            result = INTEGER if kind == INTEGER else DECIMAL
            return Invoke(result, where, op.NEGATE, (self.settled(operand),))
        if isinstance(operand, Constant) and kind == DURATION:
            return Constant(kind, where, -operand.value)
        if kind == DURATION:
            return Invoke(kind, where, op.NEGATE_DURATION, (operand,))
        self.report("T004", f"A {kind} has no negative.", where, "Use a number.")
        return broken(where)

    def _arithmetic(self, node: nodes.Arithmetic, left: Typed, right: Typed) -> Typed:
        sign, where = node.operator, node.where
        kinds = (left.type, right.type)
        if UNKNOWN in kinds:
            return broken(where)
        if kinds == (EMPTY, EMPTY):
            return left
        if all(is_number(kind) or kind == EMPTY for kind in kinds):
            whole = kinds == (INTEGER, INTEGER) and sign != "/"
            operands = (self.settled(left), self.settled(right))
            result = INTEGER if whole else DECIMAL
            return Invoke(result, where, _NUMBERS[sign], operands)
        if sign == "+" and all(kind in (TEXT, EMPTY) for kind in kinds):
            return Invoke(TEXT, where, op.JOIN, (left, right))
        if sign in "+-":
            found = self._moments(node, left, right)
            if found is not None:
                return found
        self.report("T004", *self._advice(sign, left, right, where))
        return broken(where)

    def _advice(
        self, sign: str, left: Typed, right: Typed, where: Where
    ) -> tuple[str, Where, str]:
        message = f'"{sign}" does not take a {left.type} and a {right.type}.'
        if TEXT in (left.type, right.type) and sign == "+":
            other = right if left.type == TEXT else left
            if is_number(other.type) or other.type == DATE:
                return message, other.where, "Write text(…) around it to join texts."
            return message, other.where, "Only texts can be joined to a text."
        return message, where, "Bring both sides to types that go together."

    def _moments(
        self, node: nodes.Arithmetic, left: Typed, right: Typed
    ) -> Typed | None:
        sign, where = node.operator, node.where
        if sign == "+" and is_moment(right.type) and not is_moment(left.type):
            left, right = right, left
        kind = left.type
        if is_moment(kind) and right.type in (DURATION, MONTHS):
            return self._shift(where, left, self._signed(right, sign))
        if is_moment(kind) and is_moment(right.type) and sign == "-":
            left, right = self.unify((left, right), where)
            days = left.type == DATE
            function = op.BETWEEN_DATES if days else op.BETWEEN_DATETIMES
            return Invoke(DURATION, where, function, (left, right))
        if kind == right.type and kind in (DURATION, MONTHS):
            function = op.ADD_DURATIONS if kind == DURATION else op.ADD_MONTHS
            return Invoke(kind, where, function, (left, self._signed(right, sign)))
        return None

    def _signed(self, duration: Typed, sign: str) -> Typed:
        if sign == "+":
            return duration
        if isinstance(duration, Constant):
            return Constant(duration.type, duration.where, -duration.value)
        months = duration.type == MONTHS
        function = op.NEGATE if months else op.NEGATE_DURATION
        return Invoke(duration.type, duration.where, function, (duration,))

    def _shift(self, where: Where, moment: Typed, by: Typed) -> Typed:
        functions: dict[tuple[bool, bool], Function] = {
            (True, False): op.SHIFT_DATE,
            (False, False): op.SHIFT_DATETIME,
            (True, True): op.SHIFT_DATE_MONTHS,
            (False, True): op.SHIFT_DATETIME_MONTHS,
        }
        is_date, months = moment.type == DATE, by.type == MONTHS
        if is_date and not months and isinstance(by, Constant) and by.value % DAY:
            self.report(
                "T009",
                "Minutes and hours cannot be added to a date.",
                by.where,
                "Add days, or use a date-time.",
            )
            return broken(where)
        return Invoke(moment.type, where, functions[is_date, months], (moment, by))

    def _compare(self, node: nodes.Compare) -> Typed:
        left, right = self.expression(node.left), self.expression(node.right)
        operator, where = node.operator, node.where
        if UNKNOWN in (left.type, right.type):
            return broken(where)
        if operator in ("contains", "starts with", "ends with"):
            return self._match(node, left, right)
        pair = self.comparable(operator, left, right, where)
        return Compare(BOOLEAN, where, operator, *pair) if pair else broken(where)

    def _match(self, node: nodes.Compare, left: Typed, right: Typed) -> Typed:
        operator, where = node.operator, node.where
        if isinstance(left.type, MultiChoice) and operator == "contains":
            if isinstance(left, Read) and isinstance(right, Constant):
                number = self.option(left.type, right)
                if number is None:
                    return broken(where)
                return HasOption(BOOLEAN, where, left, number)
            hint = 'Write the option in quotes, as in interests contains "Golf".'
            self.report("T012", "An option must be a constant.", right.where, hint)
            return broken(where)
        for side in (left, right):
            if side.type not in (TEXT, EMPTY):
                self.report(
                    "T004",
                    f'"{operator}" takes texts, not a {side.type}.',
                    side.where,
                    "Use it on a text.",
                )
                return broken(where)
        return TextMatch(BOOLEAN, where, operator, left, right)

    def _in(self, node: nodes.In) -> Typed:
        operand, options = self.expression(node.operand), []
        for option in node.options:
            typed = self.expression(option)
            if UNKNOWN in (operand.type, typed.type):
                continue
            pair = self.comparable("=", operand, typed, option.where)
            if pair:
                operand, typed = pair
                options.append(typed)
        if len(options) < len(node.options):
            return broken(node.where)
        if any(option.type != DATE for option in options) and is_moment(operand.type):
            options = [self.fit(option, operand.type) for option in options]
        return In(BOOLEAN, node.where, operand, tuple(options), node.negated)

    def _between(self, node: nodes.Between) -> Typed:
        operand = self.expression(node.operand)
        low, high = self.expression(node.low), self.expression(node.high)
        if UNKNOWN in (operand.type, low.type, high.type):
            return broken(node.where)
        lower = self.comparable("<=", operand, low, node.low.where)
        upper = self.comparable("<=", operand, high, node.high.where)
        if not lower or not upper:
            return broken(node.where)
        if is_moment(lower[0].type) and lower[0].type != upper[0].type:
            parts = self.unify((lower[0], lower[1], upper[1]), node.where)
            return Between(BOOLEAN, node.where, *parts)
        return Between(BOOLEAN, node.where, lower[0], lower[1], upper[1])
