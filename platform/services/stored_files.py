"""Know the stored files: their contents in the data folder, and which file is which.

A content stands under the hash of its bytes (`files/ab/abcdef…`). It is written under a
passing name and put in its place before the transaction that names it; only the commit
makes a file of it. So a content without a file is left over, and swept later, and a
file without its content is a fault. A file that no record names any more is kept for a
while: a record may be restored.

What a file is, is read from its bytes. Nothing is ever shown by the type somebody
claimed.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final
from uuid import UUID, uuid4

import puremagic
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.engine import Connection

from xrm.metadata.entities import Entity
from xrm.platform.database.doctor import Check, Examination, Finding, examine
from xrm.platform.database.engine import Database
from xrm.platform.database.system_tables import STORED_FILE
from xrm.platform.database.work import Work
from xrm.platform.errors import Refused, TooLarge
from xrm.platform.records.attached import FILE_TYPES

FOLDER: Final = "files"
PASSING: Final = ".part"
CHUNK: Final = 1 << 18
HEAD: Final = 1 << 14
"""Bytes from which the type of a content is read."""
KEPT: Final = timedelta(days=30)
"""How long a file is kept that no record names."""
LEFT_OVER: Final = timedelta(days=1)
"""How long a content is left alone that no file names: it may be about to get one."""
UNKNOWN: Final = "application/octet-stream"
IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
KNOWN: Final = IMAGES | frozenset(
    {
        "application/pdf",
        "application/zip",
        "application/gzip",
        "audio/mpeg",
        "video/mp4",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)
"""Types that a file may have; everything else is of no type."""
TEXTS: Final = {".txt": "text/plain", ".csv": "text/csv", ".log": "text/plain"}


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that are in their place and belong to no file yet."""

    sha256: str
    size: int
    name: str
    mimetype: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file: its name, its type, and where its bytes are."""

    id: UUID
    sha256: str
    name: str
    mimetype: str
    size: int


def keep(folder: Path, stream: IO[bytes], name: str, *, most: int) -> Content:
    """Put the bytes of a stream in their place.

    Raises:
        Refused: there are none.
        TooLarge: there are more than `most`.
    """
    top = folder / FOLDER
    top.mkdir(parents=True, exist_ok=True)
    passing = top / f"{secrets.token_hex(16)}{PASSING}"
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with passing.open("xb") as target:
            while part := stream.read(CHUNK):
                size += len(part)
                if size > most:
                    raise TooLarge(
                        f"The file is too large: at most {most // 1024 // 1024} MB."
                    )
                head = head or part[:HEAD]
                digest.update(part)
                target.write(part)
            target.flush()
            os.fsync(target.fileno())
        if not size:
            raise Refused(f'The file "{clean_name(name)}" is empty.', code="empty_file")
        made = Content(digest.hexdigest(), size, clean_name(name), type_of(head, name))
        place = path_of(folder, made.sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        passing.replace(place)  # its age begins anew, so no sweep takes it
        _settle(place.parent)
        return made
    finally:
        passing.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Make a new name in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def path_of(folder: Path, sha256: str) -> Path:
    """Return where a content stands."""
    return folder / FOLDER / sha256[:2] / sha256


def clean_name(name: str) -> str:
    """Return a file's name without folders and control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    bare = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    return bare[-200:] or "file"


def type_of(head: bytes, name: str) -> str:
    """Return the type of a content by its first bytes, `UNKNOWN` for all others.

    A text is one by its name too, where its bytes are nothing but text.
    """
    ending = Path(name).suffix.lower()
    try:
        found = puremagic.from_string(head, mime=True, filename=name)
    except (puremagic.PureError, ValueError):
        found = ""
    if found in KNOWN:
        return str(found)
    is_text = (
        ending in TEXTS and b"\0" not in head and not head.lstrip().startswith(b"<")
    )
    return TEXTS[ending] if is_text else UNKNOWN


def add(work: Work, content: Content) -> UUID:
    """Make a file of a content, with the commit of this work; return its id."""
    made = uuid4()
    work.connection.execute(
        insert(STORED_FILE).values(
            id=made,
            sha256=content.sha256,
            name=content.name,
            mimetype=content.mimetype,
            size=content.size,
            created_on=work.now,
            created_by=None if work.actor.is_system else work.actor.user_id,
        )
    )
    return made


def find(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, StoredFile]:
    """Return files by id; those that are not there are left out."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = connection.execute(_FIND, {"xrm_ids": wanted})
    return {row.id: StoredFile(*row) for row in rows}


def file_fields(entity: Entity) -> tuple[str, ...]:
    """Return the fields of an entity that name files."""
    return tuple(f.name for f in entity.fields.values() if f.type in FILE_TYPES)


def named(examination: Examination) -> Iterator[tuple[str, str, UUID]]:
    """Give every file that a record names, with entity and field."""
    for entity in examination.catalog.entities.values():
        names = file_fields(entity)
        if not names or not examination.has(entity.name):
            continue
        table = examination.tables.table(entity.name)
        for name in names:
            column = table.c[name]
            rows = examination.connection.execute(
                select(column).where(column.is_not(None))
            )
            for (id_,) in rows:
                yield entity.name, name, id_


def checks(folder: Path) -> tuple[Check, ...]:
    """Return what must be true of the files in a data folder."""

    def contents(examination: Examination) -> Iterator[Finding]:
        """Every file that a record names is there, with all its bytes."""
        if STORED_FILE.name not in examination.present:
            return
        known = {
            row.id: (row.sha256, row.size)
            for row in examination.connection.execute(_ALL)
        }
        for entity, field, id_ in named(examination):
            if id_ not in known:
                yield Finding(
                    "files",
                    "fault",
                    f"{entity}.{field} names a file {id_} that is not known.",
                )
                continue
            sha256, size = known[id_]
            place = path_of(folder, sha256)
            if not place.is_file() or place.stat().st_size != size:
                yield Finding(
                    "files",
                    "fault",
                    f"The content of a file of {entity}.{field} is missing: {place}. "
                    "Bring the folder back from a backup.",
                )
        extra = len(left_over(folder, {sha for sha, _ in known.values()}))
        if extra:
            yield Finding(
                "files",
                "note",
                f"{extra} stored contents belong to no file; `xrm doctor --sweep` "
                "takes away those older than a day.",
                extra,
            )

    return (contents,)


def left_over(folder: Path, known: set[str]) -> list[Path]:
    """Return contents, and parts of some, that no file names."""
    top = folder / FOLDER
    if not top.is_dir():
        return []
    return [
        path
        for path in sorted(top.rglob("*"))
        if path.is_file() and path.name not in known
    ]


def sweep(database: Database, folder: Path, now: datetime) -> int:
    """Take away files that no record has named for long, and contents without a file.

    Returns how many contents are gone. What is younger than `LEFT_OVER` stays: it may
    be about to be named.
    """
    with database.engine.connect() as connection:
        examination = examine(database, connection)
        used = {id_ for _, _, id_ in named(examination)}
        rows = connection.execute(_ALL).all()
        edge = now - KEPT
        old = {row.id for row in rows if row.id not in used and row.created_on < edge}
        if old:
            gone = delete(STORED_FILE).where(STORED_FILE.c.id.in_(sorted(old)))
            connection.execute(gone)
        connection.commit()
    known = {row.sha256 for row in rows if row.id not in old}
    count = 0
    oldest = (now - LEFT_OVER).timestamp()
    for path in left_over(folder, known):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            count += 1
    return count


_COLUMNS = (
    STORED_FILE.c.id,
    STORED_FILE.c.sha256,
    STORED_FILE.c.name,
    STORED_FILE.c.mimetype,
    STORED_FILE.c.size,
)
_FIND = select(*_COLUMNS).where(
    STORED_FILE.c.id.in_(bindparam("xrm_ids", expanding=True))
)
_ALL = select(
    STORED_FILE.c.id, STORED_FILE.c.sha256, STORED_FILE.c.size, STORED_FILE.c.created_on
)
