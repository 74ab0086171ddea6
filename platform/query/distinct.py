"""Compile lists of distinct values: each combination of the columns once.

Texts that differ only in case are one value, shown in one spelling; a list can only be
sorted by its own columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, select

from xrm.platform.errors import Refused
from xrm.platform.query import paging
from xrm.platform.query.compile import (
    VALUE_TYPES,
    Compiler,
    Plan,
    labelled,
    limit_parameter,
)
from xrm.platform.query.figures import one_spelling
from xrm.platform.query.frames import Frame, find
from xrm.platform.query.paging import SortKey
from xrm.platform.query.query import Order
from xrm.platform.query.values import kind_of, storage_of
from xrm.rule_engine.to_sql import folded


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the list: what is grouped by, what is shown, how it is compared."""

    by: ColumnElement[Any]
    shown: ColumnElement[Any]
    kind: str
    storage: Any


@dataclass(slots=True)
class DistinctCompiler(Compiler):
    """Compiles one list of distinct values."""

    def rows(self) -> Plan:
        """Return the plan of a list of distinct values."""
        frame = self.frame()
        columns = self._values(frame)
        conditions = [*self.where(frame), self.allowed(frame)]
        inner = (
            select(*labelled((key, column.shown) for key, column in columns.items()))
            .select_from(frame.source())
            .where(and_(*conditions))
            .group_by(*(column.by for column in columns.values()))
            .subquery()
        )
        source = dict(zip(columns, inner.c, strict=True))
        sorts, keys = self._sorts(columns, source), tuple(columns)
        positions = tuple(keys.index(order.path) for order in self._orders(columns))
        statement = select(*source.values())
        if self.nulls is not None:
            statement = statement.where(paging.after(sorts, self.nulls))
        statement = statement.order_by(
            *(sort.ordering(self.snapshot.dialect) for sort in sorts)
        ).limit(limit_parameter())
        return self.plan(statement, list(source.items()), [], sorts, positions)

    def _values(self, frame: Frame) -> dict[str, _Column]:
        found: dict[str, _Column] = {}
        for path in self.form.columns or (frame.entity.key,):
            place = find(frame, path)
            kind = kind_of(place.field)
            if kind == "none":
                raise Refused(
                    f"{path} is a {place.field.type} field; it has no distinct values.",
                    code="bad_column",
                    target=path,
                )
            value, shown = place.expression(), place.expression()
            if kind == "text":
                shown = one_spelling(value, self.snapshot.dialect)
                value = folded(value, self.snapshot.dialect)
            found[path] = _Column(value, shown, kind, storage_of(place.field))
            for key, more in place.further_columns():
                found.setdefault(key, _Column(more, more, "text", Text()))
        return found

    def _orders(self, columns: dict[str, _Column]) -> list[Order]:
        """Return the order asked for, then all other columns."""
        named = {order.path for order in self.form.order}
        last = bool(self.form.order) and self.form.order[0].descending
        return [
            *self.form.order,
            *(Order(key, last) for key in columns if key not in named),
        ]

    def _sorts(
        self, columns: dict[str, _Column], source: Mapping[str, ColumnElement[Any]]
    ) -> list[SortKey]:
        found = []
        for order in self._orders(columns):
            column = columns.get(order.path)
            if column is None:
                raise Refused(
                    f'"{order.path[:80]}" is no column of this list of distinct '
                    f"values. Sort by: {', '.join(columns)}.",
                    code="bad_sort",
                    target=order.path[:200],
                )
            value = source[order.path]
            is_text = column.kind in ("text", "set")
            sorts = folded(value, self.snapshot.dialect) if is_text else value
            python = VALUE_TYPES["text" if is_text else column.kind]
            found.append(
                SortKey(sorts, value, column.storage, order.descending, python)
            )
        return found
