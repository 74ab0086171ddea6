"""Know whether the search index has the texts of the records: a check of the doctor."""

from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa

from xrm.metadata.entities import Entity
from xrm.metadata.search import search_fields
from xrm.platform.database import search_publish
from xrm.platform.database import search_store as store
from xrm.platform.database.doctor import Examination, Finding
from xrm.platform.database.search_store import FTS, INDEX, ROW, Place

REMEDY = "Make it anew with `xrm search rebuild`."
SAMPLE = 100
"""Of so many rows of each entity FTS5 is asked whether it finds them."""


def search_index_is_the_records(at: Examination) -> Iterator[Finding]:
    """Yield entities whose records the search index has not, or otherwise."""
    if at.dialect == "postgresql":
        yield from _indexes(at)
        return
    if not store.is_installed(at.connection):
        message = (
            "This SQLite has no FTS5, so searching reads every record. Install "
            "pysqlite3 and run `xrm upgrade`."
        )
        yield Finding("search", "warning", message)
        return
    kept = store.kept_places(at.connection)
    for entity in at.catalog.entities.values():
        fields = search_fields(entity)
        place, upto = kept.pop(entity.name, (None, 0))
        if not fields or not at.has(entity.name):
            continue
        if place is None or place.fields != fields:
            yield _fault(f"{entity.name} is not in the search index.")
            continue
        yield from _rows(at, entity, place)
        yield from _letters(at, entity, place, upto)
    for name in kept:
        if name not in at.catalog.entities:
            yield _fault(f"The search index has {name}, which is no entity.")


def _fault(what: str, count: int = 1) -> Finding:
    return Finding("search", "fault", f"{what} {REMEDY}", count)


def _indexes(at: Examination) -> Iterator[Finding]:
    if not store.has_trigrams(at.connection):
        message = (
            "This PostgreSQL has no pg_trgm, so searching reads every record. Let an "
            "administrator run CREATE EXTENSION pg_trgm, then `xrm search rebuild`."
        )
        yield Finding("search", "warning", message)
        return
    there = store.index_names(at.connection)
    for entity in at.catalog.entities.values():
        fields = search_fields(entity)
        if fields and store.index_name(entity.name, fields) not in there:
            yield _fault(f"{entity.name} has no search index.")


def _rows(at: Examination, entity: Entity, place: Place) -> Iterator[Finding]:
    """Compare what is kept of each record with its texts."""
    statement = sa.select(ROW.c.record, ROW.c.text).where(
        ROW.c.id.between(place.low, place.high)
    )
    kept: dict[UUID, str] = {}
    doubled = 0
    for record, text in at.connection.execute(statement):
        doubled += record in kept
        kept[record] = text
    wrong = missing = 0
    parts = search_publish.records(at.connection, at.snapshot, entity, place.fields)
    for part in parts:
        for record, values in part:
            text = store.text_of(values, place.fields)
            known = kept.pop(record, "")
            missing += bool(text) and not known
            wrong += bool(known) and known != text
    left = len(kept)
    for count, what in (
        (missing, "are not in the search index"),
        (wrong, "are in the search index with other texts"),
        (left, "are in the search index and not there any more"),
        (doubled, "are in the search index twice"),
    ):
        if count:
            yield _fault(f"{count} records of {entity.name} {what}.", count)


def _letters(
    at: Examination, entity: Entity, place: Place, upto: int
) -> Iterator[Finding]:
    """Ask FTS5 for some of the rows that it should know."""
    rows = sa.select(ROW.c.id, ROW.c.text).where(ROW.c.id.between(place.low, upto))
    step = max(1, (upto - place.low) // SAMPLE)
    lost = 0
    for id_, text in at.connection.execute(rows.where(ROW.c.id % step == 0)):
        match = store.match_of(text)
        if match:
            is_found = INDEX.c[FTS].op("MATCH")(match)
            asked = sa.select(INDEX.c.rowid).where(is_found, INDEX.c.rowid == id_)
            lost += at.connection.scalar(asked) is None
    if lost:
        yield _fault(f"{lost} records of {entity.name} are not found by their text.")
