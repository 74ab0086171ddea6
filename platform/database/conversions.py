"""Know how the values of a field go from one way of keeping them to another.

A conversion is a value: SQL where both databases can do it exactly alike (lengths,
whole numbers, decimals), else Python through the parse functions of the field types, so
that a text becomes a number, a date or a choice by the same rules as one that a person
types. What cannot be carried over becomes empty; `lost` says for which records that, or
a cut or a rounding, happens: those values go to quarantine first.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from xrm.metadata.entities import Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.field_type import Formats
from xrm.metadata.fields.storage import NumberSet, ScaledDecimal, UtcDateTime
from xrm.platform.database.engine import Dialect

Family = Literal[
    "text", "integer", "decimal", "float", "boolean", "date", "moment", "uuid", "set"
]
Element: TypeAlias = sa.ColumnElement[Any]
Loss = Literal["cut", "rounded", "not convertible", "links cut"]

_WIDEST = 63
_LARGEST = 2**_WIDEST - 1
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Storage:
    """How a column keeps its values: length of a text, bits or decimals of a number."""

    family: Family
    size: int | None = None


def storage_of(type_: TypeEngine[Any]) -> Storage:
    """Return how a column of this type keeps its values.

    Raises:
        TypeError: no field type has such a column.
    """
    if isinstance(type_, ScaledDecimal):
        return Storage("decimal", type_.xrm_scale)
    if isinstance(type_, UtcDateTime):
        return Storage("moment")
    if isinstance(type_, NumberSet):
        return Storage("set")
    if isinstance(type_, sa.String):
        return Storage("text", type_.length)
    if isinstance(type_, sa.Boolean):
        return Storage("boolean")
    if isinstance(type_, sa.BigInteger):
        return Storage("integer", 64)
    if isinstance(type_, sa.Integer):
        return Storage("integer", 32)
    if isinstance(type_, sa.Float):
        return Storage("float")
    if isinstance(type_, sa.Date):
        return Storage("date")
    if isinstance(type_, sa.Uuid):
        return Storage("uuid")
    raise TypeError(f"No conversion knows columns of type {type_!r}.")


class Carried(NamedTuple):
    """One value carried over: the new columns, and how well it went.

    `is_kept`: it could be carried over. `is_exact`: carried back, it is what it was;
    a value that is not goes to quarantine, so that an undo can bring it back.
    """

    columns: tuple[Any, ...]
    is_kept: bool
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Conversion:
    """How values are carried over.

    By SQL: `value` gives the new columns of the old ones, `lost` the condition of rows
    that do not keep their value whole (None: there are none). By Python: `by_value`
    gives the new columns' values and whether the value was kept.
    """

    loss: Loss
    value: Callable[[Sequence[Element]], tuple[Element, ...]] | None = None
    lost: Callable[[Sequence[Element]], Element] | None = None
    by_value: Callable[[tuple[Any, ...]], Carried] | None = None
    in_place: bool = False
    """Whether the column stays and only its length or size changes."""


def conversion(old: Field, new: Field, dialect: Dialect) -> Conversion:
    """Return how a field's values are carried over to another way of keeping them."""
    before = [storage_of(c.type) for c in field_type(old.type).columns(old)]
    after = [storage_of(c.type) for c in field_type(new.type).columns(new)]
    if old.is_lookup and new.is_lookup:
        return _lookup(old, new)
    if len(before) == 1 and len(after) == 1 and not (old.choices or new.choices):
        made = _in_sql(before[0], after[0], dialect)
        if made is not None:
            return made
    return _in_python(old, new)


def _in_sql(old: Storage, new: Storage, dialect: Dialect) -> Conversion | None:
    pair = (old.family, new.family)
    if pair == ("text", "text"):
        return _text(new.size)
    if pair == ("integer", "integer"):
        return _whole(new.size or 32)
    if pair == ("integer", "decimal"):
        return _scaled(0, new.size or 0, dialect)
    if pair == ("decimal", "decimal"):
        return _scaled(old.size or 0, new.size or 0, dialect)
    if pair == ("decimal", "integer"):
        return _rounded(old.size or 0, new.size or 32, dialect)
    if pair == ("integer", "float"):
        return Conversion(
            "rounded",
            lambda c: (sa.cast(c[0], sa.Double()),),
            lambda c: ~sa.type_coerce(c[0], sa.BigInteger()).between(-_EXACT, _EXACT),
        )
    return None


def _raw(element: Element, dialect: Dialect) -> Element:
    """Return a column as the database holds it: a whole number on SQLite."""
    if dialect == "sqlite":
        return sa.type_coerce(element, sa.BigInteger())
    return sa.type_coerce(element, sa.Numeric(asdecimal=False))


def _text(length: int | None) -> Conversion:
    if length is None:
        return Conversion("cut", lambda c: (c[0],), in_place=True)
    return Conversion(
        "cut",
        lambda c: (sa.func.substr(c[0], 1, length),),
        lambda c: sa.func.length(c[0]) > length,
        in_place=True,
    )


def _whole(bits: int) -> Conversion:
    if bits > 32:
        return Conversion("not convertible", lambda c: (c[0],), in_place=True)
    low, high = -(2**31), 2**31 - 1

    def fits(element: Element) -> Element:
        return sa.type_coerce(element, sa.BigInteger()).between(low, high)

    return Conversion(
        "not convertible",
        lambda c: (sa.case((fits(c[0]), c[0]), else_=sa.null()),),
        lambda c: ~fits(c[0]),
        in_place=True,
    )


def _scaled(old: int, new: int, dialect: Dialect) -> Conversion:
    """Carry a number of `old` decimal places to one of `new`, half away from zero."""
    if dialect == "postgresql":
        target = sa.Numeric(38, new)
        if new >= old:
            return Conversion("rounded", lambda c: (sa.cast(_n(c[0]), target),))
        return Conversion(
            "rounded",
            lambda c: (sa.cast(_n(c[0]), target),),
            lambda c: _n(c[0]) != sa.cast(_n(c[0]), target),
        )
    factor = 10 ** abs(new - old)
    if new < old:
        return Conversion(
            "rounded",
            lambda c: (_divided(_raw(c[0], dialect), factor),),
            lambda c: _raw(c[0], dialect) % factor != 0,
        )
    limit = _LARGEST // factor

    def fits(element: Element) -> Element:
        return _raw(element, dialect).between(-limit, limit)

    return Conversion(
        "not convertible",
        lambda c: (
            sa.case((fits(c[0]), _raw(c[0], dialect) * factor), else_=sa.null()),
        ),
        lambda c: ~fits(c[0]),
    )


def _n(element: Element) -> Element:
    """Return a PostgreSQL number without the bind rules of its type."""
    return sa.type_coerce(element, sa.Numeric())


def _divided(element: Element, factor: int) -> Element:
    """Return a whole number divided and rounded half away from zero (SQLite cuts)."""
    half = factor // 2
    return sa.case(
        (element >= 0, (element + half) // factor), else_=(element - half) // factor
    )


def _rounded(scale: int, bits: int, dialect: Dialect) -> Conversion:
    """Carry a decimal to a whole number of 32 or 64 bits."""
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def whole(element: Element) -> Element:
        if dialect == "postgresql":
            return sa.func.round(_n(element))
        raw = _raw(element, dialect)
        return _divided(raw, 10**scale) if scale else raw

    def value(columns: Sequence[Element]) -> tuple[Element, ...]:
        number = whole(columns[0])
        fits = number.between(low, high)
        result = sa.cast(number, sa.BigInteger())
        return (sa.case((fits, result), else_=sa.null()),)

    def lost(columns: Sequence[Element]) -> Element:
        number = whole(columns[0])
        if dialect == "postgresql":
            inexact = number != _n(columns[0])
        else:
            inexact = _raw(columns[0], dialect) % 10**scale != 0
        return sa.or_(inexact, ~number.between(low, high))

    return Conversion("rounded", value, lost)


def _lookup(old: Field, new: Field) -> Conversion:
    """Carry a lookup: an id for one target, an id and an entity name for several.

    A link to an entity that the new field may not point to is cut.
    """
    names = [target.entity for target in new.targets]
    counts = [len(field_type(f.type).columns(f)) for f in (old, new)]
    is_cut = any(target.entity not in names for target in old.targets)

    def target(columns: Sequence[Element]) -> Element:
        return columns[1] if len(columns) > 1 else sa.literal(old.targets[0].entity)

    def kept(columns: Sequence[Element]) -> Element:
        is_there = columns[0].is_not(sa.null())
        if not is_cut:
            return is_there
        return sa.and_(is_there, target(columns).in_(names))

    def value(columns: Sequence[Element]) -> tuple[Element, ...]:
        made = (columns[0], target(columns))[: counts[1]]
        return tuple(sa.case((kept(columns), v), else_=sa.null()) for v in made)

    def lost(columns: Sequence[Element]) -> Element:
        is_kept = sa.func.coalesce(target(columns).in_(names), sa.false())
        return sa.and_(columns[0].is_not(sa.null()), sa.not_(is_kept))

    return Conversion(
        "links cut", value, lost if is_cut else None, in_place=counts[0] == counts[1]
    )


def _in_python(old: Field, new: Field) -> Conversion:
    there, home = _carrier(old, new), _carrier(new, old)

    def convert(values: tuple[Any, ...]) -> Carried:
        made, kept = there(values)
        back, came_back = home(made) if kept else (made, False)
        return Carried(made, kept, came_back and back == values)

    return Conversion("not convertible", by_value=convert)


def _carrier(
    old: Field, new: Field
) -> Callable[[tuple[Any, ...]], tuple[tuple[Any, ...], bool]]:
    """Return what makes the new columns of the old ones, and says whether it could.

    The label of a choice is tried first, then the value itself, then its plain text.
    """
    old_type, new_type = field_type(old.type), field_type(new.type)
    empty = tuple(None for _ in new_type.columns(new))
    formats = Formats()
    parse = new_type.parser(new)

    has_labels = old.choices is not None or old.type == "boolean"

    def attempts(value: Any) -> Iterator[Any]:
        if has_labels:
            yield old_type.display(old, value, formats)
        yield value
        yield format(value, "f") if isinstance(value, Decimal) else str(value)

    def carry(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], bool]:
        value = old_type.from_columns(old, values)
        if value is None:
            return empty, True
        for attempt in attempts(value):
            try:
                return tuple(new_type.to_columns(new, parse(attempt))), True
            except (ValueError, TypeError, ArithmeticError):
                continue  # ValueProblem is a ValueError
        return empty, False

    return carry
