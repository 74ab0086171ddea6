"""Know how rows connect records: imports into an N:N relationship."""

from sqlalchemy import select

from xrm.metadata.fields.field_type import Ref, ValueProblem
from xrm.platform.database.work import Work
from xrm.platform.errors import XrmError
from xrm.platform.records import service
from xrm.platform.services.import_files import Source
from xrm.platform.services.import_lookups import Resolver, resolvers
from xrm.platform.services.import_mapping import FieldMap, ImportMap
from xrm.platform.services.import_reports import (
    Progress,
    Report,
    RowResult,
    reason,
)
from xrm.platform.services.import_rows import RowReader, reading_of
from xrm.platform.services.import_trees import Row


def connect_rows(
    work: Work,
    source: Source,
    mapping: ImportMap,
    report: Report,
    progress: Progress | None,
) -> None:
    """Connect the two records each row names through an N:N relationship."""
    link = work.catalog.relationships[mapping.relationship or ""]
    first, second = mapping.ends
    found = resolvers(
        work, {end.field: end.lookup for end in mapping.ends if end.lookup}
    )
    ends_map = ImportMap(
        entity=link.first, fields=(), empty=mapping.empty, aliases=mapping.aliases
    )
    reader = RowReader(
        ends_map,
        work.catalog.entity(link.first),
        reading_of(source, ends_map, None),
        {},
    )
    rows = list(source.rows())
    for end in (first, second):
        resolver = found[end.field]
        resolver.learn(
            resolver.key_of(texts)
            for _, row in rows
            if (texts := reader.texts(end, row))
        )
    table = work.tables.pairs(link.name)
    pairs = select(table.c[link.first_column], table.c[link.second_column])
    present = {(one, two) for one, two in work.connection.execute(pairs)}
    for number, row in rows:
        try:
            ids = [_end(reader, end, found[end.field], row) for end in (first, second)]
            pair = (ids[0].id, ids[1].id)
            if ids[0].entity != link.first:
                pair = (pair[1], pair[0])
            if pair in present:
                report.results.append(
                    RowResult(number, "skipped", message="It is there already.")
                )
            else:
                service.associate(work, link.name, *pair)
                present.add(pair)
                report.results.append(RowResult(number, "added"))
        except ValueProblem as problem:
            report.results.append(RowResult(number, "refused", message=problem.message))
        except XrmError as error:
            report.results.append(RowResult(number, "refused", message=reason(error)))
    if progress:
        progress(len(rows))


def _end(reader: RowReader, end: FieldMap, resolver: Resolver, row: Row) -> Ref:
    texts = reader.texts(end, row)
    if not texts:
        raise ValueProblem(f"{', '.join(end.columns)} is empty.")
    return resolver.record(texts)
