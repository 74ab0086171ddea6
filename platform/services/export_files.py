"""Write rows to a file that others read: CSV, JSON lines or a workbook.

Nothing is lost on the way: a text that begins like a formula stays a text and comes
back as it was, and what a workbook cannot hold is refused, not cut. Times are UTC.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import IO, Any, Final

import orjson
import xlsxwriter

from xrm.platform.errors import Refused
from xrm.platform.services.csv_cells import guarded

MOST_ROWS: Final = 1_048_575
"""Rows of a sheet below its heads."""
LONGEST_CELL: Final = 32_767
WIDEST, NARROWEST = 60, 8
"""Widths of columns, in characters."""

Row = Mapping[str, Any]
Writer = Callable[[IO[bytes], Sequence[str], Iterable[Row]], int]


def write_csv(target: IO[bytes], columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write CSV in UTF-8, a head first; return the number of rows."""
    text = io.TextIOWrapper(target, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    number = 0
    for row in rows:
        number += 1
        writer.writerow([guarded(row[name]) for name in columns])
    text.detach()
    return number


def write_json(target: IO[bytes], columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write one JSON object per line; return the number of rows."""
    number = 0
    for row in rows:
        number += 1
        target.write(orjson.dumps(row, default=str, option=_JSON))
    return number


_JSON: Final = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def write_xlsx(target: IO[bytes], columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a workbook of one sheet, its head held in place; return the number of rows.

    Raises:
        Refused: there are too many rows, or a text is too long, for a workbook.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet("Records")
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for place, name in enumerate(columns):
            width = min(WIDEST, max(NARROWEST, len(name) + 2))
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, name, bold)
        sheet.freeze_panes(1, 0)
        number = 0
        for row in rows:
            number += 1
            if number > MOST_ROWS:
                raise Refused(
                    f"A workbook holds {MOST_ROWS:,} rows, and there are more. Filter "
                    "them, or export CSV.",
                    code="too_many_rows",
                )
            for place, name in enumerate(columns):
                value = row[name]
                if isinstance(value, bool):
                    sheet.write_boolean(number, place, value)
                elif isinstance(value, (int, float)):
                    sheet.write_number(number, place, value)
                elif isinstance(value, datetime):
                    shown = value.astimezone(UTC) if value.tzinfo else value
                    plain = shown.replace(tzinfo=None)
                    sheet.write_datetime(number, place, plain, moment)
                elif isinstance(value, date):
                    sheet.write_datetime(number, place, value, day)
                elif value is not None:
                    sheet.write_string(number, place, _text(value, number, name))
    return number


def _text(value: Any, number: int, name: str) -> str:
    text = value if isinstance(value, str) else _plain(value)
    if len(text) > LONGEST_CELL:
        raise Refused(
            f"Row {number:,}, {name}: the text has {len(text):,} characters; a cell of "
            f"a workbook holds {LONGEST_CELL:,}. Export CSV.",
            code="cell_too_long",
            target=name,
        )
    return text


def _plain(value: Any) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        return orjson.dumps(value, default=str).decode()
    return str(value)


WRITERS: Final[Mapping[str, Writer]] = {
    "csv": write_csv,
    "json": write_json,
    "xlsx": write_xlsx,
}
"""Kind of file → its writer."""
