"""Know what a publish takes out of the tables, where it is kept and how it comes back.

Kept are the rows of a dropped table, the values of a dropped field, and the values that
a shorter, coarser or other type could not keep. They come back when the publish is
undone; dropped tables and fields also when something of that name and type is installed
again. A value that was cut or emptied comes back only if nobody has changed it since.

The schema of the tables holds no trace of it: all of it is in two tables of the
platform.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.platform.database.engine import Dialect
from xrm.platform.database.row_json import (
    from_json,
    plain_table,
    record_key,
    record_text,
    to_json,
)
from xrm.platform.database.shape_values import ColumnShape, Meaning, TableShape, is_text
from xrm.platform.database.system_tables import (
    PUBLISH,
    QUARANTINE,
    QUARANTINE_ROW,
)

Reason = Literal["table", "field", "value"]

_COUNTED = {"preserve_rowcount": True}
"""SQLAlchemy forgets the number of inserted rows without it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in quarantine. `columns`: their names and what their values mean."""

    id: int
    version: int
    reason: Reason
    table: str
    field: str | None
    columns: tuple[tuple[str, Meaning], ...]
    rows: int


class Quarantine:
    """The quarantine as one publish uses it."""

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect,
        version: int,
        *,
        undoes: int | None = None,
        kept_as: Mapping[str, str] | None = None,
    ) -> None:
        self._connection = connection
        self._dialect = dialect
        self._version = version
        self._undoes = undoes
        self.came_back: set[str] = set()
        """The tables into which something was brought back."""
        self._kept_as = kept_as or {}
        """In an undo: the table's name now → the name it was kept under."""

    # What goes in

    def keep_table(self, table: TableShape) -> int:
        """Keep all rows of a table that is about to be dropped; return their number."""
        columns = [c for c in table.columns.values() if not c.is_key]
        source = plain_table(table.name, list(table.columns.values()))
        return self._keep("table", table.name, None, columns, source, table.key.name)[1]

    def keep_field(
        self, table: str, key: str, field: str, columns: Sequence[ColumnShape]
    ) -> int:
        """Keep the values of a field that is about to be dropped."""
        source = _source(table, key, columns)
        filled = source.c[columns[0].name].is_not(sa.null())
        return self._keep("field", table, field, columns, source, key, filled)[1]

    def keep_values(
        self,
        table: str,
        key: str,
        field: str,
        columns: Sequence[ColumnShape],
        where: sa.ColumnElement[bool],
        entry: int | None = None,
    ) -> int | None:
        """Keep the values of some rows; return the entry's id, None without rows.

        With `entry` they are added to one that was begun before.
        """
        source = _source(table, key, columns)
        if entry is None:
            made, count = self._keep("value", table, field, columns, source, key, where)
            return made if count else None
        self._add(entry, columns, source, key, where)
        return entry

    def note_outcome(
        self, entry: int, table: str, key: str, columns: Sequence[ColumnShape]
    ) -> None:
        """Write down what the kept values became, to tell later changes from it."""
        row = QUARANTINE_ROW
        source = _source(table, key, columns)
        became = (
            sa.select(self._as_text(to_json(source, columns, self._dialect)))
            .where(source.c[key] == record_key(row.c.record, self._dialect))
            .scalar_subquery()
        )
        self._connection.execute(
            sa.update(row).where(row.c.quarantine == entry).values(became=became)
        )

    def _keep(
        self,
        reason: Reason,
        table: str,
        field: str | None,
        columns: Sequence[ColumnShape],
        source: sa.TableClause,
        key: str,
        where: sa.ColumnElement[bool] | None = None,
    ) -> tuple[int, int]:
        made = self._connection.execute(
            sa.insert(QUARANTINE).values(
                version=self._version,
                reason=reason,
                entity=table,
                field=field,
                columns=_written(columns),
                rows=0,
            )
        )
        entry: int = made.inserted_primary_key[0]  # type: ignore[index]  # one row
        count = self._add(entry, columns, source, key, where)
        if count == 0:
            self._forget(entry)
        return entry, count

    def _add(
        self,
        entry: int,
        columns: Sequence[ColumnShape],
        source: sa.TableClause,
        key: str,
        where: sa.ColumnElement[bool] | None,
    ) -> int:
        """Add rows to an entry; return their number."""
        rows = sa.select(
            sa.literal(entry, sa.BigInteger()),
            record_text(source, key, self._dialect),
            to_json(source, columns, self._dialect),
        )
        if where is not None:
            rows = rows.where(where)
        count = self._connection.execute(
            sa.insert(QUARANTINE_ROW).from_select(
                ["quarantine", "record", "value"], rows
            ),
            execution_options=_COUNTED,
        ).rowcount
        if count:
            self._connection.execute(
                sa.update(QUARANTINE)
                .where(QUARANTINE.c.id == entry)
                .values(rows=QUARANTINE.c.rows + count)
            )
        return count

    def _as_text(self, element: sa.ColumnElement[object]) -> sa.ColumnElement[object]:
        return element if self._dialect == "sqlite" else sa.cast(element, sa.Text())

    # What comes back

    def restore_table(self, table: TableShape) -> int:
        """Bring rows back into a table that was just made; return their number."""
        entry = self._find("table", table.name, None)
        if entry is None:
            return 0
        columns = _common(entry, list(table.columns.values()))
        row = QUARANTINE_ROW
        key = table.key
        back = plain_table(table.name, [key, *(c for _, c in columns)])
        rows = sa.select(
            record_key(row.c.record, self._dialect),
            *(from_json(row.c.value, i, c, self._dialect) for i, c in columns),
        ).where(row.c.quarantine == entry.id)
        names = [key.name, *(c.name for _, c in columns)]
        count = self._connection.execute(
            sa.insert(back).from_select(names, rows), execution_options=_COUNTED
        ).rowcount
        self._forget(entry.id)
        self.came_back.add(table.name)
        return count

    def restore_field(
        self, table: str, key: str, field: str, columns: Sequence[ColumnShape]
    ) -> int:
        """Bring values back into a field that was just added."""
        entry = self._find("field", self._kept_as.get(table, table), field)
        if entry is None or len(_common(entry, columns)) != len(columns):
            return 0
        return self._write_back(entry, table, key, columns)

    def mark_unchanged(
        self, table: str, key: str, field: str, columns: Sequence[ColumnShape]
    ) -> None:
        """Before an undo: forget kept values whose field was changed since.

        `table`, `field` and `columns` have the names they have now.
        """
        for entry in self._values_of(table, field):
            row = QUARANTINE_ROW
            source = _source(table, key, columns)
            now = self._as_text(to_json(source, columns, self._dialect))
            unchanged = sa.exists().where(
                source.c[key] == record_key(row.c.record, self._dialect),
                now.is_not_distinct_from(row.c.became),
            )
            self._connection.execute(
                sa.delete(row).where(row.c.quarantine == entry.id, ~unchanged)
            )

    def restore_values(
        self,
        table: str,
        key: str,
        field: str,
        columns: Sequence[ColumnShape],
        kept_field: str,
    ) -> int:
        """In an undo: bring cut or emptied values back, in the type they had before.

        `kept_field` is the field's name that the values were kept under.
        """
        count = 0
        for entry in self._values_of(self._kept_as.get(table, table), kept_field):
            if len(entry.columns) == len(columns):
                names = {kept: then for then, kept in self._kept_as.items()}
                count += self._write_back(entry, table, key, columns, names)
        return count

    def _write_back(
        self,
        entry: Entry,
        table: str,
        key: str,
        columns: Sequence[ColumnShape],
        names: Mapping[str, str] | None = None,
    ) -> int:
        """Write kept values into a table; `names` of entities are kept → to write."""
        row = QUARANTINE_ROW
        target = _source(table, key, columns)
        here = sa.and_(
            row.c.quarantine == entry.id,
            row.c.record == record_text(target, key, self._dialect),
        )
        values = {
            column.name: sa.select(
                _translated(
                    from_json(row.c.value, i, column, self._dialect), column, names
                )
            )
            .where(here)
            .scalar_subquery()
            for i, column in enumerate(columns)
        }
        count = self._connection.execute(
            sa.update(target).where(sa.exists().where(here)).values(values)
        ).rowcount
        self.came_back.add(table)
        self._forget(entry.id)
        return count

    def _find(self, reason: Reason, table: str, field: str | None) -> Entry | None:
        """Return the newest entry of a name; in an undo the undone publish's first.

        What came back since and went again with an undo stands under that undo.
        """
        statement = sa.select(QUARANTINE).where(
            QUARANTINE.c.reason == reason,
            QUARANTINE.c.entity == table,
            QUARANTINE.c.field.is_not_distinct_from(field),
        )
        if self._undoes is not None:
            own = sa.case((QUARANTINE.c.version == self._undoes, 0), else_=1)
            statement = statement.order_by(own)
        newest = statement.order_by(QUARANTINE.c.id.desc()).limit(1)
        found = self._connection.execute(newest).one_or_none()
        return None if found is None else _entry(found)

    def _values_of(self, table: str, field: str) -> list[Entry]:
        found = self._connection.execute(
            sa.select(QUARANTINE)
            .where(
                QUARANTINE.c.reason == "value",
                QUARANTINE.c.entity == table,
                QUARANTINE.c.field == field,
                QUARANTINE.c.version == self._undoes,
            )
            .order_by(QUARANTINE.c.id)
        )
        return [_entry(row) for row in found]

    def _forget(self, entry: int) -> None:
        row = QUARANTINE_ROW
        self._connection.execute(sa.delete(row).where(row.c.quarantine == entry))
        self._connection.execute(sa.delete(QUARANTINE).where(QUARANTINE.c.id == entry))


def entries(connection: Connection) -> list[Entry]:
    """Return what is in quarantine, the oldest first."""
    found = connection.execute(sa.select(QUARANTINE).order_by(QUARANTINE.c.id))
    return [_entry(row) for row in found]


def purge(connection: Connection, before: datetime) -> int:
    """Delete for good what publishes before a moment took out; return the entries."""
    old = sa.select(PUBLISH.c.version).where(PUBLISH.c.at < before)
    ids = sa.select(QUARANTINE.c.id).where(QUARANTINE.c.version.in_(old))
    connection.execute(
        sa.delete(QUARANTINE_ROW).where(QUARANTINE_ROW.c.quarantine.in_(ids))
    )
    return connection.execute(
        sa.delete(QUARANTINE).where(QUARANTINE.c.version.in_(old))
    ).rowcount


def _source(table: str, key: str, columns: Sequence[ColumnShape]) -> sa.TableClause:
    """Return the table with its key and some columns, as the database holds them."""
    held = ColumnShape(key, sa.Uuid(), "")
    return plain_table(table, [held, *(c for c in columns if c.name != key)])


def _common(
    entry: Entry, columns: Sequence[ColumnShape]
) -> list[tuple[int, ColumnShape]]:
    """Return the columns that take what was kept as it is, with their places."""
    by_name = {c.name: c for c in columns}
    return [
        (i, by_name[name])
        for i, (name, meaning) in enumerate(entry.columns)
        if name in by_name and by_name[name].meaning.takes(meaning)
    ]


def _translated(
    value: sa.ColumnElement[Any], column: ColumnShape, names: Mapping[str, str] | None
) -> sa.ColumnElement[Any]:
    """Return the name of a lookup's entity as it is called after an undo."""
    is_name = column.meaning.field in ("lookup", "owner") and is_text(column.type)
    if not names or not is_name:
        return value
    return sa.case(*((value == old, new) for old, new in names.items()), else_=value)


def _written(columns: Sequence[ColumnShape]) -> str:
    return orjson.dumps([(c.name, tuple(c.meaning)) for c in columns]).decode()


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    found = row._mapping
    return Entry(
        id=found["id"],
        version=found["version"],
        reason=found["reason"],
        table=found["entity"],
        field=found["field"],
        columns=tuple(
            (name, Meaning(type_, family, size, tuple(things)))
            for name, (type_, family, size, things) in orjson.loads(found["columns"])
        ),
        rows=found["rows"],
    )
