"""Numbers in SQL: exact ones for calculations, native ones where an index may serve.

On SQLite a currency or decimal column is a scaled integer, marked by the attribute
`xrm_scale` of its SQLAlchemy type. Compared with constants it stays that integer.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from xrm.rule_engine.functions.sql_values import ExactNumber, constant, sql_type
from xrm.rule_engine.typed_nodes import Aggregate, Constant, Typed
from xrm.rule_engine.types import INTEGER

_INT64 = 2**63


class Numbers(ABC):
    """The part of the compiler that knows how numbers are stored."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    @abstractmethod
    def value(self, node: Typed) -> ColumnElement[Any]:
        """Return the value of any node."""

    def number(self, node: Typed) -> ColumnElement[Any]:
        """Return a number in the form that functions take and give."""
        if isinstance(node, Constant):
            if node.value is None:
                return constant(None, INTEGER, self.dialect)
            return sa.literal(node.value, ExactNumber(isinstance(node.value, int)))
        return self._exact(self.value(node))

    def _exact(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        kind = value.type
        if isinstance(kind, ExactNumber):
            return value
        scale = getattr(kind, "xrm_scale", None)
        if self.dialect == "sqlite":
            if scale is not None:
                raw = sa.type_coerce(value, sa.BigInteger())
                place = sa.literal_column(str(int(scale)), sa.Integer())
                return sa.func.xrm_unscale(raw, place, type_=ExactNumber())
            return sa.type_coerce(value, ExactNumber(isinstance(kind, sa.Integer)))
        if isinstance(kind, sa.Float):
            return sa.cast(sa.cast(value, sa.Text()), ExactNumber())
        if isinstance(kind, sa.Integer):
            return sa.cast(value, ExactNumber(whole=True))
        return sa.type_coerce(value, ExactNumber())

    # --- comparisons ------------------------------------------------------------

    def comparable_numbers(
        self, parts: Sequence[Typed]
    ) -> list[ColumnElement[Any]] | None:
        """Return native operands, or `None` when a function must compare them."""
        values = {
            index: self.value(part)
            for index, part in enumerate(parts)
            if not isinstance(part, Constant)
        }
        constants = [part.value for part in parts if isinstance(part, Constant)]
        if None in constants:
            return None if self.dialect == "sqlite" else self._numerics(parts)
        kinds = [value.type for value in values.values()]
        if _all_are(kinds, sa.Float) and all(map(_is_float, constants)):
            return self._native(parts, values, sa.Double(), float)
        if _all_are(kinds, sa.Integer) and all(map(_is_int64, constants)):
            return self._native(parts, values, sa.BigInteger(), int)
        if self.dialect != "sqlite":
            return self._numerics(parts)
        scales = {getattr(kind, "xrm_scale", None) for kind in kinds}
        if len(scales) == 1:
            scale = scales.pop()
            scaled = [_scaled(value, scale) for value in constants]
            if scale is not None and all(_is_int64(value) for value in scaled):
                return self._native(
                    parts, values, sa.BigInteger(), lambda v: int(_scaled(v, scale))
                )
        return None

    def _numerics(self, parts: Sequence[Typed]) -> list[ColumnElement[Any]]:
        return [self.number(part) for part in parts]

    def _native(
        self,
        parts: Sequence[Typed],
        values: dict[int, ColumnElement[Any]],
        kind: Any,
        convert: Any,
    ) -> list[ColumnElement[Any]]:
        return [
            sa.literal(convert(part.value), kind)
            if isinstance(part, Constant)
            else sa.type_coerce(values[index], kind)
            for index, part in enumerate(parts)
        ]

    # --- aggregates -------------------------------------------------------------

    def aggregated(self, node: Aggregate) -> ColumnElement[Any]:
        """Return an aggregate function over the rows of a query."""
        if node.argument is None:
            return sa.func.count(type_=sa.BigInteger())
        value = self.value(node.argument)
        if node.function == "count":
            return sa.func.count(value, type_=sa.BigInteger())
        if node.function in ("min", "max"):
            return self._extreme(node, value)
        total = self._total(node.argument, value)
        if node.function == "sum":
            return total
        count = sa.func.count(value, type_=sa.BigInteger())
        divided: ColumnElement[Any] = sa.func.xrm_divide(
            self._exact(total), self._exact(count), type_=ExactNumber()
        )
        return divided

    def _total(self, node: Typed, value: ColumnElement[Any]) -> ColumnElement[Any]:
        zero = sa.literal_column("0", sa.Integer())
        kind = value.type
        if self.dialect != "sqlite":
            summed = sa.func.coalesce(sa.func.sum(self._exact(value)), zero)
            return sa.func.xrm_limit(summed, type_=sql_type(node.type))
        if hasattr(kind, "xrm_scale") or isinstance(kind, sa.Integer):
            raw = sa.type_coerce(value, sa.BigInteger())
            return sa.type_coerce(sa.func.coalesce(sa.func.sum(raw), zero), kind)
        total = sa.func.xrm_sum(self._exact(value))
        return sa.func.coalesce(total, zero, type_=sql_type(node.type))

    def _extreme(
        self, node: Aggregate, value: ColumnElement[Any]
    ) -> ColumnElement[Any]:
        kind = value.type
        if self.dialect == "sqlite" and isinstance(kind, ExactNumber):
            name = "xrm_smallest" if node.function == "min" else "xrm_largest"
            found: ColumnElement[Any] = getattr(sa.func, name)(value, type_=kind)
            return found
        call = sa.func.min if node.function == "min" else sa.func.max
        return sa.type_coerce(call(value), kind)


def _all_are(kinds: Sequence[Any], kind: type[Any]) -> bool:
    return bool(kinds) and all(isinstance(one, kind) for one in kinds)


def _scaled(value: Any, scale: int | None) -> Decimal:
    return Decimal(value).scaleb(scale or 0)


def _is_int64(value: Any) -> bool:
    return bool(value == int(value) and abs(value) < _INT64)


def _is_float(value: Any) -> bool:
    number = Decimal(value)
    return number == 0 or (
        Decimal(repr(float(number))) == number and abs(number) < 10**15
    )
