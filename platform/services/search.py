"""Find records of several entities by words, under the asker's rights.

Every word must stand in one of a record's searched fields that the asker may read, in
any order, with or without the marks on its letters; a word of two letters must begin
one. One statement for each entity, over the newest candidates of the search index.
Titles that begin with the words come first, then the latest changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from xrm.metadata.entities import Entity
from xrm.metadata.fields.field_type import Ref
from xrm.metadata.fields.texts import bad_character
from xrm.platform.database import search_store
from xrm.platform.query.query import And, Compare, Condition, Matches, Mentions, Query
from xrm.platform.query.run import run
from xrm.platform.security import access
from xrm.rule_engine.fold import plain

if TYPE_CHECKING:
    from xrm.platform.database.work import Work

MOST_WORDS: Final = 6
MOST_ROWS: Final = 40
"""So many records of an entity are looked at."""
CANDIDATES: Final = 150
CANDIDATES_OF_SOME: Final = 1_000
"""The same of the index, for who reads everything, and for who reads some records."""
LEAST: Final = 2
CHANGED: Final = "modifiedon"
SHOWN_BESIDE: Final = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found: its title, and what else of it may tell it apart."""

    ref: Ref
    title: str
    beside: tuple[str, ...]
    changed: datetime | None
    score: int
    """0 for a title that begins with the words, up to 3 for another field."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one entity; `has_more` when not all of it was looked at."""

    entity: Entity
    hits: tuple[Hit, ...]
    has_more: bool


def words_of(text: str) -> tuple[str, ...]:
    """Return the plain words of a text that can be searched for."""
    if bad_character(text):
        return ()
    words = dict.fromkeys(plain(word).strip() for word in text[:200].split())
    return tuple(word for word in words if len(word) >= LEAST)[:MOST_WORDS]


def find(
    work: "Work", text: str, entities: Sequence[Entity], *, mine: bool = False
) -> list[Found]:
    """Return what was found of each entity, the best first; others are left out.

    `mine` keeps records that the asker or a team of the asker owns.
    """
    words = words_of(text)
    found = []
    for entity in entities if words else ():
        query = _question(work, entity, words, text, mine)
        if query is None:
            continue
        rows = run(work, query).rows
        if rows:
            hits = sorted(
                (_hit(entity, query.columns, row, words) for row in rows), key=_place
            )
            found.append(Found(entity, tuple(hits), len(rows) == MOST_ROWS))
    return found


def best(found: Sequence[Found], most: int) -> list[tuple[Entity, Hit]]:
    """Return the best hits of all entities together."""
    every = [(one.entity, hit) for one in found for hit in one.hits]
    return sorted(every, key=lambda pair: _place(pair[1]))[:most]


def _place(hit: Hit) -> tuple[int, float, str]:
    return hit.score, -hit.changed.timestamp() if hit.changed else 0.0, hit.title


def _question(
    work: "Work", entity: Entity, words: Sequence[str], text: str, mine: bool
) -> Query | None:
    """Return the question to one entity, `None` when there is nothing to ask."""
    title = entity.title
    if title is None or not access.may(work.actor, entity.name, "read"):
        return None
    readable = access.readable_fields(work.snapshot, work.actor, entity.name)
    if title not in readable:
        return None
    parts: list[Condition] = []
    beside: tuple[str, ...] = ()
    place = search_store.places(work.connection, work.snapshot).of(entity)
    if place is None:
        if entity.fields[title].type not in ("text", "autonumber"):
            return None
        parts.append(Compare(title, "begins-with", (text.strip(),)))
    else:
        fields = tuple(name for name in place.fields if name in readable)
        beside = tuple(name for name in fields if name != title)[:SHOWN_BESIDE]
        is_whole = len(fields) == len(place.fields)
        parts += _conditions(work, entity, words, fields, is_whole=is_whole)
    if mine:
        if "ownerid" not in entity.fields:
            return None
        parts.append(Compare("ownerid", "eq-useroruserteams"))
    columns = [title, *beside]
    if CHANGED in readable:
        columns.append(CHANGED)
    return Query(entity.name, tuple(columns), And(tuple(parts)), limit=MOST_ROWS)


def _conditions(
    work: "Work",
    entity: Entity,
    words: Sequence[str],
    fields: tuple[str, ...],
    *,
    is_whole: bool,
) -> Iterator[Condition]:
    """Yield the conditions; `is_whole`: all fields of the index may be read."""
    texts = tuple(word if len(word) > LEAST else f" {word}" for word in words)
    reads_all = access.shape(work.snapshot, work.actor, entity.name).kind == "all"
    most = CANDIDATES if reads_all else CANDIDATES_OF_SOME
    is_exact = is_whole and work.dialect == "sqlite"
    yield Matches(texts, most=most, exact=len(texts) if is_exact else 0)
    for word in () if is_exact else texts:
        yield Mentions(fields, (word,))


def _hit(
    entity: Entity, columns: Sequence[str], row: dict[str, Any], words: Sequence[str]
) -> Hit:
    title = str(row[columns[0]] or "No name")
    beside = tuple(str(row[n]) for n in columns[1:] if n != CHANGED and row.get(n))
    return Hit(
        Ref(entity.name, row[entity.key]),
        title,
        beside,
        row.get(CHANGED),
        _score(plain(title), words),
    )


def _score(title: str, words: Sequence[str]) -> int:
    if title.strip().startswith(" ".join(words)):
        return 0
    spaced = f" {title}"
    if all(f" {word}" in spaced for word in words):
        return 1
    return 2 if all(word in title for word in words) else 3


def marked(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether it is one of the words' letters."""
    made, origin = _with_origins(text)
    is_hit = [False] * len(text)
    for word in words:
        at = made.find(word)
        while word and at >= 0:
            for place in origin[at : at + len(word)]:
                is_hit[place] = True
            at = made.find(word, at + len(word))
    pieces: list[tuple[str, bool]] = []
    for letter, hit in zip(text, is_hit, strict=True):
        if pieces and pieces[-1][1] == hit:
            pieces[-1] = (pieces[-1][0] + letter, hit)
        else:
            pieces.append((letter, hit))
    return pieces


def _with_origins(text: str) -> tuple[str, list[int]]:
    """Return the plain text, and for each of its letters the place it comes from."""
    parts = [plain(letter) for letter in text]
    origin = [place for place, part in enumerate(parts) for _ in part]
    return "".join(parts), origin
