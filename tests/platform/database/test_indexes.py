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
