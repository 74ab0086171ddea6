"""Know the pairs of N:N relationships in their tables, and the history of both ends."""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from xrm.metadata.relationships import Relationship
from xrm.platform.database.work import Work
from xrm.platform.records import history
from xrm.platform.records.derived import pairs_changed
from xrm.platform.records.layout import chunks, layout_of
from xrm.platform.security import actors

Pair = tuple[UUID, UUID]


def add(work: Work, link: Relationship, pairs: Sequence[Pair]) -> int:
    """Add pairs that are not there yet; return how many were added."""
    table = work.tables.pairs(link.name)
    insert = postgresql.insert if work.dialect == "postgresql" else sqlite.insert
    statement = (
        insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    )
    added = []
    for first, second in pairs:
        row = {
            f"{link.table}id": uuid4(),
            link.first_column: first,
            link.second_column: second,
        }
        if work.connection.execute(statement, row).rowcount:
            added.append((first, second))
    _after(work, link, added, "associate")
    return len(added)


def remove(work: Work, link: Relationship, pairs: Sequence[Pair]) -> int:
    """Remove pairs; return how many there were."""
    table = work.tables.pairs(link.name)
    statement = delete(table).where(
        table.c[link.first_column] == bindparam("xrm_first"),
        table.c[link.second_column] == bindparam("xrm_second"),
    )
    gone = [
        (first, second)
        for first, second in pairs
        if work.connection.execute(
            statement, {"xrm_first": first, "xrm_second": second}
        ).rowcount
    ]
    _after(work, link, gone, "disassociate")
    return len(gone)


def part_all(
    work: Work, link: Relationship, entity: str, records: Sequence[UUID]
) -> None:
    """Remove all pairs of records that are deleted."""
    table = work.tables.pairs(link.name)
    sides = [
        column
        for column, end in (
            (link.first_column, link.first),
            (link.second_column, link.second),
        )
        if end == entity
    ]
    gone: list[Pair] = []
    for side in sides:
        for part in chunks(records):
            rows = work.connection.execute(
                select(table.c[link.first_column], table.c[link.second_column]).where(
                    table.c[side].in_(part)
                )
            ).all()
            if rows:
                gone += [(row[0], row[1]) for row in rows]
                work.connection.execute(delete(table).where(table.c[side].in_(part)))
    _after(work, link, gone, "disassociate", without={(entity, r) for r in records})


def _after(
    work: Work,
    link: Relationship,
    pairs: Sequence[Pair],
    verb: str,
    without: Iterable[tuple[str, UUID]] = (),
) -> None:
    """Write the history of both ends; compute and read anew what depends on pairs."""
    if not pairs:
        return
    if actors.touches(link.name):
        actors.touch(work)
    left_out = set(without)
    sides = (
        (link.first, link.second, link.first_collection, False),
        (link.second, link.first, link.second_collection, True),
    )
    for entity, other_entity, collection, is_back in sides:
        if not layout_of(work.snapshot, entity).entity.audited:
            continue
        rows = []
        for first, second in pairs:
            record, other = (second, first) if is_back else (first, second)
            if (entity, record) in left_out:
                continue
            said = {collection: {"entity": other_entity, "id": other}}
            rows.append(
                (record, None, said) if verb == "associate" else (record, said, None)
            )
        history.add(work, entity, verb, rows, {row[0] for row in rows})
    pairs_changed(work, link.name, pairs)
