"""Know how a field's values are carried over inside the tables.

`conversions.py` says what becomes of a value; here it is done: in place where only the
length changes, by new columns otherwise. The same counts what a plan would lose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database.conversions import Conversion, conversion
from xrm.platform.database.engine import Dialect
from xrm.platform.database.quarantine import Quarantine
from xrm.platform.database.schema_changes import PASSING, ConvertField
from xrm.platform.database.shape_values import ColumnShape
from xrm.platform.database.shapes import columns_of

if TYPE_CHECKING:
    from alembic.operations import Operations

CHUNK = 2_000
"""How many rows are read at once when values are carried over by Python."""


class Converter:
    """Carries the values of fields over, in one transaction."""

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect,
        op: "Operations",
        quarantine: Quarantine,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._op = op
        self._quarantine = quarantine

    def convert(self, change: ConvertField) -> None:
        """Carry one field over."""
        made = conversion(change.old, change.new, self._dialect)
        if made.in_place:
            self._in_place(change, made)
        else:
            self._by_new_columns(change, made)

    def _in_place(self, change: ConvertField, made: Conversion) -> None:
        table = _table(change.table, change.key, change.old_columns)
        if made.lost is not None and made.value is not None:
            old = _unbound(change.old_columns)
            lost = made.lost(old)
            entry = self._keep(change, lost)
            if entry is not None:
                names = [c.name for c in change.old_columns]
                values = dict(zip(names, made.value(old), strict=True))
                self._connection.execute(sa.update(table).where(lost).values(values))
                self._quarantine.note_outcome(
                    entry, change.table, change.key.name, change.old_columns
                )
        for before, after in zip(change.old_columns, change.new_columns, strict=True):
            if before.signature != after.signature:
                self._op.alter_column(
                    change.table,
                    before.name,
                    type_=after.type,
                    existing_type=before.type,
                )

    def _by_new_columns(self, change: ConvertField, made: Conversion) -> None:
        passing = [
            ColumnShape(f"{PASSING}{i}", c.type, c.signature)
            for i, c in enumerate(change.new_columns)
        ]
        for column in passing:
            self._op.add_column(change.table, sa.Column(column.name, column.type))
        everything = [*change.old_columns, *passing]
        table = _table(change.table, change.key, everything)
        old = _unbound(change.old_columns)
        if made.value is not None:
            values = made.value(old)
            self._connection.execute(
                sa.update(table)
                .where(old[0].is_not(sa.null()))
                .values({p.name: v for p, v in zip(passing, values, strict=True)})
            )
            entry = None
            if made.lost is not None:
                entry = self._keep(change, made.lost(old))
        else:
            entry = self._fill(change, made, table, passing)
        for column in change.old_columns:
            self._op.drop_column(change.table, column.name)
        for column, final in zip(passing, change.new_columns, strict=True):
            self._op.alter_column(change.table, column.name, new_column_name=final.name)
        if entry is not None:
            self._quarantine.note_outcome(
                entry, change.table, change.key.name, change.new_columns
            )

    def _keep(
        self,
        change: ConvertField,
        where: sa.ColumnElement[Any],
        entry: int | None = None,
    ) -> int | None:
        """Keep the old values of some rows; `entry` is one that was begun before."""
        return self._quarantine.keep_values(
            change.table,
            change.key.name,
            change.new.name,
            change.old_columns,
            where,
            entry,
        )

    def _fill(
        self,
        change: ConvertField,
        made: Conversion,
        table: sa.TableClause,
        passing: Sequence[ColumnShape],
    ) -> int | None:
        """Fill the new columns by Python, chunk by chunk in the order of the keys.

        Return the entry of the old values that cannot be had back from the new ones.
        """
        assert made.by_value is not None
        entry: int | None = None
        names = [f"to_{i}" for i in range(len(passing))]
        key = change.key.name
        statement = (
            sa.update(table)
            .where(table.c[key] == sa.bindparam("of", type_=change.key.type))
            .values(
                {
                    p.name: sa.bindparam(n, type_=p.type)
                    for p, n in zip(passing, names, strict=True)
                }
            )
        )
        for chunk in _chunks(self._connection, table, change.key, change.old_columns):
            rows, inexact = [], []
            for row in chunk:
                carried = made.by_value(tuple(row[1:]))
                if carried.is_kept:
                    values = zip(names, carried.columns, strict=True)
                    rows.append({"of": row[0], **dict(values)})
                if not carried.is_exact:
                    inexact.append(row[0])
            if rows:
                self._connection.execute(statement, rows)
            if inexact:
                of = sa.column(key, change.key.type).in_(inexact)
                entry = self._keep(change, of, entry)
        return entry


def conversion_now(change: ConvertField, dialect: Dialect) -> Conversion:
    """Return the conversion in the names of fields and entities before the change."""
    field = change.was.fields[change.new.name]
    back = {
        after.entity: before.entity
        for after, before in zip(change.old.targets, field.targets, strict=True)
    }
    targets = tuple(
        replace(t, entity=back.get(t.entity, t.entity)) for t in change.new.targets
    )
    return conversion(field, replace(change.new, targets=targets), dialect)


def count_lost(connection: Connection, change: ConvertField, dialect: Dialect) -> int:
    """Return for how many records a conversion would not keep the value whole.

    It counts before the change, in the table and columns as they are called now.
    """
    made = conversion_now(change, dialect)
    was = change.was
    columns = columns_of(was.fields[change.new.name], dialect, was.key.name)
    table = _table(was.table, was.key, columns)
    old = [table.c[c.name] for c in columns]
    if made.by_value is None:
        if made.lost is None:
            return 0
        counted = sa.select(sa.func.count()).where(made.lost(old))
        return connection.scalar(counted.select_from(table)) or 0
    lost = 0
    for chunk in _chunks(connection, table, was.key, columns):
        for row in chunk:
            lost += not made.by_value(tuple(row[1:])).is_kept
    return lost


def _table(
    name: str, key: ColumnShape, columns: Sequence[ColumnShape]
) -> sa.TableClause:
    return sa.table(name, *(sa.column(c.name, c.type) for c in (key, *columns)))


def _unbound(columns: Sequence[ColumnShape]) -> list[sa.ColumnClause[Any]]:
    """Return columns that belong to whatever table a statement is about."""
    return [sa.column(c.name, c.type) for c in columns]


def _chunks(
    connection: Connection,
    table: sa.TableClause,
    key_column: ColumnShape,
    columns: Sequence[ColumnShape],
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Yield key and old columns of the rows with a value, in the order of the keys."""
    key = table.c[key_column.name]
    old = [table.c[c.name] for c in columns]
    statement = (
        sa.select(key, *old).where(old[0].is_not(sa.null())).order_by(key).limit(CHUNK)
    )
    page = statement
    while True:
        rows = connection.execute(page).all()
        if not rows:
            return
        yield rows
        page = statement.where(key > sa.bindparam("last", rows[-1][0], key_column.type))
