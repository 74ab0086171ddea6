"""A small world for tests of records: a catalog of a few entities, users and helpers.

Entities: client (a tree), person (belongs to a client), deal (money, states, formulas,
rollups; its customer is a client or a person), line (child of a deal), tag (N:N).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from xrm.metadata.documents import Document
from xrm.metadata.yaml_documents import load_yaml
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.publish import publish_documents
from xrm.platform.database.snapshots import Snapshots
from xrm.platform.database.upgrades import upgrade
from xrm.platform.database.work import Work, open_work
from xrm.platform.records import service
from xrm.platform.security.actors import SYSTEM, Actor, load_actor

CORE = """
- kind: entity
  name: systemuser
  ownership: organization
  title: fullname
  fields:
    fullname: {type: text, max_length: 200}
    isdisabled: {type: boolean, default: false}
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
  hierarchy: parentbusinessunitid
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
    isocurrencycode: {type: text, required: true}
    exchangerate: {type: decimal, scale: 10, default: 1}
- {kind: relationship, name: systemuserroles_association, entities: [systemuser, role], table: systemuserroles}
- {kind: relationship, name: teamroles_association, entities: [team, role], table: teamroles}
- {kind: relationship, name: teammembership_association, entities: [team, systemuser], table: teammembership}
- kind: role
  name: seller
  label: Seller
  privileges:
    "*": {create: own, read: own, write: own, delete: own, append: own, append_to: own, assign: own}
    transactioncurrency: {read: organization}
    systemuser: {read: organization}
    tag: {read: organization, append: organization, append_to: organization}
- kind: role
  name: boss
  label: Boss
  privileges:
    "*": organization
"""  # noqa: E501 - one field a line reads best

SALES = """
- kind: entity
  name: client
  title: name
  hierarchy: parentid
  keys: {by_number: [number], by_place: [name, city]}
  fields:
    name: {type: text, required: true, max_length: 60}
    number: {type: text, max_length: 20}
    city: {type: text}
    since: {type: date}
    size: {type: choice, choices: [Small, Medium, Large], default: Medium}
    employees: {type: integer, min: 0}
    parentid: {type: lookup, to: client, collection: subsidiaries, on_delete: remove_link, on_assign: none}
    open_deals: {type: integer, rollup: 'count(client_deals where statecode = "Open")'}
    open_value: {type: currency, rollup: 'sum(client_deals.value where statecode = "Open")'}
    group_value: {type: currency, rollup: 'sum(subsidiaries.open_value)'}
    has_big: {type: boolean, formula: 'open_value > 1000', stored: true}
    display: {type: text, formula: 'name + " (" + city + ")"'}
- kind: entity
  name: person
  plural_label: People
  title: fullname
  fields:
    firstname: {type: text}
    lastname: {type: text, required: true}
    fullname: {type: text, max_length: 250, formula: 'firstname + " " + lastname', stored: true}
    email: {type: text, format: email}
    clientid: {type: lookup, to: client, collection: people, on_delete: cascade, on_assign: cascade, on_reparent: cascade}
    client_city: {type: text, formula: 'clientid.city', stored: true}
- kind: entity
  name: deal
  title: name
  keys: {by_number: [dealnumber]}
  fields:
    name: {type: text, required: true}
    dealnumber: {type: autonumber, format: 'D-{SEQNUM:5}', seed: 1}
    customerid:
      type: lookup
      to: [client, person]
      relationships:
        client: {name: deal_customer_clients, collection: client_deals, on_delete: cascade, on_assign: active}
        person: {name: deal_customer_people, collection: person_deals, on_delete: remove_link, on_assign: user_owned}
    sponsorid: {type: lookup, to: client, collection: sponsored}
    value: {type: currency, min: 0}
    probability: {type: integer, min: 0, max: 100, unit: percent}
    weighted: {type: currency, formula: 'value * probability / 100', stored: true}
    hot: {type: boolean, formula: 'probability >= 80'}
    closing: {type: date}
    description: {type: text, format: text_area, max_length: 4000}
    total: {type: currency, rollup: 'sum(lines.amount)'}
    lines_count: {type: integer, rollup: 'count(lines)'}
    tags_count: {type: integer, rollup: 'count(tags)'}
    secret: {type: text, audited: false}
    locked: {type: text, read_only: true}
  states:
    - {value: 0, name: Open, reasons: [{value: 1, label: In progress, default: true}, {value: 2, label: On hold}]}
    - {value: 1, name: Won, read_only: true, reasons: [{value: 3, label: Won}]}
    - {value: 2, name: Lost, read_only: true, reasons: [{value: 4, label: Canceled}, {value: 5, label: Out-sold, default: true}]}
  transitions: {Open: [Won, Lost], Won: [Open], Lost: [Open]}
- kind: entity
  name: line
  entity_kind: child
  ownership: none
  parent: dealid
  title: name
  fields:
    name: {type: text}
    dealid: {type: lookup, to: deal, required: true, collection: lines, on_delete: cascade}
    price: {type: currency}
    quantity: {type: decimal, scale: 2, default: 1}
    amount: {type: currency, formula: 'round(price * quantity, 2)', stored: true}
- kind: entity
  name: invoice
  title: name
  fields:
    name: {type: text, required: true}
    dealid: {type: lookup, to: deal, on_delete: restrict}
- kind: entity
  name: tag
  ownership: organization
  title: name
  keys: {by_name: [name]}
  fields:
    name: {type: text, required: true}
- {kind: relationship, name: deal_tag, entities: [deal, tag], collections: {deal: tags, tag: deals}}
"""  # noqa: E501 - one field a line reads best


def documents(text: str) -> list[Document]:
    """Return the documents of a YAML list."""
    return [
        Document(
            kind=item["kind"],
            name=item["name"],
            data={k: v for k, v in item.items() if k != "kind"},
        )
        for item in load_yaml(text).data
    ]


NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass
class World:
    """A database with the catalog above, a clock, and a few users."""

    database: Database
    snapshots: Snapshots
    now: datetime = NOON
    users: dict[str, UUID] = field(default_factory=dict)
    units: dict[str, UUID] = field(default_factory=dict)
    currencies: dict[str, UUID] = field(default_factory=dict)

    @contextmanager
    def work(
        self, user: str | None = None, *, write: bool = True, now: Any = None
    ) -> Iterator[Work]:
        """Open a work as the system or as one of the users."""

        def actor(connection: Any, snapshot: Any) -> Actor:
            if user is None:
                return SYSTEM
            return load_actor(connection, snapshot, self.users[user])

        with open_work(
            self.database,
            self.snapshots,
            actor,
            now=now or self.now,
            write=write,
            cause="test",
        ) as work:
            yield work

    def create(self, entity: str, user: str | None = None, **values: Any) -> UUID:
        """Add one record in a work of its own."""
        with self.work(user) as work:
            return service.create(work, entity, values)

    def update(
        self, entity: str, record: UUID, user: str | None = None, **values: Any
    ) -> int:
        """Change one record in a work of its own."""
        with self.work(user) as work:
            return service.update(work, entity, record, values)

    def read(
        self, entity: str, record: UUID, user: str | None = None
    ) -> dict[str, Any]:
        """Return one record."""
        with self.work(user, write=False) as work:
            return service.retrieve(work, entity, record)


def make_world(url: str, more: str = "", *, threads: int = 4) -> World:
    """Make the world in an empty database; `more` are further documents."""
    database = open_database(url, threads=threads)
    upgrade(database)
    snapshots = Snapshots(database)
    publish_documents(
        database, "test", documents(CORE + SALES + more), snapshots=snapshots
    )
    world = World(database, snapshots)
    with world.work() as work:
        root = service.create(work, "businessunit", {"name": "Root"})
        world.units["root"] = root
        world.units["north"] = service.create(
            work, "businessunit", {"name": "North", "parentbusinessunitid": root}
        )
        for code, rate in (("EUR", 1), ("USD", "1.25")):
            world.currencies[code] = service.create(
                work,
                "transactioncurrency",
                {"isocurrencycode": code, "exchangerate": rate},
            )
        for name, role, unit in (
            ("anna", "seller", "north"),
            ("ben", "seller", "north"),
            ("carla", "boss", "root"),
        ):
            user = service.create(
                work,
                "systemuser",
                {"fullname": name.title(), "businessunitid": world.units[unit]},
            )
            world.users[name] = user
            held = service.create(work, "role", {"name": role})
            service.associate(work, "systemuserroles_association", user, held)
    return world


def some_id() -> UUID:
    """Return an id that belongs to nothing."""
    return uuid4()


def changes_of(entry: Any) -> Mapping[str, Any]:
    """Return what a history entry says was written, without the version."""
    return {k: v for k, v in entry.after.items() if k != "versionnumber"}
