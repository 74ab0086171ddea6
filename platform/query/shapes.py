"""Take the values out of a question, so that one statement serves all of its form.

`take_values` gives the query with slots in place of values, and the values. Equal forms
are equal (and hashable); their statement is kept.
"""

from dataclasses import dataclass, replace
from typing import Any

from xrm.platform.errors import Refused
from xrm.platform.query.query import (
    And,
    Compare,
    Condition,
    Exists,
    Matches,
    Mentions,
    Not,
    Or,
    Other,
    Query,
)

MOST_CONDITIONS = 500
MOST_DEPTH = 60
MOST_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the values of one condition stand in the list of values."""

    index: int


class _Taker:
    def __init__(self) -> None:
        self.values: list[tuple[Any, ...]] = []
        self.conditions = 0

    def take(self, condition: Condition, depth: int = 0) -> Condition:
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS or depth > MOST_DEPTH:
            raise Refused(
                f"The filter is too large: at most {MOST_CONDITIONS} conditions, "
                f"nested {MOST_DEPTH} deep, are allowed. Use in (…) for lists.",
                code="filter_too_large",
            )
        match condition:
            case Compare():
                return self._compare(condition)
            case And(items):
                return And(tuple(self.take(item, depth + 1) for item in items))
            case Or(items):
                return Or(tuple(self.take(item, depth + 1) for item in items))
            case Not(item):
                return Not(self.take(item, depth + 1))
            case Exists(where=where) if where is not None:
                return replace(condition, where=self.take(where, depth + 1))
            case Matches() | Mentions():
                self.values.append(condition.values)
                return replace(condition, values=(Slot(len(self.values) - 1),))
        return condition

    def _compare(self, condition: Compare) -> Condition:
        values = condition.values
        if len(values) > MOST_VALUES:
            raise Refused(
                f"The list for {condition.path} has {len(values)} values; at most "
                f"{MOST_VALUES} are allowed.",
                code="filter_too_large",
                target=condition.path,
            )
        if values and None in values:
            return self._with_nothing(condition)
        if not values or any(isinstance(value, Other) for value in values):
            return condition
        self.values.append(values)
        return Compare(condition.path, condition.op, (Slot(len(self.values) - 1),))

    def _with_nothing(self, condition: Compare) -> Condition:
        """Turn a comparison with null into the question whether there is a value."""
        path = condition.path
        rest = tuple(value for value in condition.values if value is not None)
        null, not_null = Compare(path, "null"), Compare(path, "not-null")
        match condition.op:
            case "eq":
                return null
            case "ne":
                return not_null
            case "in":
                return Or((null, self._compare(Compare(path, "in", rest))))
            case "not-in":
                return And((not_null, self._compare(Compare(path, "not-in", rest))))
        raise Refused(
            f"{condition.op} needs a value for {path}, not null. Use eq null or "
            "ne null.",
            code="null_value",
            target=path,
        )


def take_values(query: Query) -> tuple[Query, tuple[tuple[Any, ...], ...]]:
    """Return the form of a query and its values, in the order of their slots.

    The cursor and the limit are no part of the form.

    Raises:
        Refused: the filter is too large, or compares with null in a way it cannot.
    """
    taker = _Taker()
    where = taker.take(query.where) if query.where is not None else None
    form = Query(
        query.entity,
        query.columns,
        where,
        query.order,
        query.aggregates,
        query.group,
        query.distinct,
    )
    return form, tuple(taker.values)
