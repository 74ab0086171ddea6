"""Which indexes definitions need, and that the databases use them."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.platform.database.worlds import World, entity, text
from xrm.metadata.catalog import compose
from xrm.metadata.documents import Document
from xrm.platform.database.shapes import entity_shape
from xrm.rule_engine.to_sql import folded


def view(name: str, sort: list[str], **more: Any) -> Document:
    data = {"kind": "view", "entity": "thing", "name": name, "columns": ["name"]}
    return Document("view", name, {**data, "sort": sort, **more})


def chart(name: str, **more: Any) -> Document:
    data = {"kind": "chart", "entity": "thing", "name": name, "type": "bar"}
    return Document("chart", name, {**data, **more})


def board(*tiles: dict[str, str]) -> Document:
    data = {"kind": "dashboard", "name": "all", "tiles": list(tiles)}
    return Document("dashboard", "all", data)


def thing(**more: Any) -> Document:
    fields = {
        "name": text(),
        "stage": {"type": "choice", "choices": ["a", "b"]},
        "due": {"type": "date"},
        "parent": {"type": "lookup", "to": "thing"},
    }
    return entity("thing", fields, **more)


CASES = {
    "keys and lookups": (
        [thing(keys={"by_name": ["name"]})],
        [
            "ix_thing_ownerid",
            "ix_thing_owningbusinessunit",
            "ix_thing_parent",
            "uq_thing_by_name",
        ],
    ),
    "the default view, whole and of one owner": (
        [thing(), view("all", ["-name"])],
        [
            "ix_thing_name_key",
            "ix_thing_ownerid_name_key",
            "ix_thing_owningbusinessunit_name_key",
            "ix_thing_parent",
        ],
    ),
    "what a filter fixes comes first": (
        [
            thing(ownership="none"),
            view("open", ["due", "-name"], filter='stage = "a" and name is not empty'),
        ],
        ["ix_thing_parent", "ix_thing_stage_due_name_desc_key"],
    ),
    "an index that begins another one is left out": (
        [
            thing(ownership="none"),
            view("one", ["name"]),
            view("two", ["-name"]),
            view("three", ["name"], filter="parent is empty or stage = 1"),
        ],
        ["ix_thing_name_key", "ix_thing_parent"],
    ),
    "a chart has its group, its series and who may read it": (
        [thing(), chart("one", group="stage", series="due")],
        [
            "ix_thing_ownerid",
            "ix_thing_owningbusinessunit",
            "ix_thing_parent",
            "ix_thing_stage_due_ownerid_owningbusinessunit",
        ],
    ),
    "charts of one filter and group share an index": (
        [
            thing(ownership="none"),
            chart("all", group="stage"),
            chart("sum", group="stage", measure={"aggregate": "max", "field": "due"}),
            chart("open", group="due", filter='stage = "a"'),
            board({"entity": "thing", "chart": "all", "period_field": "due"}),
        ],
        ["ix_thing_parent", "ix_thing_stage_due"],
    ),
    "a chart of another record's values has none": (
        [thing(ownership="none"), chart("far", group="parent.stage")],
        ["ix_thing_parent"],
    ),
    "titles that lookups look for are indexed": (
        [
            thing(ownership="none", title="name"),
            entity("other", {"thing": {"type": "lookup", "to": "thing"}}),
        ],
        ["ix_thing_name_key", "ix_thing_parent"],
    ),
    "a lookup's order needs another table": (
        [thing(ownership="none"), view("one", ["parent"])],
        ["ix_thing_parent"],
    ),
}


@pytest.mark.parametrize(("documents", "names"), CASES.values(), ids=CASES.keys())
def test_definitions_need_these_indexes(
    documents: list[Document], names: list[str]
) -> None:
    catalog = compose(documents)
    shape = entity_shape(catalog, catalog.entity("thing"), "sqlite")
    assert sorted(shape.indexes) == names


@pytest.mark.parametrize("descending", [False, True])
def test_a_list_is_read_from_the_index(world: World, descending: bool) -> None:
    world.publish(thing(), view("all", ["name"]))
    sign = [{"name": f"n{i}"} for i in range(300)]
    world.insert("thing", sign)
    with world.database.engine.connect() as connection:
        table = world.tables(connection).table("thing")
        name = folded(table.c.name, world.database.dialect)
        order = name.desc() if descending else name.asc()
        if world.database.dialect == "postgresql":
            order = order.nulls_last() if descending else order.nulls_first()
            connection.execute(
                sa.select(sa.func.set_config("enable_sort", "off", True))
            )
        primary = table.c.thingid.desc() if descending else table.c.thingid
        statement = sa.select(table.c.thingid).order_by(order, primary).limit(5)
        text_of = str(
            statement.compile(connection, compile_kwargs={"literal_binds": True})
        )
        explain = (
            "EXPLAIN "
            if connection.dialect.name != "sqlite"
            else ("EXPLAIN QUERY PLAN ")
        )
        plan = connection.exec_driver_sql(explain + text_of).all()
        connection.rollback()
    assert "ix_thing_name_key" in str(plan)
    assert "Sort" not in str(plan)
    assert "TEMP B-TREE" not in str(plan)


def test_figures_are_made_of_the_index_alone(world: World) -> None:
    world.publish(thing(), chart("one", group="stage", series="due"))
    world.insert("thing", [{"name": f"n{i}", "stage": i % 2} for i in range(300)])
    is_sqlite = world.database.dialect == "sqlite"
    with world.database.engine.connect() as connection:
        table = world.tables(connection).table("thing")
        if not is_sqlite:
            for off in ("enable_seqscan", "enable_bitmapscan"):
                connection.execute(sa.select(sa.func.set_config(off, "off", True)))
        statement = (
            sa.select(table.c.stage, table.c.due, sa.func.count())
            .where(
                sa.func.coalesce(table.c.ownerid, table.c.owningbusinessunit).is_(None)
            )
            .group_by(table.c.stage, table.c.due)
        )
        text_of = str(statement.compile(connection))
        explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = str(connection.exec_driver_sql(explain + text_of).all())
        connection.rollback()
    assert "ix_thing_stage_due_ownerid_owningbusinessunit" in plan
    assert ("COVERING" if is_sqlite else "Index Only Scan") in plan
    assert "TEMP B-TREE" not in plan


def indexes(world: World) -> set[str]:
    with world.database.engine.connect() as connection:
        found = sa.inspect(connection).get_indexes("thing")
    every = {str(one["name"]) for one in found}
    return {name for name in every if name.startswith("ix_")}


def test_an_index_follows_a_chart_and_its_place_on_a_dashboard(world: World) -> None:
    made = (thing(ownership="none"), chart("one", group="stage"))
    on_board = board({"entity": "thing", "chart": "one", "period_field": "due"})
    world.publish(*made)
    assert indexes(world) == {"ix_thing_parent"}
    world.publish(*made, on_board)
    assert indexes(world) == {"ix_thing_parent", "ix_thing_stage_due"}
    world.publish(made[0], chart("one", group="due", series="stage"))
    assert indexes(world) == {"ix_thing_parent", "ix_thing_due_stage"}
    world.publish(made[0])
    assert indexes(world) == {"ix_thing_parent"}


def test_an_index_of_titles_follows_a_lookup_elsewhere(world: World) -> None:
    fields = {"name": text()}
    made = entity("thing", fields, ownership="none", title="name")
    other = entity("other", {"thing": {"type": "lookup", "to": "thing"}})
    world.publish(made)
    assert indexes(world) == set()
    world.publish(made, other)
    assert indexes(world) == {"ix_thing_name_key"}
    world.publish(made, entity("other", {"name": text()}))
    assert indexes(world) == set()
