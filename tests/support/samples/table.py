"""Know how rows become a file: columns in the order they came, empty where missing."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.environment import ROOT

FOLDER = ROOT / "solutions" / "crm" / "samples"
Row = dict[str, Any]


def read(name: str) -> list[Row]:
    """Return the rows of a file, without empty cells."""
    text = (FOLDER / name).read_text("utf-8")
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [{key: cell for key, cell in row.items() if cell != ""} for row in found]


def write(name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as a file."""
    listed = list(rows)
    columns = list(dict.fromkeys(key for row in listed for key in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    (FOLDER / name).write_text(text.getvalue(), "utf-8")
