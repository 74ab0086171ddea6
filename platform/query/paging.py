"""Know where a page ended and how the next one goes on: by the values of the sort keys.

A cursor is the form of its question (a digest) and the values of the last row, as text
that nobody needs to read. Its values only bound the next page; what may be read is
decided anew, so a cursor that was made up shows nothing more.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Double,
    and_,
    bindparam,
    false,
    null,
    or_,
)
from sqlalchemy.types import TypeEngine

from xrm.metadata.fields.storage import ScaledDecimal
from xrm.metadata.fields.texts import bad_character
from xrm.platform.errors import Refused

LONGEST_CURSOR: Final = 20_000


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of a statement's order.

    `sorts` is what is sorted by, `shows` what the cursor keeps, `storage` the type of a
    value that is compared with `sorts`, `python` its type in a cursor; a text is folded
    first.
    """

    sorts: ColumnElement[Any]
    shows: ColumnElement[Any]
    storage: TypeEngine[Any]
    descending: bool
    python: type | tuple[type, ...]
    never_null: bool = False

    @property
    def is_text(self) -> bool:
        """Say whether values are folded before they are compared."""
        return self.python is str

    def without_columns(self) -> "SortKey":
        """Return what is kept with a plan: no column, which holds on to its table."""
        return replace(self, sorts=null(), shows=null())

    def takes(self, value: Any) -> bool:
        """Say whether a cursor's value can be compared with this key."""
        if isinstance(value, bool):
            return self.python is bool
        if isinstance(value, datetime):
            return self.python is datetime and value.tzinfo is not None
        if isinstance(value, str):
            return self.python is str and bad_character(value) is None
        if isinstance(self.storage, ScaledDecimal):
            return isinstance(value, Decimal) and _fits(value, self.storage.xrm_scale)
        if isinstance(self.storage, BigInteger):
            return isinstance(value, int) and abs(value) < 2**63
        if isinstance(self.storage, Double):
            return isinstance(value, float)
        return isinstance(value, self.python)

    def ordering(self, dialect: str) -> ColumnElement[Any]:
        """Return the ORDER BY element: nulls first, or last when descending."""
        made = self.sorts.desc() if self.descending else self.sorts.asc()
        if dialect == "sqlite" or self.never_null:
            return made
        return made.nulls_last() if self.descending else made.nulls_first()


def _fits(value: Decimal, scale: int) -> bool:
    """Say whether a column of a scale can hold a number."""
    if not value.is_finite() or abs(value.adjusted()) > 40:
        return False
    scaled = value.scaleb(scale, Context(prec=100))
    return abs(scaled) < 2**63 and scaled == scaled.to_integral_value()


def parameter(position: int, key: SortKey) -> BindParameter[Any]:
    """Return the parameter of a cursor's value."""
    return bindparam(f"c{position}", type_=key.storage)


def after(keys: Sequence[SortKey], nulls: Sequence[bool]) -> ColumnElement[bool]:
    """Return the condition that a row comes after the cursor's.

    `nulls` says which of the cursor's values are null.
    """
    ways: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for position, (key, is_null) in enumerate(zip(keys, nulls, strict=True)):
        later = _later(position, key, is_null)
        if later is not None:
            ways.append(and_(*equal, later))
        equal.append(
            key.sorts.is_(None) if is_null else key.sorts == parameter(position, key)
        )
    condition = or_(false(), *ways)
    bound = _bound(keys[0], nulls[0]) if len(keys) > 1 else None
    return condition if bound is None else and_(bound, condition)


def _later(position: int, key: SortKey, is_null: bool) -> ColumnElement[bool] | None:
    if is_null:
        return None if key.descending else key.sorts.is_not(None)
    value = parameter(position, key)
    if not key.descending:
        return key.sorts > value
    below = key.sorts < value
    return below if key.never_null else or_(below, key.sorts.is_(None))


def _bound(key: SortKey, is_null: bool) -> ColumnElement[bool] | None:
    """Return what an index on the first key can use: its range."""
    if is_null:
        return key.sorts.is_(None) if key.descending else None
    value = parameter(0, key)
    if not key.descending:
        return key.sorts >= value
    return key.sorts <= value if key.never_null else None


def digest(form: object) -> str:
    """Return a short text that differs between questions of different form."""
    return hashlib.sha256(repr(form).encode()).hexdigest()[:12]


def write(mark: str, values: Sequence[Any]) -> str:
    """Return the cursor after a row."""
    text = json.dumps([mark, *map(_packed, values)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(mark: str, cursor: str, count: int) -> tuple[Any, ...]:
    """Return the values of a cursor.

    Raises:
        Refused: it is no cursor, or one of another question.
    """
    fault = Refused(
        "This page link does not belong to this list. Start again at the first page.",
        code="bad_cursor",
        target="after",
    )
    if len(cursor) > LONGEST_CURSOR:
        raise fault
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(found, list) or found[0] != mark or len(found) != count + 1:
            raise fault
        return tuple(_unpacked(value) for value in found[1:])
    except (ValueError, TypeError, ArithmeticError, binascii.Error, RecursionError):
        raise fault from None


def _packed(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", value.hex]
    if isinstance(value, float):
        return ["f", value.hex()]
    if isinstance(value, int):
        return ["i", str(value)]
    return ["n", str(value)]


def _unpacked(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    kind, text = value
    if kind == "t":
        return datetime.fromisoformat(text)
    if kind == "d":
        return date.fromisoformat(text)
    if kind == "u":
        return UUID(text)
    if kind == "f":
        return float.fromhex(text)
    if kind == "i":
        return int(text)
    return Decimal(text)
