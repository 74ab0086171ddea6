"""Know what must change in the schema when one catalog takes the place of another.

Pure: two catalogs and the declared renames give an ordered tuple of changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from xrm.metadata.catalog import Catalog
from xrm.metadata.changes import (
    Operation,
    RenameEntity,
    RenameField,
    RenameRelationship,
    has_same_around,
)
from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields import field_type
from xrm.platform.database.conversions import Storage, conversion, storage_of
from xrm.platform.database.engine import Dialect
from xrm.platform.database.schema_changes import (
    PASSING,
    AddColumns,
    ConvertField,
    CreateIndex,
    CreateTable,
    DropColumns,
    DropIndex,
    DropTable,
    RenameColumn,
    Renames,
    RenameTable,
    RenameTarget,
    SchemaChange,
    Was,
)
from xrm.platform.database.shape_values import ColumnShape, TableShape
from xrm.platform.database.shapes import columns_of, entity_shape, pair_shape


def renames_of(operations: Iterable[Operation]) -> Renames:
    """Return the renames among the operations of a plan."""
    entities: dict[str, str] = {}
    fields: dict[str, dict[str, str]] = {}
    relationships: dict[str, str] = {}
    for operation in operations:
        match operation:
            case RenameEntity(old, new):
                entities[old] = new
            case RenameField(entity, old, new):
                fields.setdefault(entity, {})[old] = new
            case RenameRelationship(was, link):
                relationships[was.name] = link.name
    return Renames(entities, fields, relationships)


def schema_changes(
    old: Catalog, new: Catalog, renames: Renames, dialect: Dialect
) -> tuple[SchemaChange, ...]:
    """Return what leads from the tables of one catalog to those of the other, in order.

    First what goes (indexes, tables), then new names, then columns, new tables, and at
    last new indexes: so no name is taken while it is still in use.
    """
    before = {new_name: old_name for old_name, new_name in renames.entities.items()}
    drops: list[SchemaChange] = []
    names: list[tuple[str, str]] = []
    columns: list[SchemaChange] = []
    creates: list[SchemaChange] = []
    indexes: list[SchemaChange] = []
    unindex: list[SchemaChange] = []

    kept = {before.get(name, name) for name in new.entities}
    for name, entity in old.entities.items():
        if name not in kept:
            drops.append(DropTable(entity_shape(old, entity, dialect)))
    for name, entity in new.entities.items():
        was = old.entities.get(before.get(name, name))
        if was is None:
            creates.append(CreateTable(entity_shape(new, entity, dialect)))
            continue
        if was.name != name:
            names.append((was.name, name))
        if _same_table(old, new, was, entity):
            continue
        shape, shape_before = (
            entity_shape(new, entity, dialect),
            entity_shape(old, was, dialect),
        )
        changed = list(_column_changes(was, entity, renames, dialect))
        columns += changed
        origins = _was(was, entity, field_renames(was, entity, renames), dialect)
        gone, come = _index_changes(
            shape_before, shape, origins, _rebuilt(changed, dialect)
        )
        unindex += gone
        indexes += come
    _pair_changes(old, new, renames, dialect, drops, names, columns, creates)
    renamed = [RenameTable(a, b) for a, b in _without_collisions(names)]
    return (*unindex, *drops, *renamed, *columns, *creates, *indexes)


def _same_table(old: Catalog, new: Catalog, was: Entity, entity: Entity) -> bool:
    """Return whether nothing of an entity changed that its table depends on."""
    is_same = was is entity or was == entity
    return is_same and has_same_around(old, was.name, new, entity.name)


def field_renames(was: Entity, entity: Entity, renames: Renames) -> dict[str, str]:
    """Return old → new names of fields, with those the platform renames along.

    They are the key of a renamed entity and the base amount of a renamed currency
    field.
    """
    made = dict(renames.fields.get(entity.name, {}))
    if was.key != entity.key:
        made[was.key] = entity.key
    for old, new in list(made.items()):
        base_old, base_new = f"{old}_base", f"{new}_base"
        declared = was.fields.get(base_old)
        if (
            declared is not None
            and declared.options.get("base_of") == old
            and base_old not in entity.fields
            and base_new in entity.fields
            and base_new not in was.fields
        ):
            made[base_old] = base_new
    return made


def _column_changes(
    was: Entity, entity: Entity, renames: Renames, dialect: Dialect
) -> Iterator[SchemaChange]:
    """Yield what the columns of one table need; the table has its new name already."""
    moved = field_renames(was, entity, renames)
    origin = {new: old for old, new in moved.items()}
    key = columns_of(entity.fields[entity.key], dialect, entity.key)[0]
    origins = _was(was, entity, moved, dialect)
    stored_before = {n: f for n, f in was.fields.items() if f.is_stored}
    stored = {n: f for n, f in entity.fields.items() if f.is_stored}
    staying = {origin.get(name, name) for name in stored}
    for name, field_ in stored_before.items():
        if name not in staying:
            found = columns_of(field_, dialect, was.key)
            if found:
                yield DropColumns(entity.name, origins.key.name, name, found, origins)
    pairs: list[tuple[str, str]] = []
    conversions: list[SchemaChange] = []
    additions: list[SchemaChange] = []
    for name, field_ in stored.items():
        known = stored_before.get(origin.get(name, name))
        if known is None:
            found = columns_of(field_, dialect, entity.key)
            if found:
                additions.append(AddColumns(entity.name, key.name, name, found))
            continue
        renamed = _followed(known, name, renames)
        if known.name != name:
            pairs += zip(
                (c.name for c in columns_of(known, dialect, was.key)),
                (c.name for c in columns_of(renamed, dialect, entity.key)),
                strict=True,
            )
        conversions += _target_renames(
            entity.name, known, columns_of(renamed, dialect, entity.key), renames
        )
        conversions += _conversions(entity.name, key, renamed, field_, origins, dialect)
    for old_name, new_name in _without_collisions(pairs):
        yield RenameColumn(entity.name, old_name, new_name)
    yield from conversions
    yield from additions


def _was(
    was: Entity, entity: Entity, moved: Mapping[str, str], dialect: Dialect
) -> Was:
    """Return what a table and its fields were called before."""
    return Was(
        was.name,
        columns_of(was.fields[was.key], dialect, was.key)[0],
        {moved.get(name, name): f for name, f in was.fields.items()},
    )


def _conversions(
    table: str, key: ColumnShape, old: Field, new: Field, was: Was, dialect: Dialect
) -> Iterator[SchemaChange]:
    """Yield the conversion of one field, if its columns are kept in another way."""
    before = columns_of(old, dialect, key.name)
    after = columns_of(new, dialect, key.name)
    names = {target.entity for target in new.targets}
    is_cut = (
        old.is_lookup
        and new.is_lookup
        and any(target.entity not in names for target in old.targets)
    )
    if is_cut or _storages(old) != _storages(new):
        yield ConvertField(table, key, old, new, before, after, was)


def _storages(field_: Field) -> tuple[tuple[str, Storage], ...]:
    """Return how the columns of a field are kept: what decides on a conversion."""
    columns = field_type(field_.type).columns(field_)
    return tuple((column.name, storage_of(column.type)) for column in columns)


def _rebuilt(changed: Iterable[SchemaChange], dialect: Dialect) -> set[str]:
    """Return the columns that an index does not outlive."""
    found: set[str] = set()
    for change in changed:
        match change:
            case DropColumns(columns=columns):
                found.update(column.name for column in columns)
            case RenameColumn(old=old, new=new):
                found.update((old, new))
            case ConvertField(old=before, new=after) if not conversion(
                before, after, dialect
            ).in_place:
                columns = (*change.old_columns, *change.new_columns)
                found.update(column.name for column in columns)
    return found


def _index_changes(
    old: TableShape, new: TableShape, was: Was, rebuilt: set[str]
) -> tuple[list[SchemaChange], list[SchemaChange]]:
    """Return the indexes that go and those that come.

    An index on a column that is rebuilt goes before and comes again after.
    """
    stay = {
        name
        for name, index in new.indexes.items()
        if name in old.indexes
        and old.indexes[name].parts == index.parts
        and old.indexes[name].unique == index.unique
        and not any(part.column in rebuilt for part in index.parts)
    }
    gone = [DropIndex(old.name, name) for name in old.indexes if name not in stay]
    come = [
        CreateIndex(new, index, was)
        for name, index in new.indexes.items()
        if name not in stay
    ]
    return [*gone], [*come]


def _target_renames(
    table: str, old: Field, columns: Sequence[ColumnShape], renames: Renames
) -> Iterator[SchemaChange]:
    """Yield the updates of the entity names kept beside a lookup's ids."""
    if len(columns) > 1:
        for target in old.targets:
            name = renames.entities.get(target.entity)
            if name is not None:
                yield RenameTarget(table, columns[1], target.entity, name)


def _followed(field_: Field, name: str, renames: Renames) -> Field:
    """Return a field under its new name, pointing to entities by their new names."""
    return replace(
        field_,
        name=name,
        targets=tuple(
            replace(t, entity=renames.entities.get(t.entity, t.entity))
            for t in field_.targets
        ),
    )


def _pair_changes(
    old: Catalog,
    new: Catalog,
    renames: Renames,
    dialect: Dialect,
    drops: list[SchemaChange],
    names: list[tuple[str, str]],
    columns: list[SchemaChange],
    creates: list[SchemaChange],
) -> None:
    """Add what the tables of pairs need to the lists."""
    before = {new_name: was for was, new_name in renames.relationships.items()}
    entity_before = {new_name: was for was, new_name in renames.entities.items()}
    kept: set[str] = set()
    for name, link in new.relationships.items():
        was = old.relationships.get(before.get(name, name))
        ends = tuple(entity_before.get(e, e) for e in (link.first, link.second))
        if was is None or (was.first, was.second) != ends:
            creates.append(CreateTable(pair_shape(link, dialect)))
            continue
        kept.add(was.name)
        old_shape, shape = pair_shape(was, dialect), pair_shape(link, dialect)
        if (
            old_shape.name == shape.name
            and list(old_shape.columns) == list(shape.columns)
            and old_shape.indexes == shape.indexes
        ):
            continue
        if was.table != link.table:
            names.append((was.table, link.table))
        columns.extend(DropIndex(link.table, index) for index in old_shape.indexes)
        changed = zip(old_shape.columns, shape.columns, strict=True)
        columns.extend(
            RenameColumn(link.table, a, b)
            for a, b in _without_collisions([(a, b) for a, b in changed if a != b])
        )
        columns.extend(CreateIndex(shape, i) for i in shape.indexes.values())
    for name, link in old.relationships.items():
        if name not in kept:
            drops.append(DropTable(pair_shape(link, dialect)))


def _without_collisions(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return renames in an order in which every new name is free.

    A circle (a → b, b → a) goes by way of a passing name.
    """
    waiting = dict(pairs)
    ordered: list[tuple[str, str]] = []
    while waiting:
        free = [(a, b) for a, b in waiting.items() if b not in waiting]
        if free:
            for a, b in free:
                ordered.append((a, b))
                del waiting[a]
            continue
        first, target = next(iter(waiting.items()))
        passing = f"{PASSING}{len(ordered)}"
        ordered.append((first, passing))
        del waiting[first]
        waiting[passing] = target
    return ordered
