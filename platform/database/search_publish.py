"""Know how the search index follows the catalog, within the transaction of a publish.

Whatever brings rows or values into a table past the verbs (a conversion, something from
quarantine, an undo) makes the entity's part of the index anew.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog
from xrm.metadata.entities import Entity
from xrm.metadata.search import search_fields
from xrm.platform.database import schema_changes as changes
from xrm.platform.database import search_store as store
from xrm.platform.database.schema_changes import Renames, SchemaChange
from xrm.platform.database.search_store import Place
from xrm.platform.database.snapshots import Snapshot


def step_aside(
    connection: Connection, old: Catalog, planned: Iterable[SchemaChange]
) -> None:
    """Drop PostgreSQL's search indexes of fields that go or are kept in another way."""
    if connection.dialect.name != "postgresql":
        return
    touched = set(_tables_before(old, planned))
    if not touched:
        return
    for name, table in store.index_names(connection).items():
        if table in touched:
            _drop(connection, name, table)


def _tables_before(old: Catalog, planned: Iterable[SchemaChange]) -> Iterator[str]:
    for change in planned:
        match change:
            case changes.ConvertField(old=field, was=was):
                before = was.fields.get(field.name, field).name
            case changes.DropColumns(field=before, was=was):
                pass
            case _:
                continue
        entity = old.entities.get(was.table)
        if entity is not None and before in search_fields(entity):
            yield was.table


def follow(
    connection: Connection,
    snapshot: Snapshot,
    planned: Iterable[SchemaChange] = (),
    renames: Renames | None = None,
    filled: Collection[str] = (),
) -> None:
    """Make the index what a new catalog says; `filled` tables got rows or values."""
    if snapshot.dialect == "postgresql":
        _follow_indexes(connection, snapshot)
    elif store.is_installed(connection):
        anew = {*filled, *_tables_after(snapshot.catalog, planned)}
        _follow_rows(connection, snapshot, renames or Renames(), anew)


def _tables_after(catalog: Catalog, planned: Iterable[SchemaChange]) -> Iterator[str]:
    """Yield the tables whose texts were converted, by their names afterwards."""
    for change in planned:
        if isinstance(change, changes.ConvertField):
            entity = catalog.entities.get(change.table)
            if entity is not None and change.new.name in search_fields(entity):
                yield change.table


def rebuild(
    connection: Connection,
    snapshot: Snapshot,
    entities: Collection[str] | None = None,
    progress: Callable[[int, int], object] = lambda done, of: None,
) -> int:
    """Make the index of some entities (all by default) anew; return how many.

    `progress` is told how many are done, and of how many.
    """
    wanted = [
        entity
        for entity in snapshot.catalog.entities.values()
        if search_fields(entity) and (entities is None or entity.name in entities)
    ]
    names: Mapping[str, str] = {}
    if snapshot.dialect == "postgresql":
        names = store.index_names(connection)
    elif not store.is_installed(connection):
        return 0
    for count, entity in enumerate(wanted):
        name = store.index_name(entity.name, search_fields(entity))
        if name in names:
            _drop(connection, name, entity.name)
        follow(connection, snapshot, filled=(entity.name,))
        progress(count + 1, len(wanted))
    return len(wanted)


# --- PostgreSQL -------------------------------------------------------------------


def _follow_indexes(connection: Connection, snapshot: Snapshot) -> None:
    there = store.index_names(connection)
    wanted: dict[str, Entity] = {}
    if store.has_trigrams(connection):
        for entity in snapshot.catalog.entities.values():
            fields = search_fields(entity)
            if fields:
                wanted[store.index_name(entity.name, fields)] = entity
    for name in sorted(there.keys() - wanted.keys()):
        _drop(connection, name, there[name])
    for name in sorted(wanted.keys() - there.keys()):
        entity = wanted[name]
        table = snapshot.tables.table(entity.name)
        connection.execute(store.create_index(table, search_fields(entity)))


def _drop(connection: Connection, name: str, table: str) -> None:
    index = sa.Index(name, _table=sa.Table(table, sa.MetaData()))
    connection.execute(sa.schema.DropIndex(index, if_exists=True))


# --- SQLite -----------------------------------------------------------------------


def _follow_rows(
    connection: Connection, snapshot: Snapshot, renames: Renames, anew: set[str]
) -> None:
    kept = _renamed(store.kept_places(connection), renames)
    entities = snapshot.catalog.entities
    wanted = {name: search_fields(entity) for name, entity in entities.items()}
    last = max((place.number for place, _ in kept.values()), default=0)
    for name in [name for name in kept if not wanted.get(name)]:
        store.clear(connection, *kept.pop(name))
    todo: list[str] = []
    for name, fields in wanted.items():
        if not fields:
            continue
        known = kept.get(name)
        if known is not None and known[0].fields == fields and name not in anew:
            continue
        if known is not None:
            store.clear(connection, *known)
        else:
            last += 1
        place = Place(known[0].number if known else last, fields)
        kept[name] = (place, place.low)
        todo.append(name)
    _write_places(connection, kept)
    for name in todo:
        fill(connection, snapshot, entities[name], kept[name][0])


def _renamed(
    kept: Mapping[str, tuple[Place, int]], renames: Renames
) -> dict[str, tuple[Place, int]]:
    """Return the places under the names that entities and fields have now."""
    found = {}
    for was, (place, upto) in kept.items():
        name = renames.entities.get(was, was)
        moved = renames.fields.get(name, {})
        fields = tuple(moved.get(field, field) for field in place.fields)
        found[name] = (Place(place.number, fields), upto)
    return found


def _write_places(
    connection: Connection, kept: Mapping[str, tuple[Place, int]]
) -> None:
    before = store.kept_places(connection)
    if before == kept:
        return
    connection.execute(sa.delete(store.ENTITY))
    rows = [
        {
            "entity": name,
            "number": place.number,
            "fields": orjson.dumps(place.fields).decode(),
            "upto": upto,
        }
        for name, (place, upto) in kept.items()
    ]
    if rows:
        connection.execute(sa.insert(store.ENTITY), rows)


def fill(
    connection: Connection, snapshot: Snapshot, entity: Entity, place: Place
) -> None:
    """Put all records of an entity into the index, which has none of them."""
    for part in records(connection, snapshot, entity, place.fields):
        texts = ((row[0], store.text_of(row[1], place.fields)) for row in part)
        store.add(connection, place, texts)


def records(
    connection: Connection, snapshot: Snapshot, entity: Entity, fields: Iterable[str]
) -> Iterator[list[tuple[Any, Mapping[str, Any]]]]:
    """Give all records with some fields, in parts of `PART`."""
    table = snapshot.tables.table(entity.name)
    key = table.c[entity.key]
    names = list(fields)
    statement = sa.select(key, *(table.c[n] for n in names)).order_by(key)
    statement = statement.limit(store.PART)
    rows = connection.execute(statement).all()
    while rows:
        yield [
            (row[0], dict(zip(names, islice(row, 1, None), strict=True)))
            for row in rows
        ]
        rows = connection.execute(statement.where(key > rows[-1][0])).all()
