"""Know the operators of a comparison: what each means in SQL, for which kinds of field.

Names are those of FetchXML (`metadata/fields/operators.py` has those shown to people).
Unknown stays unknown: a record without a value matches no operator but `null`. A list
that is empty selects nothing with `in`, every record with a value with `not-in`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    and_,
    func,
    not_,
    or_,
    type_coerce,
)

from xrm.metadata.entities import Field
from xrm.platform.query import values
from xrm.platform.query.frames import Bind, Place
from xrm.platform.query.periods import COUNTED, NAMED, Clock, Day, Span, add_days
from xrm.platform.query.values import Kind
from xrm.rule_engine.to_sql import folded

if TYPE_CHECKING:
    from xrm.platform.security.actors import Actor

ESCAPE: Final = "\\"
EVERY_KIND: Final[frozenset[Kind]] = frozenset(
    {"text", "number", "boolean", "date", "moment", "id", "choice"}
)
ORDERED: Final[frozenset[Kind]] = frozenset({"text", "number", "date", "moment"})
TIMES: Final[frozenset[Kind]] = frozenset({"date", "moment"})


@dataclass(frozen=True, slots=True)
class Asking:
    """What the values of a filter are read with: the clock and who asks."""

    clock: Clock
    actor: "Actor"


Given = tuple[Any, ...]
Reader = Callable[[Given, Asking], Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison being compiled: where the field is, a maker of parameters."""

    place: Place
    bind: Bind
    dialect: str

    @property
    def field(self) -> Field:
        """Return the field."""
        return self.place.field

    @property
    def kind(self) -> Kind:
        """Return how the field is compared."""
        return values.kind_of(self.field)

    def column(self) -> ColumnElement[Any]:
        """Return the expression that equality and order use."""
        value = self.place.expression()
        return folded(value, self.dialect) if self.kind == "text" else value

    def text(self) -> ColumnElement[Any]:
        """Return the expression that LIKE uses."""
        value = self.place.expression()
        if self.kind == "set":
            return type_coerce(value, Text())
        return func.xrm_fold(value, type_=Text())

    def value(
        self, position: int = 0, direction: values.Direction = "exact"
    ) -> BindParameter[Any]:
        """Return the parameter of one value."""
        field = self.field
        return self.bind(
            lambda given, _: values.read(field, given[position], direction),
            values.storage_of(field),
            False,
        )

    def listed(self) -> BindParameter[Any]:
        """Return the parameter of all values as a list."""
        field = self.field
        return self.bind(
            lambda given, _: [values.read(field, value) for value in given],
            values.storage_of(field),
            True,
        )

    def pattern(self, before: str, after: str) -> BindParameter[Any]:
        """Return the parameter of a LIKE pattern around the one value."""
        field = self.field
        return self.bind(
            lambda given, _: (
                before + escaped(values.read_text(field, given[0])) + after
            ),
            Text(),
            False,
        )

    def within(self, span: Callable[[Given, Asking], Span]) -> ColumnElement[bool]:
        """Return the condition that the day or moment lies in a period.

        For a day the period is taken by its days; for a moment by the asker's zone, or
        as written when the field keeps its hour.
        """
        field, kind = self.field, self.kind
        column, storage = self.place.expression(), values.storage_of(self.field)

        def edge(given: Given, asking: Asking, side: int) -> Any:
            return edge_of(span(given, asking)[side], field, kind, asking.clock, side)

        low = self.bind(lambda g, a: edge(g, a, 0), storage, False)
        high = self.bind(lambda g, a: edge(g, a, 1), storage, False)
        return and_(column >= low, column < high)


def edge_of(value: Any, field: Field, kind: Kind, clock: Clock, side: int) -> Any:
    """Return one edge of a period as the field's column is compared with."""
    is_moment = hasattr(value, "hour")
    if value is None:
        value, is_moment = (Day.max if side else Day.min), False
        if kind == "moment":
            return clock.now.replace(
                year=9999 if side else 1, month=1, day=1, hour=0, minute=0
            )
    if kind == "date":
        if not is_moment:
            return value
        day = value.astimezone(clock.zone).date()
        return add_days(day, 1) if side else day
    if is_moment:
        return value
    if values.keeps_hour(field):
        return values.read_moment(value)
    return clock.moment(value)


def escaped(text: str) -> str:
    """Return a text in which no sign has a meaning in LIKE."""
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return text


Meaning = Callable[[Comparison], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class OperatorMeaning:
    """An operator: kinds of field that take it, number of values (-1: a list)."""

    kinds: frozenset[Kind]
    arity: int
    meaning: Meaning


def _is_in(c: Comparison) -> ColumnElement[bool]:
    return c.column().in_(c.listed())


def _is_not_in(c: Comparison) -> ColumnElement[bool]:
    return and_(c.place.expression().is_not(None), c.column().not_in(c.listed()))


def _between(c: Comparison) -> ColumnElement[bool]:
    return and_(c.column() >= c.value(0, "up"), c.column() <= c.value(1, "down"))


def _like(c: Comparison, before: str, after: str) -> ColumnElement[bool]:
    return c.text().like(c.pattern(before, after), escape=ESCAPE)


def _like_pattern(c: Comparison) -> ColumnElement[bool]:
    """Let `%` and `_` of the caller stand for any text and any sign."""
    field = c.field
    given = c.bind(
        lambda g, _: values.read_text(field, g[0]).replace(ESCAPE, ESCAPE * 2),
        Text(),
        False,
    )
    return c.text().like(given, escape=ESCAPE)


def _begins_with(c: Comparison) -> ColumnElement[bool]:
    """A range, so that an index on the text can be used."""
    field = c.field
    low = c.value()
    high = c.bind(
        lambda given, _: values.read_text(field, given[0]) + "\U0010ffff", Text(), False
    )
    return and_(c.column() >= low, c.column() < high)


def _has_options(c: Comparison) -> ColumnElement[bool]:
    """Compare with up to `MOST_OPTIONS` patterns; unused ones repeat the first."""
    field = c.field

    def pattern(position: int) -> Reader:
        return lambda given, _: (
            f"%,{values.read(field, given[min(position, len(given) - 1)])},%"
            if given
            else ""
        )

    return or_(
        *(c.text().like(c.bind(pattern(i), Text(), False)) for i in range(MOST_OPTIONS))
    )


MOST_OPTIONS: Final = 8
"""How many options one contain-values asks for; the caller splits longer lists."""


def _on(offset: int, from_: bool, to: bool) -> Meaning:
    """Compare with a whole day of the asker."""

    def meaning(c: Comparison) -> ColumnElement[bool]:
        field = c.field

        def span(given: Given, asking: Asking) -> Span:
            day = values.read_day(given[0])
            if day is None:
                raise values.unfit(field, given[0])
            day = add_days(day, offset)
            return Span(day if from_ else None, add_days(day, 1) if to else None)

        return c.within(span)

    return meaning


def _named(period: Callable[[Clock], Span]) -> Meaning:
    return lambda c: c.within(lambda given, asking: period(asking.clock))


def _counted(period: Callable[[Clock, int], Span]) -> Meaning:
    def meaning(c: Comparison) -> ColumnElement[bool]:
        field = c.field
        return c.within(
            lambda given, asking: period(
                asking.clock, values.read_whole(field, given[0])
            )
        )

    return meaning


def _is_one_of(ids: Callable[["Actor"], Any]) -> Meaning:
    """Compare a lookup with records that belong to the asker."""

    def meaning(c: Comparison) -> ColumnElement[bool]:
        listed = c.bind(
            lambda given, asking: [i for i in ids(asking.actor) if i is not None],
            values.storage_of(c.field),
            True,
        )
        return c.place.expression().in_(listed)

    return meaning


def _is_none_of(ids: Callable[["Actor"], Any]) -> Meaning:
    inner = _is_one_of(ids)
    return lambda c: and_(c.place.expression().is_not(None), not_(inner(c)))


def _me(actor: "Actor") -> Any:
    return (actor.user_id,)


def _my_teams(actor: "Actor") -> Any:
    return actor.team_ids


def _me_and_teams(actor: "Actor") -> Any:
    return actor.principals


def _my_unit(actor: "Actor") -> Any:
    return (actor.unit_id,)


def _my_units(actor: "Actor") -> Any:
    return actor.subtree


def _op(
    kinds: frozenset[Kind] | set[Kind], arity: int, meaning: Meaning
) -> OperatorMeaning:
    return OperatorMeaning(frozenset(kinds), arity, meaning)


_TEXT: Final[frozenset[Kind]] = frozenset({"text"})
_SET: Final[frozenset[Kind]] = frozenset({"set"})
_ID: Final[frozenset[Kind]] = frozenset({"id"})
_ANY: Final[frozenset[Kind]] = EVERY_KIND | {"set", "none"}

OPERATORS: Final[Mapping[str, OperatorMeaning]] = {
    "null": _op(_ANY, 0, lambda c: c.place.expression().is_(None)),
    "not-null": _op(_ANY, 0, lambda c: c.place.expression().is_not(None)),
    "eq": _op(EVERY_KIND, 1, lambda c: c.column() == c.value()),
    "ne": _op(EVERY_KIND, 1, lambda c: c.column() != c.value()),
    "gt": _op(ORDERED, 1, lambda c: c.column() > c.value(0, "down")),
    "ge": _op(ORDERED, 1, lambda c: c.column() >= c.value(0, "up")),
    "lt": _op(ORDERED, 1, lambda c: c.column() < c.value(0, "up")),
    "le": _op(ORDERED, 1, lambda c: c.column() <= c.value(0, "down")),
    "in": _op(EVERY_KIND, -1, _is_in),
    "not-in": _op(EVERY_KIND, -1, _is_not_in),
    "between": _op(ORDERED, 2, _between),
    "not-between": _op(ORDERED, 2, lambda c: not_(_between(c))),
    "contains": _op(_TEXT, 1, lambda c: _like(c, "%", "%")),
    "not-contains": _op(_TEXT, 1, lambda c: not_(_like(c, "%", "%"))),
    "begins-with": _op(_TEXT, 1, _begins_with),
    "not-begin-with": _op(_TEXT, 1, lambda c: not_(_begins_with(c))),
    "ends-with": _op(_TEXT, 1, lambda c: _like(c, "%", "")),
    "not-end-with": _op(_TEXT, 1, lambda c: not_(_like(c, "%", ""))),
    "like": _op(_TEXT, 1, _like_pattern),
    "not-like": _op(_TEXT, 1, lambda c: not_(_like_pattern(c))),
    "contain-values": _op(_SET, -1, _has_options),
    "not-contain-values": _op(_SET, -1, lambda c: not_(_has_options(c))),
    "on": _op(TIMES, 1, _on(0, True, True)),
    "not-on": _op(TIMES, 1, lambda c: not_(_on(0, True, True)(c))),
    "on-or-after": _op(TIMES, 1, _on(0, True, False)),
    "on-or-before": _op(TIMES, 1, _on(0, False, True)),
    **{name: _op(TIMES, 0, _named(period)) for name, period in NAMED.items()},
    **{name: _op(TIMES, 1, _counted(period)) for name, period in COUNTED.items()},
    "eq-userid": _op(_ID, 0, _is_one_of(_me)),
    "ne-userid": _op(_ID, 0, _is_none_of(_me)),
    "eq-userteams": _op(_ID, 0, _is_one_of(_my_teams)),
    "eq-useroruserteams": _op(_ID, 0, _is_one_of(_me_and_teams)),
    "eq-businessid": _op(_ID, 0, _is_one_of(_my_unit)),
    "ne-businessid": _op(_ID, 0, _is_none_of(_my_unit)),
    "eq-businessid-or-below": _op(_ID, 0, _is_one_of(_my_units)),
}
"""Every operator by name."""
