"""The SQL meaning: typed expressions become SQLAlchemy expressions.

The same three-valued logic as `evaluate.py`. Knows tables only through `SqlSource`. A
comparison of a bare column with constants stays one that an index can serve; what the
database cannot do exactly goes through the functions of `sql_support.py`.
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import FunctionElement

from xrm.rule_engine.fold import fold
from xrm.rule_engine.functions.sql_numbers import Numbers
from xrm.rule_engine.functions.sql_values import constant, sql_type
from xrm.rule_engine.problems import Problem, RuleError
from xrm.rule_engine.typed import TypedExpression
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
    depth,
)
from xrm.rule_engine.types import BOOLEAN, EMPTY, FLOAT, MONTHS, TEXT, is_number

_MATCHES = {
    "contains": "xrm_includes",
    "starts with": "xrm_startswith",
    "ends with": "xrm_endswith",
}


MAX_BETWEENS = 5
"""PostgreSQL writes the operand of a `between` twice, so nested ones grow fast."""


MAX_DEPTH = 60
"""SQLAlchemy compiles by recursion, some ten calls for each level."""

_CHUNK = 50


class SqlSource(Protocol):
    """Where an expression finds its values in SQL; the platform implements it."""

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """The database."""
        ...

    @property
    def now(self) -> Any:
        """This moment: a value or an SQL expression."""
        ...

    @property
    def today(self) -> Any:
        """The day of today for the user: a value or an SQL expression."""
        ...

    @property
    def user_id(self) -> Any:
        """The user who acts: a value or an SQL expression."""
        ...

    def user(self, name: str) -> Any:
        """Return a field of the user who acts: a value or an SQL expression."""
        ...

    def has_role(self, name: str) -> Any:
        """Say whether the user who acts has the role."""
        ...

    def column(self, steps: tuple[str, ...]) -> ColumnElement[Any]:
        """Return a field, also over lookups; without steps, the id of the record."""
        ...

    def multichoice_contains(
        self, steps: tuple[str, ...], value: int
    ) -> ColumnElement[bool]:
        """Return the condition that a multichoice field holds an option."""
        ...

    def collection(
        self, name: str, steps: tuple[str, ...] = ()
    ) -> "tuple[FromClause, SqlSource, ColumnElement[bool]]":
        """Return the children, their source, and the condition that links them.

        `steps` are lookups that lead to the record that owns the collection.
        """
        ...


def to_sql(typed: TypedExpression, source: SqlSource) -> ColumnElement[Any]:
    """Return the expression in SQL; as a filter, unknown does not match.

    Raises:
        RuleError: the expression asks what only a write knows (`old.f`, `changed(f)`).
    """
    if depth(typed.root) > MAX_DEPTH:
        message = f"The expression is nested deeper than {MAX_DEPTH} levels."
        raise _too_complex(typed.root, message)
    compiler = _Compiler(source, ())
    if typed.type == BOOLEAN:
        return compiler.condition(typed.root)
    return compiler.value(typed.root)


def aggregate_sql(node: Aggregate, source: SqlSource) -> ColumnElement[Any]:
    """Return one aggregate in SQL; `source` is about the record that owns it."""
    return _Compiler(source, ()).value(node)


class _Folded(FunctionElement[str]):
    """A text in the form in which it is compared, whatever the database."""

    inherit_cache = True
    name = "folded"
    type = sa.Text()


@compiles(_Folded, "sqlite")
def _folded_on_sqlite(element: _Folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.clauses, **options)} COLLATE xrm_fold"


@compiles(_Folded, "postgresql")
def _folded_on_postgresql(
    element: _Folded, compiler: SQLCompiler, **options: Any
) -> str:
    return f'xrm_fold({compiler.process(element.clauses, **options)}) COLLATE "C"'


def folded(text: ColumnElement[Any], dialect: str | None = None) -> ColumnElement[Any]:
    """Return a text in the form in which it is compared, ordered and indexed.

    With the dialect given, it is made of SQLAlchemy's own elements.
    """
    if dialect is None:
        return _Folded(text)
    if dialect == "sqlite":
        return sa.collate(text, "xrm_fold")
    return sa.func.xrm_fold(text, type_=sa.Text()).collate("C")


class _Compiler(Numbers):
    """Compiles for one source; `outer` are the sources around it, nearest first."""

    def __init__(self, source: SqlSource, outer: tuple[SqlSource, ...]) -> None:
        super().__init__(source.dialect)
        self._sources = (source, *outer)
        self._betweens = 0
        self._values: dict[int, ColumnElement[Any]] = {}

    def value(self, node: Typed) -> ColumnElement[Any]:
        """Return the value of any node; of one node always the same expression."""
        known = self._values.get(id(node))
        if known is None:
            known = self._values[id(node)] = self._value(node)
        return known

    def _value(self, node: Typed) -> ColumnElement[Any]:
        match node:
            case Constant():
                return constant(node.value, node.type, self.dialect)
            case Read():
                return self._sources[node.level].column(node.steps)
            case Old() | Changed():
                raise _only_in_a_write(node)
            case Fact():
                return self._fact(node)
            case Invoke():
                return self._invoke(node)
            case Coalesce():
                parts = [self._branch(part, node) for part in node.operands]
                result = sa.func.coalesce(*parts, type_=sql_type(node.type))
                return parts[0] if len(parts) == 1 else result
            case Choose():
                then = self._branch(node.then, node)
                otherwise = self._branch(node.otherwise, node)
                chosen = sa.case(
                    (self.condition(node.condition), then), else_=otherwise
                )
                return sa.type_coerce(chosen, sql_type(node.type))
            case Aggregate():
                return self._aggregate(node)
        return self._condition(node)

    def condition(self, node: Typed) -> ColumnElement[Any]:
        """Return a node as a condition."""
        if isinstance(node, Constant):
            if node.value is None:
                return sa.cast(sa.null(), sa.Boolean())
            return sa.literal(node.value, sa.Boolean()) == sa.true()
        if isinstance(
            node, Read | Fact | Invoke | Coalesce | Choose | Aggregate | Old | Changed
        ):
            if isinstance(node, Aggregate) and node.function == "exists":
                return self.value(node)
            return self.value(node) == sa.true()
        return self._condition(node)

    def _condition(self, node: Typed) -> ColumnElement[Any]:
        match node:
            case Logic():
                parts = [self.condition(part) for part in node.operands]
                return _joined(sa.and_ if node.operator == "and" else sa.or_, parts)
            case Not():
                return sa.not_(self.condition(node.operand))
            case IsEmpty():
                operand = _grouped(self.value(node.operand))
                if node.negated:
                    return operand.is_not(sa.null())
                return operand.is_(sa.null())
            case Compare():
                return self._compare(node)
            case TextMatch():
                call = getattr(sa.func, _MATCHES[node.operator])
                sides = self.value(node.left), self.value(node.right)
                found: ColumnElement[bool] = call(*sides, type_=sa.Boolean())
                return found == sa.true()
            case HasOption():
                source = self._sources[node.operand.level]
                return source.multichoice_contains(node.operand.steps, node.value)
            case In():
                inside = self._in(node)
                return sa.not_(inside) if node.negated else inside
            case Between():
                return self._between(node)
        raise AssertionError(node)

    def _branch(self, part: Typed, node: Typed) -> ColumnElement[Any]:
        if is_number(node.type) and node.type != FLOAT:
            return self.number(part)
        value = self.value(part)
        if isinstance(part, Constant) and part.value is None:
            return constant(None, node.type, self.dialect)
        return _grouped(value)

    def _fact(self, node: Fact) -> ColumnElement[Any]:
        source = self._sources[0]
        if node.name == "user":
            value = source.user(str(node.argument))
        elif node.name == "has_role":
            value = source.has_role(str(node.argument))
        else:
            value = getattr(source, node.name)
        if isinstance(value, ColumnElement):
            return value
        return constant(value, node.type, self.dialect)

    def _invoke(self, node: Invoke) -> ColumnElement[Any]:
        arguments = [
            self.number(part)
            if is_number(wanted.type) or wanted.type == MONTHS
            else self._typed(part, wanted.type)
            for part, wanted in zip(
                node.arguments, node.function.parameters, strict=True
            )
        ]
        call = getattr(sa.func, node.function.sql_name)
        result: ColumnElement[Any] = call(*arguments, type_=sql_type(node.type))
        return result

    def _typed(self, part: Typed, kind: Any) -> ColumnElement[Any]:
        if isinstance(part, Constant) and part.value is None:
            return constant(None, kind, self.dialect)
        return _grouped(self.value(part))

    # --- comparisons ------------------------------------------------------------

    def _compare(self, node: Compare) -> ColumnElement[Any]:
        sides = (node.left, node.right)
        found = self._comparands(sides)
        if found is None:
            compared = sa.func.xrm_compare(
                *(self.number(side) for side in sides), type_=sa.Integer()
            )
            return _operate(node.operator, compared, sa.literal(0))
        return _operate(node.operator, *found)

    def _in(self, node: In) -> ColumnElement[Any]:
        parts = (node.operand, *node.options)
        found = self._comparands(parts)
        if found is None:
            numbers = [self.number(part) for part in parts]
            return sa.func.xrm_in(*numbers, type_=sa.Boolean()) == sa.true()
        return found[0].in_(found[1:])

    def _between(self, node: Between) -> ColumnElement[Any]:
        parts = (node.operand, node.low, node.high)
        if self._betweens == MAX_BETWEENS:
            message = f"More than {MAX_BETWEENS} between stand inside each other."
            raise _too_complex(node, message)
        self._betweens += 1
        found = self._comparands(parts)
        self._betweens -= 1
        if found is None:
            numbers = [self.number(part) for part in parts]
            return sa.func.xrm_between(*numbers, type_=sa.Boolean()) == sa.true()
        return found[0].between(found[1], found[2])

    def _comparands(self, parts: Sequence[Typed]) -> list[ColumnElement[Any]] | None:
        """Return operands that native operators compare rightly, if there are any."""
        kinds = {part.type for part in parts} - {EMPTY}
        if all(is_number(kind) for kind in kinds) and kinds:
            return self.comparable_numbers(parts)
        if TEXT in kinds:
            return [self._folded(part, first=part is parts[0]) for part in parts]
        kind = next(iter(kinds), EMPTY)
        return [self._typed(part, kind) for part in parts]

    def _folded(self, part: Typed, first: bool) -> ColumnElement[Any]:
        """Return a text for comparing; on SQLite the first operand decides how."""
        if isinstance(part, Constant) and part.value is not None:
            text: ColumnElement[Any] = sa.literal(fold(part.value), sa.Text())
            if first and self.dialect == "sqlite":
                return folded(text, self.dialect)
            return text
        text = folded(self._typed(part, TEXT), self.dialect)
        return text if first else sa.type_coerce(Grouping(text), sa.Text())

    # --- aggregates -------------------------------------------------------------

    def _aggregate(self, node: Aggregate) -> ColumnElement[Any]:
        owner = self._sources[node.level]
        children, source, link = owner.collection(node.collection, node.steps)
        inner = _Compiler(source, self._sources)
        tests = [link]
        if node.condition is not None:
            tests.append(inner.condition(node.condition))
        if node.function == "exists":
            found = sa.select(sa.literal(1)).select_from(children)
            return sa.exists(found.where(*tests).correlate_except(children))
        result = inner.aggregated(node)
        query = sa.select(result).select_from(children).where(*tests)
        return query.correlate_except(children).scalar_subquery()


def _joined(join: Any, parts: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return a chain of conditions, in groups: SQLite allows 1,000 levels."""
    while len(parts) > _CHUNK:
        starts = range(0, len(parts), _CHUNK)
        groups = [join(*parts[start : start + _CHUNK]) for start in starts]
        parts = [sa.type_coerce(Grouping(group), sa.Boolean()) for group in groups]
    result: ColumnElement[Any] = join(*parts)
    return result


def _operate(
    operator: str, left: ColumnElement[Any], right: ColumnElement[Any]
) -> ColumnElement[Any]:
    match operator:
        case "=":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case _:
            return left >= right


def _grouped(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a condition in brackets, so that it can be an operand."""
    if isinstance(
        value, sa.BinaryExpression | sa.BooleanClauseList | sa.UnaryExpression
    ):
        return sa.type_coerce(Grouping(value), value.type)
    return value


def _too_complex(node: Typed, message: str) -> RuleError:
    hint = "Give the inner part its own formula field."
    return RuleError([Problem("Q002", message, node.where, hint)])


def _only_in_a_write(node: Old | Changed) -> RuleError:
    said = f"old.{node.name}" if isinstance(node, Old) else f"changed({node.name})"
    return RuleError(
        [
            Problem(
                "Q001",
                f"{said} is known only while a record is written.",
                node.where,
                "Use it in a rule, not in a list or filter.",
            )
        ]
    )
