"""Know how a question for a part of a text goes to the search index.

`hint_of` sees whether a filter asks that the entity's indexed fields contain a text:
then the records can only be among the candidates the index gives, and the condition
`Matches` says so. The filter itself stays as it is, so the answer is the same with the
index and without, for any alphabet and any rights.

A text that very many records contain is not asked of the index on SQLite: reading the
list in its order finds a page of them sooner. (PostgreSQL decides that by itself.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from xrm.metadata.entities import Entity
from xrm.metadata.fields.texts import bad_character
from xrm.platform.database import search_store
from xrm.platform.database.ready import Ready
from xrm.platform.database.search_store import ENTITY, FTS, INDEX, ROW, Place
from xrm.platform.query.frames import Bind, Frame
from xrm.platform.query.operators import escaped
from xrm.platform.query.query import And, Compare, Condition, Matches, Mentions, Or
from xrm.rule_engine.fold import plain

if TYPE_CHECKING:
    from xrm.platform.database.search_store import Places
    from xrm.platform.database.snapshots import Snapshot
    from xrm.platform.database.work import Work

LEAST: Final = 3
"""So many plain letters a text must have."""
MANY: Final = 10_000
"""From so many candidates on, a list is read in its order."""
MANY_LINKED: Final = 500
"""The same for records whose lookups point to the candidates: each may have many."""
MOST_COUNTED: Final = 20_000
"""So many candidates are looked at to see that a capped count is beyond its cap."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What the index can do for a question."""

    text: str
    matches: Matches
    is_dense: bool = False
    """Whether there are so many candidates that a list is better read in its order."""


def hint_of(work: "Work", entity: str, where: Condition | None) -> Hint | None:
    """Return what the index can do for a filter, `None` for nothing."""
    if where is None:
        return None
    found = next(_texts(where), None)
    if found is None:
        return None
    text, paths = found
    # a text that no database keeps is refused where it is compared
    if bad_character(text) or len(plain(text)) < LEAST:
        return None
    known = search_store.places(work.connection, work.snapshot)
    matches = _matches(work.snapshot, known, entity, paths)
    if matches is None:
        return None
    if work.dialect == "postgresql":
        return Hint(text, matches)
    return _weighed(work, known, entity, text, matches)


def _texts(where: Condition) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield texts that some fields of each record must contain, with the fields."""
    match where:
        case And(items):
            for item in items:
                yield from _texts(item)
        case Compare(path, "contains", (str(text),)):
            yield text, (path,)
        case Or(items) if items:
            paths, texts = [], set()
            for item in items:
                match item:
                    case Compare(path, "contains", (str(text),)):
                        paths.append(path)
                        texts.add(text)
                    case _:
                        return
            if len(texts) == 1:
                yield texts.pop(), paths


def _matches(
    snapshot: "Snapshot", known: "Places", name: str, paths: Sequence[str]
) -> Matches | None:
    """Return the condition for some paths; `None` when the index lacks one of them."""
    entity = snapshot.catalog.entities.get(name)
    if entity is None:
        return None
    place = known.of(entity)
    own, lookups = False, []
    for path in paths:
        if place is not None and path in place.fields:
            own = True
        elif path.endswith("@name") and _titles(snapshot, known, entity, path[:-5]):
            lookups.append(path[:-5])
        else:
            return None
    return Matches(own=own, lookups=tuple(lookups))


def _titles(
    snapshot: "Snapshot", known: "Places", entity: Entity, name: str
) -> list[Entity] | None:
    """Return the entities a lookup leads to, if all their titles are in the index."""
    field = entity.fields.get(name)
    if field is None or not field.is_lookup or not field.is_stored:
        return None
    entities = snapshot.catalog.entities
    found = [entities[t.entity] for t in field.targets if t.entity in entities]
    for target in found:
        place = known.of(target)
        if place is None or target.title not in place.fields:
            return None
    return found


def _weighed(
    work: "Work", known: "Places", name: str, text: str, matches: Matches
) -> Hint | None:
    """Return the hint with a look at how many candidates there are (SQLite)."""
    entity = work.catalog.entity(name)
    bare = plain(text)
    for lookup in matches.lookups:
        for target in _titles(work.snapshot, known, entity, lookup) or ():
            place = known.of(target)
            if place and _candidates(work, place, bare, MANY_LINKED) > MANY_LINKED:
                return None
    place = known.of(entity) if matches.own else None
    is_dense = place is not None and _candidates(work, place, bare, MANY) > MANY
    return Hint(text, matches, is_dense)


def is_complete(work: "Work", entity: str, hint: Hint) -> bool:
    """Say whether a count of `MOST_COUNTED` candidates has looked at all there are.

    Rows that wait for the index may be candidates too.
    """
    if work.dialect != "sqlite":
        return False
    known = search_store.places(work.connection, work.snapshot)
    place = known.of(work.catalog.entity(entity))
    if place is None or hint.matches.lookups:
        return False
    most = MOST_COUNTED - search_store.MOST_PENDING
    return _candidates(work, place, plain(hint.text), most) <= most


def _candidates(work: "Work", place: Place, bare: str, most: int) -> int:
    """Return how many rows FTS5 has for a text, counted up to one more than `most`."""
    values = {
        "xrm_match": search_store.match_of(bare),
        "xrm_low": place.low,
        "xrm_high": place.high,
        "xrm_most": most + 1,
    }
    return int(_COUNT.scalar(work.connection, values))


def _in_range(
    match: sa.ColumnElement[str], low: Any, high: Any
) -> tuple[sa.ColumnElement[bool], ...]:
    is_found: sa.ColumnElement[bool] = INDEX.c[FTS].op("MATCH", is_comparison=True)(
        match
    )
    return is_found, INDEX.c.rowid.between(low, high)


_FEW: Final = (
    sa.select(INDEX.c.rowid)
    .where(
        *_in_range(
            sa.bindparam("xrm_match", type_=sa.Text()),
            sa.bindparam("xrm_low", type_=sa.Integer()),
            sa.bindparam("xrm_high", type_=sa.Integer()),
        )
    )
    .limit(sa.bindparam("xrm_most", type_=sa.Integer()))
    .subquery()
)
_COUNT: Final = Ready(sa.select(sa.func.count()).select_from(_FEW))


def compile_matches(
    condition: Matches, frame: Frame, bind: Bind
) -> sa.ColumnElement[bool]:
    """Return the SQL of `Matches` about the record of a frame."""
    snapshot = frame.ground.snapshot
    known: Places = snapshot.memo["search"]
    entity = frame.entity
    place = known.of(entity)
    own = condition.own and place is not None
    if snapshot.dialect == "postgresql" and own and not condition.lookups:
        assert place is not None
        return _like(frame.table.c, place.fields, bind)
    parts: list[sa.Select[Any]] = []
    if own:
        assert place is not None
        parts += _records(
            snapshot, entity, place, bind, condition.most, condition.exact
        )
    for lookup in condition.lookups:
        for target in _titles(snapshot, known, entity, lookup) or ():
            other = known.of(target)
            assert other is not None
            table = snapshot.tables.table(entity.name).alias()
            ids = sa.union_all(*_records(snapshot, target, other, bind))
            parts.append(sa.select(table.c[entity.key]).where(table.c[lookup].in_(ids)))
    if not parts:
        return sa.false()
    found = sa.union_all(*parts)
    if condition.most is not None:
        return frame.key.in_(found.limit(sa.literal(condition.most, sa.Integer())))
    return frame.key.in_(found)


def _records(
    snapshot: "Snapshot",
    entity: Entity,
    place: Place,
    bind: Bind,
    most: int | None = None,
    exact: int = 0,
) -> list[sa.Select[Any]]:
    """Return the questions for the candidates of an entity: the keys of its records."""
    if snapshot.dialect == "postgresql":
        table = snapshot.tables.table(entity.name).alias()
        found = _like(table.c, place.fields, bind)
        return [sa.select(table.c[entity.key]).where(found)]
    match = bind(
        lambda given, _: search_store.match_of(plain(given[0])),
        sa.Text(),
        False,
    )
    needles = [_needle(bind, place_) for place_ in range(max(exact, 1))]
    low = sa.literal(place.low, sa.Integer())
    high = sa.literal(place.high, sa.Integer())
    rows = sa.select(INDEX.c.rowid).where(*_in_range(match, low, high))
    if most is not None:
        rows = rows.order_by(INDEX.c.rowid.desc()).limit(sa.literal(most, sa.Integer()))
    upto = (
        sa.select(ENTITY.c.upto)
        .where(ENTITY.c.number == sa.literal(place.number, sa.Integer()))
        .scalar_subquery()
    )
    pending = ROW.alias()
    return [
        sa.select(pending.c.record).where(
            pending.c.id > upto,
            pending.c.id <= high,
            *(sa.func.instr(pending.c.text, needle) > 0 for needle in needles),
        ),
        sa.select(ROW.c.record).where(
            ROW.c.id.in_(rows),
            *(sa.func.instr(ROW.c.text, needle) > 0 for needle in needles[:exact]),
        ),
    ]


def _needle(bind: Bind, place: int) -> sa.ColumnElement[str]:
    """Return the parameter of one of the texts that are looked for."""
    return bind(lambda given, _: plain(given[place]), sa.Text(), False)


def compile_mentions(
    condition: Mentions, frame: Frame, bind: Bind
) -> sa.ColumnElement[bool]:
    """Return the SQL of `Mentions` about the record of a frame."""
    columns = {name: frame.table.c[name] for name in condition.fields}
    return _like(columns, condition.fields, bind)


def _like(columns: Any, fields: Sequence[str], bind: Bind) -> sa.ColumnElement[bool]:
    pattern = bind(lambda given, _: f"%{escaped(plain(given[0]))}%", sa.Text(), False)
    made = search_store.search_expression(columns, fields)
    return made.like(pattern, escape="\\")
