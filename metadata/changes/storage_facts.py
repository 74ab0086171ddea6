"""Know how a field is kept, in words and in what a change of it means."""

from typing import Literal

from xrm.metadata.entities import Field
from xrm.metadata.fields import FIELD_TYPES
from xrm.metadata.fields.currency import STORED_SCALE
from xrm.metadata.fields.decimal import scale_of
from xrm.metadata.fields.text import LINE_LIMIT, max_length

Dialect = Literal["sqlite", "postgresql"]
_TEXTS = ("text", "autonumber")
_LONG_TEXTS = ("rich_text", "tags")
_NUMBERS = ("choice", "state", "status")


def type_text(field: Field) -> str:
    """Return a field's type as plans name it: `text(300)`, `decimal(5)`."""
    kind = field.type
    if kind in _TEXTS:
        made = f"{kind}({max_length(field)})"
    elif kind in ("decimal", "currency"):
        made = f"{kind}({scale_of(field)})"
    elif kind == "integer" and field.options.get("size") == "big":
        made = "integer(big)"
    elif kind in ("choice", "multichoice") and field.choices is not None:
        made = f"{kind}({field.choices.name})"
    elif field.is_lookup:
        made = f"{kind}({', '.join(target.entity for target in field.targets)})"
    elif kind == "datetime" and "behavior" in field.options:
        made = f"datetime({field.options['behavior']})"
    else:
        made = kind
    if field.formula is not None:
        return f"{made}, formula{' (stored)' if field.stored else ''}"
    return f"{made}, rollup" if field.rollup is not None else made


def stored_as(field: Field) -> tuple[str | int, ...]:
    """Return how the columns of a field are kept: two fields that agree need no DDL."""
    kind = field.type
    if kind in _TEXTS:
        length = max_length(field)
        return ("text", length) if length <= LINE_LIMIT else ("text",)
    if kind in _LONG_TEXTS:
        return ("text",)
    if kind == "currency":
        return ("decimal", STORED_SCALE)
    if kind == "decimal":
        return ("decimal", scale_of(field))
    if kind == "integer":
        return ("integer", 64 if field.options.get("size") == "big" else 32)
    if kind in _NUMBERS:
        return ("integer", 32)
    if field.is_lookup:
        has_type = kind == "owner" or field.is_polymorphic
        return ("id", "type") if has_type else ("id",)
    if kind in ("uniqueid", "file", "image"):
        return ("id",)
    if kind == "datetime" and field.options.get("behavior") == "date_only":
        return ("date",)
    return (kind,)


def loses(old: Field, new: Field) -> bool:
    """Say whether values may be lost or cut when a field is kept in a new way."""
    if not old.is_stored:
        return False
    if not new.is_stored:
        return True
    before, after = stored_as(old), stored_as(new)
    if before == after:
        return _is_narrower(old, new)
    family, *was = before
    new_family, *becomes = after
    if family == new_family and family in ("text", "decimal", "integer"):
        if family == "text" and not becomes:
            return False
        return not was or int(becomes[0]) < int(was[0])
    if family == "integer" and new_family == "decimal":
        return int(was[0]) > 32
    if (family, new_family) == ("date", "datetime"):
        return False
    if family == "id" and new_family == "id":
        return len(after) < len(before)
    return not (
        new_family == "text" and family in ("integer", "decimal", "boolean", "date")
    )


def _is_narrower(old: Field, new: Field) -> bool:
    if old.is_lookup:
        left = {target.entity for target in new.targets}
        return any(target.entity not in left for target in old.targets)
    return old.type == new.type == "currency" and scale_of(new) < scale_of(old)


def rewrites(old: Field, new: Field, dialect: Dialect) -> bool:
    """Say whether every row of the table is written again."""
    if not old.is_stored and new.is_stored:
        return True  # a stored formula is computed for every record
    if old.is_stored and not new.is_stored:
        return dialect == "sqlite"
    before, after = stored_as(old), stored_as(new)
    if before == after:
        return False
    if dialect == "sqlite":
        return not (before[0] == after[0] and before[0] in ("text", "integer"))
    if before[0] == after[0] == "text":
        return len(after) == 2 and (len(before) == 1 or int(after[1]) < int(before[1]))
    return True


def has_columns(field: Field) -> bool:
    """Say whether a field has columns at all."""
    kind = FIELD_TYPES.get(field.type)
    return field.is_stored and kind is not None and bool(kind.columns(field))
