"""Make the page that matches the columns of a file to fields, and read what it sends.

Pure: of the columns that were found in the file, and the entity.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity, Field
from xrm.platform.services.import_mapping import mapping_by_names
from xrm.platform.services.import_trees import Row, value_at
from xrm.ui.filters import Choice

SAMPLES: Final = 3
LONGEST: Final = 60
HOW: Final[Mapping[str, str]] = {
    "choice": "the label or the number",
    "multichoice": "labels",
    "boolean": "yes or no",
    "date": "a date",
    "datetime": "a date and time",
    "integer": "a number",
    "decimal": "a number",
    "float": "a number",
    "currency": "an amount",
}


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column of the file, and the field its cells go to."""

    number: int
    name: str
    samples: str
    options: tuple[Choice, ...]
    how: str
    state: str
    hue: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The columns of a file beside the fields they may go to."""

    title: str
    plural: str
    action: str
    back: str
    upload: str
    name: str
    detected: str
    lines: tuple[ColumnLine, ...]
    identities: tuple[Choice, ...]
    update: bool
    missing: str
    """Required fields that no column goes to, in words; empty for none."""
    fault: str = ""


def fields_of(entity: Entity, readable: frozenset[str]) -> list[Field]:
    """Return the fields that an import may fill, in the order of their labels."""
    found = [
        field
        for field in entity.fields.values()
        if field.name in readable
        and not field.read_only
        and not field.is_computed
        and not field.rollup
        and field.type not in ("file", "image")
        and "base_of" not in field.options
    ]
    return sorted(found, key=lambda field: (field.system, field.label.casefold()))


def first_choice(entity: Entity, columns: Sequence[str]) -> dict[str, str]:
    """Return column → field for the columns that are named like a field."""
    made = mapping_by_names(entity, columns)
    return {one.columns[0]: one.field for one in made.fields if one.columns}


def build(
    entity: Entity,
    address: str,
    *,
    upload: str,
    name: str,
    detected: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    readable: frozenset[str],
    chosen: Mapping[str, str],
    identity: str = "",
    update: bool = False,
    fault: str = "",
) -> ImportPage:
    """Return the page; `chosen` is column → field."""
    fields = fields_of(entity, readable)
    kept = list(rows)
    lines = tuple(
        _line(number, column, kept, fields, chosen.get(column, ""))
        for number, column in enumerate(columns)
    )
    filled = set(chosen.values())
    missing = [
        f.label
        for f in fields
        if f.is_required and not f.system and f.default is None and f.name not in filled
    ]
    return ImportPage(
        title=f"Import {entity.plural_label.lower()}: match columns",
        plural=entity.plural_label,
        action=f"{address}/import/run",
        back=f"{address}/import",
        upload=upload,
        name=name,
        detected=detected,
        lines=lines,
        identities=(
            Choice("", "Nothing: every row is new", not identity),
            *(Choice(column, column, column == identity) for column in columns),
        ),
        update=update,
        missing=", ".join(missing),
        fault=fault,
    )


def _line(
    number: int, column: str, rows: list[Row], fields: list[Field], chosen: str
) -> ColumnLine:
    found = [str(v) for row in rows if (v := value_at(row, column)) not in (None, "")]
    field = next((f for f in fields if f.name == chosen), None)
    options = (
        Choice("", "Not imported", field is None),
        *(
            Choice(f.name, f.label + (" *" if f.is_required else ""), f is field)
            for f in fields
        ),
    )
    return ColumnLine(
        number,
        column,
        " · ".join(text[:LONGEST] for text in dict.fromkeys(found[:SAMPLES])),
        options,
        _how(field),
        "Left out" if field is None else "Matched",
        "gray" if field is None else "green",
    )


def _how(field: Field | None) -> str:
    if field is None:
        return ""
    if field.is_lookup:
        return "the record of this name"
    return HOW.get(field.type, "as it is")


def mapping(
    catalog: Catalog,
    entity: Entity,
    chosen: Mapping[str, str],
    *,
    identity: str,
    update: bool,
) -> dict[str, Any]:
    """Return what a mapping file would say; `chosen` is column → field.

    A lookup is found by the title of its (first) target.
    """
    fields: dict[str, Any] = {}
    for column, name in chosen.items():
        field = entity.fields.get(name)
        if field is None or name in fields:
            continue
        fields[name] = {"column": column}
        if field.is_lookup and field.targets:
            target = catalog.entities.get(field.targets[0].entity)
            if target is None or not target.title:
                continue
            fields[name] |= {"lookup": target.name, "by": target.title}
    made: dict[str, Any] = {"entity": entity.name, "fields": fields}
    if identity:
        made["identity"] = [identity]
        made["existing"] = "update" if update else "skip"
    return made
