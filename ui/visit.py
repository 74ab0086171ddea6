"""Know one visit of a page: the work, who reads, in which app, about which entity.

A route opens a visit and gets everything its page model needs; a visit refuses an app,
an entity or a record that is not for this person before anything is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from xrm.metadata.entities import Entity, Field
from xrm.metadata.fields.field_type import Ref
from xrm.platform.database.work import Work
from xrm.platform.errors import Forbidden, NotFound
from xrm.platform.query.query import Compare, Query
from xrm.platform.query.run import run
from xrm.platform.security import access
from xrm.platform.security.actors import SYSTEM, Actor
from xrm.platform.services import preferences
from xrm.platform.web import open_request_work
from xrm.rule_engine import core_names
from xrm.ui import reading, shell
from xrm.ui.reading import Reader
from xrm.ui.shell import Shell

CURRENCIES_KEPT = timedelta(seconds=60)
BASE_CURRENCY = "EUR"
PAGE_SIZE = 50


@dataclass(slots=True)
class Visit:
    """One person at one page."""

    work: Work
    app: str
    reader: Reader

    @property
    def actor(self) -> Actor:
        """Return who visits."""
        return self.work.actor

    @property
    def actor_ref(self) -> Ref:
        """Return the visitor as a record."""
        return Ref(core_names.USER, self.actor.user_id)

    @property
    def page_size(self) -> int:
        """Return how many rows of a list the person wants to see at once."""
        return int(preferences.get(self.work, "page_size", PAGE_SIZE))

    def entity(self, name: str) -> Entity:
        """Return an entity the person reads.

        Raises:
            NotFound: there is none of this name.
            Forbidden: the person reads no record of it.
        """
        found = self.work.catalog.entities.get(name)
        if found is None:
            raise NotFound(
                f'There is no entity "{name[:80]}" here. Choose one in the navigation.',
                code="unknown_entity",
            )
        if not shell.may_read(self.actor, name):
            raise Forbidden(
                f"Your roles do not let you read {found.plural_label.lower()}. "
                "Ask an administrator if you need them.",
                target=name,
            )
        return found

    def readable(self, entity: str) -> frozenset[str]:
        """Return the fields the person may read."""
        return access.readable_fields(self.work.snapshot, self.actor, entity)

    def shell(self, entity: str = "", title: str = "", place: str = "") -> Shell:
        """Return the frame around the page."""
        work = self.work
        key = (work.security_version, self.actor.user_id, self.app, entity, place)
        found = work.snapshot.cache("ui_shells").get(
            key,
            lambda: shell.build(
                work.catalog, self.actor, self.app or None, entity, place=place
            ),
        )
        return replace(found, title=title) if title else found

    def title_of(self, entity: str, record: UUID) -> str | None:
        """Return the title of a record, `None` when it is hidden or gone."""
        found = self.work.catalog.entities.get(entity)
        if found is None or not shell.may_read(self.actor, entity):
            return None
        title = found.title or found.key
        query = Query(entity, (title,), Compare(found.key, "eq", (record,)), limit=1)
        rows = run(self.work, query).rows
        return str(rows[0][title] or "No name") if rows else None

    def add_names(
        self, rows: list[dict[str, Any]], lookups: Sequence[tuple[str, Field]]
    ) -> None:
        """Put the names of records into rows, for lookups that were not joined."""
        found: dict[tuple[int, str], Ref] = {
            (number, path): Ref(
                row.get(f"{path}_type") or field.targets[0].entity, row[path]
            )
            for number, row in enumerate(rows)
            for path, field in lookups
            if row.get(path) is not None
        }
        names = self.titles(list(found.values()))
        for number, row in enumerate(rows):
            for path, _ in lookups:
                ref = found.get((number, path))
                row[f"{path}@name"] = names.get(ref) if ref is not None else None

    def titles(self, refs: list[Ref]) -> Mapping[tuple[str, UUID], str]:
        """Return the titles of records that may be read, one query per entity."""
        wanted: dict[str, set[UUID]] = {}
        for ref in refs:
            wanted.setdefault(ref.entity, set()).add(ref.id)
        found: dict[tuple[str, UUID], str] = {}
        for name, ids in wanted.items():
            entity = self.work.catalog.entities.get(name)
            if entity is None or not shell.may_read(self.actor, name):
                continue
            title = entity.title or entity.key
            query = Query(name, (title,), Compare(entity.key, "in", tuple(sorted(ids))))
            for row in run(self.work, query).rows:
                found[(name, row[entity.key])] = str(row[title] or "No name")
        return found


@contextmanager
def visit(app: str = "", *, write: bool = False) -> Iterator[Visit]:
    """Open a visit of an app, or of a page that belongs to none.

    Raises:
        NotFound: there is no such app, or it is not for this person.
    """
    with open_request_work(write=write) as work:
        if app:
            found = work.catalog.apps.get(app)
            if found is None or not shell.may_open(work.actor, found):
                raise NotFound(
                    f'There is no app "{app[:80]}", or it is not for your roles.',
                    code="unknown_app",
                )
        yield Visit(work, app, reader_of(work))


def reader_of(work: Work) -> Reader:
    """Return how the actor of a work reads values."""
    currencies, base = _currencies(work)
    return Reader(
        reading.formats_of(
            work.actor, base, preferences.get(work, "date_format", "medium")
        ),
        work.now,
        work.actor.user_id,
        currencies,
    )


def _currencies(work: Work) -> tuple[Mapping[UUID, str], str]:
    """Return the currency codes by id, and the base currency; read once a minute."""
    kept: tuple[datetime, Mapping[UUID, str], str] | None = work.snapshot.memo.get(
        "ui_currencies"
    )
    if kept is not None and work.now - kept[0] < CURRENCIES_KEPT:
        return kept[1], kept[2]
    codes, base = _read_currencies(work)
    work.snapshot.memo["ui_currencies"] = (work.now, codes, base)
    return codes, base


def _read_currencies(work: Work) -> tuple[dict[UUID, str], str]:
    entity = work.catalog.entities.get(core_names.CURRENCY)
    if entity is None or "isocurrencycode" not in entity.fields:
        return {}, BASE_CURRENCY
    everyone = replace(work, actor=SYSTEM)
    columns = tuple(
        n for n in ("isocurrencycode", "exchangerate") if n in entity.fields
    )
    rows: list[dict[str, Any]] = run(
        everyone, Query(entity.name, columns, limit=500)
    ).rows
    codes = {row[entity.key]: str(row["isocurrencycode"]) for row in rows}
    base = [row["isocurrencycode"] for row in rows if row.get("exchangerate") == 1]
    return codes, str(base[0]) if base else BASE_CURRENCY
