"""A whole rule to its typed form: when it runs, what it does, is all of it possible?"""

from xrm.rule_engine import nodes
from xrm.rule_engine.checker import MAX_TYPED_DEPTH, ExpressionChecker, too_deep
from xrm.rule_engine.parser import parse_rule
from xrm.rule_engine.paths import step_where
from xrm.rule_engine.problems import RuleError, Where
from xrm.rule_engine.scope import FieldFacts, Scope
from xrm.rule_engine.typed import TypedRule
from xrm.rule_engine.typed_nodes import (
    Event,
    If,
    Not,
    Report,
    Set,
    Statement,
    depth,
    expressions,
)
from xrm.rule_engine.types import BOOLEAN, TEXT

TIMINGS = ("before", "after")


def check_rule(
    text: str,
    scope: Scope,
    entity: str,
    *,
    file: str = "",
    line: int = 1,
    column: int = 1,
    indent: int = 0,
) -> TypedRule:
    """Return the typed form of a rule of an entity.

    Raises:
        RuleError: the rule cannot be used; it has all problems.
    """
    rule = parse_rule(text, file=file, line=line, column=column, indent=indent)
    return RuleChecker(scope, entity, rule).check(text)


class RuleChecker:
    """Checks one rule."""

    def __init__(self, scope: Scope, entity: str, rule: nodes.Rule) -> None:
        self._scope = scope
        self._entity = entity
        self._rule = rule
        self._expressions = ExpressionChecker(scope, entity)

    def check(self, text: str) -> TypedRule:
        """Return the typed rule.

        Raises:
            RuleError: there are problems.
        """
        try:
            return self._check(text)
        except RecursionError:
            raise too_deep(self._rule.where) from None

    def _check(self, text: str) -> TypedRule:
        rule = self._rule
        events = self._events(rule.trigger)
        then, otherwise = self._block(rule.then), self._block(rule.otherwise)
        body = then
        if rule.condition is not None:
            condition = self._expressions.condition(rule.condition)
            body = (If(rule.where, ((condition, then),), otherwise),)
        if not rule.then and not rule.otherwise:
            hint = "Write at least one statement after then."
            self._report("R005", "The rule does nothing.", rule.where, hint)
        elif rule.condition is None and rule.otherwise:
            hint = "Write when before the condition, or leave else out."
            message = "The part after else never runs."
            self._report("R005", message, rule.otherwise[0].where, hint)
        problems = self._expressions.problems
        if problems:
            raise RuleError(sorted(problems, key=lambda p: _order(p.where)))
        for root in expressions(body):
            if depth(root) > MAX_TYPED_DEPTH:
                raise too_deep(root.where)
        return TypedRule(self._entity, rule.trigger.timing, events, body, text)

    def _report(self, code: str, message: str, where: Where, hint: str) -> None:
        self._expressions.report(code, message, where, hint)

    def _events(self, trigger: nodes.Trigger) -> tuple[Event, ...]:
        if trigger.timing not in TIMINGS:
            self._not_yet(f"A rule that runs {_timing(trigger.timing)}", trigger.where)
            return ()
        events: list[Event] = []
        for event in trigger.events:
            for name in event.fields:
                self._field(name, event.where)
            typed = Event(event.operation, event.fields)
            if typed in events:
                hint = "Leave one out."
                message = f"The event {event.operation} is named twice."
                self._report("R006", message, event.where, hint)
            events.append(typed)
        return tuple(events)

    def _not_yet(self, what: str, where: Where) -> None:
        message = f"{what} is not available yet in this version."
        hint = "Use before or after with set, reject, require, warn and if."
        self._report("R001", message, where, hint)

    def _block(self, block: tuple[nodes.Statement, ...]) -> tuple[Statement, ...]:
        found: list[Statement] = []
        for statement in block:
            typed = self._statement(statement)
            if typed is not None:
                found.append(typed)
        return tuple(found)

    def _statement(self, node: nodes.Statement) -> Statement | None:
        checker = self._expressions
        match node:
            case nodes.Set():
                return self._set(node)
            case nodes.Reject() | nodes.Warn():
                kind = "reject" if isinstance(node, nodes.Reject) else "warn"
                message = checker.value(node.message, TEXT)
                self._on(node.field, node.where)
                return Report(node.where, kind, message, node.field)
            case nodes.Require():
                condition = Not(BOOLEAN, node.where, checker.condition(node.condition))
                message = checker.value(node.message, TEXT)
                self._on(node.field, node.where)
                report = Report(node.where, "reject", message, node.field)
                return If(node.where, ((condition, (report,)),), ())
            case nodes.If():
                branches = tuple(
                    (checker.condition(condition), self._block(block))
                    for condition, block in node.branches
                )
                return If(node.where, branches, self._block(node.otherwise))
            case nodes.Later():
                self._not_yet(f'The statement "{node.words}"', node.where)
        return None

    def _set(self, node: nodes.Set) -> Statement | None:
        target = node.target
        steps, first = target.steps, 0
        if not target.quoted[0] and steps[0] == "this":
            first = 1
        if len(steps) - first != 1:
            self._report(
                "R003",
                f"{target} is not a field of this record.",
                target.where,
                "A rule sets fields of its own record only.",
            )
            return None
        name = steps[first]
        facts = self._field(name, step_where(target, first))
        value = self._expressions.value(node.value, facts.type if facts else None)
        if facts is not None and not facts.can_set:
            hint = "The platform or a formula sets it."
            self._report("R002", f"Field {name} cannot be set.", target.where, hint)
        operations = {event.operation for event in self._rule.trigger.events}
        if self._rule.trigger.timing == "after":
            message = (
                "A rule that runs after the write cannot set fields of its record."
            )
            self._report("R004", message, node.where, "Write before instead of after.")
        elif operations == {"delete"}:
            message = "A record that is deleted cannot be set."
            self._report("R004", message, node.where, "Leave the statement out.")
        return Set(node.where, name, value)

    def _field(self, name: str, where: Where) -> FieldFacts | None:
        facts = self._scope.field(self._entity, name)
        if facts is None:
            self._expressions.unknown_field(self._entity, name, where)
        return facts

    def _on(self, name: str | None, where: Where) -> None:
        if name is not None:
            self._field(name, where)


def _timing(timing: str) -> str:
    words = {"form": "in the form", "every": "on a schedule", "later": "later"}
    return words.get(timing, timing)


def _order(where: Where | None) -> tuple[int, int]:
    return (where.line, where.column) if where else (0, 0)
