"""Compare the definitions of core and crm with the reference of the standard tables.

    make cdm                                    a row for each table, and the totals
    python -m tests.support.cdm --missing account

Counted as its README says: attributes but for row versions, entity names, further ids
and base amounts. A type is right when the field stores the same kind of value; an
option is right by its number, a status reason also by the state it belongs to.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.environment import shared_folder
from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.entities import Entity, Field
from xrm.solutions.archives import read_source
from xrm.solutions.installer import packaged
from xrm.solutions.layers import Layer, merge
from xrm.solutions.package import read_package

OUT_OF_SCOPE = frozenset({"equipment", "service", "serviceappointment", "site"})
UNCOUNTED = frozenset({"BigInt", "EntityName"})
TYPES: Mapping[str, frozenset[str]] = {
    "Boolean": frozenset({"boolean"}),
    "DateTime": frozenset({"datetime", "date"}),
    "Decimal": frozenset({"decimal"}),
    "Double": frozenset({"float", "decimal"}),
    "Integer": frozenset({"integer"}),
    "Lookup": frozenset({"lookup", "owner"}),
    "Memo": frozenset({"text", "rich_text"}),
    "Money": frozenset({"currency"}),
    "PartyList": frozenset({"party"}),
    "Picklist": frozenset({"choice", "multichoice"}),
    "State": frozenset({"state"}),
    "Status": frozenset({"status"}),
    "String": frozenset({"text", "autonumber"}),
    "Uniqueidentifier": frozenset({"uniqueid"}),
}
"""Type of the reference → types of fields that hold the same."""

Rows = list[dict[str, str]]


@dataclass(slots=True)
class Share:
    """How many of something are right, and which are not."""

    right: int = 0
    total: int = 0
    missing: list[str] = field(default_factory=list)

    def count(self, name: str, *, is_right: bool) -> None:
        """Count one."""
        self.total += 1
        if is_right:
            self.right += 1
        else:
            self.missing.append(name)

    @property
    def percent(self) -> float:
        """Return the share in percent; nothing asked for is all right."""
        return 100 * self.right / self.total if self.total else 100.0

    def __str__(self) -> str:
        return f"{self.right}/{self.total}  {self.percent:.0f} %"


@dataclass(slots=True)
class Comparison:
    """What one table has of the reference."""

    entity: str
    names: Share = field(default_factory=Share)
    types: Share = field(default_factory=Share)
    options: Share = field(default_factory=Share)


def packages() -> Catalog:
    """Return the catalog of core and crm as they are in the sources."""
    read = [read_package(read_source(packaged(name))) for name in ("core", "crm")]
    merged = merge([Layer(package.name, package.documents) for package in read])
    return compose([one.document for one in merged])


def compare(catalog: Catalog, reference: Path) -> list[Comparison]:
    """Return the comparison of each table in scope, those that are not there too."""
    attributes = _by_entity(_rows(reference / "attributes.csv"))
    options = _by_entity(_rows(reference / "options.csv"))
    return [
        _compare(
            name, catalog.entities.get(name), attributes[name], options.get(name, [])
        )
        for name in sorted(attributes)
        if name not in OUT_OF_SCOPE
    ]


def _compare(
    name: str, entity: Entity | None, attributes: Rows, options: Rows
) -> Comparison:
    made = Comparison(name)
    fields: Mapping[str, Field] = {}
    if entity is not None:
        fields = {**entity.fields, **entity.parties}
    for row in attributes:
        attribute = row["attribute"]
        if not _counts(name, row):
            continue
        found = fields.get(attribute)
        made.names.count(attribute, is_right=found is not None)
        if found is not None:
            is_right = found.type in TYPES[row["dataverse_type"]]
            shown = f"{attribute}: {found.type}, not {row['dataverse_type']}"
            made.types.count(shown, is_right=is_right)
    for row in options:
        known = _options(entity, fields.get(row["attribute"]), row["attribute"])
        shown = f"{row['attribute']} {row['value']} {row['label']}"
        is_right = known.get(int(row["value"]), "none") in (row["state_value"], "")
        made.options.count(shown, is_right=is_right)
    return made


def _counts(entity: str, row: Mapping[str, str]) -> bool:
    kind, attribute = row["dataverse_type"], row["attribute"]
    if kind in UNCOUNTED or attribute.endswith("_base"):
        return False
    return kind != "Uniqueidentifier" or attribute in (f"{entity}id", "activityid")


def _options(
    entity: Entity | None, found: Field | None, attribute: str
) -> dict[int, str]:
    """Return the values of a field, a reason's with its state."""
    if entity is None or found is None:
        return {}
    if attribute == "statuscode":
        return {
            reason.value: str(state.value)
            for state in entity.states
            for reason in state.reasons
        }
    if found.type == "boolean":
        return {0: "", 1: ""}
    options = found.choices.options if found.choices else ()
    return {option.value: "" for option in options}


def _rows(file: Path) -> Rows:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _by_entity(rows: Iterable[dict[str, str]]) -> dict[str, Rows]:
    made: dict[str, Rows] = {}
    for row in rows:
        made.setdefault(row["entity"], []).append(row)
    return made


def total(found: Iterable[Share]) -> Share:
    """Return the sum of shares."""
    made = Share()
    for share in found:
        made.right += share.right
        made.total += share.total
    return made


def lines(found: list[Comparison]) -> Iterator[tuple[str, Share, Share, Share]]:
    """Give the rows of the table, the totals last."""
    for one in found:
        yield one.entity, one.names, one.types, one.options
    yield (
        "in all",
        total(one.names for one in found),
        total(one.types for one in found),
        total(one.options for one in found),
    )


def main() -> None:
    """Print the comparison, or what one table lacks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--missing", metavar="TABLE", help="list what a table lacks")
    asked = parser.parse_args()
    found = compare(packages(), shared_folder() / "reference" / "cdm")
    if asked.missing:
        for one in found:
            if one.entity == asked.missing:
                for share in (one.names, one.types, one.options):
                    sys.stdout.writelines(f"{line}\n" for line in share.missing)
        return
    table = Table("table", "names (90 %)", "types (99 %)", "options, states (100 %)")
    for name, *shares in lines(found):
        table.add_row(name, *map(str, shares))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
