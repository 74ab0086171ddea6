"""Compile grouped questions: figures over groups of records, dates by periods.

An average is the exact sum divided by the count in Python, so that both databases give
the same digits. Texts that differ only in case are one group. Groups by date take the
days of the asker's time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    and_,
    cast,
    func,
    select,
    type_coerce,
)

from xrm.metadata.fields.storage import ScaledDecimal
from xrm.platform.database.ready import Rows
from xrm.platform.errors import Refused
from xrm.platform.query.compile import Compiler, Plan, labelled, limit_parameter
from xrm.platform.query.date_groups import period_start
from xrm.platform.query.frames import Frame, Place, find
from xrm.platform.query.query import Aggregate, Group, Order
from xrm.platform.query.values import keeps_hour, kind_of, storage_of
from xrm.rule_engine.to_sql import folded

SUMMED: Final = {"sum", "avg"}
COUNT_OF: Final = "~count "


@dataclass(slots=True)
class FigureCompiler(Compiler):
    """Compiles one grouped question."""

    averages: dict[str, str] = field(default_factory=dict)

    def figures(self) -> Plan:
        """Return the plan of a grouped question."""
        frame = self.frame()
        groups: list[ColumnElement[Any]] = []
        columns: dict[str, ColumnElement[Any]] = {}
        sortable: dict[str, ColumnElement[Any]] = {}
        for group in self.form.group:
            self._group(frame, group, groups, columns, sortable)
        for aggregate in self.form.aggregates:
            self._aggregate(frame, aggregate, columns, sortable)
        frame.is_walked = self.walk
        conditions = [*self.where(frame), self.allowed(frame, walk=self.walk)]
        frame.is_walked = False
        statement = (
            select(*labelled(columns.items()))
            .select_from(frame.source())
            .where(and_(*conditions))
        )
        if groups:
            statement = statement.group_by(*groups).order_by(
                *self._orders(sortable, groups)
            )
        return Plan(
            statement.limit(limit_parameter()),
            tuple(columns),
            (),
            (),
            self.parameters,
            tuple(self.used),
            dict(self.averages),
        )

    def _group(
        self,
        frame: Frame,
        group: Group,
        groups: list[ColumnElement[Any]],
        columns: dict[str, ColumnElement[Any]],
        sortable: dict[str, ColumnElement[Any]],
    ) -> None:
        place = find(frame, group.path)
        kind = kind_of(place.field)
        value = place.expression()
        if group.period is not None:
            value = self._period(place, group)
            columns[group.key] = value
            groups.append(value)
            sortable[group.key] = value
            return
        if kind in ("none", "set"):
            raise Refused(
                f"{group.path} is a {place.field.type} field; records cannot be "
                "grouped by it.",
                code="bad_group",
                target=group.path,
            )
        if kind == "text":
            by = folded(value, self.snapshot.dialect)
            columns[group.key] = one_spelling(value, self.snapshot.dialect)
            groups.append(by)
            sortable[group.key] = by
            return
        columns[group.key] = value
        groups.append(value)
        sortable[group.key] = value
        for key, more in place.further_columns():
            columns[key] = more
            groups.append(more)
        if place.field.is_lookup and group.with_title:
            title = place.title().expression()
            columns[f"{group.key}@name"] = title
            groups.append(title)
            if kind_of(place.title().field) == "text":
                sortable[group.key] = folded(title, self.snapshot.dialect)
                groups.append(sortable[group.key])

    def _period(self, place: Place, group: Group) -> ColumnElement[Any]:
        kind = kind_of(place.field)
        assert group.period is not None
        if kind not in ("date", "moment"):
            raise Refused(
                f"{group.path} is a {place.field.type} field; only dates are grouped "
                f"by {group.period}.",
                code="bad_group",
                target=group.path,
            )
        zone = self.zone if kind == "moment" and not keeps_hour(place.field) else None
        return period_start(
            place.expression(),
            group.period,
            self.snapshot.dialect,
            is_moment=kind == "moment",
            zone=zone,
        )

    def _aggregate(
        self,
        frame: Frame,
        aggregate: Aggregate,
        columns: dict[str, ColumnElement[Any]],
        sortable: dict[str, ColumnElement[Any]],
    ) -> None:
        key, function = aggregate.key, aggregate.function
        if function == "count" and aggregate.path is None:
            columns[key] = sortable[key] = func.count(type_=BigInteger())
            return
        if aggregate.path is None:
            raise Refused(
                f"{function} needs a field.", code="bad_aggregate", target=key
            )
        place = find(frame, aggregate.path)
        kind = kind_of(place.field)
        value = place.expression()
        if function == "count":
            columns[key] = func.count(value, type_=BigInteger())
        elif function == "count_distinct":
            counted = folded(value, self.snapshot.dialect) if kind == "text" else value
            columns[key] = func.count(counted.distinct(), type_=BigInteger())
        elif function in SUMMED:
            if kind != "number":
                raise _not_summed(place, function)
            self._sum(key, function, place, value, columns, sortable)
            return
        else:
            if kind in ("none", "set", "boolean", "id"):
                raise _not_summed(place, function)
            columns[key] = self._extreme(function, kind, value)
        sortable[key] = columns[key]

    def _sum(
        self,
        key: str,
        function: str,
        place: Place,
        value: ColumnElement[Any],
        columns: dict[str, ColumnElement[Any]],
        sortable: dict[str, ColumnElement[Any]],
    ) -> None:
        storage = storage_of(place.field)
        exact = storage if isinstance(storage, ScaledDecimal) else value.type
        total: ColumnElement[Any] = type_coerce(func.sum(value), exact)
        if isinstance(storage, BigInteger):
            total = cast(func.sum(value), BigInteger())
        columns[key] = sortable[key] = total
        if function == "avg":
            number = func.count(value, type_=BigInteger())
            columns[COUNT_OF + key] = number
            self.averages[key] = COUNT_OF + key
            sortable[key] = func.sum(cast(value, Double())) / number

    def _extreme(self, function: str, kind: str, value: ColumnElement[Any]) -> Any:
        call = func.min if function == "min" else func.max
        if kind != "text":
            return type_coerce(call(value), value.type)
        # The least text is the least folded one, in one certain spelling.
        by = folded(value, self.snapshot.dialect)
        return call(by, type_=value.type)

    def _orders(
        self, sortable: Mapping[str, ColumnElement[Any]], groups: list[Any]
    ) -> list[ColumnElement[Any]]:
        named = [*self.form.order]
        known = {order.path for order in named}
        named += [
            Order(group.key) for group in self.form.group if group.key not in known
        ]
        found: list[ColumnElement[Any]] = []
        for order in named:
            value = sortable.get(order.path)
            if value is None:
                raise Refused(
                    f'"{order.path[:80]}" is no column of this grouped list. Sort by: '
                    f"{', '.join(sortable)}.",
                    code="bad_sort",
                    target=order.path[:200],
                )
            made = value.desc() if order.descending else value.asc()
            if self.snapshot.dialect == "postgresql":
                made = made.nulls_last() if order.descending else made.nulls_first()
            found.append(made)
        return found


def one_spelling(value: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return one of the spellings of a group, the same on both databases."""
    plain = value if dialect == "sqlite" else value.collate("C")
    return func.min(plain, type_=value.type)


def _not_summed(place: Place, function: str) -> Refused:
    return Refused(
        f"{place.path} is a {place.field.type} field; it has no {function}.",
        code="bad_aggregate",
        target=place.path,
    )


def finished(plan: Plan, found: Rows) -> list[dict[str, Any]]:
    """Return the rows of a grouped question, with its averages."""
    rows = [dict(zip(plan.keys, row, strict=True)) for row in found]
    for key, counted in plan.dividing.items():
        for row in rows:
            number, total = row.pop(counted), row[key]
            row[key] = _average(total, number)
    return rows


def _average(total: Any, number: int) -> Any:
    if total is None or not number:
        return None
    if isinstance(total, float):
        return total / number
    return Decimal(total) / number
