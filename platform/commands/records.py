"""Commands about records: import and export of files, and the proof of history."""

import csv
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click
import orjson

from xrm.metadata.entities import Entity
from xrm.metadata.fields.converters import json_writer
from xrm.platform.commands.program import (
    Commands,
    Program,
    json_option,
    report,
    stop,
)
from xrm.platform.database.work import Work
from xrm.platform.errors import NotFound
from xrm.platform.query.odata import parse_filter
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows
from xrm.platform.records import chain
from xrm.platform.services.csv_cells import guarded
from xrm.rule_engine.problems import did_you_mean

FILE = click.Path(path_type=Path, dir_okay=False)


def _entity(work: Work, name: str) -> Entity:
    found = work.catalog.entities.get(name)
    if found is None:
        hint = did_you_mean(name, work.catalog.entities) or ""
        raise NotFound(f'There is no entity "{name}". {hint}'.strip(), target=name)
    return found


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
            writer.writerow([guarded(row[name]) for name in columns])
        else:
            text = orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z)
            opened.write(text.decode() + "\n")
    return number


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
