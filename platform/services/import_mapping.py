"""Know the mapping file of an import: which column goes to which field, and how.

A mapping is data (YAML). This module reads it and finds its faults; it reads no rows.

    entity: opportunity
    identity: opportunity_id          # the column (or columns) that tell rows apart
    empty: ["NULL", "Select"]         # texts that mean nothing
    aliases: {product: {GTXPro: GTX Pro}}
    fields:
      name: opportunity_id            # field: column
      customerid: {column: account, lookup: account, by: name}
      parentid: {column: parent, lookup: account, by: source, prefix: "@"}
      statuscode: {column: deal_stage, map: {Won: 3}}
      age: {column: age, empty: ["-1"]}  # what means nothing in this column only
      description: {value: Imported}

A file may hold several imports, done in their order: `imports: [{file, entity, …}, …]`;
`file: [a.csv, b.csv]` is one import for each of the files.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.yaml_documents import load_yaml
from xrm.platform.errors import Detail, Invalid
from xrm.platform.services.import_files import ReadOptions
from xrm.rule_engine.problems import did_you_mean

Existing = Literal["skip", "update"]

_FILE_KEYS: Final = ("kind", "encoding", "separator", "sheet", "path")
_KEYS: Final = frozenset(
    [
        "entity",
        "relationship",
        "file",
        "identity",
        "existing",
        "empty",
        "aliases",
        "fields",
        "header",
        "decimal",
        "dates",
        "ends",
        "imports",
    ]
) | frozenset(_FILE_KEYS)
_FIELD_KEYS: Final = frozenset(
    [
        "column",
        "value",
        "lookup",
        "by",
        "map",
        "default",
        "empty",
        "format",
        "join",
        "part",
        "prefix",
        "required",
    ]
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """How a cell names a record: `entity` whose field `by` has the cell's value.

    `by` may list several fields (`by: [firstname, lastname]` with `column: [a, b]`), or
    be `source`, the identity that an earlier import gave the record; its columns are
    then named in the order in which that import's `identity` has them.
    """

    entity: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where a field's value comes from."""

    field: str
    columns: tuple[str, ...] = ()
    value: Any = None
    """A constant; used where there are no columns."""
    lookup: Lookup | None = None
    map: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Cell text → value."""
    default: Any = None
    """The value where the cell is empty."""
    empty: frozenset[str] = frozenset()
    """Texts that mean nothing in this field's cells only."""
    format: str | None = None
    """A `strptime` pattern of dates."""
    join: str = " "
    """What stands between several columns."""
    part: Literal["first", "rest"] | None = None
    """The first word of the text, or what follows it: for names in one column."""
    prefix: str = ""
    """What a cell has before the value, such as the `@` of references between files."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class ImportMap:
    """One import: a file, an entity (or an N:N relationship), and its fields."""

    entity: str
    fields: tuple[FieldMap, ...]
    relationship: str | None = None
    ends: tuple[FieldMap, ...] = ()
    """For a relationship: the two records a row connects."""
    file: str | None = None
    identity: tuple[str, ...] = ()
    existing: Existing = "skip"
    empty: frozenset[str] = frozenset({""})
    aliases: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    decimal: str | None = None
    """The decimal sign of the numbers, `.` or `,`; `None` means detect it."""
    dates: str | None = None
    """The `strptime` pattern of the dates; `None` means detect it."""
    read: ReadOptions = dataclasses.field(default_factory=ReadOptions)


def load_mapping(
    path: Path, catalog: Catalog, entity: str | None = None
) -> tuple[ImportMap, ...]:
    """Read a mapping file.

    Raises:
        Invalid: it has faults; each is one of the details.
    """
    loaded = load_yaml(path.read_bytes(), str(path))
    if loaded.problems:
        raise Invalid(
            f"The mapping file has {len(loaded.problems)} problems.",
            details=[Detail(None, p.code, str(p)) for p in loaded.problems],
        )
    return read_mapping(loaded.data, catalog, entity, path.name)


def read_mapping(
    data: Any, catalog: Catalog, entity: str | None = None, name: str = "The mapping"
) -> tuple[ImportMap, ...]:
    """Return what a mapping file's data say.

    Raises:
        Invalid: it has faults; each is one of the details.
    """
    if not isinstance(data, Mapping):
        raise Invalid(f"{name}: a mapping has keys such as `entity` and `fields`.")
    faults: list[str] = []
    parts = data.get("imports") or [data]
    made = tuple(
        replace(one, file=file)
        for part in parts
        for one in (_mapping(part, catalog, entity, faults),)
        for file in _names(part.get("file")) or (None,)
    )
    if faults:
        raise Invalid(
            f"{name}: {faults[0]}"
            + (f" ({len(faults) - 1} more)" if len(faults) > 1 else ""),
            details=[Detail(None, "mapping", fault) for fault in faults],
        )
    return made


def _hint(word: str, options: Sequence[str]) -> str:
    return f" {hint}" if (hint := did_you_mean(word, options)) else ""


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)


def _mapping(
    data: Mapping[str, Any], catalog: Catalog, given: str | None, faults: list[str]
) -> ImportMap:
    for key in data:
        if key not in _KEYS:
            faults.append(f'Unknown key "{key}".{_hint(key, sorted(_KEYS))}')
    relationship = data.get("relationship")
    name = data.get("entity") or given
    if relationship is not None:
        link = catalog.relationships.get(relationship)
        if link is None:
            faults.append(
                f'There is no relationship "{relationship}".'
                f"{_hint(relationship, list(catalog.relationships))}"
            )
            return ImportMap(entity="", fields=(), relationship=relationship)
        ends = tuple(
            _field(end, body, None, catalog, faults)
            for end, body in (data.get("ends") or {}).items()
        )
        return ImportMap(
            entity=link.first,
            relationship=relationship,
            fields=(),
            ends=ends,
            **_shared(data),
        )
    entity = catalog.entities.get(name or "")
    if entity is None:
        faults.append(
            f'There is no entity "{name}".{_hint(str(name), list(catalog.entities))}'
            if name
            else "Say which entity the rows become: `entity: …`."
        )
        return ImportMap(entity=name or "", fields=())
    fields = tuple(
        _field(field_name, body, entity, catalog, faults)
        for field_name, body in (data.get("fields") or {}).items()
    )
    return ImportMap(entity=entity.name, fields=fields, **_shared(data))


def _shared(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "identity": _names(data.get("identity")),
        "existing": data.get("existing", "skip"),
        "empty": frozenset({"", *(data.get("empty") or ())}),
        "aliases": {
            column: {str(k).casefold(): v for k, v in pairs.items()}
            for column, pairs in (data.get("aliases") or {}).items()
        },
        "decimal": data.get("decimal"),
        "dates": data.get("dates"),
        "read": ReadOptions(
            **{key: data.get(key) for key in _FILE_KEYS},
            header=_names(data.get("header")) or None,
        ),
    }


def _field(
    name: str,
    body: Any,
    entity: Entity | None,
    catalog: Catalog,
    faults: list[str],
) -> FieldMap:
    if entity is not None and name not in entity.fields:
        faults.append(
            f'{entity.name} has no field "{name}".{_hint(name, list(entity.fields))}'
        )
    if not isinstance(body, Mapping):
        return FieldMap(name, columns=_names(body))
    for key in body:
        if key not in _FIELD_KEYS:
            faults.append(
                f'{name}: unknown key "{key}".{_hint(key, sorted(_FIELD_KEYS))}'
            )
    lookup = None
    if body.get("lookup"):
        target = catalog.entities.get(body["lookup"])
        by = _names(body.get("by")) or ((target.title or "",) if target else ())
        if target is None:
            faults.append(
                f'{name}: there is no entity "{body["lookup"]}".'
                f"{_hint(body['lookup'], list(catalog.entities))}"
            )
        else:
            faults.extend(
                f'{name}: {target.name} has no field "{one}".'
                f"{_hint(one, list(target.fields))}"
                for one in by
                if one != "source" and one not in target.fields
            )
        lookup = Lookup(body["lookup"], by)
    return FieldMap(
        field=name,
        columns=_names(body.get("column")),
        value=body.get("value"),
        lookup=lookup,
        map={str(k).casefold(): v for k, v in (body.get("map") or {}).items()},
        default=body.get("default"),
        empty=frozenset(map(str, body.get("empty") or ())),
        format=body.get("format"),
        join=body.get("join", " "),
        part=body.get("part"),
        prefix=body.get("prefix", ""),
        required=bool(body.get("required")),
    )


def mapping_by_names(entity: Entity, columns: Sequence[str]) -> ImportMap:
    """Map columns to fields of the same name or label; the rest is left out."""
    by_word: dict[str, str] = {}
    for item in entity.fields.values():
        if item.read_only or item.is_computed or item.rollup:
            continue
        by_word.setdefault(item.label.casefold(), item.name)
    for item in entity.fields.values():
        if not item.read_only:
            by_word[item.name.casefold()] = item.name
    found = {}
    for column in columns:
        word = column.strip().casefold()
        target = by_word.get(word) or by_word.get(word.replace(" ", "_"))
        if target and target not in found:
            found[target] = FieldMap(target, columns=(column,))
    return ImportMap(entity=entity.name, fields=tuple(found.values()))
