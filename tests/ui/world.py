"""A small world with screens: a field of every type, an app, people who sign in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.records_world import World, make_world
from xrm.platform.database.work import Work
from xrm.platform.main import create_app
from xrm.platform.query.query import Query
from xrm.platform.query.run import rows
from xrm.platform.records import service
from xrm.platform.security import sessions
from xrm.platform.settings import load_settings

PASSWORD = "green-kettle-41-mountain"

SCREENS = """
- kind: entity
  name: sample
  title: name
  label: Sample
  plural_label: Samples
  description: One field of each type
  icon: box
  notes: true
  activities: true
  quick_find: [name, code]
  states:
    - value: 0
      name: Active
      color: blue
      reasons: [{value: 1, label: New, default: true}, {value: 2, label: Busy}]
    - value: 1
      name: Closed
      color: gray
      read_only: true
      reasons: [{value: 3, label: Done}, {value: 4, label: Dropped}]
  fields:
    name: {type: text, label: Name, required: true, max_length: 100}
    code: {type: autonumber, label: Code, format: 'S-{SEQNUM:4}'}
    mail: {type: text, label: Mail, format: email}
    phone: {type: text, label: Phone, format: phone}
    site: {type: text, label: Site, format: url}
    story: {type: text, label: Story, format: text_area, max_length: 4000}
    page: {type: rich_text, label: Page}
    pieces: {type: integer, label: Pieces, min: 0, max: 100000}
    spent: {type: integer, label: Spent, format: duration}
    share: {type: decimal, label: Share, scale: 3, unit: percent}
    ratio: {type: float, label: Ratio}
    price: {type: currency, label: Price, min: 0}
    ready: {type: boolean, label: Ready}
    day: {type: date, label: Day}
    moment: {type: datetime, label: Moment}
    kind_of:
      type: choice
      label: Kind
      choices:
        - {value: 1, label: Red, color: red}
        - {value: 2, label: Blue, color: blue}
    kinds: {type: multichoice, label: Kinds, choices: [North, South, West]}
    words: {type: tags, label: Words}
    place: {type: location, label: Place}
    clientid: {type: lookup, label: Client, to: client, collection: samples}
    anyone:
      type: lookup
      label: Anyone
      to: [client, person]
      relationships: {client: {name: any_clients}, person: {name: any_people}}
    doubled: {type: integer, label: Doubled, formula: pieces * 2}
    secret: {type: text, label: Not on the form}
    paper: {type: file, label: Paper, max_size: 2}
    photo: {type: image, label: Photo}
- kind: entity
  name: annotation
  title: subject
  label: Note
  plural_label: Notes
  quick_find: [subject, notetext]
  fields:
    subject: {type: text, label: Title}
    notetext: {type: text, label: Text, max_length: 100000, format: text_area}
    objectid: {type: lookup, label: Regarding, to: [sample], on_delete: cascade}
    body: {type: file, label: File}
    filename: {type: text, label: File name}
    filesize: {type: integer, label: File size}
- kind: entity
  name: errand
  entity_kind: activity
  title: subject
  label: Errand
  plural_label: Errands
  icon: checkbox
  quick_find: [subject, description]
  states:
    - value: 0
      name: Open
      reasons: [{value: 1, label: Open, default: true}]
    - value: 1
      name: Completed
      read_only: true
      reasons: [{value: 2, label: Completed, default: true}]
  fields:
    subject: {type: text, label: Subject, required: true, max_length: 100}
    regardingobjectid:
      {type: lookup, label: Regarding, to: [sample], on_delete: cascade}
    scheduledend: {type: datetime, label: Due}
    street: {type: text, label: Street}
    number: {type: integer, label: Number, min: 0}
    colour: {type: text, label: Colour}
    description: {type: text, label: Description, format: text_area}
- kind: form
  entity: errand
  name: quick
  label: New errand
  type: quick_create
  sections:
    - name: what
      fields: [subject, regardingobjectid, street, number, scheduledend, description]
- kind: entity
  name: userquery
  title: name
  label: Personal view
  plural_label: Personal views
  fields:
    name: {type: text, required: true, max_length: 200}
    returnedtypecode: {type: text, required: true}
    isdefault: {type: boolean}
    layoutjson: {type: text, max_length: 20000}
- kind: form
  entity: sample
  name: main
  label: Sample
  timeline: true
  header: [price, kind_of, ownerid]
  tabs:
    - name: general
      label: General
      sections:
        - name: texts
          label: Texts
          fields:
            [{field: name, span: 2}, code, mail, phone, site, story, page, paper,
             photo]
        - name: numbers
          label: Numbers
          fields: [pieces, spent, share, ratio, price, doubled]
    - name: more
      label: More
      sections:
        - name: rest
          label: Rest
          fields:
            [ready, day, moment, kind_of, kinds, words, place, clientid, anyone,
             statuscode, ownerid]
        - {name: buyer, label: Buyer, quick_view: {lookup: clientid, form: short}}
- kind: view
  entity: sample
  name: all
  label: All samples
  default: true
  columns:
    [name, clientid, price, pieces, kind_of, statuscode, day, ownerid, modifiedon]
  sort: [name]
- kind: view
  entity: sample
  name: active
  label: Active samples
  columns: [name, price, clientid.city]
  filter: 'statecode = "Active"'
  sort: [-price]
- kind: form
  entity: client
  name: short
  type: quick_view
  sections: [{name: short, fields: [number, city, size]}]
- kind: view
  entity: client
  name: lookup
  label: Clients
  type: lookup
  columns: [name, city, size]
  filter: 'number is empty or number != "closed"'
- kind: form
  entity: sample
  name: quick
  label: New sample
  type: quick_create
  sections:
    - name: all
      fields: [name, price, {field: clientid, filter: 'name != "Hidden"'}]
- kind: view
  entity: sample
  name: associated
  label: Samples of a client
  type: associated
  columns: [name, price, statuscode]
  sort: [name]
- kind: chart
  entity: sample
  name: by_kind
  label: Samples by kind
  type: doughnut
  group: kind_of
- kind: chart
  entity: sample
  name: price_by_month
  label: Price by month
  type: column
  measure: {aggregate: sum, field: price}
  group: {field: day, period: month}
- kind: chart
  entity: sample
  name: by_client
  label: Samples by client
  type: bar
  group: clientid
  series: kind_of
  limit: 2
- kind: chart
  entity: sample
  name: by_story
  label: Share by story
  type: bar
  measure: {aggregate: avg, field: share}
  group: story
  limit: 1
- kind: chart
  entity: sample
  name: stages
  label: Stages
  type: funnel
  group: statuscode
- kind: chart
  entity: sample
  name: price_now
  label: Price
  type: number
  measure: {aggregate: sum, field: price}
  group: {field: day, period: month}
- kind: dashboard
  name: overview
  label: Overview
  filter: {period: any, owner: everyone}
  tiles:
    - {entity: sample, chart: price_now, width: 4, height: 2, period_field: day}
    - {entity: sample, chart: by_kind, width: 4, period_field: day}
    - {entity: sample, view: active, label: Active ones, width: 8}
- kind: dashboard
  name: boss_only
  label: For the boss
  roles: [boss]
  tiles: [{entity: sample, chart: by_kind}]
- kind: form
  entity: client
  name: main
  label: Client
  header: [size]
  sections:
    - {name: facts, label: Facts, fields: [name, number, city, size]}
    - {name: samples, label: Samples, subgrid: {collection: samples, view: associated}}
- kind: form
  entity: deal
  name: main
  label: Deal
  header: [total, lines_count]
  tabs:
    - name: facts
      sections:
        - {name: facts, fields: [name, customerid, value, total, lines_count]}
    - name: products
      sections:
        - name: lines
          label: Lines
          subgrid: {collection: lines, view: associated, editable: true}
- kind: view
  entity: line
  name: associated
  label: Lines of a deal
  type: associated
  columns: [name, dealid, price, quantity, amount]
  sort: [name]
- kind: rule
  entity: line
  name: not_too_many
  rule: |
    before change of quantity
    when quantity > 1000
    then reject "Nobody buys more than 1,000." on quantity
- kind: rule
  entity: line
  name: not_free
  rule: |
    before change of price
    when price = 0
    then reject "Nothing is free."
- kind: rule
  entity: sample
  name: no_loss
  rule: |
    before change of price
    when price > 1000 and story is empty
    then reject "Above 1,000 a story is needed." on story
- kind: rule
  entity: sample
  name: careful
  rule: |
    before change of pieces
    when pieces > 500
    then warn "That is a large number of pieces."
- kind: role
  name: looker
  label: Looker
  privileges:
    "*": {all: own, read: unit}
    systemuser: {read: organization}
- kind: app
  name: work
  label: Work
  icon: briefcase
  order: 1
  groups:
    - {label: Things, items: [sample, client, deal]}
- kind: app
  name: boss_only
  label: Boss only
  roles: [boss]
  order: 2
  groups: [{label: People, items: [{dashboard: boss_only}, person, systemuser]}]
"""


@dataclass
class Screens:
    """The world, its application, and ways in."""

    world: World
    app: Flask
    sessions: dict[str, str] = field(default_factory=dict)
    """The session cookies of those who signed in already."""

    def client(self, user: str = "carla") -> "Person":
        """Return the browser of somebody who is signed in."""
        person = Person(self.app.test_client())
        kept = self.sessions.get(user)
        if kept is None:
            person.sign_in(user)
            cookie = person.http.get_cookie("xrm_session")
            assert cookie is not None
            self.sessions[user] = cookie.value
        else:
            person.http.set_cookie("xrm_session", kept)
        return person

    def empty(self) -> None:
        """Take away all errands, samples and clients."""
        with self.world.work() as work:
            for entity in ("errand", "sample", "client", "userquery"):
                key = work.catalog.entity(entity).key
                ids = [row[key] for row in rows(work, Query(entity, (key,)))]
                service.delete_many(work, entity, ids)

    def create(self, entity: str, user: str | None = None, **values: Any) -> UUID:
        """Create one record."""
        return self.world.create(entity, user, **values)

    @contextmanager
    def work(self, user: str | None = None, **more: Any) -> Iterator[Work]:
        """Open a work of somebody, by default of the platform itself."""
        with self.world.work(user, **more) as work:
            yield work


@dataclass
class Person:
    """A test client that sends the form token as a browser does."""

    http: FlaskClient
    token: str = ""

    def get(self, address: str, **more: Any) -> TestResponse:
        """Ask for a page."""
        answer = self.http.get(address, **more)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        self.token = found.group(1) if found else self.token
        return answer

    def post(self, address: str, **values: Any) -> TestResponse:
        """Send a form."""
        data = {"csrf_token": self.token, **values}
        answer = self.http.post(address, data=data)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        self.token = found.group(1) if found else self.token
        return answer

    def fragment(self, address: str, target: str) -> TestResponse:
        """Ask for a part of a page as htmx does."""
        headers = {"HX-Request": "true", "HX-Target": target}
        return self.http.get(address, headers=headers)

    def sign_in(self, user: str) -> TestResponse:
        """Sign in."""
        self.get("/sign-in")
        return self.post("/sign-in", name=user, password=PASSWORD)

    def said(self, address: str = "/") -> str:
        """Return the messages that the next page shows."""
        text = self.http.get(address, follow_redirects=True).text
        return " ".join(re.findall(r'class="x-toast[^"]*">.*?<span>(.*?)</span>', text))


def make_screens(url: str, folder: Path) -> Screens:
    """Make the world in an empty database, with passwords for its people."""
    world = make_world(url, SCREENS)
    with world.work() as work:
        world.users["dora"] = service.create(
            work,
            "systemuser",
            {"fullname": "Dora", "businessunitid": world.units["north"]},
        )
        held = service.create(work, "role", {"name": "looker"})
        service.associate(
            work, "systemuserroles_association", world.users["dora"], held
        )
        for name, user in world.users.items():
            sessions.set_password(work, user, name, PASSWORD)
    settings = load_settings(
        {
            "XRM_DATABASE_URL": url,
            "XRM_DATA_DIR": str(folder),
            "XRM_SECRET_KEY": "a key that only tests know, long enough",
        }
    )
    return Screens(world, create_app(settings))
