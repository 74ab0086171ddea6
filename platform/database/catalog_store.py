"""Know how the catalog is kept: version, documents of each layer, merged documents.

It stores documents as they are; merging layers is the solutions' work, composing a
catalog of documents is metadata's.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.catalog import Catalog, compose
from xrm.metadata.documents import Document
from xrm.platform.database.ready import Ready
from xrm.platform.database.system_tables import CATALOG, DOCUMENT, EFFECTIVE

_STATE = Ready(sa.select(CATALOG.c.version, CATALOG.c.security))


class CatalogState(NamedTuple):
    """What is in force: the catalog's version and the counter of changes to rights."""

    version: int
    security: int


def catalog_state(connection: Connection) -> CatalogState:
    """Read what is in force: one row of one small table."""
    row = _STATE.one(connection, {})
    return CatalogState(row[0], row[1])


def encoded(data: Any) -> str:
    """Return data as JSON text; keys keep their order."""
    return orjson.dumps(data, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: Any) -> Any:
    """Return what orjson cannot write as something it can."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


def effective_documents(connection: Connection) -> list[Document]:
    """Return the merged documents in force, in the order they were published in."""
    rows = connection.execute(
        sa.select(EFFECTIVE.c.kind, EFFECTIVE.c.name, EFFECTIVE.c.data).order_by(
            EFFECTIVE.c.position
        )
    )
    return [Document(kind, name, orjson.loads(data)) for kind, name, data in rows]


def layer_documents(connection: Connection, layer: str) -> list[Document]:
    """Return the documents of one layer, in the order they came in."""
    return layers(connection, only=layer).get(layer, [])


def layers(
    connection: Connection, *, only: str | None = None
) -> dict[str, list[Document]]:
    """Return the documents of all layers by layer."""
    statement = sa.select(
        DOCUMENT.c.layer,
        DOCUMENT.c.kind,
        DOCUMENT.c.name,
        DOCUMENT.c.file,
        DOCUMENT.c.data,
    ).order_by(DOCUMENT.c.layer, DOCUMENT.c.position)
    if only is not None:
        statement = statement.where(DOCUMENT.c.layer == only)
    found: dict[str, list[Document]] = {}
    for layer, kind, name, file, data in connection.execute(statement):
        found.setdefault(layer, []).append(
            Document(kind, name, orjson.loads(data), file)
        )
    return found


def load_catalog(
    connection: Connection, reuse: Catalog | None = None
) -> tuple[Catalog, CatalogState]:
    """Compose the catalog in force; documents and version are of one moment.

    What is the same in `reuse`, an older catalog, is taken from there.
    Without a transaction (the reader on PostgreSQL) a publish may come between the two
    reads; then both are read again.
    """
    state = catalog_state(connection)
    while True:
        documents = effective_documents(connection)
        again = catalog_state(connection)
        if again.version == state.version:
            return compose(documents, again.version, reuse=reuse), again
        state = again


def save_layer(
    connection: Connection, layer: str, documents: Sequence[Document]
) -> None:
    """Replace the documents of a layer; none removes it."""
    connection.execute(sa.delete(DOCUMENT).where(DOCUMENT.c.layer == layer))
    rows = [
        {
            "layer": layer,
            "kind": document.kind,
            "key": document.key,
            "name": document.name,
            "file": document.file,
            "position": position,
            "data": encoded(document.data),
        }
        for position, document in enumerate(documents)
    ]
    if rows:
        connection.execute(sa.insert(DOCUMENT), rows)


class EffectiveRow(NamedTuple):
    """One merged document as it is kept; `data` is JSON text."""

    name: str
    position: int
    data: str


def effective_rows(connection: Connection) -> dict[tuple[str, str], EffectiveRow]:
    """Return the merged documents as they are kept, by kind and key."""
    return {
        (row.kind, row.key): EffectiveRow(row.name, row.position, row.data)
        for row in connection.execute(sa.select(EFFECTIVE))
    }


def documents_of(
    rows: Mapping[tuple[str, str], EffectiveRow],
) -> tuple[Document, ...]:
    """Return the documents of rows, in their order."""
    ordered = sorted(rows.items(), key=lambda item: item[1].position)
    return tuple(
        Document(kind, row.name, orjson.loads(row.data)) for (kind, _), row in ordered
    )


def save_effective(
    connection: Connection, documents: Iterable[Document]
) -> dict[tuple[str, str], EffectiveRow | None]:
    """Make these the merged documents; return what they replaced.

    Only rows that differ are written. The result has them as they were by kind and key,
    None for those that are new.
    """
    old = effective_rows(connection)
    new = {
        (document.kind, document.key): EffectiveRow(
            document.name, position, encoded(document.data)
        )
        for position, document in enumerate(documents)
    }
    replaced = {
        key: old.get(key)
        for key in (*(key for key in old if key not in new), *new)
        if old.get(key) != new.get(key)
    }
    gone = [
        {"old_kind": kind, "old_key": key}
        for (kind, key), row in replaced.items()
        if row is not None
    ]
    if gone:
        connection.execute(
            sa.delete(EFFECTIVE).where(
                EFFECTIVE.c.kind == sa.bindparam("old_kind"),
                EFFECTIVE.c.key == sa.bindparam("old_key"),
            ),
            gone,
        )
    come = [
        {"kind": key[0], "key": key[1], **new[key]._asdict()}
        for key in replaced
        if key in new
    ]
    if come:
        connection.execute(sa.insert(EFFECTIVE), come)
    return replaced


def set_version(connection: Connection, version: int) -> None:
    """Put the next version in force; rights are read anew with it."""
    connection.execute(
        sa.update(CATALOG).values(version=version, security=CATALOG.c.security + 1)
    )
