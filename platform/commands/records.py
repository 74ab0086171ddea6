"""Commands about records: import and export of files, and the proof of history."""

import csv
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

import click
import orjson

from xrm.metadata.entities import Entity
from xrm.metadata.fields.converters import json_writer
from xrm.platform.commands.program import (
    Commands,
    Program,
    json_option,
    progress,
    report,
    stop,
)
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound
from xrm.platform.query.odata import parse_filter
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows
from xrm.platform.records import chain
from xrm.platform.services import import_files, import_mapping, import_run
from xrm.rule_engine.problems import did_you_mean

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula; an apostrophe keeps it a text."""
MOST_REASONS = 20
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--entity", required=True, help="What the rows become.")
@click.option("--map", "map_file", type=FILE, help="Mapping file (YAML).")
@click.option("--dry-run", is_flag=True, help="Try it and take it back.")
@click.option("--results", type=FILE, help="Write what became of each row (CSV).")
@json_option
@click.pass_obj
def import_(
    program: Program,
    file: Path,
    entity: str,
    map_file: Path | None,
    dry_run: bool,
    results: Path | None,
    as_json: bool,
) -> None:
    """Import the rows of FILE (CSV, TSV, XLSX, JSON, YAML) as records.

    Every row goes through rules and rights like any other write. A second run of the
    same file adds nothing. Exit code 1 when rows were refused.
    """
    with program.work(f"import of {file.name}") as work:
        made = _import(work, file, entity, map_file, dry_run)
    if results is not None:
        _write_results(made, results)
    _report_import(made, as_json)
    if made.refused:
        stop("")


def _import(
    work: Work, file: Path, entity: str, map_file: Path | None, dry_run: bool
) -> import_run.Report:
    definition = _entity(work, entity)
    mapping = None
    if map_file is not None:
        maps = import_mapping.load_mapping(map_file, work.catalog, definition.name)
        fitting = [m for m in maps if m.entity == definition.name]
        mapping = next((m for m in fitting if m.file == file.name), None) or next(
            iter(fitting), None
        )
        if mapping is None:
            stop(f"{map_file} has no mapping for {definition.name}.")
    options = mapping.read if mapping else import_files.ReadOptions()
    source = import_files.read_file(file, options)
    if mapping is None:
        mapping = import_mapping.mapping_by_names(definition, source.detected.columns)
    with progress(f"Import {file.name}") as done:
        return import_run.run_import(
            work,
            source,
            mapping,
            file=file.name,
            content=file.read_bytes(),
            dry_run=dry_run,
            progress=lambda number: done(number),
        )


def _entity(work: Work, name: str) -> Entity:
    found = work.catalog.entities.get(name)
    if found is None:
        hint = did_you_mean(name, work.catalog.entities) or ""
        raise NotFound(f'There is no entity "{name}". {hint}'.strip(), target=name)
    return found


def _report_import(made: import_run.Report, as_json: bool) -> None:
    counts = made.counts
    reasons = made.reasons()
    data = {
        "id": made.id,
        "file": made.file,
        "entity": made.entity,
        "detected": made.detected,
        "dry_run": made.dry_run,
        "counts": counts,
        "reasons": [{"message": text, "rows": number} for text, number in reasons],
        "notes": made.notes,
    }
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    lines = [f"{made.file}: {made.detected}", *made.notes, f"Import {made.id}"]
    lines += [f"{number:>7,} × {text}" for text, number in reasons[:MOST_REASONS]]
    lines.append(f"{'Would be: ' if made.dry_run else ''}{said}.")
    report(as_json, data, "\n".join(lines))


def _write_results(made: import_run.Report, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("row", "outcome", "record", "source", "message"))
        for one in made.results:
            writer.writerow(
                (one.row, one.outcome, one.record or "", _safe(one.source), one.message)
            )


@click.command("import-undo")
@click.argument("import_id", metavar="ID", type=click.UUID)
@json_option
@click.pass_obj
def import_undo(program: Program, import_id: UUID, as_json: bool) -> None:
    """Take back what the import ID did; `xrm import` prints the id."""
    with program.work(f"undo of import {import_id}") as work:
        counts = import_run.undo_import(work, import_id)
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    report(as_json, {"counts": counts}, f"{said}.")


@click.command("export")
@click.option("--entity", required=True, help="Which records.")
@click.option("--filter", "condition", help="Only those that fulfil it (OData).")
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), default="csv")
@click.option("--output", type=FILE, help="File; standard output when left out.")
@click.pass_obj
def export(
    program: Program,
    entity: str,
    condition: str | None,
    kind: str,
    output: Path | None,
) -> None:
    """Write the records of an entity as CSV or as one JSON object per line."""
    with program.work("export", write=False) as work:
        definition = _entity(work, entity)
        columns = tuple(definition.fields)
        query = Query(definition.name, columns)
        if condition:
            where = parse_filter(work.snapshot, definition.name, condition)
            query = replace(query, where=where)
        write = json_writer(definition, columns)
        target = (
            output.open("w", encoding="utf-8", newline="")
            if output
            else nullcontext(sys.stdout)
        )
        with target as opened:
            number = _write_rows(opened, kind, columns, map(write, rows(work, query)))
    if output:
        click.echo(f"{number:,} records are written to {output}.")


def _write_rows(opened: TextIO, kind: str, columns: tuple[str, ...], found: Any) -> int:
    number = 0
    writer = csv.writer(opened) if kind == "csv" else None
    if writer:
        writer.writerow(columns)
    for row in found:
        number += 1
        if writer:
            writer.writerow([_safe(row[name]) for name in columns])
        else:
            text = orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z)
            opened.write(text.decode() + "\n")
    return number


def _safe(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


@click.group(cls=Commands)
def audit() -> None:
    """Prove that history was not altered."""


@audit.command("verify")
@json_option
@click.pass_obj
def audit_verify(program: Program, as_json: bool) -> None:
    """Check the chain of hashes over all history; exit code 1 where it is broken.

    The seal is one hash over everything: kept elsewhere, it proves that nothing was
    taken away since.
    """
    with program.work("audit verify", write=False) as work:
        breaks = chain.verify(work.connection, work.snapshot)
        number, seal = chain.seal(work.connection)
    lines = [f"{one.entity} {one.record}: {one.message}" for one in breaks]
    lines.append(f"{number:,} rows, {len(breaks)} breaks. Seal: {seal}")
    data = {"rows": number, "seal": seal, "breaks": breaks}
    report(as_json, data, "\n".join(lines))
    if breaks:
        stop("")
