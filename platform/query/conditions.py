"""Compile the conditions of a question to SQL, over the frames of its FROM clause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    true,
)
from sqlalchemy.sql.selectable import NamedFromClause
from sqlalchemy.types import TypeEngine

from xrm.metadata.catalog import Child
from xrm.metadata.entities import Entity
from xrm.metadata.relationships import Relationship
from xrm.platform.errors import Refused
from xrm.platform.query.frames import Frame, Place, find
from xrm.platform.query.operators import (
    MOST_OPTIONS,
    OPERATORS,
    Asking,
    Comparison,
    Given,
    OperatorMeaning,
    Reader,
)
from xrm.platform.query.query import (
    And,
    Compare,
    Condition,
    Exists,
    Expr,
    Matches,
    Mentions,
    Not,
    Or,
    Other,
)
from xrm.platform.query.search import compile_matches, compile_mentions
from xrm.platform.query.shapes import Slot
from xrm.platform.query.values import kind_of
from xrm.rule_engine.problems import did_you_mean
from xrm.rule_engine.typed import TypedExpression

if TYPE_CHECKING:
    from xrm.platform.database.snapshots import Snapshot

COLUMN_OPERATORS: Final = {"eq", "ne", "gt", "ge", "lt", "le"}


@dataclass(slots=True)
class Parameters:
    """The parameters of one statement, and how each gets its value."""

    readers: dict[str, tuple[int | None, Reader]] = field(default_factory=dict)

    def binder(
        self, slot: int | None
    ) -> Callable[[Reader, TypeEngine[Any], bool], BindParameter[Any]]:
        """Return the maker of parameters for the condition in a slot."""

        def bind(
            read: Reader, type_: TypeEngine[Any], expanding: bool
        ) -> BindParameter[Any]:
            name = f"v{len(self.readers)}"
            self.readers[name] = (slot, read)
            return bindparam(name, type_=type_, expanding=expanding)

        return bind

    def values(self, given: tuple[Given, ...], asking: Asking) -> dict[str, Any]:
        """Return the value of each parameter for one question."""
        return {
            name: read(given[slot] if slot is not None else (), asking)
            for name, (slot, read) in self.readers.items()
        }


ExpressionCompiler = Callable[[Frame, "str | TypedExpression"], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Compiles conditions; `compile_expression` does the rule language's."""

    parameters: Parameters
    compile_expression: ExpressionCompiler

    def compile(self, condition: Condition, frame: Frame) -> ColumnElement[bool]:
        """Return the SQL of a condition about the record of a frame.

        Raises:
            Refused: it names what is not there, or compares what cannot be compared.
        """
        match condition:
            case Compare():
                return self._compare(condition, frame)
            case And(items):
                return and_(true(), *(self.compile(item, frame) for item in items))
            case Or(items):
                return or_(false(), *(self.compile(item, frame) for item in items))
            case Not(item):
                return not_(self.compile(item, frame))
            case Expr(expression):
                return self.compile_expression(frame, expression)
            case Exists():
                return self._exists(condition, frame)
            case Matches(values=(Slot(index),)):
                return compile_matches(condition, frame, self.parameters.binder(index))
            case Mentions(values=(Slot(index),)):
                return compile_mentions(condition, frame, self.parameters.binder(index))
        message = f"{condition!r} is no condition."
        raise TypeError(message)

    def _compare(self, condition: Compare, frame: Frame) -> ColumnElement[bool]:
        place = find(frame, condition.path)
        if place.is_title:
            place = replace(place, path=condition.path)
        operator = meaning_of(condition.op, place)
        given = condition.values
        if any(isinstance(value, Other) for value in given):
            return self._compare_columns(condition, place, frame)
        slot = given[0].index if given and isinstance(given[0], Slot) else None
        if slot is None and operator.arity > 0:
            raise _wrong_count(condition, operator)
        comparison = Comparison(
            place, self.parameters.binder(slot), frame.ground.dialect
        )
        return operator.meaning(comparison)

    def _compare_columns(
        self, condition: Compare, place: Place, frame: Frame
    ) -> ColumnElement[bool]:
        other = condition.values[0]
        if condition.op not in COLUMN_OPERATORS or len(condition.values) != 1:
            raise Refused(
                f"{condition.op} compares {condition.path} with values only, not with "
                "another field.",
                code="bad_operator",
                target=condition.path,
            )
        second = find(frame, other.path)
        if kind_of(second.field) != kind_of(place.field):
            raise Refused(
                f"{condition.path} ({place.field.type}) cannot be compared with "
                f"{other.path} ({second.field.type}): their types differ.",
                code="bad_value",
                target=condition.path,
            )
        dialect = frame.ground.dialect
        none = self.parameters.binder(None)
        left = Comparison(place, none, dialect).column()
        right = Comparison(second, none, dialect).column()
        return _COLUMN_MEANINGS[condition.op](left, right)

    def _exists(self, condition: Exists, frame: Frame) -> ColumnElement[bool]:
        owner = _owner(frame, condition)
        snapshot = frame.ground.snapshot
        name = condition.collection
        found = snapshot.catalog.collections(owner.entity.name).get(name)
        if found is None:
            raise _no_collection(owner.entity, name, snapshot)
        child, conditions = linked(owner, found, name)
        conditions.append(frame.ground.readable(child.entity.name, child.table))
        if condition.where is not None:
            where = self.compile(condition.where, child)
            if condition.quantifier == "all":
                where = not_(func.coalesce(where, false()))
            conditions.append(where)
        elif condition.quantifier == "all":
            return true()
        inner = (
            exists()
            .select_from(child.source())
            .where(*conditions)
            .correlate(owner.table)
        )
        return inner if condition.quantifier == "any" else not_(inner)


_COLUMN_MEANINGS: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


def linked(
    owner: Frame, found: Child | Relationship, name: str
) -> tuple[Frame, list[ColumnElement[bool]]]:
    """Return the frame of a collection's records, and what links them to the owner."""
    ground = owner.ground
    snapshot = ground.snapshot
    if isinstance(found, Child):
        entity = snapshot.catalog.entity(found.entity)
        table = snapshot.tables.table(found.entity).alias()
        child = Frame(ground, entity, table)
        conditions = [table.c[found.field.name] == owner.key]
        if found.field.is_polymorphic:
            type_column = table.c[f"{found.field.name}_type"]
            conditions.append(type_column == owner.entity.name)
        return child, conditions
    pairs = snapshot.tables.pairs(found.name).alias()
    is_first = found.first == owner.entity.name and found.first_collection == name
    entity = snapshot.catalog.entity(found.second if is_first else found.first)
    near, far = found.first_column, found.second_column
    if not is_first:
        near, far = far, near
    table = snapshot.tables.table(entity.name).alias()
    child = Frame(ground, entity, table)
    _add_source(child, pairs, pairs.c[far] == child.key)
    return child, [pairs.c[near] == owner.key]


def _add_source(
    child: Frame, pairs: NamedFromClause, condition: ColumnElement[bool]
) -> None:
    """Join the table of pairs to a child's frame; unmatched ones fall to the link."""
    child.steps.append((pairs, condition))


def _owner(frame: Frame, condition: Exists) -> Frame:
    if not condition.path:
        return frame
    place = find(frame, condition.path)
    if not place.field.is_lookup or len(place.frames) != 1:
        raise Refused(
            f'"{condition.path}" does not lead to one record that has '
            f"{condition.collection}.",
            code="not_a_lookup",
            target=condition.path,
        )
    name, _, only = condition.path.rpartition(".")[2].partition(":")
    owner = place.frames[0]
    lookup = owner.entity.field(name)
    return owner.join(lookup, owner.targets(lookup, only or None)[0])


def meaning_of(name: str, place: Place) -> OperatorMeaning:
    """Return the meaning of an operator for a field.

    Raises:
        Refused: there is no such operator, or the field's kind does not take it.
    """
    found = OPERATORS.get(name)
    if found is None:
        hint = did_you_mean(name[:60], OPERATORS)
        raise Refused(
            f'There is no operator "{name[:60]}". {hint or ""}'.rstrip(),
            code="unknown_operator",
            target=place.path,
        )
    kind = kind_of(place.field)
    if kind not in found.kinds:
        able = ", ".join(n for n, o in OPERATORS.items() if kind in o.kinds)
        raise Refused(
            f"{place.path} is a {place.field.type} field, which does not take the "
            f"operator {name}. It takes: {able}.",
            code="bad_operator",
            target=place.path,
        )
    return found


def _wrong_count(condition: Compare, operator: OperatorMeaning) -> Refused:
    return Refused(
        f"The operator {condition.op} on {condition.path} needs {operator.arity} "
        "value(s).",
        code="bad_value",
        target=condition.path,
    )


def check_counts(condition: Condition) -> Condition:
    """Return a condition whose comparisons have as many values as their operators take.

    A long contain-values is split into several; unused values are refused.

    Raises:
        Refused: an operator has too few or too many values.
    """
    match condition:
        case Compare(path, op, given):
            operator = OPERATORS.get(op)
            if operator is None:
                return condition
            if operator.arity >= 0 and len(given) != operator.arity:
                raise _wrong_count(condition, operator)
            if op.endswith("contain-values"):
                return _split_options(condition, path, op, given)
            return condition
        case And(items):
            return And(tuple(check_counts(item) for item in items))
        case Or(items):
            return Or(tuple(check_counts(item) for item in items))
        case Not(item):
            return Not(check_counts(item))
        case Exists(where=where) if where is not None:
            return replace(condition, where=check_counts(where))
    return condition


def _split_options(condition: Compare, path: str, op: str, given: Given) -> Condition:
    if not given:
        return Or(()) if op == "contain-values" else Compare(path, "not-null")
    if len(given) <= MOST_OPTIONS:
        return condition
    parts = tuple(
        Compare(path, op, given[start : start + MOST_OPTIONS])
        for start in range(0, len(given), MOST_OPTIONS)
    )
    return Or(parts) if op == "contain-values" else And(parts)


def _no_collection(entity: Entity, name: str, snapshot: "Snapshot") -> Refused:
    names = snapshot.catalog.collections(entity.name)
    hint = did_you_mean(name[:80], names)
    return Refused(
        f'{entity.name} has no collection "{name[:80]}". {hint or ""}'.rstrip(),
        code="unknown_collection",
        target=name[:200],
    )
