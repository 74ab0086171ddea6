"""Calls and aggregates: which function is meant, and do the arguments fit?"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from xrm.rule_engine import nodes
from xrm.rule_engine.coercion import UNKNOWN, broken, common_type
from xrm.rule_engine.functions import BY_NAME
from xrm.rule_engine.functions.registry import ANY, Function, Parameter
from xrm.rule_engine.paths import PathChecker, step_where
from xrm.rule_engine.problems import Where, did_you_mean
from xrm.rule_engine.typed_nodes import (
    Aggregate,
    Changed,
    Coalesce,
    Constant,
    Fact,
    Invoke,
    IsEmpty,
    Not,
    Typed,
)
from xrm.rule_engine.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    EMPTY,
    INTEGER,
    TEXT,
    RuleType,
    is_moment,
    is_number,
)

AGGREGATES = ("count", "sum", "avg", "min", "max", "exists")
MAX_NESTED = 3
_DAY_OF = next(f for f in BY_NAME["date"] if f.variant == "_of")


class CallChecker(PathChecker, ABC):
    """Checks calls of functions and aggregates over collections."""

    @abstractmethod
    def expression(self, node: nodes.Expression) -> Typed:
        """Return the typed form of any expression."""

    @abstractmethod
    def condition(self, node: nodes.Expression) -> Typed:
        """Return an expression that is true, false or unknown."""

    @abstractmethod
    def choose(
        self, condition: Typed, then: Typed, otherwise: Typed, where: Where
    ) -> Typed:
        """Return `then` or `otherwise`, brought to one type."""

    # --- aggregates -------------------------------------------------------------

    def aggregate(self, node: nodes.Aggregate) -> Typed:
        """Return a checked aggregate."""
        if node.name not in AGGREGATES:
            hint = did_you_mean(node.name, AGGREGATES)
            self.report(
                "T011",
                f"{node.name} is no aggregate.",
                node.where,
                hint or f"Use {', '.join(AGGREGATES)}.",
            )
            return broken(node.where)
        return self._aggregate(
            node.where, node.name, node.path, node.argument, node.condition
        )

    def _aggregate(
        self,
        where: Where,
        name: str,
        path: nodes.Path,
        argument: nodes.Expression | None,
        condition: nodes.Expression | None,
    ) -> Typed:
        last = len(path.steps) - 1
        found = self.find_collection(path, last)
        if found is None and argument is None and last > 0:
            found = self.find_collection(path, last - 1)
            if found is not None:
                argument = nodes.Path(
                    step_where(path, last), path.steps[last:], path.quoted[last:]
                )
        if found is None:
            self._unknown_collection(path)
            return broken(where)
        steps, level, facts = found
        if len(self.entities) > MAX_NESTED:
            hint = "Give the inner one its own formula field."
            message = f"Aggregates are nested deeper than {MAX_NESTED} levels."
            self.report("T011", message, where, hint)
            return broken(where)
        self.entities.append(facts.entity)
        value = None if argument is None else self.expression(argument)
        test = None if condition is None else self.condition(condition)
        self.entities.pop()
        if UNKNOWN in (value and value.type, test and test.type):
            return broken(where)
        kind = self._aggregate_type(where, name, value)
        if kind is None:
            return broken(where)
        if value is not None and name in ("sum", "avg"):
            value = self.settled(value)
        return Aggregate(
            kind, where, name, steps, level, facts.name, facts.entity, value, test
        )

    def _aggregate_type(
        self, where: Where, name: str, value: Typed | None
    ) -> RuleType | None:
        kind = None if value is None else value.type
        if name in ("count", "exists"):
            if kind is not None and name == "exists":
                hint = "Write exists(collection where …)."
                self.report("T011", "exists takes no field.", where, hint)
                return None
            return INTEGER if name == "count" else BOOLEAN
        if kind is None:
            self.report(
                "T011",
                f"{name} needs to know what to take of each record.",
                where,
                f"Write {name}(collection.field) or {name}(… of collection).",
            )
            return None
        if is_number(kind):
            if name in ("min", "max"):
                return kind
            return INTEGER if (kind, name) == (INTEGER, "sum") else DECIMAL
        if is_moment(kind) and name in ("min", "max"):
            return kind
        self.report(
            "T011", f"{name} does not take a {kind}.", where, "Take a number of each."
        )
        return None

    def _unknown_collection(self, path: nodes.Path) -> None:
        level, first = self.anchor(path)
        entity = self.entities[-1 - level]
        if len(path.steps) - first > 1:
            head = nodes.Path(path.where, path.steps[:-1], path.quoted[:-1])
            name, before = path.steps[-1], len(self.problems)
            if not self.scope.collection(entity, path.steps[first]):
                kind = self.path(head).type
                if len(self.problems) > before:
                    return
                entity = getattr(kind, "entities", (entity,))[0]
        else:
            name = path.steps[-1]
        if self.scope.field(entity, name):
            message = f"{name} is a field of {entity}, not a collection."
            hint = "Leave out the aggregate."
        else:
            message = f"Collection {name} does not exist on {entity}."
            names = self.scope.collection_names(entity)
            hint = did_you_mean(name, names) or (
                f"It has {', '.join(names[:8])}." if names else "It has none."
            )
        self.report("N006", message, path.where, hint)

    # --- functions --------------------------------------------------------------

    def call(self, node: nodes.Call) -> Typed:
        """Return a checked call."""
        if node.name in AGGREGATES and len(node.arguments) == 1:
            only = node.arguments[0]
            is_path = isinstance(only, nodes.Path)
            if is_path and (node.name not in BY_NAME or self._names_children(only)):
                assert isinstance(only, nodes.Path)
                return self._aggregate(node.where, node.name, only, None, None)
        if node.name in AGGREGATES and node.name not in BY_NAME:
            hint = f"Write {node.name}(collection) or {node.name}(collection where …)."
            message = f"{node.name} takes one collection."
            self.report("T011", message, node.where, hint)
            return broken(node.where)
        functions = BY_NAME.get(node.name)
        if functions is None:
            near = did_you_mean(node.name, (*BY_NAME, *AGGREGATES))
            message = f"Function {node.name} does not exist."
            hint = near or "The help page lists all functions."
            self.report("N007", message, node.where, hint)
            return broken(node.where)
        if node.name == "changed":
            return self._changed(node)
        arguments = tuple(self.expression(part) for part in node.arguments)
        if any(argument.type == UNKNOWN for argument in arguments):
            return broken(node.where)
        function = self._overload(functions, arguments)
        if function is None:
            self._no_overload(node, functions, arguments)
            return broken(node.where)
        if function.fact:
            return self._fact(node, function, arguments)
        if not function.is_called:
            return self._rewrite(node, arguments)
        return self._invoke(node.where, function, arguments)

    def _names_children(self, path: nodes.Expression) -> bool:
        if not isinstance(path, nodes.Path):
            return False
        last = len(path.steps) - 1
        return bool(
            self.find_collection(path, last) or self.find_collection(path, last - 1)
        )

    def _overload(
        self, functions: Sequence[Function], arguments: Sequence[Typed]
    ) -> Function | None:
        for exact in (True, False):
            for function in functions:
                if self._takes(function, arguments, exact):
                    return function
        return None

    def _takes(
        self, function: Function, arguments: Sequence[Typed], exact: bool
    ) -> bool:
        parameters = _spread(function.parameters, len(arguments))
        if parameters is None:
            return False
        return all(
            _fits(argument, parameter.type, exact)
            for argument, parameter in zip(arguments, parameters, strict=False)
        )

    def _no_overload(
        self, node: nodes.Call, functions: Sequence[Function], given: Sequence[Typed]
    ) -> None:
        kinds = ", ".join(str(argument.type) for argument in given)
        message = f"{node.name} does not take ({kinds})."
        hint = " or ".join(function.signature for function in functions)
        self.report("T005", message, node.where, f"Write {hint}.")

    def _invoke(
        self, where: Where, function: Function, given: Sequence[Typed]
    ) -> Typed:
        parameters = _spread(function.parameters, len(given))
        assert parameters is not None
        arguments = [
            self._argument(argument, parameter.type)
            for argument, parameter in zip(given, parameters, strict=False)
        ]
        for parameter in parameters[len(arguments) :]:
            value = Constant(parameter.type, where, parameter.default)
            arguments.append(value)
        if not any(parameter.repeats for parameter in function.parameters):
            return Invoke(function.result, where, function, tuple(arguments))
        while len(arguments) > 1:  # in pairs, so that the tree stays low
            pairs = zip(arguments[::2], arguments[1::2], strict=False)
            rest = arguments[len(arguments) // 2 * 2 :]
            arguments = [
                *(Invoke(function.result, where, function, pair) for pair in pairs),
                *rest,
            ]
        return arguments[0]

    def _argument(self, node: Typed, kind: RuleType) -> Typed:
        if kind == DATE and node.type == DATETIME:
            return Invoke(DATE, node.where, _DAY_OF, (node,))
        return self.fit(node, kind)

    def _changed(self, node: nodes.Call) -> Typed:
        only = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(only, nodes.Path) or len(only.steps) != 1:
            hint = "Write changed(f) for a field f of the record."
            self.report("T005", "changed takes the name of a field.", node.where, hint)
            return broken(node.where)
        name, entity = only.steps[0], self.entities[0]
        if self.scope.field(entity, name) is None:
            self.unknown_field(entity, name, only.where)
            return broken(node.where)
        return Changed(BOOLEAN, node.where, name)

    def _fact(
        self, node: nodes.Call, function: Function, arguments: Sequence[Typed]
    ) -> Typed:
        name, _, argument = str(function.fact).partition(":")
        if arguments:
            given = arguments[0]
            if not isinstance(given, Constant) or not isinstance(given.value, str):
                hint = 'Write the name in quotes, as in hasrole("Sales Manager").'
                self.report("T012", "The name must be a constant.", given.where, hint)
                return broken(node.where)
            argument = given.value
        return Fact(function.result, node.where, name, argument or None)

    def _rewrite(self, node: nodes.Call, arguments: Sequence[Typed]) -> Typed:
        """Return what a function means that is only another way to write something."""
        where = node.where
        match node.name:
            case "coalesce":
                parts = self.unify(arguments, where)
                return Coalesce(common_type(parts), where, parts)
            case "iif":
                return self.choose(arguments[0], arguments[1], arguments[2], where)
            case "switch":
                return self._switch(where, arguments)
            case "isempty" | "notempty":
                negated = node.name == "notempty"
                return IsEmpty(BOOLEAN, where, arguments[0], negated)
            case _:
                test = arguments[0]
                if node.name == "isfalse":
                    test = Not(BOOLEAN, where, test)
                return Coalesce(BOOLEAN, where, (test, Constant(BOOLEAN, where, False)))

    def _switch(self, where: Where, arguments: Sequence[Typed]) -> Typed:
        paired = len(arguments) // 2 * 2
        pairs, rest = arguments[:paired], arguments[paired:]
        result: Typed = rest[0] if rest else Constant(EMPTY, where, None)
        for condition, value in reversed(
            list(zip(pairs[::2], pairs[1::2], strict=True))
        ):
            if condition.type not in (BOOLEAN, EMPTY):
                self.report(
                    "T001",
                    f"A condition must be true or false; this is a {condition.type}.",
                    condition.where,
                    "switch takes condition, value, condition, value, …, other value.",
                )
                return broken(where)
            result = self.choose(condition, value, result, where)
            if result.type == UNKNOWN:
                return broken(where)
        return result


def _spread(
    parameters: tuple[Parameter, ...], count: int
) -> tuple[Parameter, ...] | None:
    """Return a parameter for each argument and default, `None` for a wrong number."""
    if parameters and parameters[-1].repeats:
        if count < len(parameters) - 1:
            return None
        return (*parameters, *(parameters[-1],) * (count - len(parameters)))[
            : max(count, 1)
        ]
    needed = sum(1 for parameter in parameters if parameter.default is None)
    return parameters if needed <= count <= len(parameters) else None


def _fits(argument: Typed, wanted: RuleType, exact: bool) -> bool:
    kind = argument.type
    if kind in (wanted, EMPTY) or wanted == ANY or wanted.name == "the same type":
        return True
    if is_number(kind) and wanted in (DECIMAL, INTEGER):
        return True
    if exact:
        return False
    if is_moment(wanted):
        quoted = kind == TEXT and isinstance(argument, Constant)
        return is_moment(kind) or quoted
    return False
