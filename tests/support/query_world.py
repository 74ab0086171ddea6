"""A small world for tests of questions and rights: a catalog, users, and rows.

Rows are written straight into the tables, so these tests need no record pipeline.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from xrm.metadata.documents import Document
from xrm.metadata.yaml_documents import load_yaml
from xrm.platform.database import search_store
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.publish import publish_documents
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.platform.database.work import Work, open_work
from xrm.platform.security.actors import SYSTEM, load_actor, touch

NOON = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)

CORE = """
- kind: entity
  name: systemuser
  ownership: organization
  title: fullname
  fields:
    fullname: {type: text, max_length: 200}
    isdisabled: {type: boolean, default: false}
    time_zone: {type: text}
    businessunitid: {type: lookup, to: businessunit, on_delete: restrict}
- kind: entity
  name: team
  ownership: organization
  title: name
  fields:
    name: {type: text, required: true}
    teamtype: {type: integer}
    businessunitid: {type: lookup, to: businessunit, on_delete: restrict}
- kind: entity
  name: businessunit
  ownership: organization
  title: name
  fields:
    name: {type: text, required: true}
    parentbusinessunitid: {type: lookup, to: businessunit, on_delete: restrict}
- kind: entity
  name: role
  ownership: organization
  title: name
  fields:
    name: {type: text, required: true}
- kind: entity
  name: transactioncurrency
  set_name: transactioncurrencies
  ownership: organization
  title: isocurrencycode
  fields:
    isocurrencycode: {type: text}
- {kind: relationship, name: systemuserroles_association, entities: [systemuser, role]}
- {kind: relationship, name: teamroles_association, entities: [team, role]}
- {kind: relationship, name: teammembership_association, entities: [team, systemuser]}
"""

THINGS = """
- kind: entity
  name: firm
  title: name
  quick_find: [name, city]
  fields:
    name: {type: text, max_length: 200}
    city: {type: text}
    size: {type: choice, choices: [Small, Medium, Large]}
    marks: {type: multichoice, choices: [Red, Green, Blue]}
    parentid: {type: lookup, to: firm, collection: daughters}
    employees: {type: integer}
    rating: {type: float}
    share: {type: decimal, scale: 3}
    credit: {type: currency}
    active: {type: boolean}
    founded: {type: date}
    seen: {type: datetime}
    open_at: {type: datetime, behavior: zone_independent}
    tags: {type: tags}
    double_credit: {type: currency, formula: credit * 2}
    shown: {type: text, formula: 'name + " / " + city'}
- kind: entity
  name: human
  title: fullname
  fields:
    fullname: {type: text, max_length: 200}
    firmid: {type: lookup, to: firm, collection: humans}
    age: {type: integer}
- kind: entity
  name: deal
  title: name
  fields:
    name: {type: text}
    customerid:
      type: lookup
      to: [firm, human]
      relationships:
        firm: {name: deal_firm, collection: firm_deals}
        human: {name: deal_human, collection: human_deals}
    amount: {type: currency}
    closing: {type: date}
    labels_count: {type: integer, formula: count(labels)}
  states:
    - {value: 0, name: Open, reasons: [{value: 1, label: In progress}]}
    - {value: 1, name: Won, reasons: [{value: 3, label: Won}]}
- kind: entity
  name: line
  entity_kind: child
  ownership: none
  parent: dealid
  title: name
  fields:
    name: {type: text}
    dealid: {type: lookup, to: deal, collection: lines}
    price: {type: currency}
- kind: entity
  name: label
  ownership: organization
  title: name
  fields:
    name: {type: text}
- kind: relationship
  name: deal_label
  entities: [deal, label]
  collections: {deal: labels, label: deals}
- kind: role
  name: boss
  label: Boss
  privileges: {"*": organization}
- kind: role
  name: mine
  label: Own records
  privileges:
    "*": own
    systemuser: {read: organization}
    label: {read: organization}
- kind: role
  name: office
  label: Office
  privileges:
    "*": own
    firm: {read: unit, write: own}
    human: {read: none}
    deal: unit_and_below
"""


def documents(text: str) -> list[Document]:
    """Return the documents of a YAML list."""
    return [
        Document(
            item["kind"], item["name"], {k: v for k, v in item.items() if k != "kind"}
        )
        for item in load_yaml(text).data
    ]


@dataclass
class World:
    """A database with a catalog, and what was put into it."""

    database: Database
    snapshots: Snapshots
    now: datetime = NOON
    ids: dict[str, UUID] = field(default_factory=dict)

    @contextmanager
    def work(
        self, user: UUID | str | None = None, *, write: bool = False
    ) -> Iterator[Work]:
        """Open a work as the system, or as a user by id or name."""

        def actor(connection: Any, snapshot: Any) -> Any:
            if user is None:
                return SYSTEM
            id_ = self.ids[user] if isinstance(user, str) else user
            return load_actor(connection, snapshot, id_)

        with open_work(
            self.database, self.snapshots, actor, now=self.now, write=write
        ) as work:
            yield work

    def put(self, entity: str, name: str = "", /, **values: Any) -> UUID:
        """Write one row; a name makes it findable in `ids`."""
        return self.put_many(entity, [values], [name])[0]

    def put_many(
        self, entity: str, rows: list[Mapping[str, Any]], names: list[str] | None = None
    ) -> list[UUID]:
        """Write rows of an entity; a lookup is its id (and `<name>_type`)."""
        with self.work(write=True) as work:
            made = put_rows(work, entity, rows)
            if entity in ("systemuser", "team", "businessunit", "role"):
                touch(work)
        for name, id_ in zip(names or [], made, strict=False):
            if name:
                self.ids[name] = id_
        return made

    def pair(self, relationship: str, first: UUID, second: UUID) -> None:
        """Write a pair of an N:N relationship."""
        with self.work(write=True) as work:
            put_pairs(work, relationship, [(first, second)])
            touch(work)

    def add_user(
        self,
        name: str,
        unit: UUID,
        *roles: str,
        teams: tuple[UUID, ...] = (),
        **more: Any,
    ) -> UUID:
        """Add a user with roles and memberships."""
        user = self.put(
            "systemuser", name, fullname=name.title(), businessunitid=unit, **more
        )
        for role in roles:
            if f"role {role}" not in self.ids:
                self.put("role", f"role {role}", name=role)
            self.pair("systemuserroles_association", user, self.ids[f"role {role}"])
        for team in teams:
            self.pair("teammembership_association", team, user)
        return user


def put_rows(work: Work, entity: str, rows: list[Mapping[str, Any]]) -> list[UUID]:
    """Insert rows; those without a key get one."""
    table = work.tables.table(entity)
    key = work.catalog.entity(entity).key
    blank = dict.fromkeys(table.c.keys())
    full = [{**blank, key: uuid4(), **row} for row in rows]
    if full:
        work.connection.execute(insert(table), full)
    place = search_store.places(work.connection, work.snapshot).of(
        work.catalog.entity(entity)
    )
    if place is not None and work.dialect == "sqlite":
        texts = [(row[key], search_store.text_of(row, place.fields)) for row in full]
        search_store.add(work.connection, place, texts)
    return [row[key] for row in full]


def put_pairs(work: Work, relationship: str, pairs: list[tuple[UUID, UUID]]) -> None:
    """Insert pairs of an N:N relationship."""
    link = work.catalog.relationships[relationship]
    table = work.tables.pairs(relationship)
    rows = [
        {
            f"{link.table}id": uuid4(),
            link.first_column: first,
            link.second_column: second,
        }
        for first, second in pairs
    ]
    if rows:
        work.connection.execute(insert(table), rows)


def make_world(url: str, more: str = "", things: str = THINGS) -> World:
    """Make a world in an empty database: catalog and root unit."""
    database = open_database(url)
    upgrade(database)
    snapshots = Snapshots(database)
    publish_documents(
        database, "test", documents(CORE + things + more), snapshots=snapshots
    )
    world = World(database, snapshots)
    world.put("businessunit", "root", name="Root")
    return world
