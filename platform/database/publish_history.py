"""Know the publishes that were made: who, when, what, and what was in force before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xrm.metadata.documents import Document
from xrm.platform.database.catalog_store import EffectiveRow
from xrm.platform.database.schema_changes import Renames
from xrm.platform.database.solution_store import InstalledSolution
from xrm.platform.database.system_tables import PUBLISH


@dataclass(frozen=True, slots=True)
class Published:
    """One publish, as a list of them shows it."""

    version: int
    at: datetime
    actor: UUID | None
    actor_name: str
    summary: str
    lines: tuple[str, ...]
    undone_by: int | None
    undoes: int | None


@dataclass(frozen=True, slots=True)
class Before:
    """What a publish replaced.

    `effective`: rows by (kind, key), None where there was none. `layers`: the documents
    of each layer it touched, None where there was no such layer. `renames` lead
    forward.
    """

    effective: Mapping[tuple[str, str], EffectiveRow | None]
    layers: Mapping[str, Sequence[Document] | None]
    solutions: Sequence[InstalledSolution] | None
    renames: Renames


def record(connection: Connection, published: Published, before: Before) -> None:
    """Write a publish down, in its own transaction."""
    connection.execute(
        sa.insert(PUBLISH).values(
            version=published.version,
            at=published.at,
            actor=published.actor,
            actor_name=published.actor_name,
            summary=published.summary,
            plan=orjson.dumps(published.lines).decode(),
            before=_written(before),
            undoes=published.undoes,
        )
    )
    if published.undoes is not None:
        connection.execute(
            sa.update(PUBLISH)
            .where(PUBLISH.c.version == published.undoes)
            .values(undone_by=published.version)
        )


def history(connection: Connection, limit: int = 100) -> list[Published]:
    """Return the publishes, the newest first."""
    table = PUBLISH.c
    rows = connection.execute(
        sa.select(
            table.version,
            table.at,
            table.actor,
            table.actor_name,
            table.summary,
            table.plan,
            table.undone_by,
            table.undoes,
        )
        .order_by(table.version.desc())
        .limit(limit)
    )
    return [
        Published(
            row.version,
            row.at,
            row.actor,
            row.actor_name,
            row.summary,
            tuple(orjson.loads(row.plan)),
            row.undone_by,
            row.undoes,
        )
        for row in rows
    ]


def since(connection: Connection, version: int) -> list[Published]:
    """Return the publishes after a version, the newest first."""
    return [p for p in history(connection) if p.version > version]


def last_to_undo(connection: Connection) -> Published | None:
    """Return the newest publish that is neither undone nor an undo itself."""
    return next(
        (p for p in history(connection) if p.undone_by is None and p.undoes is None),
        None,
    )


def before(connection: Connection, version: int) -> Before:
    """Return what a publish replaced."""
    text = connection.scalar(
        sa.select(PUBLISH.c.before).where(PUBLISH.c.version == version)
    )
    return _read(orjson.loads(text or "{}"))


def _written(before: Before) -> str:
    return orjson.dumps(
        {
            "effective": [
                [kind, key, None if row is None else [row.name, row.position, row.data]]
                for (kind, key), row in before.effective.items()
            ],
            "layers": {
                layer: None
                if documents is None
                else [[d.kind, d.name, d.file, d.data] for d in documents]
                for layer, documents in before.layers.items()
            },
            "solutions": None
            if before.solutions is None
            else [s.as_data() for s in before.solutions],
            "renames": {
                "entities": before.renames.entities,
                "fields": before.renames.fields,
                "relationships": before.renames.relationships,
            },
        },
        default=dict,
    ).decode()


def _read(data: Mapping[str, Any]) -> Before:
    renames = data.get("renames") or {}
    solutions = data.get("solutions")
    return Before(
        effective={
            (kind, key): None if row is None else EffectiveRow(*row)
            for kind, key, row in data.get("effective", ())
        },
        layers={
            layer: None
            if documents is None
            else [Document(kind, name, d, file) for kind, name, file, d in documents]
            for layer, documents in (data.get("layers") or {}).items()
        },
        solutions=None
        if solutions is None
        else [InstalledSolution.from_data(s) for s in solutions],
        renames=Renames(
            renames.get("entities", {}),
            renames.get("fields", {}),
            renames.get("relationships", {}),
        ),
    )
