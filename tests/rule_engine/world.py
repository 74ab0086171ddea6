"""A small world of entities, rows and surroundings in which expressions are tried.

The same rows stand in Python dictionaries, in SQLite and in PostgreSQL.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

try:
    import pysqlite3 as sqlite_driver
except ImportError:  # no wheel for this machine
    import sqlite3 as sqlite_driver

from xrm.metadata.fields.storage import NumberSet, ScaledDecimal, UtcDateTime
from xrm.rule_engine import CollectionFacts, FieldFacts
from xrm.rule_engine.evaluate import fold_aggregate
from xrm.rule_engine.sql_support import POSTGRESQL_FUNCTIONS, install_sqlite
from xrm.rule_engine.types import (
    BOOLEAN,
    CURRENCY,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    GUID,
    INTEGER,
    TEXT,
    Choice,
    MultiChoice,
    Record,
)

STATE = Choice("deal_state", {"Open": 0, "Won": 1, "Lost": 2, "On hold": 3})
INTERESTS = MultiChoice("interests", {"Golf": 1, "Sailing": 2, "Chess": 19})

TYPES = {
    "deal": {
        "dealid": GUID,
        "name": TEXT,
        "note": TEXT,
        "amount": CURRENCY,
        "cost": CURRENCY,
        "price": DECIMAL,
        "qty": INTEGER,
        "big": INTEGER,
        "rate": FLOAT,
        "share": FLOAT,
        "won": BOOLEAN,
        "hot": BOOLEAN,
        "due": DATE,
        "start": DATE,
        "createdon": DATETIME,
        "closedon": DATETIME,
        "statecode": STATE,
        "laststate": STATE,
        "interests": INTERESTS,
        "accountid": Record(("account",)),
        "customerid": Record(("account", "person")),
        "ownerid": Record(("systemuser",)),
        "to": TEXT,
    },
    "account": {
        "accountid": GUID,
        "name": TEXT,
        "revenue": CURRENCY,
        "parentid": Record(("account",)),
        "ownerid": Record(("systemuser",)),
    },
    "person": {"personid": GUID, "name": TEXT, "revenue": CURRENCY, "born": DATE},
    "line": {
        "lineid": GUID,
        "dealid": Record(("deal",)),
        "title": TEXT,
        "quantity": INTEGER,
        "price": CURRENCY,
        "weight": FLOAT,
        "shipped": DATE,
        "active": BOOLEAN,
    },
    "systemuser": {"systemuserid": GUID, "name": TEXT},
}
COLLECTIONS = {
    "deal": {"lines": ("line", "dealid")},
    "account": {"deals": ("deal", "accountid")},
}
COLUMNS = {
    TEXT: sa.Text(),
    DECIMAL: ScaledDecimal(4),
    CURRENCY: ScaledDecimal(2),
    INTEGER: sa.BigInteger(),
    FLOAT: sa.Double(),
    BOOLEAN: sa.Boolean(),
    DATE: sa.Date(),
    DATETIME: UtcDateTime(),
    GUID: sa.Uuid(),
}


class World:
    """The scope: what the checker may know."""

    def __init__(self, locked: Sequence[str] = ()) -> None:
        self._locked = locked

    def has_entity(self, entity: str) -> bool:
        return entity in TYPES

    def field(self, entity: str, name: str) -> FieldFacts | None:
        kind = TYPES.get(entity, {}).get(name)
        if kind is None:
            return None
        return FieldFacts(name, kind, can_set=name not in self._locked)

    def field_names(self, entity: str) -> Sequence[str]:
        return tuple(TYPES.get(entity, {}))

    def collection(self, entity: str, name: str) -> CollectionFacts | None:
        found = COLLECTIONS.get(entity, {}).get(name)
        return None if found is None else CollectionFacts(name, found[0])

    def collection_names(self, entity: str) -> Sequence[str]:
        return tuple(COLLECTIONS.get(entity, {}))

    def entity_names(self) -> Sequence[str]:
        return tuple(TYPES)


SCOPE = World()
NOW = datetime(2024, 5, 15, 8, 30, 15, 250000, tzinfo=UTC)
TODAY = date(2024, 5, 15)


def identifier(kind: int, number: int) -> UUID:
    return UUID(int=kind * 10**12 + number)


USER = identifier(4, 1)


def columns(entity: str) -> list[sa.Column[Any]]:
    found = []
    for index, (name, kind) in enumerate(TYPES[entity].items()):
        if isinstance(kind, Choice):
            column_type: Any = sa.Integer()
        elif isinstance(kind, MultiChoice):
            column_type = NumberSet()
        elif isinstance(kind, Record):
            column_type = sa.Uuid()
        else:
            column_type = COLUMNS[kind]
        found.append(sa.Column(name, column_type, primary_key=index == 0))
    return found


METADATA = sa.MetaData()
TABLES = {entity: sa.Table(entity, METADATA, *columns(entity)) for entity in TYPES}
KEYS = {entity: next(iter(types)) for entity, types in TYPES.items()}

TEXTS = (
    "Contoso",
    "contoso",
    "CONTOSO Ltd",
    "Straße",
    "STRASSE",
    "straẞe",
    "İstanbul",
    "i̇stanbul",
    "ΣΊΣΥΦΟΣ",
    "Σίσυφος",
    "σίσυφοσ",
    "Привет",
    "ПРИВЕТ мир",
    "a b  c",
    " lead",
    "100%",
    "under_score",
    "12.50",
    "-3",
    "2024-02-29",
    "2023-02-29",
    "x\ty\nz",
    'quo"te',
    "日本語",
    "😀 smile",
    "ann@contoso.com",
    "\\back",
)


def _maybe(chance: random.Random, value: Any) -> Any:
    return None if chance.random() < 0.2 else value


def _number(chance: random.Random, scale: int) -> Decimal:
    kind = chance.random()
    if kind < 0.15:
        return Decimal(0)
    if kind < 0.3:
        return Decimal(chance.choice((1, -1, 10, 100, 1000)))
    if kind < 0.4:
        return Decimal(chance.randrange(-(10**15), 10**15)).scaleb(-scale)
    return Decimal(chance.randrange(-500000, 500000)).scaleb(-scale)


def _day(chance: random.Random) -> date:
    if chance.random() < 0.2:
        return chance.choice(
            (
                date(2024, 2, 29),
                date(2023, 12, 31),
                date(2024, 1, 31),
                TODAY,
                date(2000, 2, 29),
                date(1, 1, 1),
                date(9999, 12, 31),
            )
        )
    return date(2024, 1, 1) + timedelta(days=chance.randrange(-800, 800))


def _moment(chance: random.Random) -> datetime:
    if chance.random() < 0.1:
        return chance.choice((NOW, datetime(2024, 2, 29, 23, 59, 59, 999999, UTC)))
    micros = chance.randrange(-(10**14), 10**14)
    return (
        NOW
        + timedelta(microseconds=micros if chance.random() < 0.5 else 0)
        + (timedelta(minutes=chance.randrange(-(10**6), 10**6)))
    )


def _deal(chance: random.Random, number: int) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return _maybe(chance, value)

    return {
        "dealid": identifier(1, number),
        "name": maybe(chance.choice(TEXTS)),
        "note": maybe(chance.choice(TEXTS)),
        "amount": maybe(_number(chance, 2)),
        "cost": maybe(_number(chance, 2)),
        "price": maybe(_number(chance, 4)),
        "qty": maybe(chance.choice((0, 1, 2, 3, -7, 12, 1000, 2147483647))),
        "big": maybe(chance.choice((0, 1, 5, -(2**63) + 1, 2**63 - 1, 10**15))),
        "rate": maybe(chance.choice((0.0, 0.1, 0.3, 1e-20, 2.5, -1e15, 1e300, 1 / 3))),
        "share": maybe(chance.choice((0.1, 0.2, 0.25, 1.0, -0.5, 100.0))),
        "won": maybe(chance.random() < 0.5),
        "hot": maybe(chance.random() < 0.5),
        "due": maybe(_day(chance)),
        "start": maybe(_day(chance)),
        "createdon": maybe(_moment(chance)),
        "closedon": maybe(_moment(chance)),
        "statecode": maybe(chance.randrange(4)),
        "laststate": maybe(chance.randrange(4)),
        "interests": maybe(chance.choice(((1,), (2, 19), (1, 2, 19), (19,)))),
        "accountid": maybe(identifier(2, chance.randrange(4))),
        "customerid": maybe(
            chance.choice(
                (identifier(2, chance.randrange(4)), identifier(3, chance.randrange(3)))
            )
        ),
        "ownerid": maybe(chance.choice((USER, identifier(4, 2)))),
        "to": maybe(chance.choice(TEXTS)),
    }


def _line(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "lineid": identifier(5, number),
        "dealid": identifier(1, chance.randrange(25)),
        "title": _maybe(chance, chance.choice(TEXTS)),
        "quantity": _maybe(chance, chance.randrange(-3, 20)),
        "price": _maybe(chance, _number(chance, 2)),
        "weight": _maybe(chance, chance.choice((0.1, 0.2, 1.5, 1 / 3))),
        "shipped": _maybe(chance, _day(chance)),
        "active": _maybe(chance, chance.random() < 0.5),
    }


def make_rows(seed: int = 7) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every entity."""
    chance = random.Random(seed)
    accounts = [
        {
            "accountid": identifier(2, number),
            "name": name,
            "revenue": revenue,
            "parentid": None if parent is None else identifier(2, parent),
            "ownerid": owner,
        }
        for number, (name, revenue, parent, owner) in enumerate(
            (
                ("Contoso", Decimal("1000.00"), None, USER),
                ("Straße AG", None, 0, identifier(4, 2)),
                (None, Decimal("-5.50"), 1, None),
                ("ΣΊΣΥΦΟΣ", Decimal("0.01"), 3, USER),
            )
        )
    ]
    people = [
        {"personid": identifier(3, n), "name": name, "revenue": r, "born": born}
        for n, (name, r, born) in enumerate(
            (
                ("Ann", Decimal("12.00"), date(2000, 2, 29)),
                ("contoso", None, None),
                (None, Decimal("7.25"), date(1984, 5, 16)),
            )
        )
    ]
    return {
        "deal": [_deal(chance, number) for number in range(40)],
        "account": accounts,
        "person": people,
        "line": [_line(chance, number) for number in range(60)],
        "systemuser": [
            {"systemuserid": USER, "name": "Ann Example"},
            {"systemuserid": identifier(4, 2), "name": "Bo"},
        ],
    }


ROWS = make_rows()
INDEX = {
    entity: {row[KEYS[entity]]: row for row in rows} for entity, rows in ROWS.items()
}
PEOPLE = {
    "businessunitid": identifier(6, 1),
    "parentsystemuserid": None,
    "fullname": "Ann Example",
    "internalemailaddress": "ann@contoso.com",
}


@dataclass
class Surroundings:
    """The platform's part, in memory."""

    now: datetime = NOW
    today: date = TODAY
    user_id: UUID | None = USER
    old: Mapping[str, Any] | None = None
    touched: frozenset[str] = frozenset()
    rejected: list[tuple[str | None, str | None]] = field(default_factory=list)
    warned: list[tuple[str | None, str | None]] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    def user(self, name: str) -> Any:
        return PEOPLE[name]

    def has_role(self, name: str) -> bool:
        return name == "Sales Manager"

    def path(self, row: Mapping[str, Any], steps: tuple[str, ...]) -> Any:
        if not steps:
            return row[next(iter(row))]
        value: Any = row[steps[0]]
        for step in steps[1:]:
            found = next((t[value] for t in INDEX.values() if value in t), None)
            if found is None:
                return None
            value = found[step]
        return value

    def aggregate(
        self,
        row: Mapping[str, Any],
        node: Any,
        outer: tuple[Mapping[str, Any], ...] = (),
    ) -> Any:
        owner = self.path(row, node.steps)
        back = "dealid" if node.collection == "lines" else "accountid"
        children = [row for row in ROWS[node.entity] if owner and row[back] == owner]
        return fold_aggregate(node, children, self, (row, *outer))

    def changed(self, field: str) -> bool:
        return field in self.touched

    def reject(self, message: str | None, field: str | None) -> None:
        self.rejected.append((message, field))

    def warn(self, message: str | None, field: str | None) -> None:
        self.warned.append((message, field))

    def note_set(self, field: str) -> None:
        self.noted.append(field)


class TableSource:
    """The platform's part in SQL: a table, and scalar subqueries for paths."""

    def __init__(self, table: Any, entity: str, dialect: Any) -> None:
        self.table = table
        self.entity = entity
        self.dialect = dialect
        self.now = NOW
        self.today = TODAY
        self.user_id = USER

    def user(self, name: str) -> Any:
        return PEOPLE[name]

    def has_role(self, name: str) -> Any:
        return name == "Sales Manager"

    def column(self, steps: tuple[str, ...]) -> sa.ColumnElement[Any]:
        if not steps:
            return self.table.c[KEYS[self.entity]]
        column = self.table.c[steps[0]]
        if len(steps) == 1:
            return column
        kind = TYPES[self.entity][steps[0]]
        found = []
        for target in kind.entities:
            table = TABLES[target].alias()
            value = TableSource(table, target, self.dialect).column(steps[1:])
            query = sa.select(value).where(table.c[KEYS[target]] == column)
            found.append(query.correlate_except(table).scalar_subquery())
        if len(found) == 1:
            return found[0]
        return sa.type_coerce(sa.func.coalesce(*found), found[0].type)

    def multichoice_contains(
        self, steps: tuple[str, ...], value: int
    ) -> sa.ColumnElement[bool]:
        return self.column(steps).like(f"%,{value},%")

    def collection(self, name: str, steps: tuple[str, ...] = ()) -> Any:
        entity = self.entity
        for step in steps:
            (entity,) = TYPES[entity][step].entities
        child, back = COLLECTIONS[entity][name]
        table = TABLES[child].alias()
        owner = self.column(steps) if steps else self.column(())
        return table, TableSource(table, child, self.dialect), table.c[back] == owner


def open_sqlite() -> sa.Engine:
    """Return an engine on SQLite in memory, with all rows."""
    engine = sa.create_engine(
        "sqlite://", module=sqlite_driver, poolclass=sa.pool.StaticPool
    )
    sa.event.listen(engine, "connect", lambda connection, _: install_sqlite(connection))
    _fill(engine)
    return engine


def open_postgresql(url: str) -> sa.Engine:
    """Return an engine on PostgreSQL, with all rows."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in POSTGRESQL_FUNCTIONS:
            connection.exec_driver_sql(statement)
    METADATA.drop_all(engine)
    _fill(engine)
    return engine


def _fill(engine: sa.Engine) -> None:
    METADATA.create_all(engine)
    with engine.begin() as connection:
        for entity, rows in ROWS.items():
            connection.execute(TABLES[entity].insert(), rows)


def source(dialect: str, entity: str = "deal") -> TableSource:
    return TableSource(TABLES[entity], entity, dialect)


@contextmanager
def raw_sqlite() -> Any:
    """Give a plain connection with our functions."""
    connection = sqlite_driver.connect(":memory:")
    install_sqlite(connection)
    yield connection
    connection.close()
