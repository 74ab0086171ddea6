"""The command `xrm import`: files of rows into records, and back out again."""

import csv
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from xrm.platform.commands.program import (
    Program,
    json_option,
    progress,
    report,
    stop,
)
from xrm.platform.services.csv_cells import guarded
from xrm.platform.services.import_files import Source, read_file
from xrm.platform.services.import_mapping import (
    ImportMap,
    load_mapping,
    mapping_by_names,
)
from xrm.platform.services.import_reports import Report
from xrm.platform.services.import_run import (
    Wanted,
    run_import,
    try_imports,
    undo_import,
)

REASONS_SHOWN = 10


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--entity", metavar="E", help="What the rows become.")
@click.option(
    "--map",
    "mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Mapping file (YAML): which column goes to which field.",
)
@click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what became of each row to this CSV file.",
)
@json_option
@click.pass_obj
def import_(
    program: Program,
    file: Path,
    entity: str | None,
    mapping: Path | None,
    dry_run: bool,
    results: Path | None,
    as_json: bool,
) -> None:
    """Import the rows of FILE: CSV, TSV, XLSX, JSON or YAML, plain or gzipped.

    Without --map, columns go to the fields of the same name or label. FILE may be a
    folder when the mapping file names the files in it. A second run of the same file
    adds nothing where the mapping says what tells rows apart (identity).
    """
    program.database()
    if mapping is None and entity is None:
        raise click.UsageError("Say what the rows become: --entity, or --map.")
    if not file.exists():
        stop(f"There is no file {file}.")
    reports = []
    tried = []
    for place, one in _imports(program, file, entity, mapping):
        source = read_file(place, one.read)
        if not mapping:
            one = _by_names(program, entity or "", source)
        if dry_run:
            tried.append(Wanted(source, one, place.name, place.read_bytes()))
        else:
            reports.append(_run(program, place, source, one))
    if dry_run:
        reports = _try(program, file, tried)
    if results:
        _write_results(results, reports)
    text = "\n".join(line for made in reports for line in lines(made))
    report(as_json, [_data(made) for made in reports], text)
    if any(made.refused for made in reports):
        stop("")


def _imports(
    program: Program, file: Path, entity: str | None, mapping: Path | None
) -> list[tuple[Path, ImportMap]]:
    if mapping is None:
        return [(file, ImportMap(entity=entity or "", fields=()))]
    with program.work("xrm import", write=False) as work:
        maps = load_mapping(mapping, work.catalog, entity)
    return [
        (file / one.file if file.is_dir() and one.file else file, one) for one in maps
    ]


def _by_names(program: Program, entity: str, source: Source) -> ImportMap:
    with program.work("xrm import", write=False) as work:
        made = mapping_by_names(work.catalog.entity(entity), source.detected.columns)
        label = work.catalog.entity(entity).label.lower()
    if not made.fields:
        stop(
            f"No column is named like a field of {label}; the columns are "
            f"{', '.join(source.detected.columns)}. Write a mapping file: --map."
        )
    return made


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Let Python look for circles of garbage seldom: rows make none.

    It would look at all rows so far again and again, for a fifth of the whole time.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _run(program: Program, file: Path, source: Source, one: ImportMap) -> Report:
    with (
        progress(f"Importing {file.name}") as done,
        program.work(f"import of {file.name}") as work,
        seldom_collecting(),
    ):
        return run_import(
            work,
            source,
            one,
            file=file.name,
            content=file.read_bytes(),
            progress=done,
        )


def _try(program: Program, file: Path, tried: list[Wanted]) -> list[Report]:
    with (
        progress(f"Trying {file.name}") as done,
        program.work(f"trial import of {file.name}") as work,
        seldom_collecting(),
    ):
        return try_imports(work, tried, done)


@click.command("import-undo")
@click.argument("import_id", metavar="ID", type=click.UUID)
@json_option
@click.pass_obj
def import_undo(program: Program, import_id: UUID, as_json: bool) -> None:
    """Delete what the import ID added; `xrm import` prints the id."""
    with program.work(f"undo of import {import_id}") as work:
        counts = undo_import(work, import_id)
    report(as_json, {"counts": counts}, f"{counts['deleted']:,} records deleted.")


def lines(made: Report) -> list[str]:
    """Return what a person reads of an import."""
    counts = made.counts
    verb = "would be " if made.dry_run else ""
    said = [
        f"{made.file} → {made.entity}: "
        + ", ".join(f"{number:,} {verb}{word}" for word, number in counts.items()),
        f"  {made.detected}",
        *(f"  {note}" for note in made.notes),
    ]
    reasons = made.reasons()
    said += [
        f"  {number:,} refused: {text}" for text, number in reasons[:REASONS_SHOWN]
    ]
    if len(reasons) > REASONS_SHOWN:
        said.append(
            f"  and {len(reasons) - REASONS_SHOWN:,} other reasons; see --results"
        )
    if not made.dry_run and counts["added"]:
        said.append(f"  Take it back with: xrm import-undo {made.id}")
    return said


def _data(made: Report) -> dict[str, Any]:
    return {
        "id": made.id,
        "file": made.file,
        "entity": made.entity,
        "detected": made.detected,
        "notes": made.notes,
        "dry_run": made.dry_run,
        **made.counts,
        "refusals": [
            {"row": result.row, "message": result.message} for result in made.refused
        ],
    }


def _write_results(path: Path, reports: list[Report]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "entity", "row", "outcome", "record", "message"])
        for made in reports:
            for result in made.results:
                writer.writerow(
                    [
                        guarded(made.file),
                        made.entity,
                        result.row,
                        result.outcome,
                        result.record or "",
                        guarded(result.message),
                    ]
                )
