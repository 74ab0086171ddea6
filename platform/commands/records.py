"""Commands about records: import and export of files, and the proof of history."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import IO

import click

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
from xrm.platform.services.export_files import WRITERS
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
@click.option("--format", "kind", type=click.Choice(sorted(WRITERS)), default="csv")
@click.option("--output", type=FILE, help="File; standard output when left out.")
@click.pass_obj
def export(
    program: Program,
    entity: str,
    condition: str | None,
    kind: str,
    output: Path | None,
) -> None:
    """Write the records of an entity as CSV, workbook or one JSON object per line."""
    if kind == "xlsx" and output is None:
        raise click.UsageError("A workbook needs a file: --output records.xlsx.")
    with program.work("export", write=False) as work:
        definition = _entity(work, entity)
        columns = tuple(definition.fields)
        query = Query(definition.name, columns)
        if condition:
            where = parse_filter(work.snapshot, definition.name, condition)
            query = replace(query, where=where)
        write = json_writer(definition, columns)
        opened: AbstractContextManager[IO[bytes]] = (
            atomic(output) if output else nullcontext(sys.stdout.buffer)
        )
        with opened as target:
            number = WRITERS[kind](target, columns, map(write, rows(work, query)))
    if output:
        click.echo(f"{number:,} records are written to {output}.")


@contextmanager
def atomic(file: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that takes its name when it is whole."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as opened:
            yield opened
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


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
