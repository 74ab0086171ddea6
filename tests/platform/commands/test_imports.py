"""`xrm import` over a served folder of files: reports, results, exit codes, undo."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from xrm.platform.main import cli

MAPPING = """
imports:
  - file: units.csv
    entity: businessunit
    identity: code
    fields: {name: unit}
  - file: queues.csv
    entity: queue
    identity: name
    fields: {name: name}
"""


@pytest.fixture
def folder(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XRM_DATABASE_URL", database_url)
    monkeypatch.setenv("XRM_DATA_DIR", str(tmp_path))
    assert CliRunner().invoke(cli, ["init"]).exit_code == 0
    files = tmp_path / "files"
    files.mkdir()
    (files / "units.csv").write_text("code;unit\na;Above\nb;\n", "utf-8")
    (files / "queues.csv").write_text("name\nHelp\nSales\n", "utf-8")
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    return files


def xrm(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_a_folder_is_imported_by_one_mapping_file(folder: Path) -> None:
    mapping, results = folder.parent / "map.yaml", folder.parent / "results.csv"
    dry = xrm("import", folder, "--map", mapping, "--dry-run")
    assert dry.exit_code == 1
    assert "1 would be added" in dry.output
    done = xrm("import", folder, "--map", mapping, "--results", results)
    assert done.exit_code == 1
    assert "CSV, encoded as utf-8, separated by semicolons; 2 columns" in done.output
    assert "1 refused: name:" in done.output
    with results.open(encoding="utf-8", newline="") as opened:
        found = [(row["file"], row["outcome"]) for row in csv.DictReader(opened)]
    assert found == [
        ("units.csv", "added"),
        ("units.csv", "refused"),
        ("queues.csv", "added"),
        ("queues.csv", "added"),
    ]
    again = json.loads(xrm("import", folder, "--map", mapping, "--json").stdout)
    assert [(one["added"], one["skipped"]) for one in again] == [(0, 1), (0, 2)]


def test_an_import_is_undone_by_its_id(folder: Path) -> None:
    file = folder / "queues.csv"
    made = xrm("import", file, "--entity", "queue", "--json")
    (one,) = json.loads(made.stdout)
    assert one["added"] == 2
    undone = xrm("import-undo", one["id"])
    assert undone.output.strip() == "2 records deleted."
    twice = xrm("import-undo", one["id"])
    assert (twice.exit_code, twice.output.strip()) == (
        1,
        "This import was undone before.",
    )


FAULTS = [
    (("none.csv", "--entity", "queue"), 1, "There is no file"),
    (("queues.csv",), 2, "Say what the rows become: --entity, or --map."),
    (("queues.csv", "--entity", "queu"), 1, "There is no entity"),
    (("units.csv", "--entity", "annotation"), 1, "No column is named like a field"),
]


@pytest.mark.parametrize(("words", "code", "message"), FAULTS)
def test_what_cannot_be_imported_says_why(
    folder: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    found = xrm("import", folder / words[0], *words[1:])
    assert (found.exit_code, message in found.output) == (code, True), found.output
