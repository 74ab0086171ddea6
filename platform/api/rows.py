"""Know what a record looks like on the wire, and which columns it needs.

A `RowShape` is made once per catalog, entity, fields and annotations; it holds a
generated converter, so writing a row is one call. Annotations come only when asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.metadata.fields.converters import json_writer
from xrm.metadata.fields.field_type import Formats
from xrm.platform.api.navigation import (
    find_field,
    navigation_name,
    singles,
    value_name,
)
from xrm.platform.api.preferences import (
    FORMATTED,
    LOOKUP_ENTITY,
    NAVIGATION,
    Preferences,
)
from xrm.platform.database.snapshots import Snapshot
from xrm.platform.errors import Refused
from xrm.platform.security.access import readable_fields
from xrm.platform.security.actors import Actor
from xrm.rule_engine import core_names
from xrm.rule_engine.problems import did_you_mean

CURRENCY_LOOKUP = "transactioncurrencyid"
CURRENCY_CODE = f"{CURRENCY_LOOKUP}.{core_names.CURRENCY_CODE}"
VERSION = "versionnumber"
UNFORMATTED = frozenset(
    {"text", "rich_text", "uniqueid", "autonumber", "file", "image", "tags", "location"}
)
"""Types whose value reads the same as its text, so they get no formatted value."""

Row = Mapping[str, Any]
Annotator = Callable[[Row, dict[str, Any], Formats], None]


@dataclass(frozen=True, slots=True)
class Annotations:
    """Which annotations are wanted."""

    formatted: bool = False
    lookup_entity: bool = False
    navigation: bool = False

    @property
    def any(self) -> bool:
        """Return whether one of them is."""
        return self.formatted or self.lookup_entity or self.navigation


def annotations_of(preferences: Preferences) -> Annotations:
    """Return the annotations a caller prefers."""
    if not preferences.annotations:
        return _NONE
    return Annotations(
        preferences.annotates(FORMATTED),
        preferences.annotates(LOOKUP_ENTITY),
        preferences.annotates(NAVIGATION),
    )


_NONE = Annotations()
LONGEST_KEPT = 2_000
"""Characters of a $select that is kept once it was read."""


@dataclass(frozen=True, slots=True)
class RowShape:
    """How rows of one entity are written; `columns` are what a query must select."""

    entity: Entity
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    plain: Callable[[Row], dict[str, Any]]
    """Writes a row with its etag, without annotations."""
    annotators: tuple[Annotator, ...] = ()

    def write(self, row: Row, formats: Formats) -> dict[str, Any]:
        """Return a row as orjson writes it, with etag and annotations."""
        made = self.plain(row)
        if self.annotators:
            self.annotate(row, made, formats)
        return made

    def annotate(self, row: Row, made: dict[str, Any], formats: Formats) -> None:
        """Add the annotations to what was written of a row."""
        code = row.get(CURRENCY_CODE)
        if code:
            formats = _with_currency(formats, code)
        for annotate in self.annotators:
            annotate(row, made, formats)

    def plain_at(self, prefix: str) -> Callable[[Row], dict[str, Any]]:
        """Return `plain` for rows whose columns have a prefix: `primarycontactid.`."""
        return _plain(self.entity, _with_key(self.entity, self.fields), prefix)


@lru_cache(maxsize=512)
def _with_currency(formats: Formats, code: str) -> Formats:
    return Formats(formats.locale, formats.time_zone, formats.date, code)


def etag(version: int) -> str:
    """Return the etag of a record's version."""
    return f'W/"{version}"'


def formats_of(actor: Actor) -> Formats:
    """Return how the actor reads values."""
    return Formats(locale=actor.locale, time_zone=actor.time_zone)


def row_shape(
    snapshot: Snapshot,
    actor: Actor,
    entity: Entity,
    fields: tuple[str, ...] | None,
    wanted: Annotations = _NONE,
) -> RowShape:
    """Return the shape of rows with these fields (None: all the actor may read)."""
    readable = readable_fields(snapshot, actor, entity.name)
    if fields is None:
        fields = tuple(name for name in entity.fields if name in readable)
    for name in fields:
        if name not in readable:
            raise unknown_selection(entity, name)
    key = (entity.name, fields, wanted)
    chosen = fields
    return snapshot.cache("api rows").get(
        key, lambda: _made(snapshot.catalog, entity, chosen, wanted)
    )


def _made(
    catalog: Catalog, entity: Entity, fields: tuple[str, ...], wanted: Annotations
) -> RowShape:
    chosen = _with_key(entity, fields)
    columns = [field.name for field in chosen]
    if VERSION not in columns:
        columns.append(VERSION)
    annotators: list[Annotator] = []
    if wanted.any:
        for field in chosen:
            columns += _extra_columns(entity, field, wanted, columns)
            annotators += _annotators(catalog, field, wanted)
    return RowShape(
        entity,
        fields,
        tuple(columns),
        _plain(entity, chosen),
        tuple(annotators),
    )


def _with_key(entity: Entity, fields: Sequence[str]) -> list[Field]:
    """Return the fields; the key comes first where it was not asked for."""
    names = fields if entity.key in fields else (entity.key, *fields)
    return [entity.fields[name] for name in names]


def _plain(
    entity: Entity, fields: Sequence[Field], prefix: str = ""
) -> Callable[[Row], dict[str, Any]]:
    return json_writer(
        entity,
        [field.name for field in fields],
        {field.name: value_name(field) for field in fields if field.is_lookup},
        prefix=prefix,
        first={"@odata.etag": (VERSION, etag)},
    )


def _extra_columns(
    entity: Entity, field: Field, wanted: Annotations, have: Sequence[str]
) -> Iterator[str]:
    """Give the columns that formatted values need besides the value."""
    if not wanted.formatted:
        return
    if field.is_lookup:
        yield f"{field.name}@name"
    elif (
        field.type == "currency"
        and CURRENCY_LOOKUP in entity.fields
        and CURRENCY_CODE not in have
    ):
        yield CURRENCY_CODE


def _annotators(
    catalog: Catalog, field: Field, wanted: Annotations
) -> Iterator[Annotator]:
    if field.is_lookup:
        yield from _lookup_annotators(catalog, field, wanted)
    elif wanted.formatted and field.type not in UNFORMATTED:
        yield _formatted(field)


def _formatted(field: Field) -> Annotator:
    display, name = field_type(field.type).display, field.name
    key = f"{value_name(field)}@{FORMATTED}"

    def annotate(row: Row, made: dict[str, Any], formats: Formats) -> None:
        value = row[name]
        if value is not None:
            made[key] = display(field, value, formats)

    return annotate


def _lookup_annotators(
    catalog: Catalog, field: Field, wanted: Annotations
) -> Iterator[Annotator]:
    name, read_as = field.name, value_name(field)
    only = field.targets[0].entity if len(field.targets) == 1 else None

    def entity_in(row: Row) -> str | None:
        return only or row.get(f"{name}_type")

    def title(row: Row, made: dict[str, Any], formats: Formats) -> None:
        if row[name] is not None and row[f"{name}@name"] is not None:
            made[f"{read_as}@{FORMATTED}"] = str(row[f"{name}@name"])

    def logical(row: Row, made: dict[str, Any], formats: Formats) -> None:
        if row[name] is not None:
            made[f"{read_as}@{LOOKUP_ENTITY}"] = entity_in(row)

    def navigation(row: Row, made: dict[str, Any], formats: Formats) -> None:
        if row[name] is not None:
            made[f"{read_as}@{NAVIGATION}"] = navigation_name(field, entity_in(row))

    if wanted.formatted:
        yield title
    if wanted.lookup_entity:
        yield logical
    if wanted.navigation:
        yield navigation


def selected(
    entity: Entity, text: str | None, snapshot: Snapshot | None = None
) -> tuple[str, ...] | None:
    """Return the fields a $select names, None when there is none.

    With a snapshot of the entity it is kept there: programs ask the same again.

    Raises:
        Refused: a name is no field; the nearest one is suggested.
    """
    if text is None or not text.strip() or text.strip() == "*":
        return None
    if snapshot is None or len(text) > LONGEST_KEPT:
        return _selected(entity, text)
    return snapshot.cache("api selects").get(
        (entity.name, text), lambda: _selected(entity, text)
    )


def _selected(entity: Entity, text: str) -> tuple[str, ...]:
    made: list[str] = []
    for part in text.split(","):
        name = part.strip()
        field = find_field(entity, name) if name else None
        if field is None:
            if name in singles(entity):
                field = singles(entity)[name].field
            else:
                raise unknown_selection(entity, name)
        if field.name not in made:
            made.append(field.name)
    return tuple(made)


def unknown_selection(entity: Entity, name: str) -> Refused:
    """Return the error of a selected name that is no field."""
    names = [value_name(field) for field in entity.fields.values()]
    hint = did_you_mean(name, names) or ""
    return Refused(
        f'{entity.label} has no field "{name[:80]}". {hint}'.strip(),
        code="unknown_field",
        target=name[:80] or "$select",
    )


def record_address(root: str, entity: Entity, record: UUID) -> str:
    """Return the absolute address of a record."""
    return f"{root}{entity.set_name}({record})"
