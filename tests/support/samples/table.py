"""Know how rows become a file: columns in the order they came, empty where missing.

What was made on a day was made at an hour of work, which follows from its id.
"""

import csv
import io
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.environment import ROOT

FOLDER = ROOT / "solutions" / "crm" / "samples"
MADE, MADE_AT_WORK = "overriddencreatedon@days", "overriddencreatedon@workdays"
Row = dict[str, Any]


def read(name: str) -> list[Row]:
    """Return the rows of a file, without empty cells."""
    text = (FOLDER / name).read_text("utf-8")
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [{key: cell for key, cell in row.items() if cell != ""} for row in found]


def write(name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as a file."""
    listed = [_at_work(row) for row in rows]
    columns = list(dict.fromkeys(key for row in listed for key in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    (FOLDER / name).write_text(text.getvalue(), "utf-8")


def write_links(name: str, relationship: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Write pairs of records that an N:N relationship joins."""
    lines = [f"  - [{first}, {second}]" for first, second in pairs]
    head = ["kind: links", f"relationship: {relationship}", "pairs:"]
    (FOLDER / name).write_text("\n".join([*head, *lines, ""]), "utf-8")


def _at_work(row: Mapping[str, Any]) -> Row:
    """Return the row as made between seven and four o'clock, UTC."""
    made = dict(row)
    for key in (MADE, MADE_AT_WORK):
        day = made.get(key)
        if day not in (None, "") and float(day).is_integer():
            quarter = zlib.crc32(str(made["id"]).encode()) % 36
            made[key] = round(float(day) + 7 / 24 + quarter / 96, 6)
    return made
