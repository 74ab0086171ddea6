"""Files of rows: what is detected, what is refused, and how rows are counted."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from xrm.platform.errors import UnreadableFile
from xrm.platform.services.import_files import (
    MAX_COLUMNS,
    ReadOptions,
    columns_of,
    read_bytes,
    read_file,
)
from xrm.platform.services.import_trees import value_at


def rows(content: bytes, name: str = "a.csv", **options: object) -> list[dict]:
    source = read_bytes(content, name, ReadOptions(**options))
    return [dict(row) for _, row in source.rows()]


SEPARATED = [
    ("name,city\nAnna,Bern\n", ","),
    ("name;city\nAnna;Bern\n", ";"),
    ("name\tcity\nAnna\tBern\n", "\t"),
    ("name|city\nAnna|Bern\n", "|"),
    ('name,city\n"Anna",Bern\n', ","),
    ("name, city\nAnna, Bern\n", ","),
    ("name,city\r\nAnna,Bern\r\n", ","),
]


@pytest.mark.parametrize(("text", "separator"), SEPARATED)
def test_separator_is_detected(text: str, separator: str) -> None:
    source = read_bytes(text.encode(), "a.csv")
    assert source.detected.separator == separator
    assert [dict(row) for _, row in source.rows()] == [{"name": "Anna", "city": "Bern"}]


ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "cp1252",
    "cp1250",
    "iso-8859-2",
]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_named_encoding_is_used(encoding: str) -> None:
    text = "name,city\nJiří Žižka,Brno\n"
    if encoding in ("cp1252",):
        text = "name,city\nJürg Bäné,Zürich\n"
    content = text.encode(encoding)
    found = rows(content, encoding=encoding)
    assert found[0]["name"] in ("Jiří Žižka", "Jürg Bäné")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encoding_is_detected(encoding: str) -> None:
    names = ["Müller", "Bäcker", "Schöne", "Straße", "Grüße", "Jürgen", "Käthe"]
    text = "name,city\n" + "".join(f"{name},Zürich\n" for name in names * 40)
    found = rows(text.encode(encoding))
    assert [row["name"] for row in found[:7]] == names


def test_line_breaks_in_cells_are_one_row() -> None:
    assert rows(b'name,note\nAnna,"one\ntwo"\nBert,x\n') == [
        {"name": "Anna", "note": "one\ntwo"},
        {"name": "Bert", "note": "x"},
    ]


def test_rows_are_counted_as_a_person_counts_them() -> None:
    source = read_bytes(b"name\nAnna\n\nBert\n", "a.csv")
    assert [number for number, _ in source.rows()] == [1, 3]


def test_a_file_without_header_takes_the_given_names() -> None:
    assert rows(b"Anna,Bern\n", header=("name", "city")) == [
        {"name": "Anna", "city": "Bern"}
    ]


def test_columns_get_usable_names() -> None:
    assert columns_of(["", "a", "a", None]) == ("column_1", "a", "a_2", "column_4")


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, cells in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(cells):
                sheet.write_row(number, 0, row)
    return out.getvalue()


def test_workbook_is_read_by_sheet() -> None:
    content = workbook(
        ("One", [["name", "count"], ["Anna", 3], ["Bert", 2.5]]),
        ("Two", [["x"], [1]]),
    )
    assert rows(content, "a.xlsx") == [
        {"name": "Anna", "count": 3},
        {"name": "Bert", "count": 2.5},
    ]
    assert rows(content, "a.xlsx", sheet="Two") == [{"x": 1}]


def test_json_and_yaml_rows_are_found_by_path() -> None:
    content = b'{"Invoice": [{"Id": 1, "Lines": [{"N": 1}, {"N": 2}]}], "Other": []}'
    assert rows(content, "a.json", path="Invoice.Lines[]")[1]["N"] == 2
    found = rows(content, "a.json", path="Invoice.Lines")
    assert value_at(found[0], "..Id") == 1
    found = rows(
        b'[{"Id": 7, "Lines": [{"Parts": [{}]}]}]', "a.json", path="Lines.Parts"
    )
    assert value_at(found[0], "....Id") == 7
    assert rows(b"- name: Anna\n  address: {city: Bern}\n", "a.yaml") == [
        {"name": "Anna", "address": {"city": "Bern"}}
    ]


def test_keys_that_are_data_are_read() -> None:
    content = b"SSAF: [{name: Anna}, {name: Bert}]\nHSAG: [{name: Carla}]\n"
    found = rows(content, "a.yaml", path="*")
    assert [(value_at(row, "..key"), row["name"]) for row in found] == [
        ("SSAF", "Anna"),
        ("SSAF", "Bert"),
        ("HSAG", "Carla"),
    ]
    content = b'{"data": {"b": {"rooms": [{"n": 1}, {"n": 2}]}, "c": {}}}'
    found = rows(content, "a.json", path="data.*.rooms")
    assert [(value_at(row, "....key"), row["n"]) for row in found] == [
        ("b", 1),
        ("b", 2),
    ]


def bomb(unpacked: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * unpacked)
    return out.getvalue()


BROKEN = [
    (b"", "a.csv", {}, "a.csv is empty."),
    (b"a\0b,c\n", "a.csv", {}, "The file has zero bytes"),
    (b"\xff\xfea", "a.csv", {"encoding": "utf-8"}, "The file is not in utf-8"),
    (b"PK\x03\x04nothing", "a.xlsx", {}, "a.xlsx is not a workbook"),
    (b"nothing", "a.xlsx", {}, "a.xlsx is not a workbook"),
    (bomb(50_000_000), "a.xlsx", {}, "that is refused as a bomb"),
    (b"[1, 2]", "a.json", {}, "a list of objects was expected, found int"),
    (b'{"a": [{}], "b": []}', "a.json", {}, "holds several lists (a, b)"),
    (b'{"a": [{}]}', "a.json", {"path": "c"}, 'has nothing at "c"'),
    (b'{"a": ', "a.json", {}, "a.json:"),
    (b"[" * 5000, "a.json", {}, "a.json:"),
    (b"a: [" * 5000, "a.yaml", {}, "a.yaml:"),
    (b"a", "a.pdf", {"kind": "pdf"}, 'unknown kind "pdf"; kinds are csv, json'),
    (",".join(map(str, range(MAX_COLUMNS + 1))).encode(), "a.csv", {}, "501 columns"),
]


@pytest.mark.parametrize(("content", "name", "options", "message"), BROKEN)
def test_a_broken_file_says_why(
    content: bytes, name: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        rows(content, name, **options)
    assert message in str(refused.value)


def test_a_missing_sheet_names_the_others() -> None:
    content = workbook(("One", [["a"], [1]]), ("Two", [["a"], [1]]))
    with pytest.raises(UnreadableFile) as refused:
        rows(content, "a.xlsx", sheet="Three")
    assert str(refused.value) == 'a.xlsx has no sheet "Three"; its sheets are One, Two.'


def test_gzip_is_unpacked_within_the_budget(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.csv.gz", tmp_path / "bomb.csv.gz"
    good.write_bytes(gzip.compress(b"name\nAnna\n"))
    bad.write_bytes(gzip.compress(b"0" * 60_000_000))
    assert [dict(r) for _, r in read_file(good).rows()] == [{"name": "Anna"}]
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        read_file(bad)


def test_hostile_texts_never_leave_a_traceback() -> None:
    """Cut, doubled and random bytes end in rows or in a message, nothing else."""
    seeds = [
        workbook(("One", [["name"], ["Anna"]])),
        b'{"a": [{"b": 1}]}',
        b"- a: 1\n- a: 2\n",
        b"name;city\nAnna;Bern\n",
    ]
    names = ["a.xlsx", "a.json", "a.yaml", "a.csv"]
    for seed, name in zip(seeds, names, strict=True):
        for cut in range(0, len(seed), max(1, len(seed) // 80)):
            for content in (
                seed[:cut],
                seed[cut:],
                seed[:cut] + b"\xff\0" + seed[cut:],
            ):
                try:
                    rows(content, name)
                except UnreadableFile as refused:
                    assert str(refused)  # noqa: PT017  # any message will do
