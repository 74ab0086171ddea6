"""Know the index by which records are found by any three letters of their texts.

On PostgreSQL it is an index of each entity's table (GIN with `pg_trgm`, where the
server has it), which the server keeps. On SQLite it is one FTS5 table of three letters
for all entities, kept here in the transaction of each change:

    xrm_search         one row per record: number, record, its texts as `plain` has them
    xrm_search_index   FTS5 over it, without positions: which rows have which letters
    xrm_search_entity  the range of numbers of each entity, and how far FTS5 knows it

The newest rows of an entity are only in `xrm_search` and are read one by one, up to
`MOST_PENDING` of them: FTS5 takes many rows at once ten times as fast as one by one.

An answer of the index is a candidate, no more: whoever asks compares the fields again.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.entities import Entity
from xrm.metadata.search import search_fields
from xrm.platform.database.ready import Ready
from xrm.platform.database.shape_values import short_name
from xrm.platform.database.snapshots import Snapshot
from xrm.rule_engine.fold import plain

MOST_PENDING: Final = 256
RANGE_BITS: Final = 40
"""So many bits of a row's number tell rows of an entity apart, the rest the entity."""
PART: Final = 1_000
FTS: Final = "xrm_search_index"
METADATA: Final = sa.MetaData()

ROW: Final = sa.Table(
    "xrm_search",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("record", sa.Uuid(as_uuid=True), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("xrm_search_record", "record"),
)
ENTITY: Final = sa.Table(
    "xrm_search_entity",
    METADATA,
    sa.Column("entity", sa.String(63), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("upto", sa.Integer, nullable=False),
)
INDEX: Final = sa.table(
    FTS,
    sa.column("rowid", sa.Integer()),
    sa.column(FTS, sa.Text()),
    sa.column("text", sa.Text()),
    sa.column("rank", sa.Integer()),
)
_MAKE_FTS: Final = (
    f"CREATE VIRTUAL TABLE {FTS} USING fts5(text, content='xrm_search', "
    "content_rowid='id', columnsize=0, detail='none', "
    "tokenize='trigram case_sensitive 1')"
)
_HASH_BYTES: Final = 8 * 1024 * 1024
"""What FTS5 gathers in memory before it writes: fewer, larger pieces to merge."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of an entity stand in the index, and which fields are in it."""

    number: int
    fields: tuple[str, ...]

    @property
    def low(self) -> int:
        """Return the first number of the range."""
        return self.number << RANGE_BITS

    @property
    def high(self) -> int:
        """Return the last number of the range."""
        return (self.number + 1 << RANGE_BITS) - 1


@dataclass(slots=True)
class Places:
    """Which entities of a catalog the database has in its index."""

    kept: Mapping[str, Place] = field(default_factory=dict)
    """On SQLite: what is in the table of entities."""
    names: frozenset[str] = frozenset()
    """On PostgreSQL: the names of the search indexes there are."""
    _known: dict[str, Place | None] = field(default_factory=dict)

    def of(self, entity: Entity) -> Place | None:
        """Return the place of an entity, `None` when it is not in the index."""
        try:
            return self._known[entity.name]
        except KeyError:
            made = self._known[entity.name] = self._find(entity)
            return made

    def _find(self, entity: Entity) -> Place | None:
        fields = search_fields(entity)
        if not fields:
            return None
        if self.names:
            is_there = index_name(entity.name, fields) in self.names
            return Place(0, fields) if is_there else None
        found = self.kept.get(entity.name)
        return found if found is not None and found.fields == fields else None


def places(connection: Connection, snapshot: Snapshot) -> Places:
    """Return what is in the index, read once for each catalog: a publish changes it."""
    found = snapshot.memo.get("search")
    if found is None:
        found = snapshot.memo["search"] = _read_places(connection, snapshot.dialect)
    assert isinstance(found, Places)
    return found


def _read_places(connection: Connection, dialect: str) -> Places:
    if dialect == "postgresql":
        return Places(names=frozenset(index_names(connection)))
    if not is_installed(connection):
        return Places()
    return Places({name: place for name, (place, _) in kept_places(connection).items()})


def kept_places(connection: Connection) -> dict[str, tuple[Place, int]]:
    """Return SQLite's table of entities: place, and up to which row FTS5 knows."""
    return {
        row.entity: (Place(row.number, tuple(orjson.loads(row.fields))), row.upto)
        for row in connection.execute(sa.select(ENTITY))
    }


def is_installed(connection: Connection) -> bool:
    """Say whether this SQLite database has the index."""
    master = sa.table("sqlite_master", sa.column("name", sa.Text()))
    there = sa.exists().where(master.c.name == FTS)
    return bool(connection.scalar(sa.select(there)))


def install(connection: Connection) -> None:
    """Make what the index needs, where the database can have it and lacks it."""
    if connection.dialect.name == "postgresql":
        _try(connection, sa.DDL("CREATE EXTENSION IF NOT EXISTS pg_trgm"))  # type: ignore[no-untyped-call]  # theirs
        return
    if is_installed(connection):
        return
    METADATA.create_all(connection)
    if _try(connection, sa.DDL(_MAKE_FTS)):  # type: ignore[no-untyped-call]  # theirs
        size = sa.insert(INDEX).values({FTS: "hashsize", "rank": _HASH_BYTES})
        connection.execute(size)


def _try(connection: Connection, statement: sa.DDL) -> bool:
    """Run a statement that this server may not know or not allow."""
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except sa.exc.DBAPIError:
        return False
    return True


# --- texts ------------------------------------------------------------------------


def text_of(values: Mapping[str, Any], fields: Sequence[str]) -> str:
    """Return what is indexed of a record: a space before each text; empty for none."""
    found = [value for value in map(values.get, fields) if value]
    return plain(" " + " ".join(found)) if found else ""


def letters_of(text: str) -> list[str]:
    """Return the three letters that a record must have to contain a plain text."""
    return list(dict.fromkeys(text[i : i + 3] for i in range(len(text) - 2)))


def match_of(*texts: str, most: int = 16) -> str:
    """Return FTS5's question for records that may contain all of some plain texts.

    Of long texts some letters are enough: every candidate is compared anyway.
    """
    letters = list(dict.fromkeys(three for text in texts for three in letters_of(text)))
    if len(letters) > most:
        step = len(letters) / most
        letters = [letters[int(i * step)] for i in range(most)]
    return " AND ".join('"' + three.replace('"', '""') + '"' for three in letters)


# --- PostgreSQL -------------------------------------------------------------------


def index_name(entity: str, fields: Sequence[str]) -> str:
    """Return the name of an entity's search index; other fields, another name."""
    digest = hashlib.sha256(",".join(fields).encode()).hexdigest()[:8]
    return short_name("sx", entity, digest)


def index_names(connection: Connection) -> dict[str, str]:
    """Return the search indexes there are: name → table."""
    indexes = sa.table(
        "pg_indexes",
        sa.column("schemaname"),
        sa.column("tablename"),
        sa.column("indexname"),
        schema="pg_catalog",
    )
    found = connection.execute(
        sa.select(indexes.c.indexname, indexes.c.tablename).where(
            indexes.c.schemaname == sa.func.current_schema(),
            indexes.c.indexname.startswith("sx_", autoescape=True),
        )
    )
    return {row.indexname: row.tablename for row in found}


def has_trigrams(connection: Connection) -> bool:
    """Say whether this PostgreSQL database has `pg_trgm`."""
    extension = sa.table("pg_extension", sa.column("extname"), schema="pg_catalog")
    there = sa.exists().where(extension.c.extname == "pg_trgm")
    return bool(connection.scalar(sa.select(there)))


def search_expression(
    columns: Mapping[str, sa.ColumnElement[Any]] | Any, fields: Sequence[str]
) -> sa.ColumnElement[Any]:
    """Return the indexed expression over a table's columns.

    Its constants are part of the text: with a parameter it would be another expression.
    """
    space: sa.ColumnElement[Any] = sa.literal_column("' '", sa.Text())
    nothing: sa.ColumnElement[Any] = sa.literal_column("''", sa.Text())
    made = space
    for place, name in enumerate(fields):
        if place:
            made = made.concat(space)
        found = sa.func.xrm_plain(columns[name], type_=sa.Text())
        made = made.concat(sa.func.coalesce(found, nothing, type_=sa.Text()))
    return made


def create_index(table: sa.Table, fields: Sequence[str]) -> sa.schema.CreateIndex:
    """Return the statement that makes an entity's search index."""
    made = sa.Index(
        index_name(table.name, fields),
        search_expression(table.c, fields).label("search"),
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
        _table=table,
    )
    return sa.schema.CreateIndex(made)


# --- SQLite: rows -----------------------------------------------------------------

Texts = Iterable[tuple[UUID, str]]


def add(connection: Connection, place: Place, texts: Texts) -> None:
    """Put records into the index that are not in it; those without a text stay out."""
    limits = {"xrm_low": place.low, "xrm_high": place.high, "xrm_number": place.number}
    (last, upto), *_ = _ENDS.rows(connection, limits)
    start = max(last or place.low, upto)
    rows = [
        {"id": start + count, "record": record, "text": text}
        for count, (record, text) in enumerate(((r, t) for r, t in texts if t), 1)
    ]
    if not rows:
        return
    if len(rows) == 1:
        _ADD.change(connection, rows[0])
    else:
        _ADD.change_many(connection, rows)
    end = start + len(rows)
    if end - upto >= MOST_PENDING:
        index_rows(connection, place, upto, end)


def index_rows(connection: Connection, place: Place, upto: int, end: int) -> None:
    """Let FTS5 know the rows after `upto`, up to and with `end`."""
    _INDEX.change(connection, {"xrm_low": upto, "xrm_high": end})
    _REACH.change(connection, {"xrm_number": place.number, "xrm_upto": end})


def remove(connection: Connection, place: Place, records: Sequence[UUID]) -> None:
    """Take records out of the index."""
    limits = {"xrm_low": place.low, "xrm_high": place.high, "xrm_number": place.number}
    rows = [{**limits, "xrm_record": record} for record in records]
    if len(rows) == 1:
        _UNINDEX.change(connection, rows[0])
        _REMOVE.change(connection, rows[0])
    elif rows:
        _UNINDEX.change_many(connection, rows)
        _REMOVE.change_many(connection, rows)


def replace(connection: Connection, place: Place, texts: Texts) -> None:
    """Put records into the index with other texts than before."""
    known = list(texts)
    remove(connection, place, [record for record, _ in known])
    add(connection, place, known)


def clear(connection: Connection, place: Place, upto: int) -> None:
    """Take all records of an entity out of the index."""
    limits = {"xrm_low": place.low, "xrm_high": place.high, "xrm_upto": upto}
    _UNINDEX_ALL.change(connection, limits)
    _REMOVE_ALL.change(connection, limits)


_low: Final[sa.BindParameter[int]] = sa.bindparam("xrm_low", type_=sa.Integer())
_high: Final[sa.BindParameter[int]] = sa.bindparam("xrm_high", type_=sa.Integer())
_number: Final[sa.BindParameter[int]] = sa.bindparam("xrm_number", type_=sa.Integer())
_upto: Final[sa.BindParameter[int]] = sa.bindparam("xrm_upto", type_=sa.Integer())
_record: Final[sa.BindParameter[UUID]] = sa.bindparam(
    "xrm_record", type_=sa.Uuid(as_uuid=True)
)
_known_upto: Final = (
    sa.select(ENTITY.c.upto).where(ENTITY.c.number == _number).scalar_subquery()
)
_ENDS: Final = Ready(
    sa.select(
        sa.select(sa.func.max(ROW.c.id))
        .where(ROW.c.id.between(_low, _high))
        .scalar_subquery()
        .label("last"),
        _known_upto.label("upto"),
    )
)
_ADD: Final = Ready(sa.insert(ROW), ("id", "record", "text"))
_INDEX: Final = Ready(
    sa.insert(INDEX).from_select(
        ["rowid", "text"],
        sa.select(ROW.c.id, ROW.c.text).where(ROW.c.id > _low, ROW.c.id <= _high),
    )
)
_REACH: Final = Ready(
    sa.update(ENTITY).where(ENTITY.c.number == _number).values(upto=_upto)
)
_deleted: Final[sa.ColumnElement[str]] = sa.literal_column("'delete'", sa.Text())
_UNINDEX: Final = Ready(
    sa.insert(INDEX).from_select(
        [FTS, "rowid", "text"],
        sa.select(_deleted, ROW.c.id, ROW.c.text).where(
            ROW.c.record == _record, ROW.c.id.between(_low, _known_upto)
        ),
    )
)
_REMOVE: Final = Ready(
    sa.delete(ROW).where(ROW.c.record == _record, ROW.c.id.between(_low, _high))
)
_UNINDEX_ALL: Final = Ready(
    sa.insert(INDEX).from_select(
        [FTS, "rowid", "text"],
        sa.select(_deleted, ROW.c.id, ROW.c.text).where(ROW.c.id.between(_low, _upto)),
    )
)
_REMOVE_ALL: Final = Ready(sa.delete(ROW).where(ROW.c.id.between(_low, _high)))
