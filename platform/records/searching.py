"""Know how the verbs keep the search index, in the transaction of each change.

On PostgreSQL the index is the table's own, and there is nothing to do here.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from xrm.platform.database import search_store
from xrm.platform.database.search_store import Place, text_of
from xrm.platform.database.work import Work
from xrm.platform.records import mirror
from xrm.platform.records.change import Batch
from xrm.platform.records.layout import Layout, chunks


def note_new(batch: Batch) -> None:
    """Put new records into the index."""
    for place in _places(batch):
        fields = place.fields
        texts = [(change.id, text_of(change.after, fields)) for change in batch.changes]
        search_store.add(batch.work.connection, place, texts)


def note_changed(batch: Batch) -> None:
    """Put records into the index with their new texts, where these differ."""
    for place in _places(batch):
        fields = place.fields
        texts = [
            (change.id, text_of(change.after, fields))
            for change in batch.changes
            if any(change.has_changed(name) for name in fields)
        ]
        if texts:
            search_store.replace(batch.work.connection, place, texts)


def note_removed(batch: Batch) -> None:
    """Take removed records out of the index."""
    for place in _places(batch):
        removed = [change.id for change in batch.changes]
        search_store.remove(batch.work.connection, place, removed)


def note_computed(
    work: Work, layout: Layout, names: Iterable[str], records: Iterable[UUID]
) -> None:
    """Put records into the index whose fields were computed by the database."""
    place = _place(work, layout)
    if place is None or not set(names) & set(place.fields):
        return
    for part in chunks(records):
        rows = work.connection.execute(layout.several(), {"xrm_ids": part}).mappings()
        texts = [(row[layout.key], text_of(dict(row), place.fields)) for row in rows]
        search_store.replace(work.connection, place, texts)


def _places(batch: Batch) -> Iterator[Place]:
    """Give the index of an entity, and that of the list its records stand in."""
    for layout in (batch.layout, mirror.list_of(batch.layout)):
        place = None if layout is None else _place(batch.work, layout)
        if place is not None:
            yield place


def _place(work: Work, layout: Layout) -> Place | None:
    if work.dialect != "sqlite":
        return None
    return search_store.places(work.connection, work.snapshot).of(layout.entity)
