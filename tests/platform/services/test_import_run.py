"""Imports on a small catalog: reasons, dry runs, second runs, trees, undo."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.installed import CORE, Installed, install
from xrm.platform.database.work import open_work
from xrm.platform.errors import Invalid, NotFound, Refused
from xrm.platform.query.query import Compare, Order, Query
from xrm.platform.security.actors import SYSTEM
from xrm.platform.services.import_files import read_file
from xrm.platform.services.import_mapping import load_mapping
from xrm.platform.services.import_reports import Report
from xrm.platform.services.import_run import run_import, undo_import

UNITS = """
entity: businessunit
identity: code
fields:
  name: unit
  parentbusinessunitid: {column: parent, lookup: businessunit, by: source}
"""
ROWS = """code,unit,parent
b,Below,a
a,Above,
c,Lost,z
d,,a
b,Below again,a
"""


@pytest.fixture
def system(database_url: str) -> Any:
    made = install(database_url, "Root", (CORE,))
    yield made
    made.database.dispose()


def take(
    system: Installed, folder: Path, mapping: str, rows: str, **options: Any
) -> Report:
    (folder / "map.yaml").write_text(mapping, "utf-8")
    (folder / "rows.csv").write_text(rows, "utf-8")
    with open_work(system.database, system.snapshots, SYSTEM) as work:
        (one,) = load_mapping(folder / "map.yaml", work.catalog)
        source = read_file(folder / "rows.csv", one.read)
        return run_import(work, source, one, file="rows.csv", **options)


def names(system: Installed) -> list[str]:
    found = system.ask(Query("businessunit", ("name",), order=(Order("name"),)))
    return [row["name"] for row in found]


def test_each_row_has_an_outcome_and_parents_come_first(
    system: Installed, tmp_path: Path
) -> None:
    report = take(system, tmp_path, UNITS, ROWS)
    assert [(r.row, r.outcome, r.message) for r in report.results] == [
        (1, "added", ""),
        (2, "added", ""),
        (
            3,
            "refused",
            'parentbusinessunitid: There is no business unit whose source is "z". '
            "Import it first, or declare an alias in the mapping file.",
        ),
        (4, "refused", report.results[3].message),
        (5, "skipped", "The same record stands in row 1."),
    ]
    assert "name" in report.results[3].message
    assert names(system) == ["Above", "Below", "Root"]


def test_texts_that_mean_nothing_in_one_column(
    system: Installed, tmp_path: Path
) -> None:
    mapping = """
entity: businessunit
empty: [Select]
fields:
  name: unit
  divisionname: {column: division, empty: [unknown, "-1"]}
  overriddencreatedon: {column: since, empty: [never]}
"""
    rows = (
        "unit,division,since\nunknown,-1,never\n"
        "-1,unknown,12/31/2019\nA,Select, \nB,Left,01/02/2020\n"
    )
    report = take(system, tmp_path, mapping, rows)
    assert report.refused == []
    assert "Dates in since are written as %m/%d/%Y." in report.notes
    found = system.ask(
        Query("businessunit", ("name", "divisionname"), order=(Order("name"),))
    )
    assert [(row["name"], row["divisionname"]) for row in found] == [
        ("-1", None),
        ("A", None),
        ("B", "Left"),
        ("Root", None),
        ("unknown", None),
    ]


def test_several_columns_tell_a_parent_apart(system: Installed, tmp_path: Path) -> None:
    fields = "fields:\n  name: [site, number]\n"
    above = "entity: businessunit\nidentity: [site, number]\n" + fields
    take(system, tmp_path, above, "site,number\nA,1\nB,1\n")
    below = f"""
entity: businessunit
identity: [site, number, part]
{fields.replace("number]", "number, part]")}
  parentbusinessunitid: {{column: [site, number], lookup: businessunit, by: source}}
"""
    report = take(system, tmp_path, below, "site,number,part\nb,1,x\nA,2,y\n")
    assert [r.outcome for r in report.results] == ["added", "refused"]
    assert 'whose source is "A 2"' in report.results[1].message
    found = system.ask(
        Query(
            "businessunit",
            ("parentbusinessunitid.name",),
            where=Compare("name", "eq", ("b 1 x",)),
        )
    )
    assert [row["parentbusinessunitid.name"] for row in found] == ["B 1"]


def test_one_import_may_have_several_files(system: Installed, tmp_path: Path) -> None:
    mapping = "file: [a.csv, b.csv]\n" + UNITS
    (tmp_path / "map.yaml").write_text(mapping, "utf-8")
    (tmp_path / "a.csv").write_text("code,unit,parent\na,Above,\n", "utf-8")
    (tmp_path / "b.csv").write_text("code,unit,parent\nb,Below,a\n", "utf-8")
    reports = system.import_all(tmp_path / "map.yaml", tmp_path)
    assert [report.file for report in reports] == ["a.csv", "b.csv"]
    assert names(system) == ["Above", "Below", "Root"]


def test_a_dry_run_says_the_same_and_leaves_nothing(
    system: Installed, tmp_path: Path
) -> None:
    dry = take(system, tmp_path, UNITS, ROWS, dry_run=True)
    assert names(system) == ["Root"]
    wet = take(system, tmp_path, UNITS, ROWS)
    assert dry.counts == wet.counts
    assert [r.message for r in dry.results] == [r.message for r in wet.results]


def test_a_second_run_adds_nothing(system: Installed, tmp_path: Path) -> None:
    take(system, tmp_path, UNITS, ROWS)
    again = take(system, tmp_path, UNITS, ROWS)
    assert again.counts == {"added": 0, "updated": 0, "skipped": 3, "refused": 2}
    assert names(system) == ["Above", "Below", "Root"]


def test_existing_records_are_updated_when_the_mapping_says_so(
    system: Installed, tmp_path: Path
) -> None:
    take(system, tmp_path, UNITS, "code,unit,parent\na,Above,\n")
    mapping = UNITS + "existing: update\n"
    report = take(system, tmp_path, mapping, "code,unit,parent\na,Higher,\n")
    assert report.counts["updated"] == 1
    assert names(system) == ["Higher", "Root"]


def test_undo_deletes_what_was_added_once(system: Installed, tmp_path: Path) -> None:
    report = take(system, tmp_path, UNITS, ROWS)
    with open_work(system.database, system.snapshots, SYSTEM) as work:
        assert undo_import(work, report.id) == {"deleted": 2}
    assert names(system) == ["Root"]
    with open_work(system.database, system.snapshots, SYSTEM) as work:
        with pytest.raises(Refused, match="undone before"):
            undo_import(work, report.id)
        with pytest.raises(NotFound):
            undo_import(work, SYSTEM.user_id)
    assert take(system, tmp_path, UNITS, ROWS).counts["added"] == 2


def test_a_failure_in_the_middle_leaves_nothing(
    system: Installed, tmp_path: Path
) -> None:
    rows = "code,unit,parent\n" + "".join(f"u{n},Unit {n},\n" for n in range(2500))

    def fail(done: int) -> None:
        if done >= 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(system, tmp_path, UNITS, rows, progress=fail)
    assert names(system) == ["Root"]


FAULTS = [
    ("entity: bussinessunit\n", 'There is no entity "bussinessunit". Did you mean'),
    ("fields: {}\n", "Say which entity the rows become"),
    ("entity: businessunit\nfeilds: {}\n", 'Unknown key "feilds". Did you mean'),
    (
        "entity: businessunit\nfields: {nam: x}\n",
        'businessunit has no field "nam". Did you mean "name"?',
    ),
    (
        "entity: businessunit\nfields: {name: {colum: x}}\n",
        'name: unknown key "colum". Did you mean "column"?',
    ),
    ("relationship: none\n", 'There is no relationship "none".'),
]


@pytest.mark.parametrize(("mapping", "message"), FAULTS)
def test_a_broken_mapping_says_what_and_how(
    system: Installed, tmp_path: Path, mapping: str, message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        take(system, tmp_path, mapping, ROWS)
    assert message in str(refused.value)
