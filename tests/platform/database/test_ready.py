"""A SELECT on the driver's cursor gives what SQLAlchemy gives, faults included."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from xrm.metadata.fields.storage import ScaledDecimal, UtcDateTime
from xrm.platform.database.engine import Database, open_database
from xrm.platform.database.ready import Ready

NOW = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
VALUES: list[dict[str, object]] = [
    {
        "id": uuid4(),
        "name": f"100 % {number}",
        "price": None if number % 3 == 0 else Decimal(number) / 4,
        "made_on": None if number % 4 == 0 else NOW,
        "day": date(2026, 3, 1 + number),
        "is_open": bool(number % 2),
    }
    for number in range(5)
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url, threads=1)
    yield opened
    opened.dispose()


@pytest.fixture
def thing(database: Database) -> sa.Table:
    table = sa.Table(
        "thing",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text()),
        sa.Column("price", ScaledDecimal(2)),
        sa.Column("made_on", UtcDateTime()),
        sa.Column("day", sa.Date()),
        sa.Column("is_open", sa.Boolean()),
    )
    with database.engine.begin() as connection:
        table.create(connection)
        connection.execute(sa.insert(table), VALUES)
    return table


def test_rows_are_sqlalchemys(database: Database, thing: sa.Table) -> None:
    questions: list[tuple[sa.Select[tuple[object, ...]], dict[str, object]]] = [
        (sa.select(thing).order_by(thing.c.name), {}),
        (
            sa.select(thing).where(thing.c.id == sa.bindparam("x")),
            {"x": VALUES[1]["id"]},
        ),
        (sa.select(thing).where(thing.c.made_on == sa.bindparam("x")), {"x": NOW}),
        (sa.select(thing.c.day).where(thing.c.name.like("100 %", escape="!")), {}),
        (sa.select(thing.c.id).where(thing.c.name == "nobody"), {}),
        (
            sa.select(thing.c.price).where(
                thing.c.name.in_(sa.bindparam("x", expanding=True))
            ),
            {"x": ["100 % 1", "100 % 2"]},
        ),
        (
            sa.select(thing.c.name).order_by(thing.c.name).limit(sa.bindparam("x")),
            {"x": 2},
        ),
        (sa.select(sa.func.sum(thing.c.price), sa.func.count()), {}),
    ]
    with database.reader.connect() as connection:
        for statement, values in questions:
            asked = [tuple(row) for row in connection.execute(statement, values)]
            ready = Ready(statement)
            for _ in range(2):
                found = [tuple(row) for row in ready.rows(connection, values)]
                assert found == asked


def test_a_row_has_names(database: Database, thing: sa.Table) -> None:
    ready = Ready(sa.select(thing).where(thing.c.id == sa.bindparam("id")))
    with database.reader.connect() as connection:
        row = ready.one(connection, {"id": VALUES[2]["id"]})
        assert (row.name, row.price, row.made_on) == ("100 % 2", Decimal("0.50"), NOW)
        with pytest.raises(sa.exc.NoResultFound):
            ready.one(connection, {"id": uuid4()})


def test_names_may_be_words_of_python(database: Database) -> None:
    statement = sa.select(
        sa.literal(1).label("class"), sa.literal("x").label("from"), sa.literal(2)
    )
    with database.reader.connect() as connection:
        found = Ready(statement).first(connection, {})
    assert found is not None
    assert (found["class"], found["from"]) == (1, "x")


def test_a_refusal_is_wrapped(database: Database, thing: sa.Table) -> None:
    gone = sa.table("gone", sa.column("id"))
    with database.reader.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        Ready(sa.select(gone.c.id)).rows(connection, {})
    with database.reader.connect() as connection:
        assert Ready(sa.select(sa.func.count().label("n")).select_from(thing)).one(
            connection, {}
        ) == (5,)


def test_listeners_hear_of_it(database: Database, thing: sa.Table) -> None:
    heard: list[str] = []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def note(_: object, __: object, text: str, *___: object) -> None:
        heard.append(text)

    with database.engine.connect() as connection:
        Ready(sa.select(thing.c.id)).rows(connection, {})
        assert connection.in_transaction()
    assert any("thing" in text for text in heard)


def test_many_rows_are_added_alike(database: Database, thing: sa.Table) -> None:
    names = [column.name for column in thing.c]
    statement = (
        sa.insert(thing).values({name: sa.bindparam(name) for name in names}).inline()
    )
    awkward = [
        "",
        "\\N",
        "tab\there",
        "line\nbreak",
        'quote "',
        "Ünï 🙂",
        "back\\slash",
    ]
    rows = [
        {**VALUES[number % 5], "id": uuid4(), "name": f"{awkward[number % 7]} {number}"}
        for number in range(60)
    ]
    with database.engine.begin() as connection:
        connection.execute(sa.delete(thing))
        for ready, part in (
            (Ready(statement), rows[:3]),
            (Ready(statement, copies=True), rows[3:]),
        ):
            assert ready.change_many(connection, part) == len(part)
        found = connection.execute(sa.select(thing)).mappings()
        assert {row["id"]: dict(row) for row in found} == {
            row["id"]: row for row in rows
        }


def test_many_rows_with_a_taken_key_are_refused(
    database: Database, thing: sa.Table
) -> None:
    names = [column.name for column in thing.c]
    ready = Ready(
        sa.insert(thing).values({name: sa.bindparam(name) for name in names}).inline(),
        copies=True,
    )
    rows = [{**VALUES[0], "id": uuid4()} for _ in range(30)]
    with database.engine.connect() as connection:
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            ready.change_many(connection, [*rows, VALUES[1]])
        assert ready.change_many(connection, rows) == 30


@pytest.mark.parametrize("names", [[], ["b"], ["c", "a", "b"], ["x' --", "%s ?"]])
@pytest.mark.parametrize("is_in", [True, False])
def test_a_list_of_values_finds_what_sqlalchemy_finds(
    database: Database, thing: sa.Table, names: list[str], is_in: bool
) -> None:
    given = sa.bindparam("given", expanding=True)
    is_listed = thing.c.name.in_(given) if is_in else thing.c.name.not_in(given)
    found = sa.select(thing.c.name, thing.c.day).where(
        is_listed, thing.c.day >= sa.bindparam("since", type_=sa.Date())
    )
    found = found.order_by(thing.c.name).limit(sa.bindparam("most", type_=sa.Integer()))
    ready, forgetful = Ready(found), Ready(found, forgets=True)
    values = {"given": names, "since": date(2020, 1, 1), "most": 9}
    with database.engine.begin() as connection:
        connection.execute(
            sa.insert(thing),
            [
                {"id": uuid4(), "name": name, "day": date(2026, 1, 2)}
                for name in ("a", "b", "c", "d", "x' --", "%s ?")
            ],
        )
        wanted = [tuple(row) for row in connection.execute(found, values)]
        for statement in (ready, ready, forgetful, forgetful):
            assert list(statement.rows(connection, values)) == wanted
    assert forgetful.statement is None


def test_lists_of_ids_and_constants_are_written_as_columns_are(
    database: Database, thing: sa.Table
) -> None:
    ids = [uuid4() for _ in range(3)]
    gone = sa.delete(thing).where(
        thing.c.id.in_(sa.bindparam("ids", expanding=True)), thing.c.name.in_(["a"])
    )
    with database.engine.begin() as connection:
        rows = [{"id": id_, "name": name} for id_, name in zip(ids, "aab", strict=True)]
        connection.execute(sa.insert(thing), rows)
        assert Ready(gone).change(connection, {"ids": [ids[0], ids[2]]}) == 1
        assert Ready(gone).change_many(connection, [{"ids": [i]} for i in ids]) == 1
