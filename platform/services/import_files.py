"""Know how files of rows are read: CSV, TSV, XLSX, JSON, YAML; say what was detected.

Everything here is about the file: its encoding, separator, sheets and nesting. It knows
nothing of entities. Budgets stop hostile files before they are unpacked.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import python_calamine
from charset_normalizer import from_bytes

from xrm.metadata.json_documents import load_json
from xrm.metadata.yaml_documents import load_yaml
from xrm.platform.errors import UnreadableFile
from xrm.platform.services.csv_cells import unguarded
from xrm.platform.services.import_trees import Row, tree_rows

MAX_BYTES: Final = 50 * 1024 * 1024
MAX_UNPACKED: Final = 500 * 1024 * 1024
MAX_ROWS: Final = 1_000_000
MAX_COLUMNS: Final = 500
MAX_CELL: Final = 1_048_576

SEPARATORS: Final = ",;\t|"
_SAMPLE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found out about a file, for people: shown before anything is written."""

    kind: str
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    columns: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return one sentence on the file."""
        named = {
            "\t": "tabs",
            ",": "commas",
            ";": "semicolons",
            "|": "bars",
            " ": "spaces",
        }
        parts = [self.kind.upper()]
        if self.encoding:
            parts.append(f"encoded as {self.encoding}")
        if self.separator:
            parts.append(f"separated by {named.get(self.separator, self.separator)}")
        if self.sheet:
            what = "sheet" if self.kind == "xlsx" else "rows at"
            parts.append(f'{what} "{self.sheet}"')
        return f"{', '.join(parts)}; {len(self.columns)} columns"


@dataclass(frozen=True, slots=True)
class Source:
    """A file of rows: `rows()` gives (number, row), numbered as a person counts."""

    detected: Detected
    rows: Callable[[], Iterator[tuple[int, Row]]]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a mapping file or command says about the file; `None` means detect it."""

    kind: str | None = None
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    path: str | None = None
    """For JSON and YAML: where the rows are, `Invoice` or `Invoice[].InvoiceLines`.

    `*` is every entry of an object whose keys are data: `*`, `offices.*`. The entry's
    key is the column `..key`.
    """
    header: tuple[str, ...] | None = None
    """Column names of a file that has none."""


def read_file(path: Path, options: ReadOptions = ReadOptions()) -> Source:  # frozen
    """Open a file of rows.

    Raises:
        UnreadableFile: it is too large, of an unknown kind, or broken.
    """
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path}.", code="no_such_file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UnreadableFile(
            f"{path.name} has {size:,} bytes; at most {MAX_BYTES:,} are read. "
            "Split it, or import it in parts.",
            code="file_too_large",
        )
    content = path.read_bytes()
    if path.suffix == ".gz":
        return read_bytes(unpacked(content, path.name), path.stem, options)
    return read_bytes(content, path.name, options)


def unpacked(content: bytes, name: str) -> bytes:
    """Return the content of a gzip file, up to the budget.

    Raises:
        UnreadableFile: it is no gzip file, or unpacks to more than is read.
    """
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            plain = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise UnreadableFile(
            f"{name} is not a gzip file: {fault}.", code="broken_gzip"
        ) from fault
    if len(plain) > MAX_BYTES:
        raise UnreadableFile(
            f"{name} unpacks to more than {MAX_BYTES:,} bytes.", code="archive_bomb"
        )
    return plain


def read_bytes(
    content: bytes,
    name: str,
    options: ReadOptions = ReadOptions(),  # frozen
) -> Source:
    """Read rows from the bytes of a file; `name` tells the kind by its ending.

    Raises:
        UnreadableFile: see `read_file`.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(
            f"{name} is larger than {MAX_BYTES:,} bytes.", code="file_too_large"
        )
    kind = options.kind or kind_of(name, content)
    reader = _READERS.get(kind)
    if reader is None:
        raise UnreadableFile(
            f'{name} is of an unknown kind "{kind}"; '
            f"kinds are {', '.join(sorted(_READERS))}.",
            code="unknown_kind",
        )
    return reader(content, name, replace(options, kind=kind))


def kind_of(name: str, content: bytes) -> str:
    """Tell the kind of a file by its ending, else by how it begins."""
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    known = {
        "csv": "csv",
        "tsv": "tsv",
        "tab": "tsv",
        "txt": "csv",
        "xlsx": "xlsx",
        "xlsm": "xlsx",
        "xls": "xlsx",
        "ods": "xlsx",
        "json": "json",
        "yaml": "yaml",
        "yml": "yaml",
    }
    if ending in known:
        return known[ending]
    if content[:4] == b"PK\x03\x04":
        return "xlsx"
    if content.lstrip()[:1] in (b"{", b"["):
        return "json"
    return "csv"


def decode(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    Raises:
        UnreadableFile: it is not text, or not in the encoding that was named.
    """
    if encoding:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except (UnicodeError, LookupError) as fault:
            raise UnreadableFile(
                f"The file is not in {encoding}: {fault}. Leave the encoding out to "
                "have it detected.",
                code="wrong_encoding",
            ) from fault
    for mark, name in (
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            try:
                return content.decode(name), name.removesuffix("-sig")
            except UnicodeDecodeError:
                break
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if "\0" in text:
            raise UnreadableFile(
                "The file has zero bytes: it is not a text file. Save it as CSV "
                "(UTF-8) or XLSX.",
                code="not_text",
            )
        return text, "utf-8"
    best = from_bytes(content[: 4 * _SAMPLE]).best()
    if best is None:
        raise UnreadableFile(
            "The encoding of the file was not recognised. Save it as UTF-8, or name "
            "the encoding.",
            code="unknown_encoding",
        )
    guessed = best.encoding
    try:
        return content.decode(guessed), guessed
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "cp1252"


def _separator(text: str, given: str | None, kind: str) -> str:
    if given:
        one = "\t" if given in ("\\t", "tab") else given
        if len(one) != 1 or one in '"\r\n':
            raise UnreadableFile(
                f'The separator is "{given[:20]}"; it must be one character, such as '
                '; or "tab".',
                code="bad_separator",
            )
        return one
    if kind == "tsv":
        return "\t"
    sample = text[:_SAMPLE]
    try:
        return csv.Sniffer().sniff(sample, SEPARATORS).delimiter
    except csv.Error:
        first = sample.split("\n", 1)[0]
        return (
            max(SEPARATORS, key=first.count)
            if any(s in first for s in SEPARATORS)
            else ","
        )


def _has_spaces(text: str, separator: str) -> bool:
    """Return whether a space follows each separator: then it is no part of a value."""
    first = text[:_SAMPLE].partition("\n")[0]
    return 0 < first.count(separator) == first.count(f"{separator} ")


def columns_of(header: Sequence[Any]) -> tuple[str, ...]:
    """Return usable column names: empty ones are numbered, equal ones too.

    Raises:
        UnreadableFile: there are more than 500.
    """
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile(
            f"The file has {len(header):,} columns; at most {MAX_COLUMNS} are read.",
            code="too_many_columns",
        )
    made: list[str] = []
    for number, cell in enumerate(header, 1):
        name = str(cell if cell is not None else "").strip() or f"column_{number}"
        wanted, again = name, 2
        while name in made:
            name, again = f"{wanted}_{again}", again + 1
        made.append(name)
    return tuple(made)


def _read_text(content: bytes, name: str, options: ReadOptions) -> Source:
    text, encoding = decode(content, options.encoding)
    separator = _separator(text, options.separator, options.kind or "csv")
    has_spaces = _has_spaces(text, separator)

    def lines() -> Iterator[list[str]]:
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=separator,
            skipinitialspace=has_spaces,
        )
        try:
            yield from reader
        except csv.Error as fault:
            raise UnreadableFile(
                f"{name}, line {reader.line_num}: {fault}.", code="broken_csv"
            ) from fault

    first = next(lines(), None)
    if first is None:
        raise UnreadableFile(f"{name} is empty.", code="empty_file")
    columns = options.header or columns_of(first)

    def rows() -> Iterator[tuple[int, Row]]:
        number = 0 if options.header else -1
        for cells in lines():
            number += 1
            if number == 0:
                continue
            if not any(cells):
                continue
            _within_rows(number, name)
            yield number, dict(zip(columns, map(unguarded, cells), strict=False))

    return Source(
        Detected(options.kind or "csv", encoding, separator, None, columns), rows
    )


def _within_rows(number: int, name: str) -> None:
    if number > MAX_ROWS:
        raise UnreadableFile(
            f"{name} has more than {MAX_ROWS:,} rows. Import it in parts.",
            code="too_many_rows",
        )


def _check_archive(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as fault:
        raise UnreadableFile(
            f"{name} is not a workbook: {fault}. Save it again as XLSX.",
            code="broken_workbook",
        ) from fault
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED or len(infos) > 10_000:
        raise UnreadableFile(
            f"{name} unpacks to {unpacked:,} bytes in {len(infos):,} parts; at most "
            f"{MAX_UNPACKED:,} bytes in 10,000 parts are read.",
            code="archive_bomb",
        )
    packed = sum(info.compress_size for info in infos) or 1
    if unpacked > 10 * 1024 * 1024 and unpacked > 200 * packed:
        raise UnreadableFile(
            f"{name} is packed {unpacked // packed} : 1; that is refused as a bomb.",
            code="archive_bomb",
        )


def _cell(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date()
    if isinstance(value, timedelta):
        return str(value)
    return value


def _read_workbook(content: bytes, name: str, options: ReadOptions) -> Source:
    if content[:2] == b"PK":
        _check_archive(content, name)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = book.sheet_names
    except Exception as fault:  # calamine raises its own, undocumented, exceptions
        raise UnreadableFile(
            f"{name} is not a workbook: {fault}. Save it again as XLSX.",
            code="broken_workbook",
        ) from fault
    sheet = options.sheet or (sheets[0] if sheets else "")
    if sheet not in sheets:
        raise UnreadableFile(
            f'{name} has no sheet "{sheet}"; its sheets are {", ".join(sheets)}.',
            code="no_such_sheet",
        )
    try:
        cells = book.get_sheet_by_name(sheet).to_python(skip_empty_area=True)
    except Exception as fault:  # see above
        raise UnreadableFile(
            f'{name}, sheet "{sheet}" cannot be read: {fault}.', code="broken_workbook"
        ) from fault
    if not cells:
        raise UnreadableFile(f'{name}, sheet "{sheet}" is empty.', code="empty_file")
    columns = options.header or columns_of(cells[0])
    start = 0 if options.header else 1

    def rows() -> Iterator[tuple[int, Row]]:
        for number, values in enumerate(cells[start:], 1):
            _within_rows(number, name)
            row = {
                column: _cell(value)
                for column, value in zip(columns, values, strict=False)
            }
            if any(value not in ("", None) for value in row.values()):
                yield number, row

    return Source(Detected("xlsx", None, None, sheet, columns), rows)


def _read_tree(content: bytes, name: str, options: ReadOptions) -> Source:
    kind = options.kind or "json"
    loaded = (load_json if kind == "json" else load_yaml)(content, name)
    if loaded.problems:
        raise UnreadableFile(str(loaded.problems[0]), code=f"broken_{kind}")
    found = tree_rows(loaded.data, options.path, name)
    columns = tuple(
        dict.fromkeys(key for row in found[:1000] for key in row if key != "..")
    )

    def rows() -> Iterator[tuple[int, Row]]:
        for number, row in enumerate(found, 1):
            _within_rows(number, name)
            yield number, row

    return Source(Detected(kind, "utf-8", None, options.path, columns), rows)


_READERS: Final[Mapping[str, Callable[[bytes, str, ReadOptions], Source]]] = {
    "csv": _read_text,
    "tsv": _read_text,
    "xlsx": _read_workbook,
    "json": _read_tree,
    "yaml": _read_tree,
}
