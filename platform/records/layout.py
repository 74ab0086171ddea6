"""Know how the records of one entity lie in their table.

A `Layout` is made once per catalog snapshot and entity: the generated functions that
turn a caller's values, rows and parameters into each other, and the statements of the
verbs. Only parameters vary from call to call, so nothing is built or compiled twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import Select

from xrm.metadata.entities import Entity
from xrm.metadata.fields import field_type
from xrm.metadata.fields.converters import (
    Binder,
    Loader,
    row_binder,
    row_loader,
    row_reader,
)
from xrm.metadata.fields.field_type import FieldType
from xrm.platform.database.engine import Dialect
from xrm.platform.database.ready import Ready
from xrm.platform.database.snapshots import Snapshot

MAX_IDS = 500
"""How many ids one statement lists."""
MAX_SHAPES = 400
"""How many statements and functions one layout keeps."""

Value = TypeVar("Value")
Lock = Literal["change", "delete"] | None
"""How a row is held until the commit: against changes; against links to it, too."""
Names = tuple[str, ...]


@dataclass(slots=True)
class Layout:
    """What the verbs know of one entity; shared by all threads of the process."""

    snapshot: Snapshot
    entity: Entity
    table: Table
    fields: dict[str, FieldType]
    """The fields with columns, and their types, in the order of the entity."""
    load: Loader
    read: Callable[[Any], dict[str, Any]]
    """From a row (a mapping of all columns) to the stored values by field."""
    _made: dict[Any, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return the name of the key field."""
        return self.entity.key

    @property
    def dialect(self) -> Dialect:
        """Return `sqlite` or `postgresql`."""
        return self.snapshot.dialect

    def kept(self, name: Any, make: Callable[[], Value]) -> Value:
        """Return what is kept under a name; make it on first use."""
        made = self._made.get(name)
        if made is None:
            if len(self._made) > MAX_SHAPES:
                self._made.clear()
            made = self._made[name] = make()
        found: Value = made
        return found

    def columns(self, names: Iterable[str]) -> list[str]:
        """Return the names of the columns of some fields."""
        return [
            column.name
            for name in names
            for column in self.fields[name].columns(self.entity.fields[name])
        ]

    def binder(self, names: Names) -> Binder:
        """Return the function from values to the columns of these fields."""
        return self.kept(("bind", names), lambda: row_binder(self.entity, names))

    def insertion(self, names: Names, *, lenient: bool = False) -> Ready:
        """Return the statement that adds a record with these fields.

        A lenient one adds nothing, without a fault, where a key is taken.
        """

        def make() -> Ready:
            insert = (
                postgresql.insert if self.dialect == "postgresql" else sqlite.insert
            )
            made = (
                insert(self.table)
                .values({c: bindparam(c) for c in self.columns(names)})
                .inline()
            )
            if lenient:
                return Ready(made.on_conflict_do_nothing())
            return Ready(made, copies=True)

        return self.kept(("insert", names, lenient), make)

    def change(self, names: Names) -> Ready:
        """Return the statement that changes fields of a record of a known version.

        Its parameters are the columns, and `xrm_id` and `xrm_version`.
        """

        def make() -> Ready:
            return Ready(
                update(self.table)
                .where(
                    self.table.c[self.key] == bindparam("xrm_id"),
                    self.table.c.versionnumber == bindparam("xrm_version"),
                )
                .values({c: bindparam(c) for c in self.columns(names)})
            )

        return self.kept(("update", names), make)

    def removal(self) -> Ready:
        """Return the statement that removes a record of a known version."""
        return self.kept(
            "delete",
            lambda: Ready(
                delete(self.table).where(
                    self.table.c[self.key] == bindparam("xrm_id"),
                    self.table.c.versionnumber == bindparam("xrm_version"),
                )
            ),
        )

    def one(self, lock: Lock = None) -> Ready:
        """Return the statement that reads the record `xrm_id`."""

        def make() -> Ready:
            made = select(self.table).where(
                self.table.c[self.key] == bindparam("xrm_id")
            )
            if lock:
                made = made.with_for_update(key_share=lock == "change")
            return Ready(made)

        return self.kept(("one", lock), make)

    def several(self, lock: Lock = None) -> Select[Any]:
        """Return the statement that reads the records `xrm_ids`, ordered by key.

        The order makes all writers lock in one order.
        """

        def make() -> Select[Any]:
            key = self.table.c[self.key]
            made = (
                select(self.table)
                .where(key.in_(bindparam("xrm_ids", expanding=True)))
                .order_by(key)
            )
            return made.with_for_update(key_share=lock == "change") if lock else made

        return self.kept(("several", lock), make)

    def values(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Give the stored values of rows."""
        return map(self.read, rows)


def make_layout(snapshot: Snapshot, entity: str) -> Layout:
    """Return the layout of an entity.

    Raises:
        UnknownEntity: the catalog has no such entity.
    """
    definition = snapshot.catalog.entity(entity)
    fields = {
        name: field_type(f.type)
        for name, f in definition.fields.items()
        if f.is_stored and field_type(f.type).columns(f)
    }
    names: Sequence[str] = tuple(fields)
    return Layout(
        snapshot=snapshot,
        entity=definition,
        table=snapshot.tables.table(entity),
        fields=fields,
        load=row_loader(definition, names),
        read=row_reader(definition, names),
    )


def layout_of(snapshot: Snapshot, entity: str) -> Layout:
    """Return the layout of an entity, made on its first use in this snapshot.

    Raises:
        UnknownEntity: the catalog has no such entity.
    """
    layouts: dict[str, Layout] = snapshot.memo.setdefault("records", {})
    made = layouts.get(entity)
    if made is None:
        made = layouts.setdefault(entity, make_layout(snapshot, entity))
    return made


def chunks(ids: Iterable[UUID], size: int = MAX_IDS) -> Iterator[list[UUID]]:
    """Give ids in lists short enough for one statement, sorted and without doubles."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
